//! Registration: the machine is announced, and its node gets a one-time token.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use emt_client::{Orchestrator, Resource, kinds, models::Host};
use serde_json::{Value as Json, json};
use tempfile::NamedTempFile;

use super::RegisterArgs;
use crate::{
    app::App,
    cli::Format,
    error::{Doing, Error},
    output::{self, say},
};

/// What says that the orchestrator gives tokens to nodes.
const ENROLMENT: [&str; 2] = ["emt", "enrolment"];

pub(super) async fn run(app: &App, args: RegisterArgs) -> Result<(), Error> {
    let doing = format!("register host {}", args.name);
    if app.out.format() == Format::Name && args.token_file.is_none() {
        return Err(Error::call("-o name would hide the token", "give --token-file FILE, or leave -o out"));
    }
    // All that can fail without a trace comes first.
    let file = args.token_file.as_deref().map(prepared).transpose()?;
    let api = app.api().await?;
    let site = match &args.site {
        Some(site) => Some(api.find(&kinds::SITES, site).await.doing(doing.clone())?.data),
        None => None,
    };
    let enrols = api.features().await.doing(doing.clone())?.has(&ENROLMENT);
    let mut body = json!({"name": args.name, "uuid": args.uuid});
    if let Some(serial) = &args.serial {
        body["serialNumber"] = Json::from(serial.as_str());
    }
    let query: &[(&str, &str)] = if enrols { &[("enrolment", "true")] } else { &[] };
    let mut host: Resource<Host> = api.create_at("compute/hosts/register", query, &body).await.doing(doing.clone())?;
    let token = host.data.enrolment_token.clone();
    if let Some(site) = site {
        place(&api, &mut host, &site.id).await.doing(format!("{doing} at site {}; it is not registered", site.name))?;
    }
    let file = match file {
        Some((file, path)) if !token.is_empty() => Some(store(file, path, &token)?),
        _ => None,
    };
    say(&format!("registered host {} as {}", host.data.name, host.data.id));
    if token.is_empty() {
        say("this orchestrator gives no tokens to nodes; onboard the node as its documentation says");
        return app.out.made(&host);
    }
    tell_next(app, file.as_deref());
    match (app.out.format(), file) {
        (Format::Json | Format::Yaml, None) => {
            host.json["enrolmentToken"] = Json::from(token);
            app.out.made(&host)
        }
        (_, None) => output::write(&format!("{token}\n")),
        (_, Some(_)) => {
            if let Some(fields) = host.json.as_object_mut() {
                fields.remove("enrolmentToken");
            }
            app.out.made(&host)
        }
    }
}

/// Puts the host at its site, or takes it back.
async fn place(api: &Orchestrator, host: &mut Resource<Host>, site: &str) -> Result<(), emt_client::Error> {
    let body = json!({"name": host.data.name, "siteId": site});
    match api.patch(&kinds::HOSTS, &host.data.id, &body).await {
        Ok(placed) => {
            *host = placed;
            Ok(())
        }
        Err(error) => {
            let _ = api.delete(&kinds::HOSTS, &host.data.id).await;
            Err(error)
        }
    }
}

/// A private file beside the one that is to be written: it shows now whether that will be possible.
fn prepared(path: &Path) -> Result<(NamedTempFile, PathBuf), Error> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(directory).map_err(|error| plain(&error)).map_err(Error::file("write", path))?;
    Ok((file, path.to_owned()))
}

/// Without the name of the temporary file, which means nothing to people.
fn plain(error: &io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("its directory does not exist"),
        kind => kind.into(),
    }
}

fn store(mut file: NamedTempFile, path: PathBuf, token: &str) -> Result<PathBuf, Error> {
    let written = (|| -> io::Result<File> {
        writeln!(file, "{token}")?;
        file.as_file().sync_all()?;
        Ok(file.persist(&path)?)
    })();
    match written {
        Ok(_) => Ok(path),
        Err(error) => Err(Error::file("write", &path)(error)),
    }
}

fn tell_next(app: &App, file: Option<&Path>) {
    let server = app.context().map(|(_, context)| context).ok();
    let address = server.as_ref().map_or("URL", |context| &context.server);
    let authority = if server.as_ref().is_some_and(|context| context.authority.is_some()) { " --ca-cert ca.pem" } else { "" };
    let token = file.map_or_else(|| "FILE".to_owned(), |file| file.display().to_string());
    say(&format!(
        "next, on the node, with the token in a file:\n  emt-agent enroll --server {address}{authority} --token-file {token} --dir DIR"
    ));
    say("the token is good once, and for a short time");
}
