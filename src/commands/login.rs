//! `emtctl login`.

use clap::ArgAction;
use emt_client::{Oidc, Orchestrator, Trust};
use url::Url;

use crate::{
    app::{self, App},
    clock,
    context::{Context, Contexts, Home, Keep, Kept, Tokens, check_name, default_name, issuer},
    error::{Doing, Error},
    output::say,
};

mod device;
mod project;
pub(super) mod prompt;

/// Log in to a server and make it the current context.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the API, such as api.emt.localhost:8443 [default: the context's]
    #[arg(long, value_name = "URL", env = app::SERVER, hide_env_values = true)]
    server: Option<String>,
    /// Address of Keycloak [default: found from the API's: keycloak.X for api.X, else the same]
    #[arg(long, value_name = "URL")]
    keycloak: Option<String>,
    /// Certificate authority of the server, as PEM; it is copied [default: those of the system]
    #[arg(long, value_name = "FILE", env = app::AUTHORITY, hide_env_values = true)]
    ca_cert: Option<std::path::PathBuf>,
    /// User [default: ask]
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input [default: ask]
    #[arg(long, action = ArgAction::SetTrue)]
    password_stdin: bool,
    /// Agree in a browser, on any device, instead of giving user and password here
    #[arg(long, action = ArgAction::SetTrue, conflicts_with_all = ["username", "password_stdin"])]
    device: bool,
    /// Where to keep the tokens [default: the keyring, or a file where there is none]
    #[arg(long, value_enum, value_name = "PLACE", env = "EMTCTL_TOKENS", hide_env_values = true)]
    tokens: Option<Keep>,
}

pub(crate) async fn run(app: &App, mut args: Args) -> Result<(), Error> {
    let home = Home::locate()?;
    let known = known(app, &home, args.server.is_some())?;
    let server = match (&args.server, &known) {
        (Some(server), _) => app::address(server)?,
        (None, Some((_, context))) => app::address(&context.server)?,
        (None, None) => return Err(Error::call("no server is named", "name it: emtctl login --server https://api.NAME")),
    };
    let name = match (&app.global.context, &known) {
        (Some(name), _) | (None, Some((name, _))) => name.clone(),
        (None, None) => default_name(&server),
    };
    check_name(&name)?;
    let known = Contexts::read(&home)?.contexts.remove(&name).filter(|context| same(&context.server, &server));
    let authority = match &args.ca_cert {
        Some(file) => Some(authority(file)?),
        None => known.as_ref().and_then(|context| context.authority.clone()),
    };
    let trust = authority.as_ref().map_or(Trust::System, |pem| Trust::Authority(pem.clone().into_bytes()));
    let http = app.http(&trust)?;
    let keycloak = args.keycloak.as_deref().map(app::address).transpose()?;
    let issuer = match (keycloak, &known) {
        (None, Some(context)) => context.issuer.clone(),
        (keycloak, _) => issuer(&server, keycloak.as_ref()),
    };
    // Before anybody types a password in vain.
    let oidc = Oidc::discover(http.clone(), &issuer).await.doing(format!("log in to {name}"))?;
    let (username, tokens) = if args.device {
        device::log_in(app, &oidc, &name).await?
    } else {
        let username = prompt::username(args.username.take(), known.as_ref()).await?;
        let password = prompt::password(args.password_stdin, &username).await?;
        let tokens = oidc.by_password(&username, &password).await.doing(format!("log in to {name} as {username}"))?;
        (username, tokens)
    };
    let kept = Kept::new(tokens, clock::now());
    let api = Orchestrator::new(http, server.clone(), "", kept.access.clone());
    let done = finish(app, &home, &api, known.as_ref(), &kept, Login { name, server, issuer, username, authority, args }).await;
    if let (Err(_), Some(refresh)) = (&done, &kept.refresh) {
        // A login that is of no use is not left behind.
        let _ = oidc.log_out(refresh).await;
    }
    done
}

/// What is known of a login when it is granted.
struct Login {
    name: String,
    server: Url,
    issuer: String,
    username: String,
    authority: Option<String>,
    args: Args,
}

/// Chooses the project and keeps the login.
async fn finish(
    app: &App,
    home: &Home,
    api: &Orchestrator,
    known: Option<&Context>,
    kept: &Kept,
    login: Login,
) -> Result<(), Error> {
    let wish = app.global.project.as_deref().or(known.and_then(|context| context.project.as_deref()));
    let project = project::choose(api, wish, app.global.project.is_some()).await?;
    let context = Context {
        server: login.server.as_str().trim_end_matches('/').to_owned(),
        issuer: login.issuer,
        username: login.username,
        project,
        tokens: Keep::File,
        authority: login.authority,
    };
    let place = keep(home, &login.name, context.clone(), login.args.tokens, kept).await?;
    tell(&login.name, &context, &place);
    Ok(())
}

/// The context that the login renews: the named one, or, if no server is named either, the current one.
fn known(app: &App, home: &Home, server_is_named: bool) -> Result<Option<(String, Context)>, Error> {
    let contexts = Contexts::read(home)?;
    let name = match (&app.global.context, &contexts.current) {
        (Some(name), _) => name,
        (None, Some(current)) if !server_is_named => current,
        _ => return Ok(None),
    };
    Ok(contexts.contexts.get_key_value(name).map(|(name, context)| (name.clone(), context.clone())))
}

fn same(kept: &str, server: &Url) -> bool {
    app::address(kept).is_ok_and(|kept| kept == *server)
}

/// The authority's certificates, checked to be some.
fn authority(file: &std::path::Path) -> Result<String, Error> {
    let Trust::Authority(pem) = Trust::file(file).doing("use the certificate authority")? else { return Ok(String::new()) };
    Ok(String::from_utf8_lossy(&pem).into_owned())
}

/// Keeps the login; returns where its tokens are.
async fn keep(home: &Home, name: &str, mut context: Context, wish: Option<Keep>, kept: &Kept) -> Result<String, Error> {
    let lock = home.lock().await?;
    let tokens = Tokens::of(home, name);
    context.tokens = tokens.save(wish, kept, &lock).await?;
    let place = tokens.place(context.tokens);
    Contexts::change(home, &lock, |contexts| {
        contexts.contexts.insert(name.to_owned(), context);
        contexts.current = Some(name.to_owned());
        Ok(())
    })?;
    Ok(place)
}

fn tell(name: &str, context: &Context, place: &str) {
    say(&format!("logged in to {} as {}; the context is {name}", context.server, context.username));
    say(&format!("tokens are kept in {place}"));
    match &context.project {
        Some(project) => say(&format!("project: {project}")),
        None => say("you have no project yet: emtctl project create NAME"),
    }
}
