//! `emtctl watch`.

use std::time::Duration;

use emt_api::resources::INSTANCE;
use emt_client::{
    Changes, Happened, Orchestrator, Resource, kinds,
    models::{Instance, Os, Schedule},
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::schedule;
use crate::{
    app::App,
    cli::Format,
    clock,
    error::{Doing, Error},
    output::say,
    time::length,
    watch::{Change, Follow, Phase, Show, select},
};

/// Time between two looks, where the server does not tell changes.
const INTERVAL: Duration = Duration::from_secs(1);
/// Time between two looks where it does: nothing is left to a stream alone.
const NOW_AND_THEN: Duration = Duration::from_mins(1);
/// What changes within this time is looked at together.
const BURST: Duration = Duration::from_millis(200);
/// Most time between two looks while the server does not answer.
const LONGEST: Duration = Duration::from_secs(30);
/// How long the server may stay away.
const AWAY: Duration = Duration::from_mins(5);

/// Follow updates until each has ended.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Hosts, instances, or OS resources that instances are to run; ids or names [default: all that do not run what they are
    /// to run]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Give up after this time, such as 30m
    #[arg(long, value_name = "DURATION", value_parser = length)]
    timeout: Option<Duration>,
}

pub(crate) async fn run(app: &App, args: Args) -> Result<(), Error> {
    if matches!(app.out.format(), Format::Yaml | Format::Name) {
        return Err(Error::call("watch prints lines or JSON", "give -o table or -o json"));
    }
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let api = app.api().await?;
    // Before the first look, so that nothing is missed between both.
    let mut news = News::begin(&api).await;
    let Some(mut follow) = begin(&api, &args).await? else { return Ok(()) };
    let mut show = Show::new(app);
    let mut failed = Vec::new();
    let first: Vec<Change> = follow.all().cloned().collect();
    tell(&api, &mut show, &first, &mut failed).await?;
    while !follow.have_all_ended() {
        let next = async {
            news.wait(app).await;
            look(app, &show).await
        };
        let (api, instances) = match deadline {
            None => next.await?,
            Some(deadline) => {
                if let Ok(seen) = timeout_at(deadline, next).await {
                    seen?
                } else {
                    show.end();
                    return Err(timed_out(&follow, args.timeout.unwrap_or_default()));
                }
            }
        };
        let changes = follow.look(&instances);
        tell(&api, &mut show, &changes, &mut failed).await?;
    }
    show.end();
    let of = follow.all().count();
    if failed.is_empty() {
        say(&format!("all updates have ended; instances that run what they are to run: {of}"));
        return Ok(());
    }
    Err(Error::UpdateFailed { failed, of })
}

/// How it is learnt that there may be something new to see.
enum News {
    /// The server tells.
    Told(Changes),
    /// It tells, but the stream has ended.
    Ended,
    /// It does not tell.
    Untold,
}

impl News {
    async fn begin(api: &Orchestrator) -> Self {
        match api.changes(&[INSTANCE.name]).await {
            Ok(Some(changes)) => Self::Told(changes),
            Ok(None) => Self::Untold,
            // What is wrong will be told by the next look.
            Err(_) => Self::Ended,
        }
    }

    /// Waits until it is time for another look.
    async fn wait(&mut self, app: &App) {
        if let Self::Told(changes) = self {
            match timeout(NOW_AND_THEN, changes.next()).await {
                Err(_) => return,
                Ok(Ok(Some(Happened::Ready | Happened::Changed | Happened::Missed))) => {
                    // What comes in a burst needs one look.
                    let more = async { while let Ok(Some(_)) = changes.next().await {} };
                    return drop(timeout(BURST, more).await);
                }
                Ok(Ok(None) | Err(_)) => *self = Self::Ended,
            }
        }
        sleep(INTERVAL).await;
        if let (Self::Ended, Ok(api)) = (&*self, app.api().await) {
            *self = Self::begin(&api).await;
        }
    }
}

/// Chooses what is followed; `None` if nothing is to be.
async fn begin(api: &Orchestrator, args: &Args) -> Result<Option<Follow>, Error> {
    let instances = api.instances(&[]).await.doing("list instances")?;
    let catalogue: Vec<Resource<Os>> =
        if args.targets.is_empty() { Vec::new() } else { api.list(&kinds::OS, &[]).await.doing("list OS resources")? };
    let chosen = select(&instances, &catalogue, &args.targets).doing("watch")?;
    if chosen.is_empty() {
        say(&match (args.targets.is_empty(), instances.len()) {
            (true, 0) => "there are no instances yet: one comes with the first report of an enrolled node".to_owned(),
            (true, count) => format!("nothing is to be updated: instances that run what they are to run: {count}"),
            (false, _) => "no instance is linked to it: emtctl instance link INSTANCE --os OS".to_owned(),
        });
        return Ok(None);
    }
    let schedules = schedule::all(api, &[]).await.doing("list schedules")?;
    let now = api.server_time().unwrap_or_else(clock::now);
    let follow = Follow::new(&chosen, &schedules, now);
    let waits = follow.all().any(|change| change.phase == Phase::Waiting);
    if waits && !schedules.iter().any(|schedule| is_ahead(&schedule.data, now.as_second())) {
        say("no window for OS updates is open or to come: emtctl schedule update --host HOST --now --duration 30m");
    }
    Ok(Some(follow))
}

fn is_ahead(schedule: &Schedule, now: i64) -> bool {
    schedule.is_for_updates() && (schedule.is_repeated() || schedule.end == 0 || now <= schedule.end)
}

/// All instances, with patience: servers restart.
async fn look(app: &App, show: &Show) -> Result<(Orchestrator, Vec<Resource<Instance>>), Error> {
    let since = Instant::now();
    let mut wait = INTERVAL;
    loop {
        let error = match try_look(app).await {
            Ok(seen) => return Ok(seen),
            Err(error) if !error.is_passing() || since.elapsed() > AWAY => return Err(error),
            Err(error) => error,
        };
        show.say(&format!("{error}; trying again in {} s", wait.as_secs()));
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST);
    }
}

async fn try_look(app: &App) -> Result<(Orchestrator, Vec<Resource<Instance>>), Error> {
    // Each time anew, since the token may have to be renewed.
    let api = app.api().await?;
    let instances = api.instances(&[]).await.doing("list instances")?;
    Ok((api, instances))
}

async fn tell(api: &Orchestrator, show: &mut Show, changes: &[Change], failed: &mut Vec<(String, String)>) -> Result<(), Error> {
    for change in changes {
        let reason = match change.phase {
            Phase::Failed => Some(reason(api, &change.instance).await),
            Phase::Gone => Some("the instance was deleted".to_owned()),
            _ => None,
        };
        show.change(change, reason.as_deref(), clock::now())?;
        if let Some(reason) = reason {
            failed.push((change.instance.label().to_owned(), reason));
        }
    }
    Ok(())
}

async fn reason(api: &Orchestrator, instance: &Instance) -> String {
    match api.last_update(instance).await {
        Ok(Some(outcome)) => outcome.explanation(),
        _ => "the node does not say why".to_owned(),
    }
}

fn timed_out(follow: &Follow, after: Duration) -> Error {
    let pending = follow.all().filter(|change| !change.phase.has_ended());
    Error::TimedOut {
        pending: pending.map(|change| change.instance.label().to_owned()).collect(),
        of: follow.all().count(),
        after,
    }
}
