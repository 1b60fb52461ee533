//! The yardstick of rules: every minute is looked at, by the rule's own words.

#![allow(unreachable_pub, dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "for tests")]

use std::collections::HashMap;

use emt_windows::{Cron, Rule, Zone};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{TimeZone, TimeZoneDatabase},
};

pub const MINUTE: i64 = 60;
pub const DAY: i64 = 86_400;
/// Longer than any clock is put forward or back.
const WARM: i64 = 3 * DAY;

/// A rule in its own words.
pub struct Words {
    pub cron: String,
    pub zone: TimeZone,
    pub duration: i64,
    days: HashMap<Date, bool>,
}

impl Words {
    pub fn new(cron: &str, zone: &str, duration: u32) -> Self {
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        Self { cron: cron.to_owned(), zone, duration: duration.into(), days: HashMap::new() }
    }

    /// The same as the library has it.
    pub fn rule(&self) -> Rule {
        let zone = Zone::get(self.zone.iana_name().unwrap()).unwrap();
        Rule::repeated(Cron::parse(&self.cron).unwrap(), u32::try_from(self.duration).unwrap(), zone).unwrap()
    }

    /// All instants from one to another at which a window opens: those of minutes that fit and were not shown before, and
    /// those at which the clock skips such minutes.
    pub fn openings(&mut self, from: i64, to: i64) -> Vec<i64> {
        let first = (from - WARM).div_euclid(MINUTE) * MINUTE;
        let mut seen = self.wall(first - MINUTE);
        let mut openings = Vec::new();
        let fields: Vec<String> = self.cron.split_whitespace().map(str::to_owned).collect();
        let minutes: Vec<bool> = (0..60).map(|minute| listed(&fields[0], minute, 0)).collect();
        let hours: Vec<bool> = (0..24).map(|hour| listed(&fields[1], hour, 0)).collect();
        let mut at = first;
        while at < to {
            let wall = self.wall(at);
            let fits = (seen + 1..=wall).any(|minute| {
                let of_day = usize::try_from(minute.rem_euclid(1440)).unwrap();
                hours[of_day / 60] && minutes[of_day % 60] && self.fits(minute.div_euclid(1440))
            });
            if fits && at >= from {
                openings.push(at);
            }
            seen = seen.max(wall);
            at += MINUTE;
        }
        openings
    }

    /// Minutes on the wall clock.
    fn wall(&self, at: i64) -> i64 {
        (at + i64::from(self.zone.to_offset(Timestamp::from_second(at).unwrap()).seconds())).div_euclid(MINUTE)
    }

    fn fits(&mut self, day: i64) -> bool {
        let date = DateTime::constant(1970, 1, 1, 0, 0, 0, 0).checked_add(jiff::Span::new().days(day)).unwrap().date();
        if let Some(known) = self.days.get(&date) {
            return *known;
        }
        let fields: Vec<&str> = self.cron.split_whitespace().collect();
        let month_day = fields[2].split(',').any(|part| match part {
            "L" => date.day() == date.days_in_month(),
            part => listed(part, date.day().into(), 1),
        });
        let weekday = date.weekday().to_sunday_zero_offset();
        let in_week = fields[4].split(',').any(|part| {
            if let Some((name, nth)) = part.split_once('#') {
                let place = if nth == "L" {
                    date.day() + 7 > date.days_in_month()
                } else {
                    (date.day() + 6) / 7 == nth.parse::<i8>().unwrap()
                };
                place && value(name) % 7 == i32::from(weekday)
            } else if let Some(name) = part.strip_suffix('L') {
                date.day() + 7 > date.days_in_month() && value(name) % 7 == i32::from(weekday)
            } else {
                // Sunday is 7 too, where it is meant: a step without an end stops before it.
                let open = part.contains('/') && !part.contains('-') && !part.starts_with('7');
                listed(part, weekday.into(), 0) || (weekday == 0 && part != "*" && !open && listed(part, 7, 0))
            }
        });
        let star = |field: &str| field.split(',').any(|part| part == "*" || part == "*/1");
        let day = if star(fields[2]) || star(fields[4]) { month_day && in_week } else { month_day || in_week };
        let fits = day && listed(fields[3], date.month().into(), 1);
        self.days.insert(date, fits);
        fits
    }
}

fn listed(field: &str, number: i32, min: i32) -> bool {
    field.split(',').any(|part| {
        let (range, step) =
            part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step.parse::<i32>().unwrap())));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from), value(to)),
            None if range == "*" => (min, i32::MAX),
            None => (value(range), if step.is_some() { i32::MAX } else { value(range) }),
        };
        (from..=to).contains(&number) && (number - from) % step.unwrap_or(1) == 0
    })
}

fn value(text: &str) -> i32 {
    const NAMES: [&str; 19] = [
        "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT",
        "NOV", "DEC",
    ];
    match NAMES.iter().position(|name| *name == text) {
        Some(at) => i32::try_from(if at < 7 { at } else { at - 6 }).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// Holds a rule against its words between two instants: what opens, what is open, what is next, at every minute and its edges.
/// Says how many instants were looked at.
pub fn check(words: &mut Words, from: i64, to: i64) -> Result<u64, String> {
    let rule = words.rule();
    let openings = words.openings(from, to);
    let what = format!("{} for {} s in {}", words.cron, words.duration, words.zone.iana_name().unwrap());
    let said: Vec<i64> = rule.upcoming(from).map(|window| window.start).take_while(|start| *start < to).collect();
    if said != openings {
        let apart = said.iter().zip(&openings).find(|(said, expected)| said != expected);
        let lengths = (said.len(), openings.len());
        return Err(format!("{what}: opens {} times, should {}; first apart {apart:?}", lengths.0, lengths.1));
    }
    let (mut past, mut looked) = (0, 0);
    // Windows that opened before `from` are not known: none is open a day later.
    let mut minute = from + DAY + MINUTE;
    while minute < to {
        for at in [minute, minute + 1, minute + 59] {
            while openings.get(past).is_some_and(|opening| *opening <= at) {
                past += 1;
            }
            let expected = past.checked_sub(1).map(|last| openings[last]).filter(|opening| at <= opening + words.duration);
            let active = rule.active(at);
            if active.map(|window| (window.start, window.end)) != expected.map(|start| (start, Some(start + words.duration))) {
                return Err(format!("{what}: at {at} open is {active:?}, should be the one of {expected:?}"));
            }
            let ahead = openings.get(past.saturating_sub(usize::from(expected == Some(at)))).copied();
            let next = rule.next(at).map(|window| window.start);
            if ahead.is_some_and(|ahead| next != Some(ahead)) || (ahead.is_none() && next.is_some_and(|next| next < to)) {
                return Err(format!("{what}: at {at} the next is {next:?}, should be {ahead:?}"));
            }
            looked += 1;
        }
        minute += MINUTE;
    }
    Ok(looked)
}
