//! Rules in zones with remarkable changes of their clocks, held against a scan of every minute.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use jiff::Timestamp;
use proptest::prelude::*;
use support::{DAY, Words, check};

/// Zones, and days around which their clocks change.
const CHANGES: [(&str, &[&str]); 8] = [
    ("UTC", &["2026-01-01T00:00:00Z"]),
    ("Europe/Berlin", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("America/New_York", &["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"]),
    // By half an hour.
    ("Australia/Lord_Howe", &["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"]),
    // Put back for Ramadan.
    ("Africa/Casablanca", &["2026-02-15T02:00:00Z", "2026-03-22T02:00:00Z"]),
    // A whole day is skipped.
    ("Pacific/Apia", &["2011-12-30T10:00:00Z", "2012-03-31T14:00:00Z"]),
    // Midnight is skipped, and comes twice.
    ("America/Sao_Paulo", &["2018-11-04T03:00:00Z", "2019-02-17T02:00:00Z"]),
    ("Asia/Kathmandu", &["2026-06-06T00:00:00Z"]),
];

fn part(min: u8, max: u8) -> impl Strategy<Value = String> {
    let number = min..=max;
    prop_oneof![
        3 => number.clone().prop_map(|number| number.to_string()),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (number.clone(), number.clone(), 1_u8..20).prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
        1 => (number, 1_u8..20).prop_map(|(from, step)| format!("{from}/{step}")),
        1 => (1_u8..40).prop_map(|step| format!("*/{step}")),
    ]
}

fn field(min: u8, max: u8, special: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let part = prop_oneof![4 => part(min, max), 1 => special];
    prop_oneof![2 => Just("*".to_owned()), 3 => proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join(","))]
}

fn weekday() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u8..=7, 1_u8..=5).prop_map(|(day, nth)| format!("{day}#{nth}")),
        (0_u8..=7).prop_map(|day| format!("{day}L")),
        (0_u8..=7).prop_map(|day| format!("{day}#L")),
        Just("MON-FRI".to_owned()),
        Just("SAT".to_owned()),
        Just("5-7".to_owned()),
    ]
}

fn cron() -> impl Strategy<Value = String> {
    (
        field(0, 59, Just("0".to_owned())),
        field(0, 23, Just("2".to_owned())),
        field(1, 31, Just("L".to_owned())),
        field(1, 12, Just("MAR".to_owned())),
        field(0, 7, weekday()),
    )
        .prop_map(|(minutes, hours, days, months, weekdays)| [minutes, hours, days, months, weekdays].join(" "))
}

/// Rules that open often enough around a change to say something.
fn lively() -> impl Strategy<Value = String> {
    (field(0, 59, Just("0".to_owned())), field(0, 4, Just("2".to_owned())), prop_oneof![cron(), Just("* * * * *".to_owned())])
        .prop_map(|(minutes, hours, cron)| {
            let rest: Vec<&str> = cron.split(' ').skip(2).collect();
            format!("{minutes} {hours} {}", rest.join(" "))
        })
}

fn around() -> impl Strategy<Value = (&'static str, i64)> {
    let all: Vec<(&str, i64)> =
        CHANGES.iter().flat_map(|(zone, at)| at.iter().map(|at| (*zone, at.parse::<Timestamp>().unwrap().as_second()))).collect();
    prop::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rules_agree_with_a_scan_of_minutes(
        cron in prop_oneof![cron(), lively()],
        (zone, change) in around(),
        duration in prop_oneof![1_u32..=86_400, Just(7200)],
    ) {
        let mut words = Words::new(&cron, zone, duration);
        check(&mut words, change - 2 * DAY, change + DAY).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn plain_rules_agree_with_a_scan_at_each_change() {
    for (zone, changes) in CHANGES {
        for change in changes {
            let change = change.parse::<Timestamp>().unwrap().as_second();
            for cron in ["30 2 * * *", "0,15,45 0-3 * * *", "0 0 * * *", "*/7 * L,1-3 * 0L,6#1,SAT"] {
                let mut words = Words::new(cron, zone, 7200);
                check(&mut words, change - 2 * DAY, change + DAY).unwrap_or_else(|wrong| panic!("{wrong}"));
            }
        }
    }
}
