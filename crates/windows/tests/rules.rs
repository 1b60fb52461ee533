//! Rules with blackouts, notice and an end of work; several together; explanations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use emt_windows::{
    Blackout, Cron, Explanation, FinishBy, HORIZON_SECONDS, LATEST, MAX_DURATION_SECONDS, Rule, RuleError, Rules, State, Window,
    Zone,
};
use jiff::Timestamp;
use proptest::prelude::*;
use support::{DAY, MINUTE, Words};

/// 2026-06-06 00:00:00 UTC, a Saturday.
const SATURDAY: i64 = 1_780_704_000;
const HOUR: i64 = 3600;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

fn shown(window: Window) -> String {
    let text = |second| Timestamp::from_second(second).unwrap().strftime("%m-%dT%H:%M:%S").to_string();
    format!("{} {}{}", text(window.start), window.end.map_or_else(String::new, text), if window.cut { " cut" } else { "" })
}

fn rule(cron: &str, duration: u32, zone: &str) -> Rule {
    Rule::repeated(Cron::parse(cron).unwrap(), duration, Zone::get(zone).unwrap()).unwrap()
}

fn weekly(hour: &str, duration: u32) -> Rule {
    Rule::repeated(Cron::wire(["0", hour, "*", "*", "6"]).unwrap(), duration, Zone::utc()).unwrap()
}

#[test]
fn single_windows() {
    let closed = Rule::single(100, Some(200), Zone::utc()).unwrap();
    for (at, open) in [(99, false), (100, true), (200, true), (201, false)] {
        assert_eq!(closed.active(at).is_some(), open, "{at}");
    }
    assert_eq!(closed.next(100).map(|window| window.start), Some(100));
    assert_eq!(closed.next(101), None);
    assert!(Rule::single(100, None, Zone::utc()).unwrap().active(i64::MAX).is_some());
    assert_eq!(Rule::single(100, Some(100), Zone::utc()), Err(RuleError::EndsBeforeStart { start: 100, end: 100 }));
    let every = Cron::parse("* * * * *").unwrap();
    for duration in [0, MAX_DURATION_SECONDS + 1] {
        assert_eq!(Rule::repeated(every, duration, Zone::utc()), Err(RuleError::Duration(duration)));
    }
}

#[test]
fn repeated_windows() {
    let rule = weekly("2", 2 * 3600);
    for (at, open) in [(2 * HOUR - 1, false), (2 * HOUR, true), (4 * HOUR, true), (4 * HOUR + 1, false)] {
        assert_eq!(rule.active(SATURDAY + at).is_some(), open, "{at}");
    }
    let starts: Vec<i64> = rule.upcoming(SATURDAY + 3 * HOUR).take(2).map(|window| window.start - SATURDAY).collect();
    assert_eq!(starts, [7 * 24 * HOUR + 2 * HOUR, 14 * 24 * HOUR + 2 * HOUR]);
}

/// What opens from an instant on.
#[test]
fn upcoming_windows() {
    let berlin = Zone::get("Europe/Berlin").unwrap();
    let night = || rule("0 22 * * *", 4 * 3600, "Europe/Berlin");
    let blackout = |text| Blackout::parse(text, &berlin).unwrap();
    let finish = |text| FinishBy::parse(text, &berlin).unwrap();
    for (what, rule, from, expected) in [
        // Two hours are two hours, also when the clock is put forward or back in between.
        ("forward", rule("30 1 29 3 *", 7200, "Europe/Berlin"), "2026-03-01T00:00:00Z", vec!["03-29T00:30:00 03-29T02:30:00"]),
        ("back", rule("30 1 25 10 *", 7200, "Europe/Berlin"), "2026-10-01T00:00:00Z", vec!["10-24T23:30:00 10-25T01:30:00"]),
        ("skipped", rule("5-50/15 2 29 3 *", 60, "Europe/Berlin"), "2026-03-01T00:00:00Z", vec!["03-29T01:00:00 03-29T01:01:00"]),
        ("twice", rule("30 2 25 10 *", 60, "Europe/Berlin"), "2026-10-01T00:00:00Z", vec!["10-25T00:30:00 10-25T00:31:00"]),
        (
            "a day away",
            night().except([blackout("2026-06-02")]),
            "2026-06-01T00:00:00Z",
            vec!["06-01T20:00:00 06-01T22:00:00 cut", "06-02T22:00:00 06-03T00:00:00", "06-03T20:00:00 06-04T00:00:00"],
        ),
        (
            "a hole",
            night().except([blackout("2026-06-01 23:00/2026-06-02 00:30")]),
            "2026-06-01T00:00:00Z",
            vec!["06-01T20:00:00 06-01T21:00:00 cut", "06-01T22:30:00 06-02T00:00:00"],
        ),
        (
            "nothing left",
            night().except([blackout("2026-06-01 22:00/2026-06-02 02:00")]),
            "2026-06-01T00:00:00Z",
            vec!["06-02T20:00:00 06-03T00:00:00"],
        ),
        (
            "notice",
            night().with_notice(at("2026-06-01T19:00:00Z"), 2 * 3600),
            "2026-06-01T00:00:00Z",
            vec!["06-01T21:00:00 06-02T00:00:00", "06-02T20:00:00 06-03T00:00:00"],
        ),
        ("finish", night().finish_by(finish("00:30")), "2026-06-01T00:00:00Z", vec!["06-01T20:00:00 06-01T22:30:00"]),
        ("late finish", night().finish_by(finish("05:30")), "2026-06-01T00:00:00Z", vec!["06-01T20:00:00 06-02T00:00:00"]),
        (
            "finish for good",
            night().finish_by(finish("2026-06-02T21:00:00Z")),
            "2026-06-01T21:00:00Z",
            vec!["06-02T20:00:00 06-02T21:00:00"],
        ),
        ("leap day", rule("0 0 29 2 *", 60, "UTC"), "2026-06-01T00:00:00Z", vec!["02-29T00:00:00 02-29T00:01:00"]),
        ("never", rule("0 0 31 2 *", 60, "UTC"), "2026-06-01T00:00:00Z", vec![]),
        ("far", rule("0 0 1 1 *", 60, "UTC"), "2111-01-01T00:00:00Z", vec![]),
    ] {
        let found: Vec<String> = rule.upcoming(at(from)).take(expected.len().max(1)).map(shown).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn blackouts_win_and_are_over_when_they_end() {
    let rule = weekly("2", 4 * 3600).except([Blackout::new(SATURDAY + 3 * HOUR, SATURDAY + 4 * HOUR).unwrap()]);
    for (at, open) in [
        (2 * HOUR, true),
        (3 * HOUR - 1, true),
        (3 * HOUR, false),
        (4 * HOUR - 1, false),
        (4 * HOUR, true),
        (6 * HOUR, true),
        (6 * HOUR + 1, false),
    ] {
        assert_eq!(rule.active(SATURDAY + at).is_some(), open, "{at}");
    }
    assert!(Blackout::new(5, 5).is_err());
}

#[test]
fn windows_that_touch_are_one() {
    let rules = Rules(vec![weekly("2", 3600), weekly("3", 3600), weekly("5", 60)]);
    let open = rules.active(SATURDAY + 2 * HOUR + 5).unwrap();
    assert_eq!(open, Window::new(SATURDAY + 2 * HOUR, Some(SATURDAY + 4 * HOUR)));
    assert_eq!(rules.active(SATURDAY + 4 * HOUR + 1), None);
    assert_eq!(rules.next(SATURDAY + 4 * HOUR + 1).unwrap().start, SATURDAY + 5 * HOUR);
    assert_eq!(Rules::default().active(0), None);
    // One that a blackout cuts goes over into one that it does not hold for.
    let cut = weekly("2", 7200).except([Blackout::new(SATURDAY + 3 * HOUR, SATURDAY + 9 * HOUR).unwrap()]);
    let rules = Rules(vec![cut, weekly("3", 3600)]);
    assert_eq!(rules.active(SATURDAY + 2 * HOUR), Some(Window::new(SATURDAY + 2 * HOUR, Some(SATURDAY + 4 * HOUR))));
}

#[test]
fn windows_that_never_end_have_a_horizon() {
    let always = Rules(vec![rule("* * * * *", 60, "UTC")]);
    let open = always.active(SATURDAY).unwrap();
    assert!(open.end.is_some_and(|end| end >= SATURDAY + HORIZON_SECONDS));
    let forever = Rules(vec![Rule::single(SATURDAY, None, Zone::utc()).unwrap(), always.0[0].clone()]);
    assert_eq!(forever.active(SATURDAY).unwrap().end, None);
}

#[test]
fn explanations() {
    let zone = Zone::utc();
    let rule = weekly("2", 4 * 3600)
        .except([Blackout::parse("2026-06-13", &zone).unwrap()])
        .with_notice(SATURDAY, 3 * 3600)
        .finish_by(FinishBy::parse("05:00", &zone).unwrap());
    let told: Vec<String> = ["2026-06-05T00:00:00Z", "2026-06-06T02:30:00Z", "2026-06-06T04:00:00Z", "2026-06-06T05:30:00Z"]
        .into_iter()
        .chain(["2026-06-13T03:00:00Z", "2026-06-13T12:00:00Z"])
        .map(|instant| format!("{instant} {}", rule.explain(at(instant))))
        .collect();
    assert_eq!(
        told,
        [
            "2026-06-05T00:00:00Z closed: not open yet; opens next at 2026-06-06T03:00:00Z",
            "2026-06-06T02:30:00Z closed: the notice lasts until 2026-06-06T03:00:00Z; opens next at 2026-06-06T03:00:00Z",
            "2026-06-06T04:00:00Z open since 2026-06-06T03:00:00Z, until 2026-06-06T05:00:00Z; opens next at 2026-06-20T02:00:00Z",
            "2026-06-06T05:30:00Z closed: work had to be over by 2026-06-06T05:00:00Z; opens next at 2026-06-20T02:00:00Z",
            "2026-06-13T03:00:00Z closed: a blackout lasts from 2026-06-13T00:00:00Z to 2026-06-14T00:00:00Z; opens next at \
         2026-06-20T02:00:00Z",
            "2026-06-13T12:00:00Z closed: not open yet; opens next at 2026-06-20T02:00:00Z",
        ]
    );
    let once = Rule::single(100, Some(200), zone.clone()).unwrap();
    assert_eq!(once.explain(201), Explanation { state: State::After, next: None });
    assert_eq!(once.explain(201).to_string(), "closed: over; nothing opens later");
    let open = Rule::single(100, None, zone).unwrap().explain(100).to_string();
    assert_eq!(open, "open since 1970-01-01T00:01:40Z, without an end; nothing opens later");
    let json = serde_json::to_value(once.explain(150)).unwrap();
    assert_eq!(json, serde_json::json!({"state": {"state": "open", "start": 100, "end": 200, "cut": false}, "next": null}));
}

fn anything() -> impl Strategy<Value = Rule> {
    let zone =
        prop::sample::select(vec!["UTC", "Europe/Berlin", "Africa/Casablanca", "Australia/Lord_Howe", "America/Sao_Paulo"]);
    let hour = prop_oneof![(0_u8..24).prop_map(|hour| hour.to_string()), Just("*/5".to_owned()), Just("*".to_owned())];
    let day = prop::sample::select(vec!["* * *", "* * 6", "1-7 * *", "L * 1,3#2", "*/2 * 2"]);
    let duration = prop_oneof![1_u32..=7200, 1..=MAX_DURATION_SECONDS];
    let blackouts = proptest::collection::vec((-6 * DAY..6 * DAY, 1..2 * DAY), 0..5);
    let notice = proptest::option::of(-3 * DAY..3 * DAY);
    let finish = proptest::option::of(prop_oneof![
        (0_i8..24, 0_i8..60).prop_map(|(hour, minute)| FinishBy::Clock(jiff::civil::time(hour, minute, 0, 0))),
        (-3 * DAY..3 * DAY).prop_map(|offset| FinishBy::Instant(BASE + offset)),
    ]);
    (hour, 0_u8..60, day, zone, duration, blackouts, (notice, finish)).prop_map(
        |(hour, minute, day, zone, duration, blackouts, (notice, finish))| {
            let blackouts = blackouts.into_iter().map(|(from, length)| {
                let (from, length) = (from / MINUTE * MINUTE, length / 600 * 600 + 60);
                Blackout::new(BASE + from, BASE + from + length).unwrap()
            });
            let mut rule = rule(&format!("{minute} {hour} {day}"), duration, zone).except(blackouts);
            if let Some(notice) = notice {
                rule = rule.with_notice(BASE + notice, 60);
            }
            if let Some(finish) = finish {
                rule = rule.finish_by(finish);
            }
            rule
        },
    )
}

/// A day at which the clock of Berlin is put back.
const BASE: i64 = 1_792_886_400;

/// When the window of each tick closes, but for blackouts.
fn ends(rule: &Rule, ticks: &[i64], duration: i64) -> Vec<(i64, i64)> {
    let finishes = match rule.finish() {
        Some(FinishBy::Clock(time)) => {
            let cron = format!("{} {} * * *", time.minute(), time.hour());
            Words::new(&cron, rule.zone().name(), 1).openings(BASE - 5 * DAY, BASE + 7 * DAY)
        }
        Some(FinishBy::Instant(instant)) => vec![instant],
        None => Vec::new(),
    };
    let first_after = |tick: i64| finishes.iter().copied().find(|finish| finishes.len() == 1 || *finish > tick);
    ticks.iter().map(|tick| (*tick, first_after(*tick).unwrap_or(i64::MAX).min(tick + duration))).collect()
}

/// Whether a rule is open at an instant: by each of its ticks, one after the other.
fn is_open(rule: &Rule, ends: &[(i64, i64)], at: i64) -> bool {
    let blackened = |at: i64| rule.blackouts().iter().any(|blackout| blackout.from <= at && at < blackout.to);
    let notice = rule.not_before().unwrap_or(i64::MIN);
    let open = ends.iter().any(|(tick, end)| {
        // What has no length is none.
        *tick <= at && (at < *end || (at == *end && tick < end && at > notice && !blackened(at - 1)))
    });
    open && at >= notice && !blackened(at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn single_windows_agree_with_their_rule(start in 0_i64..1000, length in proptest::option::of(1_i64..1000), at in -10_i64..2100) {
        let end = length.map(|length| start + length);
        let rule = Rule::single(start, end, Zone::utc()).unwrap();
        let open = at >= start && end.is_none_or(|end| at <= end);
        prop_assert_eq!(rule.active(at), open.then_some(Window::new(start, end)));
        prop_assert_eq!(rule.next(at), (start >= at).then_some(Window::new(start, end)));
    }

    #[test]
    fn restricted_rules_are_open_as_their_ticks_say(rule in anything(), offsets in proptest::collection::vec(-2 * DAY..2 * DAY, 8)) {
        let emt_windows::Opens::Repeatedly { cron, duration } = *rule.opens() else { panic!("it repeats") };
        let duration = i64::from(duration);
        let ticks = Words::new(&cron.to_string(), rule.zone().name(), 1).openings(BASE - 4 * DAY, BASE + 4 * DAY);
        let ends = ends(&rule, &ticks, duration);
        let edges = rule.blackouts().iter().flat_map(|blackout| [blackout.from, blackout.to]);
        let edges = edges.chain(rule.not_before()).chain(ticks.iter().flat_map(|tick| [*tick, tick + duration]));
        let edges: Vec<i64> = edges.flat_map(|edge| [edge - 1, edge, edge + 1]).filter(|edge| (edge - BASE).abs() < 2 * DAY).collect();
        let step = edges.len() / 40 + 1;
        for at in edges.into_iter().step_by(step).chain(offsets.into_iter().map(|offset| BASE + offset)) {
            let expected = is_open(&rule, &ends, at);
            prop_assert_eq!(rule.active(at).is_some(), expected, "at {}", at);
            prop_assert_eq!(matches!(rule.explain(at).state, State::Open(_)), expected);
            if let Some(window) = rule.active(at) {
                prop_assert!(window.is_open(at) && rule.active(window.start).is_some_and(|first| first.start == window.start));
                prop_assert_eq!(window.end.map(|_| rule.active(window.closed_from().unwrap()).is_none_or(|later| later.start > window.start)), Some(true));
            }
            // Until the next window opens nothing begins; it opens where nothing of that start was open before.
            if let Some(next) = rule.next(at).filter(|next| next.start < BASE + 3 * DAY) {
                prop_assert!(next.start >= at && rule.active(next.start) == Some(next));
                let skipped = ticks.iter().find(|tick| at <= **tick && **tick < next.start && rule.active(**tick).is_some_and(|window| window.start == **tick));
                prop_assert_eq!(skipped, None);
            }
        }
    }

    #[test]
    fn together_they_are_open_when_any_is(rules in proptest::collection::vec(anything(), 0..4), offset in -2 * DAY..2 * DAY) {
        let at = BASE + offset;
        let rules = Rules(rules);
        let covered = |at: i64| rules.0.iter().any(|rule| rule.active(at).is_some());
        let open = rules.active(at);
        prop_assert_eq!(open.is_some(), covered(at));
        prop_assert_eq!(rules.next(at).map(|window| window.start), rules.0.iter().filter_map(|rule| rule.next(at)).map(|window| window.start).min());
        if let Some(window) = open {
            let (start, closed) = (window.start, window.closed_from().unwrap());
            prop_assert!(start <= at && at < closed && covered(start) && covered(closed - 1));
            prop_assert!((0..60).all(|part| covered(at + (closed - 1 - at) * part / 60)));
            prop_assert!(closed >= at + HORIZON_SECONDS || !covered(closed));
        }
    }

    #[test]
    fn no_instant_makes_it_panic(rule in anything(), at in any::<i64>(), start in any::<i64>(), finish in -DAY..DAY) {
        let zone = rule.zone().clone();
        let single = Rule::single(start, None, zone).unwrap().finish_by(FinishBy::Clock(jiff::civil::time(3, 0, 0, 0)));
        for rule in [rule.clone(), single, rule.finish_by(FinishBy::Instant(finish)).with_notice(start, u32::MAX)] {
            for at in [at, i64::MIN, i64::MAX, LATEST, LATEST + 1, 0, -1] {
                let _ = (rule.active(at), rule.next(at), rule.explain(at).to_string());
            }
        }
    }
}
