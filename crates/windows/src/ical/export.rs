//! A rule as a calendar.

use jiff::Timestamp;

use super::{
    line::{escaped, write},
    recur,
    value::{clock, length},
    zones,
};
use crate::{
    rule::{Opens, Rule},
    window::Window,
    zone::{LATEST, Zone},
};

/// Most windows that are told one by one.
const MOST: usize = 10_000;

/// How a rule is told. Instants are Unix seconds.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// What tells its events from others, such as the id of a schedule.
    pub uid: &'a str,
    /// What people read.
    pub summary: &'a str,
    /// Windows that open at this instant or later are told.
    pub from: i64,
    /// Up to this instant windows are told that are no part of a recurrence.
    pub until: i64,
    /// When the calendar was made.
    pub made: i64,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its text, with lines as RFC 5545 wants them.
    pub text: String,
    /// What it does not say for good.
    pub notes: Vec<String>,
}

/// Windows of one kind.
struct Event {
    start: i64,
    /// In seconds.
    length: i64,
    zone: Zone,
    recurrence: Option<String>,
    without: Vec<i64>,
    also: Vec<i64>,
}

/// Tells a rule. A cron that a recurrence can say is one, without the windows that a blackout touches; what is left of them,
/// and windows at times that a clock skips, are events of their own. All else is told window by window, up to the horizon.
pub fn export(rule: &Rule, telling: &Telling<'_>) -> Calendar {
    let mut notes = Vec::new();
    let events = recurring(rule, telling, &mut notes).unwrap_or_else(|| one_by_one(rule, telling, &mut notes));
    let mut text = String::new();
    write(&mut text, "BEGIN:VCALENDAR");
    write(&mut text, "VERSION:2.0");
    write(&mut text, "PRODID:-//emt//maintenance windows//EN");
    let zoned = events.iter().find(|event| event.zone != Zone::utc());
    if let Some(event) = zoned {
        zones::describe(&mut text, &event.zone, telling.from.max(0), telling.until);
    }
    for (number, event) in (1..).zip(&events) {
        let uid = if number == 1 { telling.uid.to_owned() } else { format!("{}-{number}", telling.uid) };
        tell(&mut text, event, &uid, telling, if number == 1 { &notes } else { &[] });
    }
    write(&mut text, "END:VCALENDAR");
    Calendar { text, notes }
}

fn tell(out: &mut String, event: &Event, uid: &str, telling: &Telling<'_>, notes: &[String]) {
    let zone = &event.zone;
    let named = if *zone == Zone::utc() { String::new() } else { format!(";TZID={zone}") };
    let list = |times: &[i64]| times.iter().map(|at| clock(*at, zone)).collect::<Vec<_>>().join(",");
    write(out, "BEGIN:VEVENT");
    write(out, &format!("UID:{}", escaped(uid)));
    write(out, &format!("DTSTAMP:{}", clock(telling.made, &Zone::utc())));
    write(out, &format!("SUMMARY:{}", escaped(telling.summary)));
    write(out, &format!("DTSTART{named}:{}", clock(event.start, zone)));
    write(out, &format!("DURATION:{}", length(event.length)));
    if let Some(recurrence) = &event.recurrence {
        write(out, &format!("RRULE:{recurrence}"));
    }
    for (name, times) in [("EXDATE", &event.without), ("RDATE", &event.also)] {
        if !times.is_empty() {
            write(out, &format!("{name}{named}:{}", list(times)));
        }
    }
    for note in notes {
        write(out, &format!("COMMENT:{}", escaped(note)));
    }
    write(out, "END:VEVENT");
}

/// A recurrence and what is beside it, if that can be said.
fn recurring(rule: &Rule, telling: &Telling<'_>, notes: &mut Vec<String>) -> Option<Vec<Event>> {
    let Opens::Repeatedly { cron, duration } = rule.opens() else { return None };
    let recurrence = recur::told(cron).filter(|_| rule.finish().is_none())?;
    let (zone, duration) = (rule.zone(), i64::from(*duration));
    let from = telling.from.max(rule.not_before().unwrap_or(i64::MIN));
    // A tick that only a skipped time makes is no recurrence.
    let recurs = |tick: i64| cron.at_or_after(zone.wall(tick)) == Some(zone.wall(tick));
    let touched = |tick: i64| {
        let blackouts = rule.blackouts();
        let first = blackouts.partition_point(|blackout| blackout.to <= tick);
        blackouts.get(first).is_some_and(|blackout| blackout.from < tick + duration)
    };
    let ticks = |from: i64| std::iter::successors(rule.tick_from(from), |tick| rule.tick_from(tick + 1));
    let start = ticks(from).take(MOST).find(|tick| recurs(*tick) && !touched(*tick))?;
    let (mut without, mut single) = (Vec::new(), Vec::new());
    for blackout in rule.blackouts() {
        let first = ticks(start.max(blackout.from.saturating_sub(duration).saturating_add(1)));
        without.extend(first.take_while(|tick| *tick < blackout.to).filter(|tick| recurs(*tick)).take(MOST));
    }
    without.dedup();
    // What is open otherwise than by the recurrence: before it begins, beside blackouts, at skipped times.
    let plain = |window: &Window| {
        window.start >= start
            && window.end == Some(window.start + duration)
            && rule.tick_from(window.start) == Some(window.start)
            && recurs(window.start)
    };
    let last_blackout = rule.blackouts().last().map_or(i64::MIN, |blackout| blackout.to);
    let mut at = from;
    while let Some(window) = rule.next(at).filter(|window| window.start <= telling.until.max(last_blackout)) {
        if !plain(&window) {
            single.push(window);
        }
        // Days without a change, a blackout or an end of notice are as the recurrence has them.
        at = window.start.saturating_add(1);
        if at > start {
            at = at.max(irregular(rule, at, duration).unwrap_or(i64::MAX));
        }
    }
    if without.len() > MOST || single.len() > MOST {
        return None;
    }
    let skipped = |at: i64| rule.tick_from(at) == Some(at) && !recurs(at);
    if zone.changes().iter().any(|change| change.at > telling.until && skipped(change.at)) {
        notes.push(format!("windows at times that the clock skips are told up to {}", shown(telling.until)));
    }
    let series = Event { start, length: duration, zone: zone.clone(), recurrence: Some(recurrence), without, also: Vec::new() };
    Some(std::iter::once(series).chain(grouped(single)).collect())
}

/// The first instant from which on windows may be open otherwise than by the recurrence.
fn irregular(rule: &Rule, at: i64, duration: i64) -> Option<i64> {
    let changes = rule.zone().changes();
    let change = changes[changes.partition_point(|change| change.at < at)..].iter().find(|change| change.after > change.before);
    let blackouts = rule.blackouts();
    let blackout = blackouts.get(blackouts.partition_point(|blackout| blackout.to < at));
    change.map(|change| change.at).into_iter().chain(blackout.map(|blackout| blackout.from - duration)).min()
}

/// All windows up to the horizon, each for itself.
fn one_by_one(rule: &Rule, telling: &Telling<'_>, notes: &mut Vec<String>) -> Vec<Event> {
    let mut windows: Vec<Window> =
        rule.upcoming(telling.from).take(MOST + 1).take_while(|window| window.start <= telling.until).collect();
    let more = windows.len() > MOST;
    windows.truncate(MOST);
    let last = if more { windows.last().map_or(telling.until, |window| window.start) } else { telling.until };
    if rule.next(last.saturating_add(1)).is_some() {
        notes.push(format!("no recurrence can say this rule: its windows are told up to {}", shown(last)));
    }
    if windows.iter().any(|window| window.end.is_none()) {
        notes.push(format!("the window has no end: it is told up to {}", shown(telling.until.min(LATEST))));
    }
    let ended =
        windows.into_iter().map(|window| Window { end: window.end.or(Some(telling.until.max(window.start + 1))), ..window });
    grouped(ended.collect())
}

/// Windows of one length are one event, in UTC.
fn grouped(windows: Vec<Window>) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for window in windows {
        let length = window.end.map_or(0, |end| end - window.start);
        match events.iter_mut().find(|event| event.length == length) {
            Some(event) => event.also.push(window.start),
            None => events.push(Event {
                start: window.start,
                length,
                zone: Zone::utc(),
                recurrence: None,
                without: Vec::new(),
                also: Vec::new(),
            }),
        }
    }
    events
}

fn shown(at: i64) -> String {
    Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default()
}
