//! What commands work with: the options, the kept contexts, the output, and the connection to the orchestrator.

use std::{env, sync::OnceLock};

use emt_client::{Exchange, Http, Orchestrator, Trust};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    cli::Global,
    context::{Context, Contexts, Home, session},
    error::{Doing, Error},
    output::{self, Output},
};

/// How the program names itself to servers.
const AGENT: &str = concat!("emtctl/", env!("CARGO_PKG_VERSION"));
/// Access token, for programs that log in by other means.
const TOKEN: &str = "EMTCTL_TOKEN";
/// Address of the API, beside [`TOKEN`].
pub(crate) const SERVER: &str = "EMTCTL_SERVER";
/// Certificate authority, beside [`SERVER`].
pub(crate) const AUTHORITY: &str = "EMTCTL_CA_CERT";

/// What commands work with.
pub(crate) struct App {
    pub(crate) global: Global,
    pub(crate) out: Output,
    /// Connections to the orchestrator, for as long as the command runs.
    connections: OnceLock<Http>,
}

impl App {
    pub(crate) fn new(mut global: Global) -> Self {
        // A variable that is set and empty says nothing.
        global.context = global.context.filter(|name| !name.is_empty());
        global.project = global.project.filter(|name| !name.is_empty());
        let out = Output::new(global.output, global.no_color);
        Self { global, out, connections: OnceLock::new() }
    }

    /// The orchestrator, in the project that is worked in.
    pub(crate) async fn api(&self) -> Result<Orchestrator, Error> {
        self.connect(true).await
    }

    /// The orchestrator, for what belongs to no project.
    pub(crate) async fn api_without_project(&self) -> Result<Orchestrator, Error> {
        self.connect(false).await
    }

    async fn connect(&self, in_project: bool) -> Result<Orchestrator, Error> {
        let own_token = variable(TOKEN);
        let own_server = variable(SERVER);
        if let Some(server) = own_server.filter(|_| self.global.context.is_none()) {
            let token = own_token.ok_or_else(|| {
                Error::call(format!("{SERVER} is set, but {TOKEN} is not"), format!("set both, or unset {SERVER}"))
            })?;
            let trust = match variable(AUTHORITY) {
                Some(file) => Trust::file(file.as_ref()).doing(format!("use the authority that {AUTHORITY} names"))?,
                None => Trust::System,
            };
            let project = self.project(None, in_project)?;
            return Ok(Orchestrator::new(self.connections(&trust)?, address(&server)?, &project, Zeroizing::new(token)));
        }
        let home = Home::locate()?;
        let contexts = Contexts::read(&home)?;
        let (name, context) = contexts.chosen(self.global.context.as_deref())?;
        let project = self.project(context.project.as_deref(), in_project)?;
        let http = self.connections(&context.trust())?;
        let token = match own_token {
            Some(token) => Zeroizing::new(token),
            None => session::access_token(&home, &http, name, context).await?,
        };
        Ok(Orchestrator::new(http, address(&context.server)?, &project, token))
    }

    /// Address of the API that is worked with, and the project, if one is chosen. Nobody is asked.
    pub(crate) fn place(&self) -> Result<(Url, Option<String>), Error> {
        let given = self.global.project.clone();
        if let Some(server) = variable(SERVER).filter(|_| self.global.context.is_none()) {
            return Ok((address(&server)?, given));
        }
        let (_, context) = self.context()?;
        Ok((address(&context.server)?, given.or(context.project)))
    }

    fn project(&self, kept: Option<&str>, needed: bool) -> Result<String, Error> {
        match self.global.project.as_deref().or(kept) {
            Some(project) => Ok(project.to_owned()),
            None if needed => Err(Error::call(
                "no project is chosen",
                "give --project NAME, or make one: emtctl project create NAME; emtctl project list shows those that you may use",
            )),
            None => Ok(String::new()),
        }
    }

    /// The context that is worked in.
    pub(crate) fn context(&self) -> Result<(String, Context), Error> {
        let contexts = Contexts::read(&Home::locate()?)?;
        let (name, context) = contexts.chosen(self.global.context.as_deref())?;
        Ok((name.to_owned(), context.clone()))
    }

    fn connections(&self, trust: &Trust) -> Result<Http, Error> {
        match self.connections.get() {
            Some(http) => Ok(http.clone()),
            None => self.http(trust).map(|http| self.connections.get_or_init(|| http).clone()),
        }
    }

    /// New connections, to servers that are trusted so.
    pub(crate) fn http(&self, trust: &Trust) -> Result<Http, Error> {
        let http = Http::new(trust, AGENT).doing("connect")?;
        Ok(if self.global.verbose { http.observed(tell) } else { http })
    }
}

fn tell(exchange: &Exchange<'_>) {
    let Exchange { method, url, status, took, request_id } = exchange;
    let id = if request_id.is_empty() { String::new() } else { format!(", request id {request_id}") };
    output::say(&format!("{method} {url}: {status} after {} ms{id}", took.as_millis()));
}

/// An environment variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The address of an API: `https`, with or without a port.
pub(crate) fn address(text: &str) -> Result<Url, Error> {
    let hint = "give it as https://api.NAME or https://NAME:PORT";
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&whole).map_err(|error| Error::call(format!("{text:?} is no address: {error}"), hint))?;
    if url.scheme() != "https" || url.host_str().is_none() {
        return Err(Error::call(format!("{text:?} is no https address"), hint));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::call("an address must not carry a name or a password", "give --username and --password-stdin"));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https() {
        for (text, expected) in [
            ("https://api.emt.localhost:8443", Some("https://api.emt.localhost:8443/")),
            ("api.emt.localhost:8443", Some("https://api.emt.localhost:8443/")),
            ("localhost", Some("https://localhost/")),
            ("https://x/base/?a=1#b", Some("https://x/base/")),
            ("http://x", None),
            ("https://", None),
            ("https://user:secret@x", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(address(text).ok().map(String::from).as_deref(), expected, "{text}");
        }
    }
}
