//! Evaluations of maintenance windows, beside the same by looking at day after day and minute after minute with a library for
//! calendars.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use emt_windows::{Cron, Rule, Zone};
use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::Outcome;

/// How long each is repeated.
const TIME: Duration = Duration::from_millis(500);
/// Rules of which none is a special case: days, hours and minutes at which windows of two hours open.
const RULES: [&str; 4] = ["0 2 * * 6", "0,30 1,2,3 * * 0,6", "15 4 1,15 * *", "0 22 * 3,6,9,12 0"];
const DURATION: u32 = 7200;
/// 2026-01-01T00:00:00Z.
const FROM: i64 = 1_767_225_600;
const YEAR: u64 = 365 * 86_400;

pub(crate) fn measure() -> Outcome<()> {
    let read = rate(|number, _| {
        let rule = Cron::parse(RULES[number]).ok().zip(Zone::get("Europe/Berlin").ok());
        rule.and_then(|(cron, zone)| Rule::repeated(cron, DURATION, zone).ok()).is_some()
    });
    println!("| reading a rule: cron, zone | {:.1} million/s | | |", read / 1e6);
    for name in ["UTC", "Europe/Berlin"] {
        let zone = Zone::get(name)?;
        let jiff = TimeZoneDatabase::bundled().get(name)?;
        let rules = RULES.map(|cron| Cron::parse(cron).map(|cron| Rule::repeated(cron, DURATION, zone.clone())));
        let rules = rules.into_iter().map(|rule| Ok(rule??)).collect::<Outcome<Vec<Rule>>>()?;
        let scans = RULES.map(Scan::new);
        let active = rate(|number, at| rules[number].active(at).is_some());
        let scanned = rate(|number, at| scans[number].last(at, &jiff).is_some());
        row("whether a window is open", name, active, scanned);
        let next = rate(|number, at| rules[number].next(at).is_some());
        let scanned = rate(|number, at| scans[number].next(at, &jiff).is_some());
        row("the next window", name, next, scanned);
    }
    Ok(())
}

fn row(what: &str, zone: &str, ours: f64, scanned: f64) {
    println!(
        "| {what}, {zone} | {:.1} million/s | day by day and minute by minute {:.2} million/s | {:.1} |",
        ours / 1e6,
        scanned / 1e6,
        ours / scanned
    );
}

/// Evaluations in a second, at instants all over a year.
fn rate(evaluate: impl Fn(usize, i64) -> bool) -> f64 {
    let (mut state, mut count) = (1_u64, 0_u32);
    let begin = Instant::now();
    while begin.elapsed() < TIME {
        for number in 0..256 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = FROM + i64::try_from((state >> 16) % YEAR).unwrap_or(0);
            black_box(evaluate(black_box(number % RULES.len()), black_box(at)));
        }
        count += 256;
    }
    f64::from(count) / begin.elapsed().as_secs_f64()
}

/// The yardstick: a plain cron as bits, whose days and minutes are looked at one after the other.
struct Scan([u64; 5]);

impl Scan {
    fn new(cron: &str) -> Self {
        let mut fields = [u64::MAX; 5];
        for (bits, text) in fields.iter_mut().zip(cron.split(' ')).filter(|(_, text)| *text != "*") {
            *bits = text.split(',').filter_map(|number| number.parse::<u32>().ok()).fold(0, |bits, number| bits | 1 << number);
        }
        Self(fields)
    }

    fn fits(&self, day: Date) -> bool {
        let has = |bits: u64, number: i8| bits >> number & 1 == 1;
        has(self.0[2], day.day()) && has(self.0[3], day.month()) && has(self.0[4], day.weekday().to_sunday_zero_offset())
    }

    fn ticks(&self, minute: i16) -> bool {
        self.0[1] >> (minute / 60) & 1 == 1 && self.0[0] >> (minute % 60) & 1 == 1
    }

    fn next(&self, at: i64, zone: &TimeZone) -> Option<Timestamp> {
        let time = zone.to_datetime(Timestamp::from_second((at + 59) / 60 * 60).ok()?);
        let (mut day, mut earliest) = (time.date(), i16::from(time.hour()) * 60 + i16::from(time.minute()));
        for _ in 0..1500 {
            if self.fits(day)
                && let Some(minute) = (earliest..1440).find(|minute| self.ticks(*minute))
            {
                return instant(day, minute, zone);
            }
            (day, earliest) = (day.tomorrow().ok()?, 0);
        }
        None
    }

    fn last(&self, at: i64, zone: &TimeZone) -> Option<Timestamp> {
        let time = zone.to_datetime(Timestamp::from_second(at).ok()?);
        let (mut day, mut latest) = (time.date(), i16::from(time.hour()) * 60 + i16::from(time.minute()));
        for _ in 0..3 {
            if self.fits(day)
                && let Some(minute) = (0..=latest).rev().find(|minute| self.ticks(*minute))
            {
                return instant(day, minute, zone).filter(|tick| tick.as_second() + i64::from(DURATION) >= at);
            }
            (day, latest) = (day.yesterday().ok()?, 1439);
        }
        None
    }
}

fn instant(day: Date, minute: i16, zone: &TimeZone) -> Option<Timestamp> {
    let time = day.at(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0);
    zone.to_ambiguous_timestamp(time).compatible().ok()
}
