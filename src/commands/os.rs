//! `emtctl os`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use emt_client::{kinds, models::Os};

use crate::{
    app::App,
    commands::choice::Choice,
    error::{Doing, Error},
    output::{Cell, Show, say, word},
};

mod publish;
mod send;

/// OS resources: images that nodes can run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List OS resources
    List(Choice),
    /// Show an OS resource
    Get {
        /// Id, name or version
        os: String,
    },
    /// Send an image to the Release Service and make an OS resource of it
    Publish(PublishArgs),
    /// Delete OS resources; the server removes images that nothing needs
    Delete {
        /// Ids, names or versions
        #[arg(required = true, value_name = "OS")]
        os: Vec<String>,
    },
}

/// Send an image to the Release Service and make an OS resource of it.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// File that holds the image
    image: PathBuf,
    /// Profile: nodes update within it
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// Version, such as 3.0.20260602.2200
    #[arg(long, value_name = "VERSION")]
    version: String,
    /// Name of the OS resource [default: profile and version]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Processor architecture
    #[arg(long, value_name = "NAME", default_value = "x86_64")]
    architecture: String,
    /// Security features that the image is made for
    #[arg(long, value_enum, value_name = "FEATURE", default_value_t)]
    security_feature: SecurityFeature,
    /// SHA-256 that the file must have
    #[arg(long, value_name = "HEX", value_parser = digest)]
    sha256: Option<String>,
}

/// Security features.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SecurityFeature {
    /// None
    #[default]
    None,
    /// Secure boot and full disk encryption
    SecureBootAndFullDiskEncryption,
}

impl SecurityFeature {
    fn on_the_wire(self) -> &'static str {
        match self {
            Self::None => "SECURITY_FEATURE_NONE",
            Self::SecureBootAndFullDiskEncryption => "SECURITY_FEATURE_SECURE_BOOT_AND_FULL_DISK_ENCRYPTION",
        }
    }
}

fn digest(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text)
    } else {
        Err("a SHA-256 has 64 hex digits".to_owned())
    }
}

impl Show for Os {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "PROFILE", "VERSION", "TYPE", "SHA256"];

    fn row(&self) -> Vec<Cell> {
        let digest: String = self.sha256.chars().take(12).collect();
        [&*self.id, &self.name, &self.profile, &self.version, kind(self), &digest].map(Cell::from).to_vec()
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        [
            ("id", &*self.id),
            ("name", &self.name),
            ("profile", &self.profile),
            ("version", &self.version),
            ("type", kind(self)),
            ("architecture", &self.architecture),
            ("security feature", &word(&self.security_feature, "SECURITY_FEATURE_")),
            ("sha256", &self.sha256),
            ("image", &self.image_url),
        ]
        .map(|(name, value)| (name, value.into()))
        .to_vec()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.profile.clone(), self.version.clone())
    }
}

fn kind(os: &Os) -> &'static str {
    if os.is_mutable() { "mutable" } else { "immutable" }
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List(choice) => {
            let all = app.api().await?.list(&kinds::OS, &choice.query()).await.doing("list OS resources")?;
            app.out.chosen(
                &all,
                choice.none("there are no OS resources yet: emtctl os publish IMAGE --profile P --version V"),
                choice.is_ordered(),
            )
        }
        Command::Get { os } => {
            let found = app.api().await?.find(&kinds::OS, &os).await.doing(format!("show OS {os}"))?;
            app.out.one(&found)
        }
        Command::Publish(args) => publish::run(app, args).await,
        Command::Delete { os } => delete(app, &os).await,
    }
}

async fn delete(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    let found = api.find_all(&kinds::OS, wanted).await.doing("delete OS resources")?;
    for os in found {
        let label = format!("OS {} ({} {})", os.data.id, os.data.profile, os.data.version);
        api.delete(&kinds::OS, &os.data.id).await.doing(format!("delete {label}"))?;
        say(&format!("deleted {label}"));
    }
    Ok(())
}
