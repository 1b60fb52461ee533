//! The windows of some days of a zone: which are open on each, from when to when on its clock.

use emt_windows::{Rule, Window, Zone};
use jiff::civil::Date;

use super::{known::Scheduled, wall};

/// Windows of a schedule that a day tells one by one; more are told together.
const APART: usize = 3;
/// Windows of a schedule that a day counts.
const COUNTED: usize = 99;

/// A day of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) date: Date,
    /// Its begin, and that of the next one.
    from: i64,
    to: i64,
    /// In the order of their begin.
    pub(super) entries: Vec<Entry>,
}

/// A window of a day, or several of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Place of the schedule.
    pub(super) schedule: usize,
    /// What of it is on this day.
    from: i64,
    to: i64,
    /// From when to when.
    pub(super) times: String,
    /// Whether it is open already when the day begins, and still when it ends.
    pub(super) goes_on: (bool, bool),
    /// Whether an exception keeps it closed.
    pub(super) is_closed: bool,
    /// How many windows these are.
    pub(super) count: usize,
}

impl Entry {
    /// How many windows these are, in words; "" for one.
    pub(super) fn counted(&self) -> String {
        match self.count {
            0 | 1 => String::new(),
            COUNTED.. => format!("{COUNTED} windows and more"),
            count => format!("{count} windows"),
        }
    }
}

/// Days of a zone from one on, with the windows of all schedules.
pub(super) fn days(zone: &Zone, first: Date, count: i8, all: &[Scheduled]) -> Vec<Day> {
    let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(count.unsigned_abs().into());
    let day = |date| {
        let (from, to) = wall::day(zone, date);
        Day { date, from, to, entries: Vec::new() }
    };
    let mut days: Vec<Day> = dates.map(day).collect();
    let (begin, end) = (days.first().map_or(0, |day| day.from), days.last().map_or(0, |day| day.to));
    for (place, scheduled) in all.iter().enumerate() {
        put(&mut days, &scheduled.rule, |_| Some(false), zone, place);
        let around = scheduled.rule.blackouts().iter().filter(|blackout| blackout.from < end && begin < blackout.to);
        let closed: Vec<_> = around.collect();
        if closed.is_empty() {
            continue;
        }
        let is_kept_closed = |window: &Window| {
            let within = |to: i64| closed.iter().any(|blackout| blackout.from <= window.start && to <= blackout.to);
            window.end.is_some_and(within).then_some(true)
        };
        if let Ok(whole) = scheduled.schedule.rule_without_exceptions() {
            put(&mut days, &whole, is_kept_closed, zone, place);
        }
    }
    for day in &mut days {
        let label = |entry: &Entry| all.get(entry.schedule).map(|scheduled| scheduled.schedule.label());
        day.entries.sort_by(|a, b| (a.from, a.to, label(a), a.schedule).cmp(&(b.from, b.to, label(b), b.schedule)));
    }
    days
}

/// Puts the windows of a rule into days; `closed` says which, and whether they are kept closed.
fn put(days: &mut [Day], rule: &Rule, closed: impl Fn(&Window) -> Option<bool>, zone: &Zone, schedule: usize) {
    let Some(begin) = days.first().map(|day| day.from) else { return };
    let mut open: Vec<Window> = rule.active(begin).into_iter().collect();
    let mut next = rule.next(begin.saturating_add(1));
    for day in days {
        open.retain(|window| window.end.is_none_or(|end| end > day.from));
        let (carried, mut is_cut) = (open.len(), false);
        while let Some(window) = next.filter(|window| window.start < day.to) {
            if open.len() - carried >= COUNTED {
                // The rest of the day is not counted.
                (next, is_cut) = (rule.next(day.to), true);
                break;
            }
            open.push(window);
            next = rule.next(window.start.saturating_add(1));
        }
        if day.from == day.to {
            continue;
        }
        let pieces: Vec<Entry> = open
            .iter()
            .filter(|window| window.start < day.to)
            .filter_map(|window| Some((window, closed(window)?)))
            .map(|(window, is_closed)| entry(day, window, is_closed, zone, schedule))
            .collect();
        match pieces.as_slice() {
            [first, .., last] if pieces.len() > APART => {
                let to = pieces.iter().map(|piece| piece.to).max().unwrap_or(last.to);
                let times = times(zone, (first.from, to), (day.from, day.to));
                let begin = times.split(['–', ' ']).next().unwrap_or_default();
                let times = if is_cut { format!("from {begin}") } else { times };
                let goes_on = (first.goes_on.0, last.goes_on.1);
                day.entries.push(Entry { to, times, goes_on, count: pieces.len(), ..first.clone() });
            }
            _ => day.entries.extend(pieces),
        }
    }
}

fn entry(day: &Day, window: &Window, is_closed: bool, zone: &Zone, schedule: usize) -> Entry {
    let end = window.end.unwrap_or(i64::MAX);
    let (from, to) = (window.start.max(day.from), end.min(day.to));
    let goes_on = (window.start < day.from, end > day.to);
    Entry { schedule, from, to, times: times(zone, (from, to), (day.from, day.to)), goes_on, is_closed, count: 1 }
}

/// From when to when on a day; with offsets if they differ.
fn times(zone: &Zone, (from, to): (i64, i64), day: (i64, i64)) -> String {
    if (from, to) == day {
        return "all day".to_owned();
    }
    // A month has no room for seconds.
    let time = |at| wall::wall(zone, at).strftime("%H:%M").to_string();
    let start = time(from);
    let end = if to == day.1 { "24:00".to_owned() } else { time(to) };
    let offset = |at| wall::offset(zone.offset(at));
    if zone.offset(from) == zone.offset(to) {
        return format!("{start}–{end}");
    }
    format!("{start} ({})–{end} ({})", offset(from), offset(to))
}

#[cfg(test)]
mod tests {
    use emt_api::{
        resources::{RepeatedSchedule, SingleSchedule},
        value::Json,
    };

    use super::*;
    use crate::web::schedules::known::Schedule;

    fn cron(cron: &str, seconds: i32, zone: &str) -> Scheduled {
        let schedule = RepeatedSchedule {
            cron: cron.to_owned(),
            duration_seconds: seconds,
            time_zone: zone.to_owned(),
            ..RepeatedSchedule::default()
        };
        scheduled(Schedule::Repeated(Box::new(schedule)))
    }

    fn scheduled(schedule: Schedule) -> Scheduled {
        Scheduled { rule: schedule.rule().unwrap(), schedule }
    }

    fn once(start: &str, end: Option<&str>) -> Scheduled {
        let at = |text: &str| u32::try_from(text.parse::<jiff::Timestamp>().unwrap().as_second()).unwrap();
        let single = SingleSchedule { start_seconds: at(start), end_seconds: end.map_or(0, at), ..SingleSchedule::default() };
        scheduled(Schedule::Single(Box::new(single)))
    }

    /// What days of a zone show: day, and times with arrows where they go on.
    fn told(zone: &str, first: &str, count: i8, all: &[Scheduled]) -> Vec<String> {
        let days = days(&Zone::get(zone).unwrap(), first.parse().unwrap(), count, all);
        let entry = |entry: &Entry| {
            let (before, after) = entry.goes_on;
            let times = format!("{}{}{}", if before { "<" } else { "" }, entry.times, if after { ">" } else { "" });
            let count = if entry.count > 1 { format!(" x{}", entry.count) } else { String::new() };
            format!("{times}{count}{}", if entry.is_closed { " closed" } else { "" })
        };
        let day = |day: &Day| format!("{} {}", day.date.day(), day.entries.iter().map(entry).collect::<Vec<_>>().join(", "));
        days.iter().map(day).map(|text| text.trim_end().to_owned()).collect()
    }

    #[test]
    fn windows_are_on_the_days_of_the_zone_that_is_chosen() {
        let nightly = [cron("30 22 * * *", 7200, "UTC")];
        for (zone, expected) in [
            ("UTC", ["1 <00:00–00:30, 22:30–24:00>", "2 <00:00–00:30, 22:30–24:00>"]),
            ("Europe/Berlin", ["1 00:30–02:30", "2 00:30–02:30"]),
            ("Pacific/Kiritimati", ["1 12:30–14:30", "2 12:30–14:30"]),
            ("Etc/GMT+12", ["1 10:30–12:30", "2 10:30–12:30"]),
            ("Asia/Kolkata", ["1 04:00–06:00", "2 04:00–06:00"]),
        ] {
            assert_eq!(told(zone, "2026-06-01", 2, &nightly), expected, "{zone}");
        }
    }

    #[test]
    fn days_on_which_the_clocks_change_are_as_long_as_they_are() {
        let berlin = "Europe/Berlin";
        let nightly = [cron("30 2 * * *", 3600, berlin), cron("0 0 * * *", 86_400, berlin)];
        assert_eq!(
            told(berlin, "2026-10-24", 3, &nightly),
            [
                "24 all day, 02:30–03:30",
                "25 00:00 (+02:00)–23:00 (+01:00), 02:30 (+02:00)–02:30 (+01:00)",
                "26 all day, 02:30–03:30"
            ]
        );
        assert_eq!(
            told(berlin, "2026-03-28", 3, &nightly),
            ["28 all day, 02:30–03:30", "29 all day>, 03:00–04:00", "30 <00:00–01:00, all day, 02:30–03:30"]
        );
        // A day that a zone skipped.
        let noon = [cron("0 12 * * *", 60, "Pacific/Apia")];
        assert_eq!(told("Pacific/Apia", "2011-12-29", 3, &noon), ["29 12:00–12:01", "30", "31 00:00–00:01, 12:00–12:01"]);
    }

    #[test]
    fn what_has_no_end_is_on_all_days() {
        let all = [once("2026-02-27T12:00:00Z", None), once("2026-02-28T23:00:00Z", Some("2026-03-01T00:00:00Z"))];
        assert_eq!(
            told("UTC", "2026-02-26", 4, &all),
            ["26", "27 12:00–24:00>", "28 <all day>, 23:00–24:00", "1 <all day>"],
            "what ends at midnight is not on the next day"
        );
    }

    #[test]
    fn exceptions_are_shown_and_many_windows_are_told_together() {
        let Scheduled { schedule, .. } = cron("0 2 * * *", 3600, "UTC");
        let Schedule::Repeated(mut repeated) = schedule else { panic!("repeated") };
        repeated.exceptions =
            Json(vec!["2026-12-24/2026-12-25".to_owned(), "2026-12-26T02:30:00Z/2026-12-26T12:00:00Z".to_owned()]);
        let excepted = scheduled(Schedule::Repeated(repeated));
        assert_eq!(
            told("UTC", "2026-12-23", 4, std::slice::from_ref(&excepted)),
            ["23 02:00–03:00", "24 02:00–03:00 closed", "25 02:00–03:00 closed", "26 02:00–02:30"]
        );
        let often = [cron("0 */4 * * *", 600, "UTC"), cron("* * * * *", 60, "UTC")];
        assert_eq!(told("UTC", "2026-06-01", 2, &often)[1], "2 from 00:00 x99, 00:00–20:10 x6");
    }
}
