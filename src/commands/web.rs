//! `emtctl web`.

use std::process::{Command, Stdio};

use clap::ArgAction;
use emt_client::{Error as ClientError, Orchestrator, Resource, models::SignInLink};
use serde_json::json;
use url::Url;

use crate::{
    app::App,
    cli::Format,
    clock,
    error::Error,
    output::{lines, say},
};

/// What says that the server makes links.
const FEATURE: [&str; 2] = ["emt", "sign-in-links"];
/// Where the pages are.
const PAGES: &str = "/ui";
/// Where a code is taken.
const ENTER: &str = "/ui/enter";
/// What opens an address in the system's browser.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Print the address of the server's pages, with a link that signs one browser in, once, within ten minutes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Page that it leads to: hosts, os, schedules, or a path such as /ui/p/shops [default: the project's overview]
    #[arg(long, value_name = "PAGE")]
    page: Option<String>,
    /// The plain address only: whoever opens it signs in by name and password
    #[arg(long, visible_alias = "print", action = ArgAction::SetTrue)]
    no_sign_in: bool,
    /// Open it in the system's browser; the code is then shown here, to be pasted there, since others may see what programs are
    /// started with
    #[arg(long, action = ArgAction::SetTrue)]
    open: bool,
}

pub(crate) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let (api, project) = app.place()?;
    let page = page(project.as_deref(), args.page.as_deref())?;
    if args.no_sign_in {
        return plain(app, args, &pages(&api, &page)?);
    }
    let api = app.api_without_project().await?;
    match api.sign_in_link(&page).await {
        Ok(link) => show(app, args, &api, &link),
        Err(ClientError::Refused { status: 501, message, .. }) => {
            say(&message);
            plain(app, args, &pages(api.address(), &page)?)
        }
        Err(error) => Err(refused(&api, error).await),
    }
}

/// The path of a page.
fn page(project: Option<&str>, wish: Option<&str>) -> Result<String, Error> {
    let below = |project: &str| {
        // A base that every path can be joined to.
        let mut url = Url::parse("https://localhost/ui/p").map_err(|error| Error::call(error.to_string(), ""))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(project);
        }
        Ok::<_, Error>(url.path().to_owned())
    };
    match (wish.map(str::trim), project) {
        (Some(wish), _) if wish.starts_with('/') => match wish.strip_prefix(PAGES) {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => Ok(wish.to_owned()),
            _ => Err(Error::call(format!("{wish} is no page"), "name one such as hosts, os, schedules or /ui/p/NAME")),
        },
        (None, None) => Ok(PAGES.to_owned()),
        (None, Some(project)) => below(project),
        (Some(wish), Some(project)) => Ok(format!("{}/{wish}", below(project)?)),
        (Some(_), None) => Err(Error::call("no project is chosen", "give --project NAME, or the whole path of the page")),
    }
}

/// An address of the pages: they are under the server's own name, and the API below `api.`.
fn pages(api: &Url, page: &str) -> Result<Url, Error> {
    let wrong = |_| Error::call(format!("{page:?} is no page"), "name one such as hosts, os or schedules");
    let mut url = api.join(page).map_err(wrong)?;
    let host = url.host_str().and_then(|host| host.strip_prefix("api.")).map(str::to_owned);
    if let Some(host) = host {
        url.set_host(Some(&host)).map_err(wrong)?;
    }
    Ok(url)
}

fn plain(app: &App, args: &Args, url: &Url) -> Result<(), Error> {
    match app.out.format() {
        Format::Table | Format::Name => lines([url.as_str()])?,
        Format::Json | Format::Yaml => app.out.document(&json!({"url": url.as_str()}))?,
    }
    if args.open { open(url) } else { Ok(()) }
}

fn show(app: &App, args: &Args, api: &Orchestrator, link: &Resource<SignInLink>) -> Result<(), Error> {
    let SignInLink { code, expires_at, .. } = &link.data;
    let form = pages(api.address(), ENTER)?;
    let mut url = form.clone();
    url.set_fragment(Some(code));
    let left = expires_at.map(|at| at.as_second() - api.server_time().unwrap_or_else(clock::now).as_second());
    let time = left.map_or_else(String::new, |left| format!(", within {} minutes", (left + 30) / 60));
    if args.open {
        lines([code.as_str()])?;
        say(&format!("paste this code into the page that opens: it signs one browser in, once{time}"));
        return open(&form);
    }
    match app.out.format() {
        Format::Table => {
            lines([url.as_str()])?;
            say(&format!("this link signs one browser in, once{time}: whoever has it can use it"));
            Ok(())
        }
        Format::Name => lines([url.as_str()]),
        Format::Json | Format::Yaml => {
            let expires = expires_at.map(|at| at.to_string());
            app.out.document(&json!({"url": url.as_str(), "code": code, "expiresAt": expires}))
        }
    }
}

fn open(url: &Url) -> Result<(), Error> {
    let mut command = Command::new(OPENER);
    let started = command.arg(url.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started
        .map(drop)
        .map_err(|error| Error::rule(format!("no browser can be opened: {OPENER}: {error}"), format!("open it yourself: {url}")))
}

/// Not found means that this orchestrator makes no links.
async fn refused(api: &Orchestrator, error: ClientError) -> Error {
    if error.status() == Some(404) && api.features().await.is_ok_and(|features| !features.has(&FEATURE)) {
        let host = api.address().host_str().unwrap_or_default();
        let own = host.strip_prefix("api.").map_or_else(String::new, |name| format!(", usually at https://web-ui.{name}"));
        return Error::rule(
            "this orchestrator makes no links that sign in",
            format!(
                "an Edge Orchestrator has pages of its own{own}; for those of emt-server without a link: emtctl web --no-sign-in"
            ),
        );
    }
    Error::Request { doing: "make a link that signs a browser in".to_owned(), source: error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_below_the_project_and_under_the_servers_own_name() {
        for (project, wish, path) in [
            (Some("shops"), None, Some("/ui/p/shops")),
            (Some("a b/c"), Some("hosts"), Some("/ui/p/a%20b%2Fc/hosts")),
            (Some("shops"), Some("/ui/p/other"), Some("/ui/p/other")),
            (None, None, Some("/ui")),
            (None, Some("hosts"), None),
            (None, Some("/ui?a"), Some("/ui?a")),
            (Some("shops"), Some("//evil.example/ui"), None),
            (Some("shops"), Some("/uix"), None),
        ] {
            assert_eq!(page(project, wish).ok().as_deref(), path, "{project:?} {wish:?}");
        }
        for (api, url) in [
            ("https://api.emt.localhost:8443", "https://emt.localhost:8443/ui"),
            ("https://localhost:8443/", "https://localhost:8443/ui"),
            ("https://apis.example", "https://apis.example/ui"),
            ("https://[::1]:8443", "https://[::1]:8443/ui"),
        ] {
            assert_eq!(pages(&Url::parse(api).unwrap(), PAGES).unwrap().as_str(), url);
        }
    }
}
