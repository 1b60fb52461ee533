//! `emtctl host`.

use std::path::PathBuf;

use clap::Subcommand;
use emt_api::id;
use emt_client::{
    Orchestrator, Resource, kinds,
    models::{Host, Instance, Place, Slot},
};

use crate::{
    app::App,
    commands::{available, choice::Choice, instance},
    error::{Doing, Error},
    output::{Cell, Show, Tone, say, word},
};

mod adopt;
mod register;

/// Hosts: the machines.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List hosts
    List(Choice),
    /// Show a host
    Get {
        /// Id, name, UUID or serial number
        host: String,
    },
    /// Register a machine, and print a one-time token with which its node enrols
    Register(RegisterArgs),
    /// Put registered hosts under management that were provisioned elsewhere
    Adopt(AdoptArgs),
    /// Delete hosts with what is installed on them; their nodes' credentials end
    Delete {
        /// Ids, names, UUIDs or serial numbers
        #[arg(required = true, value_name = "HOST")]
        host: Vec<String>,
    },
}

/// Register a machine, and print a one-time token with which its node enrols.
#[derive(Debug, clap::Args)]
pub struct RegisterArgs {
    /// Name, at most 20 characters
    name: String,
    /// SMBIOS system UUID
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    uuid: String,
    /// Serial number
    #[arg(long, value_name = "TEXT")]
    serial: Option<String>,
    /// Site at which it stands: id or name
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Write the token to a file that only you can read, instead of printing it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Put registered hosts under management that were provisioned elsewhere.
#[derive(Debug, clap::Args)]
pub struct AdoptArgs {
    /// Ids, names, UUIDs or serial numbers
    #[arg(required = true, value_name = "HOST")]
    host: Vec<String>,
    /// OS that runs on them: id, name or version. Without it, what is planned for each
    #[arg(long, value_name = "OS")]
    os: Option<String>,
    /// Print new credentials for the agent of each, once; those that it had before end
    #[arg(long)]
    credentials: bool,
    /// Write them to files below DIR/UUID that only you can read, instead of printing them
    #[arg(long, value_name = "DIR")]
    credentials_dir: Option<PathBuf>,
}

fn uuid(text: &str) -> Result<String, String> {
    if id::is_uuid(text) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a UUID has 8-4-4-4-12 hex digits, such as 4c4c4544-0035-3010-8052-b4c04f4a4d32".to_owned())
    }
}

impl Show for Host {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "UUID", "SITE", "STATUS", "OS", "AVAILABLE"];

    fn row(&self) -> Vec<Cell> {
        vec![
            self.id.as_str().into(),
            self.name.as_str().into(),
            self.uuid.as_str().into(),
            self.site.as_ref().map(Place::label).unwrap_or_default().into(),
            status(self),
            version(self).into(),
            self.instance.as_deref().map_or_else(|| "".into(), instance::available),
        ]
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        let instance = self.instance.as_ref().map(|instance| instance.id.as_str()).unwrap_or_default();
        vec![
            ("id", self.id.as_str().into()),
            ("name", self.name.as_str().into()),
            ("uuid", self.uuid.as_str().into()),
            ("serial number", self.serial.as_str().into()),
            ("site", self.site.as_ref().map(Place::label).unwrap_or_default().into()),
            ("status", status(self)),
            ("state", word(&self.state, "HOST_STATE_").into()),
            ("onboarding", self.onboarding.as_str().into()),
            ("instance", instance.into()),
            ("os", version(self).into()),
            ("available", self.instance.as_deref().map(|instance| instance.update_available.as_str()).unwrap_or_default().into()),
            ("components", components(self)),
        ]
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.name.clone(), self.id.clone())
    }
}

fn status(host: &Host) -> Cell {
    Cell::toned(host.status.as_str(), Tone::of_indicator(&host.indicator))
}

/// How what runs on it is, as its node tells.
fn components(host: &Host) -> Cell {
    let Some(instance) = &host.instance else { return "".into() };
    let detail = if instance.detail.is_empty() { String::new() } else { format!(" ({})", instance.detail) };
    Cell::toned(format!("{}{detail}", instance.status), Tone::of_indicator(&instance.indicator))
}

/// What the node's slots hold; nothing if it does not tell.
fn slots(instance: &Instance) -> Vec<(&'static str, Cell)> {
    let slot = |slot: &Slot| {
        let words = [&slot.name, &slot.profile, &slot.version].map(String::as_str).join(" ");
        let state = word(&slot.state, "SLOT_STATE_");
        if slot.reason.is_empty() {
            format!("{} ({state})", words.trim_end())
        } else {
            format!("{} ({state}: {})", words.trim_end(), slot.reason)
        }
    };
    let all: Vec<String> = instance.slots.iter().map(slot).collect();
    if all.is_empty() { Vec::new() } else { vec![("slots", all.join(", ").into())] }
}

/// Profile and version of what is installed.
fn version(host: &Host) -> String {
    let os = host.instance.as_ref().and_then(|instance| instance.current());
    os.map(|os| format!("{} {}", os.profile, os.version)).unwrap_or_default()
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List(choice) => {
            let all = app.api().await?.list(&kinds::HOSTS, &choice.query()).await.doing("list hosts")?;
            app.out.chosen(
                &all,
                choice.none("there are no hosts yet: emtctl host register NAME --uuid UUID"),
                choice.is_ordered(),
            )
        }
        Command::Get { host } => {
            let api = app.api().await?;
            let found = api.find(&kinds::HOSTS, &host).await.doing(format!("show host {host}"))?;
            let more = match &found.data.instance {
                Some(instance) if app.out.is_for_people() => [slots(instance), available::details(&api, instance).await].concat(),
                _ => Vec::new(),
            };
            app.out.one_with(&found, more)
        }
        Command::Register(args) => register::run(app, args).await,
        Command::Adopt(args) => adopt::run(app, &args).await,
        Command::Delete { host } => delete(app, &host).await,
    }
}

async fn delete(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    let found = api.find_all(&kinds::HOSTS, wanted).await.doing("delete hosts")?;
    for host in found {
        let label = format!("host {} ({})", host.data.name, host.data.id);
        remove(&api, &host).await.doing(format!("delete {label}"))?;
        say(&format!("deleted {label}"));
    }
    Ok(())
}

/// The host first, so that its node cannot report itself back; then the instance, with which a host that had one goes.
async fn remove(api: &Orchestrator, host: &Resource<Host>) -> Result<(), emt_client::Error> {
    api.delete(&kinds::HOSTS, &host.data.id).await?;
    match &host.data.instance {
        Some(instance) => match api.delete(&kinds::INSTANCES, &instance.id).await {
            Err(error) if error.status() == Some(404) => Ok(()),
            other => other,
        },
        None => Ok(()),
    }
}
