//! When the windows of a rule open, told without a server.

use std::time::Duration;

use emt_windows::{Blackout, Rule, Window, Zone as RuleZone, ical};
use jiff::{Timestamp, civil::Date};
use serde_json::{Value as Json, json};

use super::terms::{Terms, repeated};
use crate::{
    app::App,
    cli::Format,
    clock,
    error::Error,
    output::{self, Cell, lines, say, warn},
    time::{Zone, brief, instant, length, signed},
};

/// How far ahead a calendar tells windows that are no part of a recurrence: five years, in seconds.
pub(super) const HORIZON: i64 = 5 * 365 * 86_400;

/// Show when the windows of a rule open; needs no server.
#[derive(Debug, clap::Args)]
pub struct PreviewArgs {
    /// When windows open: minute, hour, day of month, month, day of week, such as '0 2 * * 6' or '30 1 * * SAT#2'
    #[arg(long, value_name = "CRON")]
    cron: String,
    /// How long each stays open, such as 2h, 90m or 1h30m; a day at most
    #[arg(long, value_name = "DURATION", value_parser = length, allow_hyphen_values = true)]
    duration: Duration,
    /// Time zone whose clock the rule goes by, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Show windows that open at this time or later; a date is its beginning [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// How many to show
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// Keep closed on a day, or from one day or time to another: 2026-12-24, 2026-12-24/2026-12-26; may be given again
    #[arg(long, value_name = "DATE|FROM/TO")]
    except: Vec<String>,
    /// Close at this time of day at the latest, such as 05:00, or at a certain time
    #[arg(long, value_name = "TIME")]
    finish_by: Option<String>,
    /// Print a calendar (iCalendar) instead
    #[arg(long)]
    ical: bool,
}

pub(super) fn run(app: &App, args: &PreviewArgs) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    let terms = Terms { except: args.except.clone(), notice: None, finish_by: args.finish_by.clone() };
    let rule = repeated(&args.cron, args.duration, &zone, &terms)?;
    let now = clock::now();
    let from = match &args.from {
        Some(text) => begin(text, &zone, rule.zone())?,
        None => now,
    };
    let from = from.as_second() + i64::from(from.subsec_nanosecond() > 0);
    if args.ical {
        return calendar(args, &rule, from, now);
    }
    let windows: Vec<Window> = rule.upcoming(from).take(args.count.into()).collect();
    if windows.is_empty() {
        say(&format!("the rule opens no window from {} on", zone.show(seconds(from))));
    }
    match app.out.format() {
        Format::Table if windows.is_empty() => Ok(()),
        Format::Table => table(app, &windows, &rule, &zone, now),
        Format::Name => {
            lines(windows.iter().map(|window| seconds(window.start).to_string()).collect::<Vec<_>>().iter().map(String::as_str))
        }
        Format::Json | Format::Yaml => {
            app.out.document(&windows.iter().map(|window| document(window, &rule)).collect::<Vec<_>>())
        }
    }
}

/// A time, or the beginning of a day.
pub(super) fn begin(text: &str, zone: &Zone, rules: &RuleZone) -> Result<Timestamp, Error> {
    match Date::strptime("%Y-%m-%d", text.trim()) {
        Ok(date) => Ok(seconds(Blackout::date(date, rules).from)),
        Err(_) => instant(text, zone),
    }
}

fn table(app: &App, windows: &[Window], rule: &Rule, zone: &Zone, now: Timestamp) -> Result<(), Error> {
    let here = Zone::new(None)?;
    let (opens, closes) = (format!("OPENS ({})", zone.name()), format!("CLOSES ({})", zone.name()));
    let local = format!("HERE ({})", here.name());
    let elsewhere = here.name() != zone.name() && !here.name().is_empty();
    let mut header = vec![opens.as_str(), &closes, "LENGTH", "NOTE", "BEGINS"];
    if elsewhere {
        header.insert(2, &local);
    }
    let mut before = None;
    let rows = windows.iter().map(|window| {
        let end = window.end.unwrap_or(window.start);
        let length = Duration::from_secs(u64::try_from(end - window.start).unwrap_or(0));
        let mut row: Vec<Cell> = vec![
            zone.show(seconds(window.start)).into(),
            zone.show(seconds(end)).into(),
            brief(length).into(),
            notes(window, rule.zone(), &mut before).into(),
            relative(window, now).into(),
        ];
        if elsewhere {
            row.insert(2, here.show(seconds(window.start)).into());
        }
        row
    });
    app.out.table(&header, rows)
}

/// What is remarkable about a window: that the clock has changed since the last one, changes in it, or a blackout cuts it.
fn notes(window: &Window, zone: &RuleZone, before: &mut Option<i64>) -> String {
    let offset = |at| signed(zone.offset(at));
    let mut notes = Vec::new();
    let start = zone.offset(window.start);
    if before.replace(start).is_some_and(|before| before != start) {
        notes.push(format!("the offset is {} from here on", offset(window.start)));
    }
    if let Some(end) = window.end.filter(|end| zone.offset(*end) != start) {
        notes.push(format!("the offset becomes {} in it", offset(end)));
    }
    if window.cut {
        notes.push("ends early".to_owned());
    }
    notes.join("; ")
}

/// When a window opens, as seen from now.
pub(super) fn relative(window: &Window, now: Timestamp) -> String {
    let now = now.as_second();
    let apart = brief(Duration::from_secs(window.start.abs_diff(now)));
    if window.start > now {
        format!("in {apart}")
    } else if window.is_open(now) {
        "open now".to_owned()
    } else {
        format!("{apart} ago")
    }
}

/// A window as JSON.
pub(super) fn document(window: &Window, rule: &Rule) -> Json {
    let local = |at| {
        let offset = rule.zone().offset(at);
        format!("{}{}", seconds(at + offset).strftime("%Y-%m-%dT%H:%M:%S"), signed(offset))
    };
    json!({
        "start": seconds(window.start).to_string(),
        "end": window.end.map(|end| seconds(end).to_string()),
        "seconds": window.end.map(|end| end - window.start),
        "zone": rule.zone().name(),
        "zoneStart": local(window.start),
        "zoneEnd": window.end.map(local),
        "cut": window.cut,
    })
}

fn calendar(args: &PreviewArgs, rule: &Rule, from: i64, now: Timestamp) -> Result<(), Error> {
    let uid =
        format!("{} {} {}", args.cron.split_whitespace().collect::<Vec<_>>().join(" "), rule.zone(), args.duration.as_secs());
    let telling = ical::Telling {
        uid: &uid,
        summary: "Maintenance window",
        from,
        until: from.saturating_add(HORIZON),
        made: now.as_second(),
    };
    let calendar = ical::export(rule, &telling);
    for note in &calendar.notes {
        warn(note);
    }
    output::write(&calendar.text)
}

/// Windows are within the years that a timestamp has.
pub(super) fn seconds(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_they_are_seen_from_now() {
        let window = Window::new(1000, Some(1600));
        for (now, expected) in [(0, "in 16m 40s"), (1000, "open now"), (1600, "open now"), (1700, "11m 40s ago")] {
            assert_eq!(relative(&window, seconds(now)), expected, "{now}");
        }
    }

    #[test]
    fn changes_of_the_clock_are_noted() {
        let zone = RuleZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        let window = |start: &str, hours: i64| Window::new(at(start), Some(at(start) + hours * 3600));
        let mut before = None;
        let noted: Vec<String> = [
            window("2026-03-22T00:30:00Z", 2),
            window("2026-03-29T00:30:00Z", 2),
            window("2026-04-05T00:30:00Z", 2),
            Window { cut: true, ..window("2026-04-12T00:30:00Z", 2) },
        ]
        .iter()
        .map(|window| notes(window, &zone, &mut before))
        .collect();
        assert_eq!(noted, ["", "the offset becomes +02:00 in it", "the offset is +02:00 from here on", "ends early"]);
    }
}
