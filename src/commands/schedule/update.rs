//! Planning a window: everything is checked before anything is made, and what was made is taken back if the rest fails.

use std::time::Duration;

use emt_client::{
    Error as ClientError, Named, Orchestrator, Resource,
    kinds::{HOSTS, REGIONS, SINGLE_SCHEDULES, SITES},
    models::Schedule,
};
use jiff::Timestamp;
use serde_json::json;

use super::UpdateArgs;
use crate::{
    app::App,
    clock,
    error::{Doing, Error},
    output::{say, warn},
    time::{Begin, Window, Zone, brief},
};

/// Most characters of a window's name.
const NAME_LENGTH: usize = 50;
/// Clocks that differ by more seconds are worth a word.
const SKEW: u64 = 60;

/// What a window is to hold for.
struct Target {
    kind: &'static str,
    key: &'static str,
    id: String,
    name: String,
}

pub(super) async fn run(app: &App, args: UpdateArgs) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    // What is wrong with the times is told without a server.
    window(&args, &zone, 1, clock::now()).or_else(unless_past)?;
    let api = app.api().await?;
    let doing = "plan the window";
    let targets = targets(&api, &args).await.doing(doing)?;
    let now = now(&api);
    warn_of_skew(now);
    let window = window(&args, &zone, targets.len(), now)?;
    if let Some(warning) = Window::warning(args.duration) {
        warn(&warning);
    }
    let mut made: Vec<Resource<Schedule>> = Vec::with_capacity(targets.len());
    for target in &targets {
        let name = args.name.clone().unwrap_or_else(|| default_name(&target.name, window.start));
        let body = json!({
            "name": name,
            "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE",
            "startSeconds": window.start.as_second(),
            "endSeconds": window.end.as_second(),
            target.key: target.id,
        });
        match api.create(&SINGLE_SCHEDULES, &body).await {
            Ok(schedule) => made.push(schedule),
            Err(error) => {
                take_back(&api, &made).await;
                return Err(error).doing(format!("plan a window for {} {}; none was planned", target.kind, target.name));
            }
        }
    }
    for (target, schedule) in targets.iter().zip(&made) {
        say(&format!("planned window {} ({}) for {} {}", schedule.data.name, schedule.data.id, target.kind, target.name));
    }
    say(&window.text(&zone));
    super::show::list(app, &made, &zone, now)
}

fn window(args: &UpdateArgs, zone: &Zone, windows: usize, now: Timestamp) -> Result<Window, Error> {
    let begin = match (&args.at, args.after) {
        (Some(at), _) => Begin::At(at),
        (None, Some(after)) => Begin::In(after),
        (None, None) => Begin::now(windows),
    };
    Window::new(&begin, args.duration, zone, now)
}

/// Whether a time has passed the server's clock decides.
fn unless_past(error: Error) -> Result<Window, Error> {
    match error {
        Error::Rule { .. } => Ok(Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH }),
        other => Err(other),
    }
}

/// The server's time, which it judges windows by.
fn now(api: &Orchestrator) -> Timestamp {
    let here = clock::now();
    // It tells whole seconds.
    let there = api.server_time().filter(|there| (there.as_second() - here.as_second()).abs() > 1);
    there.unwrap_or(here)
}

fn warn_of_skew(there: Timestamp) {
    let apart = (there.as_second() - clock::now().as_second()).unsigned_abs();
    if apart > SKEW {
        warn(&format!("the clocks here and at the server are {} apart", brief(Duration::from_secs(apart))));
    }
}

async fn targets(api: &Orchestrator, args: &UpdateArgs) -> Result<Vec<Target>, ClientError> {
    if let Some(site) = &args.site {
        return Ok(vec![target("site", "targetSiteId", &api.find(&SITES, site).await?.data)]);
    }
    if let Some(region) = &args.region {
        return Ok(vec![target("region", "targetRegionId", &api.find(&REGIONS, region).await?.data)]);
    }
    let hosts = api.find_all(&HOSTS, &args.host).await?;
    Ok(hosts.iter().map(|host| target("host", "targetHostId", &host.data)).collect())
}

fn target(kind: &'static str, key: &'static str, record: &impl Named) -> Target {
    let name = record.names().first().copied().filter(|name| !name.is_empty()).unwrap_or(record.id());
    Target { kind, key, id: record.id().to_owned(), name: name.to_owned() }
}

/// Made of target and time, so that windows do not share names.
fn default_name(target: &str, start: Timestamp) -> String {
    let tail = start.strftime(" %Y%m%d-%H%M%SZ").to_string();
    let room = NAME_LENGTH - tail.len();
    let head: String = target.chars().take(room).collect();
    format!("{head}{tail}")
}

async fn take_back(api: &Orchestrator, made: &[Resource<Schedule>]) {
    for schedule in made {
        if api.delete(&SINGLE_SCHEDULES, &schedule.data.id).await.is_err() {
            warn(&format!(
                "window {} ({}) could not be taken back: emtctl schedule delete {}",
                schedule.data.name, schedule.data.id, schedule.data.id
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_target_and_time() {
        let start: Timestamp = "2026-12-01T02:00:00Z".parse().unwrap();
        assert_eq!(default_name("shop-17", start), "shop-17 20261201-020000Z");
        let long = default_name(&"x".repeat(60), start);
        assert_eq!((long.len(), long.ends_with(" 20261201-020000Z")), (NAME_LENGTH, true));
    }
}
