//! `emtctl os source` and `emtctl os sync`.

use std::time::Duration;

use clap::Subcommand;
use emt_client::{
    Resource, kinds,
    models::{Found, Offer, Source},
};
use emt_sources::{Kind, Settings};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::source_args::{self, SourceArgs};
use crate::{
    app::App,
    cli::Format,
    commands::choice::Choice,
    error::{Doing, Error},
    output::{Cell, Show, Tone, lines, say, warn, word, write},
    time::{brief, length},
};

/// Sources: where OS images are published that the server looks for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let the server look for OS images somewhere, from time to time
    Add(Box<AddArgs>),
    /// List sources
    List(Choice),
    /// Show a source, what it offers that could not be taken, and when it is looked at next
    Get {
        /// Id or name
        source: String,
    },
    /// Make a secret with which the publisher can tell that there is something new
    Webhook {
        /// Id or name
        source: String,
        /// End the secret instead
        #[arg(long)]
        end: bool,
    },
    /// Look for images there no more; what was found stays
    Remove {
        /// Ids or names
        #[arg(required = true, value_name = "SOURCE")]
        sources: Vec<String>,
    },
}

/// Let the server look for OS images somewhere, from time to time.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Name
    name: String,
    #[command(flatten)]
    place: SourceArgs,
    /// Time between two looks, such as 15m or 6h [default: 15m]
    #[arg(long, value_name = "DURATION", value_parser = length)]
    interval: Option<Duration>,
}

impl Show for Source {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "KIND", "ADDRESS", "STATUS"];

    fn row(&self) -> Vec<Cell> {
        vec![
            self.id.as_str().into(),
            self.name.as_str().into(),
            word(&self.kind, "OS_SOURCE_KIND_").into(),
            self.url.as_str().into(),
            // Reasons are long; `get` shows them.
            Cell::toned(self.status.split(": ").next().unwrap_or_default(), Tone::of_indicator(&self.indicator)),
        ]
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        let interval = if self.interval == 0 { emt_api::resources::INTERVAL } else { self.interval };
        let mut details = vec![
            ("id", self.id.as_str().into()),
            ("name", self.name.as_str().into()),
            ("kind", word(&self.kind, "OS_SOURCE_KIND_").into()),
            ("address", self.url.as_str().into()),
            ("files", self.files_url.as_str().into()),
            ("profiles", if self.profiles.is_empty() { "all".to_owned() } else { self.profiles.join(", ") }.into()),
            ("revision", self.revision.as_str().into()),
            ("every", brief(Duration::from_secs(interval.into())).into()),
            ("status", Cell::toned(self.status.as_str(), Tone::of_indicator(&self.indicator))),
            ("since", time(self.status_time).into()),
        ];
        let absent = |name: &str| match name {
            "revision" => self.revision.is_empty(),
            "files" => self.files_url.is_empty(),
            _ => false,
        };
        details.retain(|(name, _)| !absent(name));
        details
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.name.clone(), self.id.clone())
    }
}

/// An instant of the API; none is empty.
fn time(second: i64) -> String {
    Timestamp::from_second(second).ok().filter(|_| second != 0).map(|time| time.to_string()).unwrap_or_default()
}

impl Show for Offer {
    const HEADER: &'static [&'static str] = &["PROFILE", "TAG", "STATE", "OS", "NEXT TRY", "REASON"];

    fn row(&self) -> Vec<Cell> {
        let tone = match self.state.as_str() {
            "OS_OFFER_STATE_FAILED" | "OS_OFFER_STATE_CONFLICT" => Tone::Bad,
            "OS_OFFER_STATE_WITHDRAWN" => Tone::Busy,
            _ => Tone::Good,
        };
        vec![
            self.profile.as_str().into(),
            self.tag.as_str().into(),
            Cell::toned(word(&self.state, "OS_OFFER_STATE_"), tone),
            self.os.as_str().into(),
            time(self.retry_at).into(),
            self.message.as_str().into(),
        ]
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        Vec::new()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.profile.clone(), self.tag.clone())
    }
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::Add(args) => add(app, *args).await,
        Command::List(choice) => {
            let all = app.api().await?.list(&kinds::SOURCES, &choice.query()).await.doing("list sources")?;
            let none = choice.none("there are no sources: emtctl os source add NAME --tree URL");
            app.out.chosen(&all, none, choice.is_ordered())
        }
        Command::Get { source } => get(app, &source).await,
        Command::Webhook { source, end } => webhook(app, &source, end).await,
        Command::Remove { sources } => remove(app, &sources).await,
    }
}

async fn add(app: &App, args: AddArgs) -> Result<(), Error> {
    let doing = format!("add source {}", args.name);
    let interval = args.interval.map(|interval| interval.as_secs());
    let settings = args.place.settings().await?;
    emt_sources::open(&settings).map_err(|error| source_args::wrong(settings.kind, &error))?;
    let body = body(&args.name, &settings, interval)?;
    let api = app.api().await?;
    let made = api.create(&kinds::SOURCES, &body).await.doing(doing)?;
    say(&format!("added source {} as {}; it is looked at", args.name, made.data.id));
    let found = api.sync_source(&made.data.id).await.doing(format!("look at source {}", args.name))?;
    tell(&args.name, &found.data);
    let now = api.get(&kinds::SOURCES, &made.data.id).await.doing(format!("show source {}", args.name))?;
    app.out.made(&now)
}

/// A source as the API takes it. The server is told where a directory is, not where it is from here.
fn body(name: &str, settings: &Settings, interval: Option<u64>) -> Result<Json, Error> {
    let registry = settings.kind == Kind::Registry;
    let mut url = settings.url.clone();
    if settings.kind == Kind::Directory {
        let path = std::path::absolute(&url).map_err(Error::file("find", url.as_ref()))?;
        url = path.to_string_lossy().into_owned();
    }
    let mut body = json!({
        "name": name,
        "kind": format!("OS_SOURCE_KIND_{}", settings.kind.as_str().to_ascii_uppercase()),
        "url": url,
    });
    let revision = settings.revision.to_string();
    for (key, text) in [
        ("filesUrl", settings.files_url.as_str()),
        ("repository", if registry { &settings.repository } else { "" }),
        ("profileRevision", if registry { &revision } else { "" }),
        ("username", &settings.username),
        ("password", &settings.password),
        ("caCert", &String::from_utf8_lossy(&settings.ca_pem)),
    ] {
        if !text.is_empty() {
            body[key] = text.into();
        }
    }
    if !settings.profiles.is_empty() {
        body["profiles"] = settings.profiles.clone().into();
    }
    if settings.plain_http {
        body["plainHttp"] = true.into();
    }
    if let Some(interval) = interval {
        body["intervalSeconds"] = interval.into();
    }
    Ok(body)
}

async fn get(app: &App, source: &str) -> Result<(), Error> {
    let api = app.api().await?;
    let found = api.find(&kinds::SOURCES, source).await.doing(format!("show source {source}"))?;
    let id = &found.data.id;
    if app.out.format() == Format::Table {
        let progress = api.source_progress(id).await.doing(format!("look how far {source} has come"))?.data;
        let mut details = found.data.details();
        details.push(("looked at", progress.last.into()));
        details.push(("next look", if progress.running { "now".to_owned() } else { progress.next }.into()));
        app.out.pairs(details)?;
    } else {
        app.out.one(&found)?;
    }
    let filter = format!("source.resourceId='{id}' AND (NOT state=OS_OFFER_STATE_TAKEN OR NOT failures=0)");
    let offers = api.list(&kinds::OFFERS, &[("filter", filter.as_str())]).await.doing(format!("list what {source} offers"))?;
    if app.out.format() == Format::Table && !offers.is_empty() {
        write("\n")?;
        app.out.list(&offers, "")?;
    }
    Ok(())
}

async fn webhook(app: &App, source: &str, end: bool) -> Result<(), Error> {
    let api = app.api().await?;
    let found = api.find(&kinds::SOURCES, source).await.doing(format!("show source {source}"))?;
    if end {
        api.end_source_webhook(&found.data.id).await.doing(format!("end the webhook of {source}"))?;
        say(&format!("no call is heard for source {} any more", found.data.name));
        return Ok(());
    }
    let made = api.new_source_webhook(&found.data.id).await.doing(format!("make a webhook of {source}"))?;
    say("the secret is told this once; the one before has ended");
    match app.out.format() {
        Format::Table | Format::Name => {
            app.out.pairs(vec![("url", made.data.url.as_str().into()), ("secret", made.data.secret.as_str().into())])
        }
        Format::Json | Format::Yaml => app.out.document(&made.json),
    }
}

async fn remove(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    for source in api.find_all(&kinds::SOURCES, wanted).await.doing("remove sources")? {
        let label = format!("source {} ({})", source.data.name, source.data.id);
        api.delete(&kinds::SOURCES, &source.data.id).await.doing(format!("remove {label}"))?;
        say(&format!("removed {label}; the OS resources that it gave stay"));
    }
    Ok(())
}

/// `emtctl os sync`.
pub(crate) async fn sync(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    let sources: Vec<Resource<Source>> = if wanted.is_empty() {
        let mut all = api.list(&kinds::SOURCES, &[]).await.doing("list sources")?;
        all.sort_by_cached_key(|source| source.data.order());
        all
    } else {
        api.find_all(&kinds::SOURCES, wanted).await.doing("find sources")?
    };
    if sources.is_empty() {
        return Err(Error::missing("there are no sources", "add one: emtctl os source add NAME --tree URL"));
    }
    let mut failed = Vec::new();
    let mut all = Vec::with_capacity(sources.len());
    for source in &sources {
        let name = &source.data.name;
        let found = api.sync_source(&source.data.id).await.doing(format!("look at source {name}"))?;
        tell(name, &found.data);
        if !found.data.error.is_empty() {
            failed.push(name.clone());
        }
        let mut json = found.json;
        json["name"] = name.as_str().into();
        all.push((name.clone(), found.data, json));
    }
    match app.out.format() {
        Format::Table => app.out.table(&FOUND, all.iter().map(|(name, found, _)| row(name, found)))?,
        Format::Name => lines(all.iter().map(|(name, ..)| name.as_str()))?,
        Format::Json | Format::Yaml => app.out.document(&all.iter().map(|(_, _, json)| json).collect::<Vec<_>>())?,
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::rule(
        format!("{} could not be read", failed.join(", ")),
        "what was found earlier stays; emtctl os source get NAME tells more",
    ))
}

const FOUND: [&str; 7] = ["SOURCE", "OFFERED", "NEW", "UNCHANGED", "FAILED", "CONFLICTS", "WITHDRAWN"];

fn row(name: &str, found: &Found) -> Vec<Cell> {
    if !found.error.is_empty() {
        return std::iter::once(name).chain([""; FOUND.len() - 1]).map(Cell::from).collect();
    }
    let count = |count: u64| Cell::from(count.to_string());
    let bad = |count: u64| Cell::toned(count.to_string(), if count > 0 { Tone::Bad } else { Tone::Plain });
    vec![
        Cell::from(name),
        count(found.offered),
        count(found.made),
        count(found.unchanged),
        bad(found.failed),
        bad(found.conflicts),
        count(found.withdrawn),
    ]
}

/// What a look has found that needs somebody's eyes.
fn tell(name: &str, found: &Found) {
    if !found.error.is_empty() {
        warn(&format!("source {name}: {}", found.error));
    } else if found.failed + found.conflicts > 0 {
        let count = found.failed + found.conflicts;
        warn(&format!("source {name}: {count} of its versions could not be taken: emtctl os source get {name}"));
    }
}
