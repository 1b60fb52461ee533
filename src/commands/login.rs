//! `emtctl login`.

use std::io::{self, BufRead};

use clap::ArgAction;
use dialoguer::{Input, Password};
use emt_client::{Error as ClientError, Oidc, Orchestrator, Trust};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    app::{self, App},
    clock,
    context::{Context, Contexts, Home, Keep, Kept, Tokens, check_name, default_name, issuer},
    error::{Doing, Error},
    output::{is_conversation, say},
};

/// Log in to a server and make it the current context.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the API, such as https://api.emt.localhost:8443 [default: the context's]
    #[arg(long, value_name = "URL", env = app::SERVER)]
    server: Option<String>,
    /// Address of Keycloak [default: found from the API's: keycloak.X for api.X, else the same]
    #[arg(long, value_name = "URL")]
    keycloak: Option<String>,
    /// Certificate authority of the server, as PEM; it is copied [default: those of the system]
    #[arg(long, value_name = "FILE", env = app::AUTHORITY)]
    ca_cert: Option<std::path::PathBuf>,
    /// User [default: ask]
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input [default: ask]
    #[arg(long, action = ArgAction::SetTrue)]
    password_stdin: bool,
    /// Where to keep the tokens [default: the keyring, or a file where there is none]
    #[arg(long, value_enum, value_name = "PLACE", env = "EMTCTL_TOKENS")]
    tokens: Option<Keep>,
}

pub(crate) async fn run(app: &App, args: Args) -> Result<(), Error> {
    let home = app.home()?;
    let known = known(app, &home, args.server.is_some())?;
    let server = match (&args.server, &known) {
        (Some(server), _) => app::address(server)?,
        (None, Some((_, context))) => app::address(&context.server)?,
        (None, None) => return Err(Error::call("no server is named", "name it: emtctl login --server https://api.NAME")),
    };
    let name = match (&app.global.context, &known) {
        (Some(name), _) => name.clone(),
        (None, Some((name, _))) => name.clone(),
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
    let username = username(args.username, known.as_ref())?;
    let password = password(args.password_stdin, &username)?;
    let tokens = oidc.by_password(&username, &password).await.doing(format!("log in to {name} as {username}"))?;
    let kept = Kept::new(tokens, clock::now());
    let api = Orchestrator::new(http, server.clone(), "", kept.access.clone());
    let wish = app.global.project.as_deref().or(known.as_ref().and_then(|context| context.project.as_deref()));
    let project = match choose_project(&api, wish, app.global.project.is_some()).await {
        Ok(project) => project,
        Err(error) => {
            // A login that is of no use is not left behind.
            if let Some(refresh) = &kept.refresh {
                let _ = oidc.log_out(refresh).await;
            }
            return Err(error);
        }
    };
    let context = Context {
        server: server.as_str().trim_end_matches('/').to_owned(),
        issuer,
        username,
        project,
        tokens: Keep::File,
        authority,
    };
    let place = keep(&home, &name, context.clone(), args.tokens, &kept)?;
    tell(&name, &context, &place);
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

fn username(given: Option<String>, known: Option<&Context>) -> Result<String, Error> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !is_conversation() {
        return Err(Error::call("no user is named", "name one: --username NAME"));
    }
    let mut input = Input::<String>::new().with_prompt("User");
    if let Some(known) = known {
        input = input.default(known.username.clone());
    }
    input.interact_text().map_err(typed)
}

fn password(from_stdin: bool, username: &str) -> Result<Zeroizing<String>, Error> {
    if from_stdin {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).map_err(Error::file("read", "standard input".as_ref()))?;
        let password = line.strip_suffix('\n').unwrap_or(&line);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if password.is_empty() {
            return Err(Error::call("standard input holds no password", "pipe it in, such as --password-stdin < FILE"));
        }
        return Ok(Zeroizing::new(password.to_owned()));
    }
    if !is_conversation() {
        let hint = "pipe it in with --password-stdin, or set EMTCTL_TOKEN instead of logging in";
        return Err(Error::call("there is no terminal to ask for the password", hint));
    }
    let asked = Password::new().with_prompt(format!("Password of {username}")).interact();
    asked.map(Zeroizing::new).map_err(typed)
}

fn typed(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == io::ErrorKind::Interrupted {
        Error::Interrupted
    } else {
        Error::file("read", "the terminal".as_ref())(error)
    }
}

/// The project to work in: the named one if the user may use it, else the only one. A project that was only kept from the
/// last login may have gone.
async fn choose_project(api: &Orchestrator, wish: Option<&str>, named: bool) -> Result<Option<String>, Error> {
    if let Some(wish) = wish {
        match api.project(wish).await {
            Ok(_) => return Ok(Some(wish.to_owned())),
            Err(ClientError::Refused { status: 401 | 403 | 404, .. }) if named => {
                return Err(Error::missing(
                    format!("project {wish} does not exist, or you may not use it"),
                    projects_hint(api).await,
                ));
            }
            Err(ClientError::Refused { status: 401 | 403 | 404, .. }) => {}
            Err(error) => return Err(error).doing(format!("find project {wish}")),
        }
    }
    let mut projects = api.projects().await.doing("list your projects")?;
    match projects.len() {
        0 => Ok(None),
        1 => Ok(projects.pop().map(|project| project.data.name)),
        several => Err(Error::call(
            format!("you may use {several} projects, and none is chosen"),
            format!("choose one: --project NAME, with NAME one of {}", names(&projects)),
        )),
    }
}

async fn projects_hint(api: &Orchestrator) -> String {
    match api.projects().await {
        Ok(projects) if !projects.is_empty() => format!("yours are: {}", names(&projects)),
        _ => "log in without --project, then make one: emtctl project create NAME".to_owned(),
    }
}

fn names(projects: &[emt_client::Resource<emt_client::models::Project>]) -> String {
    projects.iter().map(|project| project.data.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Keeps the login; returns where its tokens are.
fn keep(home: &Home, name: &str, mut context: Context, wish: Option<Keep>, kept: &Kept) -> Result<String, Error> {
    let lock = home.lock()?;
    let tokens = Tokens::of(home, name);
    context.tokens = tokens.save(wish, kept, &lock)?;
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
