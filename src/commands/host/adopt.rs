//! Adoption: hosts that were provisioned elsewhere come under management, and their agents get credentials of this server.

use std::{
    fs::{self, DirBuilder},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use emt_client::{Error as ClientError, Orchestrator, Resource, kinds, models::Host};
use serde_json::{Value as Json, json};
use tempfile::NamedTempFile;

use super::AdoptArgs;
use crate::{
    app::App,
    cli::Format,
    error::{Doing, Error},
    output::say,
};

/// What says that the orchestrator adopts hosts.
const ADOPTION: [&str; 2] = ["emt", "adoption"];

pub(super) async fn run(app: &App, args: &AdoptArgs) -> Result<(), Error> {
    let directory = args.credentials_dir.as_deref();
    let with_credentials = args.credentials || directory.is_some();
    if app.out.format() == Format::Name && with_credentials && directory.is_none() {
        return Err(Error::call("-o name would hide the credentials", "give --credentials-dir DIR, or leave -o out"));
    }
    let api = app.api().await?;
    if !api.features().await.doing("adopt hosts")?.has(&ADOPTION) {
        return Err(Error::rule("this orchestrator adopts no hosts", "onboard and provision them as its documentation says"));
    }
    let os = match &args.os {
        Some(os) => Some(api.find(&kinds::OS, os).await.doing("adopt hosts")?.data.id),
        None => None,
    };
    let hosts = api.find_all(&kinds::HOSTS, &args.host).await.doing("adopt hosts")?;
    // All that can fail without a trace comes first: new credentials end those that a node had before.
    for host in &hosts {
        let Some(directory) = directory else { continue };
        if !emt_api::id::is_uuid(&host.data.uuid) {
            let what = format!("host {} ({}) has no UUID, by which its node is known", host.data.name, host.data.id);
            return Err(Error::rule(what, "delete it, and register it again with --uuid"));
        }
        private_directory(&directory.join(&host.data.uuid))?;
    }
    let mut adopted = Vec::with_capacity(hosts.len());
    let mut outcome = Ok(());
    for host in &hosts {
        outcome = adopt(&api, host, os.as_deref(), with_credentials, directory, &mut adopted).await;
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_err() && !adopted.is_empty() {
        let left: Vec<&str> = hosts[adopted.len()..].iter().map(|host| host.data.name.as_str()).collect();
        say(&format!("{} of {} hosts are adopted; left are: {}", adopted.len(), hosts.len(), left.join(", ")));
    }
    // What was made is told in any case: secrets are told once.
    if !adopted.is_empty() {
        show(app, &adopted, with_credentials && directory.is_none())?;
    }
    outcome
}

async fn adopt(
    api: &Orchestrator,
    host: &Resource<Host>,
    os: Option<&str>,
    with_credentials: bool,
    directory: Option<&Path>,
    adopted: &mut Vec<Resource<Host>>,
) -> Result<(), Error> {
    let label = format!("host {} ({})", host.data.name, host.data.id);
    let body = os.map_or_else(|| json!({}), |os| json!({"osID": os}));
    let query: &[(&str, &str)] = if with_credentials { &[("credentials", "true")] } else { &[] };
    let answer: Result<Resource<Host>, ClientError> = api.put(&kinds::HOSTS, &host.data.id, "adopt", query, &body).await;
    let mut made = answer.doing(format!("adopt {label}"))?;
    say(&format!("adopted {label}"));
    if let Some(directory) = directory {
        let credentials = made.json.as_object_mut().and_then(|fields| fields.remove("credentials")).unwrap_or_default();
        let kept = directory.join(&host.data.uuid);
        for (file, key) in [("client_id", "clientId"), ("client_secret", "clientSecret"), ("token_url", "tokenUrl")] {
            private_file(&kept.join(file), text(&credentials, key))?;
        }
        say(&format!("wrote its credentials to {}", kept.display()));
    }
    adopted.push(made);
    Ok(())
}

fn show(app: &App, adopted: &[Resource<Host>], with_secrets: bool) -> Result<(), Error> {
    if !with_secrets || app.out.format() != Format::Table {
        return app.out.list(adopted, "");
    }
    let rows = adopted.iter().map(|host| {
        let credentials = &host.json["credentials"];
        let cells = [host.data.name.as_str(), &host.data.uuid, text(credentials, "clientId"), text(credentials, "clientSecret")];
        cells.map(Into::into).to_vec()
    });
    say("the secrets are shown once; those that the nodes had before have ended");
    app.out.table(&["HOST", "UUID", "CLIENT ID", "CLIENT SECRET"], rows)
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}

/// A directory that only its owner can look into.
fn private_directory(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::file("make", path))
}

/// A file that only its owner can read, whole or not there.
fn private_file(path: &Path, content: &str) -> Result<(), Error> {
    let written = || -> io::Result<()> {
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(content.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    written().map_err(Error::file("write", path))
}
