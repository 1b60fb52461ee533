//! `emtctl os mode`.

use clap::ValueEnum;
use emt_client::{
    Error as ClientError, Orchestrator, Resource,
    models::{Os, OsModes, ServerMode},
};

use crate::{
    app::App,
    cli::Format,
    error::{Doing, Error},
    output::{Cell, Tone, lines, say, word},
};

/// What says that the orchestrator has modes.
const FEATURE: [&str; 2] = ["emt", "os-modes"];
const HEADER: [&str; 4] = ["FOR", "SET", "HOLDS", "NEWEST OS"];

/// Show or set whether the newest OS is linked to instances by itself.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to set; without it, what is set is shown
    #[arg(value_enum)]
    mode: Option<Mode>,
    /// Only for this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// For all projects of the server that set nothing themselves
    #[arg(long, conflicts_with = "profile")]
    server: bool,
}

/// Modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// The newest OS is linked by itself; the next window for OS updates installs it
    Automatic,
    /// Only people link
    Manual,
    /// As is set above: for the project, the server, or in its settings
    Inherit,
}

impl Mode {
    fn on_the_wire(self) -> &'static str {
        match self {
            Self::Automatic => "OS_MODE_AUTOMATIC",
            Self::Manual => "OS_MODE_MANUAL",
            Self::Inherit => "OS_MODE_UNSPECIFIED",
        }
    }
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let api = app.api().await?;
    let doing = if args.mode.is_some() { "set the mode of linking" } else { "show the mode of linking" };
    if args.server {
        let asked = match args.mode {
            None => api.server_os_mode().await,
            Some(mode) => api.set_server_os_mode(mode.on_the_wire()).await,
        };
        return show_server(app, &understood(&api, asked, doing).await?);
    }
    let modes = match args.mode {
        None => understood(&api, api.os_modes().await, doing).await?,
        Some(mode) => {
            let modes = api.set_os_mode(args.profile.as_deref(), mode.on_the_wire()).await;
            let modes = understood(&api, modes, doing).await?;
            say(told(&modes.data, args.profile.as_deref()));
            modes
        }
    };
    show(app, modes, args.profile.as_deref())
}

/// Not found means that this orchestrator has no modes.
async fn understood<T>(api: &Orchestrator, asked: Result<T, ClientError>, doing: &str) -> Result<T, Error> {
    match asked {
        Err(error) if error.status() == Some(404) && api.features().await.is_ok_and(|features| !features.has(&FEATURE)) => {
            Err(Error::rule(
                "this orchestrator has no modes of linking",
                "link an OS update policy of the kind latest: emtctl policy create, then emtctl policy assign",
            ))
        }
        asked => asked.doing(doing.to_owned()),
    }
}

fn told(modes: &OsModes, profile: Option<&str>) -> &'static str {
    let of_profile = profile.and_then(|name| modes.profiles.iter().find(|profile| profile.profile == name));
    let holds = of_profile.map_or(modes.effective.as_str(), |profile| profile.effective.as_str());
    if holds == "OS_MODE_AUTOMATIC" {
        "what is newest is linked from now on to instances without a policy or a link of their own; emtctl schedule update plans windows"
    } else {
        "nothing is linked by itself from now on; what is linked stays"
    }
}

fn show_server(app: &App, mode: &Resource<ServerMode>) -> Result<(), Error> {
    match app.out.format() {
        Format::Table => app.out.table(&HEADER, std::iter::once(row("server", &mode.data.mode, &mode.data.effective, None))),
        Format::Name => lines([word(&mode.data.effective, "OS_MODE_").as_str()]),
        Format::Json | Format::Yaml => app.out.document(&mode.json),
    }
}

fn show(app: &App, mut modes: Resource<OsModes>, profile: Option<&str>) -> Result<(), Error> {
    if let Some(name) = profile {
        modes.data.profiles.retain(|profile| profile.profile == name);
        if modes.data.profiles.is_empty() {
            let known = "emtctl os list shows the profiles that there are";
            return Err(Error::rule(format!("there is no OS of profile {name}, and no mode is set for it"), known));
        }
    }
    let modes_of = &modes.data;
    match app.out.format() {
        Format::Table => {
            let above = [row("server", "", &modes_of.server, None), row("project", &modes_of.mode, &modes_of.effective, None)];
            let profiles = modes_of.profiles.iter().map(|profile| {
                row(&format!("profile {}", profile.profile), &profile.mode, &profile.effective, profile.newest.as_ref())
            });
            app.out.table(&HEADER, above.into_iter().filter(|_| profile.is_none()).chain(profiles))
        }
        Format::Name => lines(modes_of.profiles.iter().map(|profile| profile.profile.as_str())),
        Format::Json | Format::Yaml => app.out.document(&modes.json),
    }
}

fn row(what: &str, set: &str, holds: &str, newest: Option<&Os>) -> Vec<Cell> {
    let tone = if holds == "OS_MODE_AUTOMATIC" { Tone::Good } else { Tone::Plain };
    let newest = newest.map(|os| format!("{} ({})", os.version, os.id)).unwrap_or_default();
    vec![what.into(), word(set, "OS_MODE_").into(), Cell::toned(word(holds, "OS_MODE_"), tone), newest.into()]
}
