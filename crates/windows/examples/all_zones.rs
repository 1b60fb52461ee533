//! All zones, all changes of their clocks from 2000 to 2040: rules are held against a scan of every minute around each.
//! `cargo xtask windows` runs it; it ends with a failure if any rule and its words differ.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints a summary")]
#![allow(clippy::unwrap_used, reason = "a check that cannot go on has failed")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::BTreeSet,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use emt_windows::Zone;
use jiff::{Timestamp, tz::TimeZoneDatabase};
use support::{DAY, MINUTE, Words, check};

const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2041-01-01T00:00:00Z";
/// Rules that are tried at each change, beside those of its own minute.
const RULES: [(&str, u32); 6] = [
    ("* * * * *", 60),
    ("*/17 * * * *", 5400),
    ("30 0-3,23 * * *", 7200),
    ("0 0 * * SUN,6#5,5L", 86_400),
    ("15,45 0-4 1,L,*/3 1-12/1 MON-FRI/2,7", 1800),
    ("5/20 */2 25-31,1-8 MAR,APR,SEP-NOV 0#L,6L,0#1", 3600),
];

#[derive(Default)]
struct Sums {
    changes: usize,
    rules: usize,
    instants: u64,
    wrong: Vec<String>,
}

fn main() -> ExitCode {
    let zones = Zone::names();
    let (next, sums) = (AtomicUsize::new(0), Mutex::new(Sums::default()));
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(zone) = zones.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let of_zone = zone_at_all_changes(zone);
                    let mut sums = sums.lock().unwrap();
                    sums.changes += of_zone.changes;
                    sums.rules += of_zone.rules;
                    sums.instants += of_zone.instants;
                    sums.wrong.extend(of_zone.wrong);
                }
            });
        }
    });
    let Sums { changes, rules, instants, wrong } = sums.into_inner().unwrap();
    for wrong in wrong.iter().take(20) {
        eprintln!("wrong: {wrong}");
    }
    println!(
        "{} zones, {changes} changes of clocks from 2000 to 2040, {rules} rules, {instants} instants: {} wrong",
        zones.len(),
        wrong.len()
    );
    if wrong.is_empty() && changes > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn zone_at_all_changes(name: &str) -> Sums {
    let mut sums = Sums::default();
    let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    let Ok(zone) = TimeZoneDatabase::bundled().get(name) else {
        sums.wrong.push(format!("{name} cannot be read"));
        return sums;
    };
    if zone.is_unknown() {
        return sums;
    }
    let changes: Vec<i64> = zone
        .following(FROM.parse().unwrap())
        .map(|change| change.timestamp().as_second())
        .take_while(|at| *at < second(TO))
        .collect();
    sums.changes = changes.len();
    // A zone without changes is looked at once.
    let places = if changes.is_empty() { vec![second("2026-02-28T00:00:00Z")] } else { changes };
    for at in places {
        let mut crons: BTreeSet<(String, u32)> = RULES.iter().map(|(cron, duration)| ((*cron).to_owned(), *duration)).collect();
        // The minutes at which the clock changes, by both offsets, and those beside them.
        for instant in [at - MINUTE, at, at + MINUTE] {
            let time = zone.to_datetime(Timestamp::from_second(instant).unwrap());
            crons.insert((format!("{} {} * * *", time.minute(), time.hour()), 3600));
        }
        for (cron, duration) in crons {
            let mut words = Words::new(&cron, name, duration);
            match check(&mut words, at - DAY - DAY / 6, at + DAY / 6) {
                Ok(instants) => sums.instants += instants,
                Err(wrong) => sums.wrong.push(wrong),
            }
            sums.rules += 1;
        }
    }
    sums
}
