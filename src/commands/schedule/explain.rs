//! `emtctl schedule explain` and `get`: why windows are open or closed, and what is known of them.

use emt_client::{Resource, models::Schedule};
use emt_windows::{Explanation, State, Window};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{
    preview::{document, seconds},
    rule::rule,
    selected,
    show::{duration, opens, purpose, target},
    target::OwnerArgs,
};
use crate::{
    app::App,
    cli::Format,
    error::Error,
    output::{Cell, lines, say},
    time::{Times, Zone, brief, instant},
};

/// Windows that `get` shows.
const NEXT: usize = 5;

/// Tell whether windows are open, why, and when that changes.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// Schedules: ids or names [default: all]
    #[arg(value_name = "SCHEDULE", conflicts_with = "owner")]
    schedules: Vec<String>,
    #[command(flatten)]
    owner: OwnerArgs,
    /// At this time instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Time zone to show times in, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

pub(super) async fn run(app: &App, args: &ExplainArgs) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    let at = args.at.as_deref().map(|text| instant(text, &zone)).transpose()?;
    let api = app.api().await?;
    let all = selected(&api, &args.schedules, &args.owner, "explain schedules").await?;
    let times = Times { zone: &zone, now: at.unwrap_or_else(|| super::plan::now(&api)) };
    if all.is_empty() {
        say("there are no windows");
    }
    match app.out.format() {
        Format::Table => {
            let sentences: Vec<String> = all.iter().map(|schedule| sentence(&schedule.data, &times)).collect();
            lines(sentences.iter().map(String::as_str))
        }
        Format::Name => lines(all.iter().map(|schedule| schedule.data.id.as_str())),
        Format::Json | Format::Yaml => {
            app.out.document(&all.iter().map(|schedule| told(&schedule.data, times.now)).collect::<Vec<_>>())
        }
    }
}

/// One schedule with all that is known of it.
pub(super) fn get(app: &App, found: &Resource<Schedule>, zone: &Zone, now: Timestamp) -> Result<(), Error> {
    let schedule = &found.data;
    match app.out.format() {
        Format::Name => return lines([schedule.id.as_str()]),
        Format::Json | Format::Yaml => return app.out.document(&found.json),
        Format::Table => {}
    }
    let times = Times { zone, now };
    let rule = rule(schedule);
    let mut pairs: Vec<(&'static str, Cell)> = vec![
        ("id", schedule.id.as_str().into()),
        ("name", schedule.name.as_str().into()),
        ("for", purpose(schedule).into()),
        ("target", target(schedule).into()),
        ("opens", opens(schedule, zone).into()),
        ("length", duration(schedule).into()),
        ("zone", schedule.zone_name().into()),
        ("closed", schedule.exceptions.join(", ").into()),
        ("notice", notice(schedule).into()),
        ("finish by", schedule.finish_by.as_str().into()),
        ("now", state(schedule, &times).into()),
    ];
    let windows = rule.iter().flat_map(|rule| rule.upcoming(now.as_second() + 1)).take(NEXT);
    pairs.extend(windows.map(|window| ("next", times.both(seconds(window.start)).into())));
    app.out.pairs(pairs)
}

fn notice(schedule: &Schedule) -> String {
    u64::try_from(schedule.notice)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map_or_else(String::new, |seconds| brief(std::time::Duration::from_secs(seconds)))
}

/// What holds for a schedule, in one sentence.
fn sentence(schedule: &Schedule, times: &Times<'_>) -> String {
    let name = if schedule.name.is_empty() { schedule.id.clone() } else { format!("{} ({})", schedule.name, schedule.id) };
    let whom = target(schedule);
    let whom = if whom.is_empty() { "nobody".to_owned() } else { whom };
    format!("{name} for {whom} {}", state(schedule, times))
}

/// Open or closed, why, and what comes next.
fn state(schedule: &Schedule, times: &Times<'_>) -> String {
    let Some(rule) = rule(schedule) else { return "is not understood by this program".to_owned() };
    let Explanation { state, next } = rule.explain(times.now.as_second());
    let own = Zone::new(Some(rule.zone().name())).ok().filter(|own| schedule.is_repeated() && own.name() != times.zone.name());
    let moment = |at: i64| {
        let at = seconds(at);
        let own = own.as_ref().map(|own| format!(", {}", own.near(at, times.now))).unwrap_or_default();
        format!("{} ({}{own})", times.away(at), times.zone.near(at, times.now))
    };
    let what = match state {
        State::Open(Window { end: Some(end), .. }) => format!("is open; it closes {}", moment(end)),
        State::Open(Window { start, end: None, .. }) => {
            format!("is open since {}, until it is deleted", times.zone.show(seconds(start)))
        }
        State::Before => return next.map_or_else(String::new, |next| format!("is closed; it opens {}", moment(next.start))),
        State::After => return "is over: nothing opens any more".to_owned(),
        State::Blackout(blackout) => format!("is kept closed by an exception, which ends {}", moment(blackout.to)),
        State::Notice { until } => format!("is kept closed by its notice, which ends {}", moment(until)),
        State::Finished { by } => format!("is closed; work had to be over {}", moment(by)),
    };
    match next {
        Some(next) => format!("{what}; it opens next {}", moment(next.start)),
        None => what,
    }
}

fn told(schedule: &Schedule, at: Timestamp) -> Json {
    let rule = rule(schedule);
    let explained = rule.as_ref().map(|rule| rule.explain(at.as_second()));
    let window = |window: Window| rule.as_ref().map(|rule| document(&window, rule));
    let time = |second: i64| seconds(second).to_string();
    let (state, open, until) = match explained.map(|explained| explained.state) {
        None => ("unknown", None, None),
        Some(State::Open(open)) => ("open", Some(open), open.end),
        Some(State::Before) => ("before", None, None),
        Some(State::After) => ("after", None, None),
        Some(State::Blackout(blackout)) => ("blackout", None, Some(blackout.to)),
        Some(State::Notice { until }) => ("notice", None, Some(until)),
        Some(State::Finished { .. }) => ("finished", None, None),
    };
    json!({
        "schedule": schedule.id,
        "name": schedule.name,
        "at": at.to_string(),
        "state": state,
        "until": until.map(time),
        "window": open.and_then(window),
        "next": explained.and_then(|explained| explained.next).and_then(window),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_in_words() {
        let zone = Zone::new(Some("UTC")).unwrap();
        let nightly = Schedule {
            id: "repeatedsche-1".to_owned(),
            name: "night".to_owned(),
            duration: 3600,
            cron: "0 2 * * *".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            exceptions: vec!["2026-06-08".to_owned()],
            ..Schedule::default()
        };
        let single = Schedule { id: "singlesche-1".to_owned(), start: 1_780_704_000, ..Schedule::default() };
        for (schedule, at, expected) in [
            (&nightly, "2026-06-05T23:00:00Z", "is closed; it opens in 1h (Sat 00:00 UTC, Sat 02:00 Europe/Berlin)"),
            (
                &nightly,
                "2026-06-06T00:30:00Z",
                "is open; it closes in 30m (Sat 01:00 UTC, Sat 03:00 Europe/Berlin); it opens next in 23h 30m (Sun 00:00 UTC, Sun \
                 02:00 Europe/Berlin)",
            ),
            (
                &nightly,
                "2026-06-08T00:30:00Z",
                "is kept closed by an exception, which ends in 21h 30m (Mon 22:00 UTC, Tue 00:00 Europe/Berlin); it opens next in \
                 23h 30m (Tue 00:00 UTC, Tue 02:00 Europe/Berlin)",
            ),
            (&single, "2026-06-07T00:00:00Z", "is open since 2026-06-06 00:00:00 +00:00, until it is deleted"),
            (&single, "2026-06-05T00:00:00Z", "is closed; it opens in 1d (Sat 00:00 UTC)"),
        ] {
            assert_eq!(state(schedule, &Times { zone: &zone, now: at.parse().unwrap() }), expected, "at {at}");
        }
    }
}
