//! `emtctl run`.

use std::time::Duration;

use clap::Subcommand;
use emt_client::{Orchestrator, Resource, kinds, last_outcome, models::Run};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    app::App,
    cli::Format,
    clock,
    commands::choice::Choice,
    error::{Doing, Error},
    output::{Cell, Show, Tone, write},
    time::{Times, Zone, brief, length},
};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// OS update runs: updates that ran or run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List runs
    List(ListArgs),
    /// Show a run
    Get {
        /// Id or name
        run: String,
    },
    /// Follow a run until it has ended
    Watch(WatchArgs),
}

/// List runs.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only those of this instance: id or name, or that of its host
    #[arg(long, value_name = "INSTANCE", conflicts_with = "filter")]
    instance: Option<String>,
    #[command(flatten)]
    choice: Choice,
}

/// Follow a run until it has ended.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// Id or name
    run: String,
    /// Give up after this time, such as 30m
    #[arg(long, value_name = "DURATION", value_parser = length)]
    timeout: Option<Duration>,
}

impl Show for Run {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "STATUS", "BEGAN", "TOOK", "POLICY"];

    fn row(&self) -> Vec<Cell> {
        vec![
            self.id.as_str().into(),
            self.name.as_str().into(),
            status(self),
            shown(self.start).into(),
            took(self).into(),
            self.policy.as_ref().map(|policy| policy.name.as_str()).unwrap_or_default().into(),
        ]
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        let instance = self.instance.as_ref().map(|instance| instance.label().to_owned()).unwrap_or_default();
        vec![
            ("id", self.id.as_str().into()),
            ("name", self.name.as_str().into()),
            ("instance", instance.into()),
            ("policy", self.policy.as_ref().map(|policy| policy.name.as_str()).unwrap_or_default().into()),
            ("status", status(self)),
            ("began", when(self.start).into()),
            ("ended", if self.has_ended() { when(self.end) } else { String::new() }.into()),
            ("took", took(self).into()),
            ("outcome", outcome(self).into()),
        ]
    }

    fn id(&self) -> &str {
        &self.id
    }

    /// Newest first.
    fn order(&self) -> (String, String) {
        (format!("{:020}", i64::MAX - self.start), self.id.clone())
    }
}

fn status(run: &Run) -> Cell {
    Cell::toned(run.status.as_str(), Tone::of_indicator(&run.indicator))
}

fn shown(second: i64) -> String {
    let zone = Zone::new(None);
    Timestamp::from_second(second).ok().zip(zone.ok()).map(|(at, zone)| zone.show(at)).unwrap_or_default()
}

fn when(second: i64) -> String {
    let zone = Zone::new(None);
    let at = Timestamp::from_second(second).ok().zip(zone.ok());
    at.map(|(at, zone)| Times { zone: &zone, now: clock::now() }.both(at)).unwrap_or_default()
}

fn took(run: &Run) -> String {
    let seconds = u64::try_from(run.end - run.start).unwrap_or(0);
    if run.has_ended() { brief(Duration::from_secs(seconds)) } else { String::new() }
}

/// How it ended, in words.
fn outcome(run: &Run) -> String {
    let outcome = last_outcome(&run.details).map(|outcome| {
        if outcome.status == "installed" { format!("installed {}", outcome.version) } else { outcome.explanation() }
    });
    outcome.unwrap_or_default()
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List(args) => list(app, &args).await,
        Command::Get { run } => {
            let found = find(&app.api().await?, &run).await?;
            app.out.one(&found)
        }
        Command::Watch(args) => watch(app, &args).await,
    }
}

async fn find(api: &Orchestrator, wanted: &str) -> Result<Resource<Run>, Error> {
    api.find(&kinds::RUNS, wanted).await.doing(format!("show run {wanted}"))
}

async fn list(app: &App, args: &ListArgs) -> Result<(), Error> {
    let api = app.api().await?;
    let doing = "list runs";
    let filter = match &args.instance {
        Some(instance) => {
            let instance = api.find(&kinds::INSTANCES, instance).await.doing(doing)?.data;
            Some(format!("instance.resourceId='{}'", instance.id))
        }
        None => None,
    };
    let mut query = args.choice.query();
    query.extend(filter.as_deref().map(|filter| ("filter", filter)));
    let all = api.list(&kinds::RUNS, &query).await.doing(doing)?;
    let none = args.choice.none("there are no runs yet: one comes with the first update of an instance");
    app.out.chosen(&all, none, args.choice.is_ordered())
}

async fn watch(app: &App, args: &WatchArgs) -> Result<(), Error> {
    if matches!(app.out.format(), Format::Yaml | Format::Name) {
        return Err(Error::call("run watch prints lines or JSON", "give -o table or -o json"));
    }
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let mut found = find(&app.api().await?, &args.run).await?;
    let mut told = String::new();
    loop {
        if found.data.status != told {
            told.clone_from(&found.data.status);
            tell(app, &found.data)?;
        }
        if found.data.has_ended() {
            break;
        }
        tokio::select! {
            () = sleep(INTERVAL) => {}
            () = until(deadline) => {
                let after = args.timeout.unwrap_or_default();
                return Err(Error::TimedOut { pending: vec![found.data.name], of: 1, after });
            }
        }
        // Tokens end while an update runs.
        let api = app.api().await?;
        found = match api.get(&kinds::RUNS, &found.data.id).await {
            Err(error) if error.is_passing() => continue,
            seen => seen.doing(format!("follow run {}", found.data.name))?,
        };
    }
    if found.data.has_failed() {
        let reason = outcome(&found.data);
        return Err(Error::UpdateFailed { failed: vec![(found.data.name, reason)], of: 1 });
    }
    Ok(())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn tell(app: &App, run: &Run) -> Result<(), Error> {
    let now = clock::now();
    write(&if app.out.format() == Format::Json {
        let time = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let reason = Some(outcome(run)).filter(|_| run.has_failed());
        format!(
            "{}\n",
            json!({"time": time, "run": run.id, "name": run.name, "status": run.status, "ended": run.has_ended(), "reason": reason})
        )
    } else {
        format!("{} {}: {}\n", now.strftime("%H:%M:%SZ"), run.name, run.status)
    })
}
