//! Planning windows: everything is checked before anything is made, and what was made is taken back if the rest fails.

use std::time::Duration;

use emt_client::{Orchestrator, Resource, models::Schedule};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{
    kind_of,
    target::{Target, TargetArgs},
    terms::{self, Terms, repeated},
};
use crate::{
    app::App,
    clock,
    error::{Doing, Error},
    output::{say, warn},
    time::{Begin, Times, Window, Zone, brief, length},
};

/// Most characters of a window's name.
const NAME_LENGTH: usize = 50;
/// Clocks that differ by more seconds are worth a word.
const SKEW: u64 = 60;

/// When windows open.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "begin", required = true, multiple = false)]
pub(super) struct BeginArgs {
    /// Open at this time: 2026-12-01T02:00:00Z, or 2026-12-01 02:00 on a clock in --tz
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Open after this while, such as 2h30m
    #[arg(long = "in", value_name = "DURATION", value_parser = length, allow_hyphen_values = true)]
    after: Option<Duration>,
    /// Open at once
    #[arg(long)]
    now: bool,
    /// Open again and again: minute, hour, day of month, month, day of week on a clock in --tz, such as '0 2 * * SAT'
    #[arg(long, value_name = "CRON")]
    cron: Option<String>,
}

/// Plan windows in which hosts install the OS that they are linked to.
#[derive(Debug, clap::Args)]
pub struct UpdateArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    begin: BeginArgs,
    /// How long it stays open, such as 1h; 10m at least is advised
    #[arg(long, value_name = "DURATION", value_parser = length, allow_hyphen_values = true, required_unless_present = "open_end")]
    duration: Option<Duration>,
    /// Keep it open until it is deleted
    #[arg(long, conflicts_with_all = ["duration", "cron"])]
    open_end: bool,
    #[command(flatten)]
    terms: Terms,
    /// Time zone, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Name of the window [default: made of target and time]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Mark hosts as under maintenance; such a window lets nothing be installed.
#[derive(Debug, clap::Args)]
pub struct MaintenanceArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    begin: BeginArgs,
    /// How long it lasts, such as 4h [default: until it is deleted]
    #[arg(long, value_name = "DURATION", value_parser = length, allow_hyphen_values = true)]
    duration: Option<Duration>,
    #[command(flatten)]
    terms: Terms,
    /// Time zone, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Name of the window [default: made of target and time]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// What is planned.
pub(super) struct Plan {
    target: TargetArgs,
    begin: BeginArgs,
    duration: Option<Duration>,
    terms: Terms,
    tz: Option<String>,
    name: Option<String>,
    status: &'static str,
}

impl From<UpdateArgs> for Plan {
    fn from(args: UpdateArgs) -> Self {
        let UpdateArgs { target, begin, duration, open_end: _, terms, tz, name } = args;
        Self { target, begin, duration, terms, tz, name, status: "SCHEDULE_STATUS_OS_UPDATE" }
    }
}

impl From<MaintenanceArgs> for Plan {
    fn from(args: MaintenanceArgs) -> Self {
        let MaintenanceArgs { target, begin, duration, terms, tz, name } = args;
        Self { target, begin, duration, terms, tz, name, status: "SCHEDULE_STATUS_MAINTENANCE" }
    }
}

pub(super) async fn run(app: &App, plan: Plan) -> Result<(), Error> {
    let zone = Zone::new(plan.tz.as_deref())?;
    // What is wrong with the times is told without a server.
    plan.times(&zone, 1, clock::now()).or_else(unless_past)?;
    let api = app.api().await?;
    terms::check(&api, &plan.beyond_lists(&zone)).await?;
    let doing = "plan the window";
    let targets = plan.target.find(&api).await.doing(doing)?;
    let now = now(&api);
    warn_of_skew(now);
    let planned = plan.times(&zone, targets.len(), now)?;
    if let Some(warning) = plan.duration.filter(|_| plan.is_for_updates()).and_then(Window::warning) {
        warn(&warning);
    }
    let mut made: Vec<Resource<Schedule>> = Vec::with_capacity(targets.len());
    for target in &targets {
        match api.create(planned.kind(), &plan.body(target, &planned)).await {
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
    say(&planned.text(&zone, now));
    super::show::list(app, &made, &zone, now)
}

/// When what is planned opens, and the fields that say it.
struct Planned {
    opens: Opens,
    fields: Map<String, Json>,
}

enum Opens {
    Once(Timestamp, Option<Timestamp>),
    Repeatedly(Option<Timestamp>),
}

impl Planned {
    fn kind(&self) -> &'static emt_client::kinds::Kind<Schedule> {
        match self.opens {
            Opens::Once(..) => &emt_client::kinds::SINGLE_SCHEDULES,
            Opens::Repeatedly(_) => &emt_client::kinds::REPEATED_SCHEDULES,
        }
    }

    /// For people.
    fn text(&self, zone: &Zone, now: Timestamp) -> String {
        match self.opens {
            Opens::Once(start, Some(end)) => Window { start, end }.text(zone),
            Opens::Once(start, None) => format!("opens {}; stays open until it is deleted", zone.show(start)),
            Opens::Repeatedly(Some(next)) => format!("opens next {}", Times { zone, now }.moment(next)),
            Opens::Repeatedly(None) => "no window opens by this rule".to_owned(),
        }
    }
}

impl Plan {
    fn is_for_updates(&self) -> bool {
        self.status == "SCHEDULE_STATUS_OS_UPDATE"
    }

    /// What of it an Edge Orchestrator does not keep.
    fn beyond_lists(&self, zone: &Zone) -> Vec<String> {
        let cron = self.begin.cron.as_deref();
        [terms::cron_beyond_lists(cron, zone), self.terms.beyond_lists()].concat()
    }

    /// When it opens; `windows` are to be made.
    fn times(&self, zone: &Zone, windows: usize, now: Timestamp) -> Result<Planned, Error> {
        let mut fields = self.terms.fields();
        if let Some(cron) = &self.begin.cron {
            let Some(duration) = self.duration else {
                return Err(Error::call("windows that repeat have a length", "give --duration, such as --duration 2h"));
            };
            let rule = repeated(cron, duration, zone, &self.terms)?;
            let rule = match self.terms.notice.and_then(|notice| u32::try_from(notice.as_secs()).ok()) {
                Some(notice) => rule.with_notice(now.as_second(), notice),
                None => rule,
            };
            fields.insert("durationSeconds".to_owned(), duration.as_secs().into());
            fields.extend(terms::cron_fields(cron, zone));
            let next = rule.next(now.as_second()).and_then(|window| Timestamp::from_second(window.start).ok());
            return Ok(Planned { opens: Opens::Repeatedly(next), fields });
        }
        if self.terms.finish_by.is_some() {
            return Err(Error::call("--finish-by is for windows that repeat", "give the window a --duration that ends earlier"));
        }
        let begin = match (&self.begin.at, self.begin.after) {
            (Some(at), _) => Begin::At(at),
            (None, Some(after)) => Begin::In(after),
            (None, None) => Begin::now(windows),
        };
        // Without an end its begin is looked at like that of any other.
        let window = Window::new(&begin, self.duration.unwrap_or(Duration::from_hours(1)), zone, now)?;
        fields.insert("startSeconds".to_owned(), window.start.as_second().into());
        if self.duration.is_some() {
            fields.insert("endSeconds".to_owned(), window.end.as_second().into());
        }
        if !self.terms.except.is_empty() {
            let rule = emt_windows::Rule::single(window.start.as_second(), None, terms::rule_zone(zone)?);
            self.terms.less(rule.map_err(|error| Error::call(error.to_string(), "give another --at"))?)?;
            fields.insert("timeZone".to_owned(), zone.name().into());
        }
        Ok(Planned { opens: Opens::Once(window.start, self.duration.map(|_| window.end)), fields })
    }

    fn body(&self, target: &Target, planned: &Planned) -> Json {
        let name = self.name.clone().unwrap_or_else(|| match planned.opens {
            Opens::Once(start, _) => default_name(&target.name, &start.strftime(" %Y%m%d-%H%M%SZ").to_string()),
            Opens::Repeatedly(_) => default_name(&target.name, if self.is_for_updates() { " updates" } else { " maintenance" }),
        });
        let mut body = planned.fields.clone();
        body.extend([("name".to_owned(), json!(name)), ("scheduleStatus".to_owned(), json!(self.status))]);
        target.set(&mut body);
        Json::Object(body)
    }
}

/// Whether a time has passed the server's clock decides.
fn unless_past(error: Error) -> Result<Planned, Error> {
    match error {
        Error::Rule { .. } => Ok(Planned { opens: Opens::Repeatedly(None), fields: Map::new() }),
        other => Err(other),
    }
}

/// The server's time, which it judges windows by.
pub(super) fn now(api: &Orchestrator) -> Timestamp {
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

/// Made of target and time, so that windows do not share names.
fn default_name(target: &str, tail: &str) -> String {
    let head: String = target.chars().take(NAME_LENGTH - tail.len()).collect();
    format!("{head}{tail}")
}

async fn take_back(api: &Orchestrator, made: &[Resource<Schedule>]) {
    for schedule in made {
        if api.delete(kind_of(&schedule.data), &schedule.data.id).await.is_err() {
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
        let tail = " 20261201-020000Z";
        assert_eq!(default_name("shop-17", tail), "shop-17 20261201-020000Z");
        let long = default_name(&"x".repeat(60), tail);
        assert_eq!((long.len(), long.ends_with(tail)), (NAME_LENGTH, true));
    }
}
