//! `emtctl os`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use emt_client::{
    Orchestrator, Resource, kinds,
    models::{Os, newest},
};

use crate::{
    app::App,
    commands::choice::Choice,
    error::{Doing, Error},
    output::{Cell, Show, Tone, say, word},
};

mod block;
mod diff;
mod image;
mod mirror;
mod mode;
mod publish;
mod send;
pub(crate) mod source;
pub(crate) mod source_args;

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
    /// Where OS images are published that the server looks for
    #[command(subcommand)]
    Source(source::Command),
    /// Look at sources now, and wait for the end
    Sync {
        /// Ids or names [default: all]
        #[arg(value_name = "SOURCE")]
        sources: Vec<String>,
    },
    /// Show or set whether the newest OS is linked to instances by itself
    Mode(mode::Args),
    /// Block OS resources: nobody installs them from now on
    Block(block::Args),
    /// Take the block of OS resources away
    Unblock {
        /// Ids, names or versions
        #[arg(required = true, value_name = "OS")]
        os: Vec<String>,
    },
    /// Show what changes from one OS to another: vulnerabilities and packages
    Diff(diff::Args),
    /// Fill a directory from a source of OS images, for a site without it; needs no server
    Mirror(mirror::MirrorArgs),
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

/// An OS resource among the others.
struct Listed {
    os: Os,
    is_newest: bool,
}

/// The OS resources that are chosen, and which of all there are is the newest of its profile.
async fn listed(api: &Orchestrator, choice: &Choice) -> Result<Vec<Resource<Listed>>, emt_client::Error> {
    let chosen = api.list(&kinds::OS, &choice.query()).await?;
    let all = if choice.is_filtered() && !chosen.is_empty() { Some(api.list(&kinds::OS, &[]).await?) } else { None };
    let all = all.as_ref().unwrap_or(&chosen);
    let newest: Vec<String> = newest(all.iter().map(|os| &os.data)).into_iter().map(str::to_owned).collect();
    let listed =
        |os: Resource<Os>| Resource { json: os.json, data: Listed { is_newest: newest.contains(&os.data.id), os: os.data } };
    Ok(chosen.into_iter().map(listed).collect())
}

impl Show for Listed {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "PROFILE", "VERSION", "TYPE", "SHA256", "STATE"];

    fn row(&self) -> Vec<Cell> {
        let mut row = self.os.row();
        row.push(match self {
            Self { os, .. } if !os.blocked.is_empty() => Cell::toned("blocked", Tone::Bad),
            Self { os, .. } if !os.withdrawn.is_empty() => Cell::toned("withdrawn", Tone::Bad),
            Self { os, .. } if os.image_state == image::FAILED => Cell::toned("no image", Tone::Bad),
            Self { is_newest: true, .. } => Cell::toned("newest", Tone::Good),
            Self { .. } => "".into(),
        });
        row
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        self.os.details()
    }

    fn id(&self) -> &str {
        self.os.id()
    }

    fn order(&self) -> (String, String) {
        self.os.order()
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
            ("withdrawn", &self.withdrawn),
            ("blocked", &self.blocked),
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
            let all = listed(&app.api().await?, &choice).await.doing("list OS resources")?;
            app.out.chosen(
                &all,
                choice.none("there are no OS resources yet: emtctl os publish IMAGE --profile P --version V"),
                choice.is_ordered(),
            )
        }
        Command::Get { os } => {
            let api = app.api().await?;
            let found = api.find(&kinds::OS, &os).await.doing(format!("show OS {os}"))?;
            let more = image::details(&api, &found.data).await.doing(format!("find the sources of OS {os}"))?;
            app.out.one_with(&found, more)
        }
        Command::Publish(args) => publish::run(app, args).await,
        Command::Source(command) => source::run(app, command).await,
        Command::Sync { sources } => source::sync(app, &sources).await,
        Command::Mode(args) => mode::run(app, &args).await,
        Command::Block(args) => block::block(app, &args).await,
        Command::Unblock { os } => block::unblock(app, &os).await,
        Command::Diff(args) => diff::run(app, &args).await,
        Command::Mirror(args) => mirror::run(app, args).await,
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
