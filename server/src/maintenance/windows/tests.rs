use emt_api::value::Json;
use proptest::prelude::*;

use super::{told::OPEN_ENDED_SECONDS, *};

const OPEN: u64 = OPEN_ENDED_SECONDS.unsigned_abs();

fn single_at(start: u32, end: u32) -> SingleSchedule {
    SingleSchedule { start_seconds: start, end_seconds: end, ..SingleSchedule::default() }
}

fn hourly(duration: i32) -> RepeatedSchedule {
    let field = |text: &str| text.to_owned();
    RepeatedSchedule {
        duration_seconds: duration,
        cron_minutes: field("0"),
        cron_hours: field("*"),
        cron_day_month: field("*"),
        cron_month: field("*"),
        cron_day_week: field("*"),
        ..RepeatedSchedule::default()
    }
}

#[test]
fn the_open_window_goes_before_the_next_one() {
    for (singles, expected) in [
        (vec![], None),
        (vec![single_at(10, 20)], None),
        (vec![single_at(10, 20), single_at(100, 200)], Some((100, 200))),
        (vec![single_at(300, 400), single_at(100, 200)], Some((100, 200))),
        (vec![single_at(40, 60), single_at(51, 200)], Some((40, 60))),
        (vec![single_at(40, 60), single_at(30, 70)], Some((30, 70))),
        (vec![single_at(40, 49)], None),
        (vec![single_at(40, 50)], Some((40, 50))),
        (vec![single_at(10, 0)], Some((10, 10 + OPEN))),
        (vec![single_at(10, 0), single_at(20, 60)], Some((10, 10 + OPEN))),
        (vec![single_at(60, 60)], None),
    ] {
        let windows = Windows { singles, repeated: Vec::new() };
        let sent = |ends| {
            let window = windows.schedule(ends, &Limits::default(), 50).single_schedule;
            window.map(|window| (window.start_seconds, window.end_seconds))
        };
        assert_eq!(sent(Ends::Made), expected, "{windows:?}");
        let kept = expected.map(|(start, end)| (start, if end > OPEN { 0 } else { end }));
        assert_eq!(sent(Ends::AsKept), kept, "{windows:?}");
    }
}

#[test]
fn a_wait_puts_single_windows_off() {
    let limits = |from, until| Limits { short: false, closed: Some(from..until) };
    for (window, limits, now, told) in [
        (single_at(100, 200), limits(20, 50), 30, Some((100, 200))),
        (single_at(100, 200), limits(120, 150), 130, Some((150, 200))),
        (single_at(100, 200), limits(120, 150), 150, Some((150, 200))),
        (single_at(100, 200), limits(120, 150), 200, Some((150, 200))),
        (single_at(100, 200), limits(120, 200), 130, None),
        (single_at(100, 200), limits(120, 900), 130, None),
        (single_at(100, 0), limits(120, 150), 130, Some((150, 0))),
        (single_at(300, 400), limits(120, 310), 130, Some((310, 400))),
    ] {
        let windows = Windows { singles: vec![window], repeated: Vec::new() };
        let found = windows.schedule(Ends::AsKept, &limits, now).single_schedule;
        assert_eq!(found.map(|found| (found.start_seconds, found.end_seconds)), told, "{windows:?} {limits:?} at {now}");
    }
}

#[test]
fn repeated_windows_are_told_again_when_a_wait_is_over() {
    let windows = Windows { singles: Vec::new(), repeated: vec![hourly(600)] };
    for (closed, now, told) in [
        (None, 10, true),
        (Some(10..2000), 20, false),
        (Some(10..2000), 2000, true),
        (Some(700..2000), 800, true),
        (Some(700..3600), 800, true),
        (Some(700..3601), 800, false),
        (Some(600..900), 800, false),
    ] {
        let limits = Limits { short: false, closed };
        let found = windows.schedule(Ends::Made, &limits, now).repeated_schedules.len() == 1;
        assert_eq!(found, told, "{limits:?} at {now}");
        if !told {
            assert_eq!(Some(windows.told_until(&limits, now)), limits.closed.map(|closed| closed.end));
        }
    }
}

#[test]
fn only_short_windows_where_long_ones_do_harm() {
    let windows = Windows {
        singles: vec![single_at(100, 700), single_at(100, 701), single_at(100, 0), single_at(900, 700)],
        repeated: vec![hourly(7200)],
    };
    assert_eq!((windows.rules(true).count(), windows.rules(false).count()), (2, 4));
    let limits = Limits { short: true, closed: None };
    assert_eq!(windows.schedule(Ends::Made, &limits, 50).single_schedule.unwrap().end_seconds, 700);
}

#[test]
fn what_cannot_be_read_stays_closed() {
    let good = hourly(60);
    let told =
        |schedule: &RepeatedSchedule| Windows { singles: Vec::new(), repeated: vec![schedule.clone()] }.rules(false).count();
    assert_eq!(told(&good), 1);
    for bad in [
        RepeatedSchedule { duration_seconds: 0, ..good.clone() },
        RepeatedSchedule { cron_hours: String::new(), ..good.clone() },
        RepeatedSchedule { cron_minutes: "*/5".to_owned(), ..good.clone() },
        RepeatedSchedule { cron: "0 25 * * *".to_owned(), ..good.clone() },
        RepeatedSchedule { time_zone: "Mars/Olympus".to_owned(), ..good.clone() },
        RepeatedSchedule { exceptions: Json(vec!["never".to_owned()]), ..good.clone() },
        RepeatedSchedule { finish_by: "25:00".to_owned(), ..good },
    ] {
        assert_eq!(told(&bad), 0, "{bad:?}");
    }
}

/// 2026-06-06 00:00 UTC, 02:00 in Berlin.
const SATURDAY: i64 = 1_780_704_000;
const DAY: i64 = 86_400;

fn schedule_at(schedule: RepeatedSchedule, now: i64) -> (usize, Option<(i64, i64)>) {
    let windows = Windows { singles: Vec::new(), repeated: vec![schedule] };
    let told = windows.schedule(Ends::Made, &Limits::default(), now);
    let seconds = |seconds: u64| i64::try_from(seconds).unwrap();
    (
        told.repeated_schedules.len(),
        told.single_schedule.map(|window| (seconds(window.start_seconds), seconds(window.end_seconds))),
    )
}

#[test]
fn what_the_wire_cannot_say_is_told_window_by_window() {
    let nightly = |cron: &str, zone: &str| RepeatedSchedule {
        duration_seconds: 3600,
        cron: cron.to_owned(),
        time_zone: zone.to_owned(),
        ..RepeatedSchedule::default()
    };
    let in_lists = |zone: &str| RepeatedSchedule { time_zone: zone.to_owned(), cron_hours: "0".to_owned(), ..hourly(3600) };
    let left_out = |exception: &str| RepeatedSchedule { exceptions: Json(vec![exception.to_owned()]), ..in_lists("UTC") };
    let window = |days: i64| Some((SATURDAY + days * DAY, SATURDAY + days * DAY + 3600));
    for (schedule, now, told) in [
        (in_lists("UTC"), SATURDAY, (1, None)),
        (in_lists(""), SATURDAY, (1, None)),
        (in_lists("Etc/UTC"), SATURDAY, (1, None)),
        (nightly("0 2 * * *", "Europe/Berlin"), SATURDAY - 1, (0, window(0))),
        (nightly("0 2 * * *", "Europe/Berlin"), SATURDAY + 3600, (0, window(0))),
        (nightly("0 2 * * *", "Europe/Berlin"), SATURDAY + 3601, (0, window(1))),
        (nightly("0 0 * * 6#1", "UTC"), SATURDAY, (0, window(0))),
        (nightly("0 0 * * 6#1", "UTC"), SATURDAY + 3601, (0, window(28))),
        // A blackout leaves out a window, its end or its beginning.
        (left_out("2026-06-07"), SATURDAY + 3601, (0, window(2))),
        (left_out("2026-06-06T00:30:00Z/2026-06-06T02:00:00Z"), SATURDAY, (0, Some((SATURDAY, SATURDAY + 1799)))),
        (left_out("2026-06-06T00:30:00Z/2026-06-06T02:00:00Z"), SATURDAY + 1800, (0, window(1))),
        (left_out("2026-06-06T00:00:00Z/2026-06-06T00:30:00Z"), SATURDAY, (0, Some((SATURDAY + 1800, SATURDAY + 3600)))),
        (left_out("2026-06-06T00:00:01Z/2026-06-06T02:00:00Z"), SATURDAY, (0, window(1))),
        (RepeatedSchedule { finish_by: "00:30".to_owned(), ..in_lists("UTC") }, SATURDAY, (0, Some((SATURDAY, SATURDAY + 1800)))),
        (
            RepeatedSchedule { minimum_notice_seconds: 7200, planned_at: SATURDAY - 60, ..in_lists("UTC") },
            SATURDAY,
            (0, window(1)),
        ),
    ] {
        assert_eq!(schedule_at(schedule.clone(), now), told, "{schedule:?} at {now}");
    }
}

#[test]
fn all_kinds_are_told_together() {
    let windows = Windows {
        singles: vec![SingleSchedule { start_seconds: u32::try_from(SATURDAY + 7200).unwrap(), ..SingleSchedule::default() }],
        repeated: vec![
            hourly(60),
            RepeatedSchedule { time_zone: "Europe/Berlin".to_owned(), cron_hours: "4".to_owned(), ..hourly(60) },
        ],
    };
    for (now, expected) in [(SATURDAY, 7200), (SATURDAY + 7200, 7200), (SATURDAY + 8000, 7200)] {
        let told = windows.schedule(Ends::AsKept, &Limits::default(), now);
        assert_eq!(told.repeated_schedules.len(), 1);
        assert_eq!(told.single_schedule.unwrap().start_seconds, u64::try_from(SATURDAY + expected).unwrap(), "{now}");
    }
}

fn any_repeated() -> impl Strategy<Value = RepeatedSchedule> {
    let cron = prop::sample::select(vec!["0 2 * * *", "*/20 1-3 * * *", "30 2 * * SAT#1", "0 0 L * *", "15,45 * * * *"]);
    let zone = prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York"]);
    let exception = (0..20 * 24_i64, 1..50_i64).prop_map(|(from, hours)| {
        let time = |hours: i64| jiff::Timestamp::from_second(SATURDAY - 10 * DAY + hours * 3600 + 600).unwrap();
        format!("{}/{}", time(from), time(from + hours))
    });
    let finish = prop::sample::select(vec!["", "", "02:30", "2026-06-08T02:10:00Z"]);
    let notice = prop_oneof![Just(0_u32), 0..200_000_u32];
    (cron, 1..10_000_i32, zone, proptest::collection::vec(exception, 0..3), finish, notice).prop_map(
        |(cron, duration, zone, exceptions, finish, notice)| RepeatedSchedule {
            duration_seconds: duration,
            cron: cron.to_owned(),
            time_zone: zone.to_owned(),
            exceptions: Json(exceptions),
            finish_by: finish.to_owned(),
            minimum_notice_seconds: notice,
            planned_at: SATURDAY - DAY,
            ..RepeatedSchedule::default()
        },
    )
}

fn any_single() -> impl Strategy<Value = SingleSchedule> {
    (0..10 * DAY, prop::option::of(1..100_000_i64)).prop_map(|(start, length)| {
        let second = |offset: i64| u32::try_from(SATURDAY - 3 * DAY + offset).unwrap();
        single_at(second(start), length.map_or(0, |length| second(start + length)))
    })
}

fn any_windows() -> impl Strategy<Value = Windows> {
    let singles = proptest::collection::vec(any_single(), 0..3);
    (singles, proptest::collection::vec(any_repeated(), 0..3)).prop_map(|(singles, repeated)| Windows { singles, repeated })
}

proptest! {
    /// Whatever a node is told it may do: each instant of the window is one at which some rule has one open.
    #[test]
    fn windows_that_are_told_are_open(windows in any_windows(), now in SATURDAY - 4 * DAY..SATURDAY + 10 * DAY) {
        let told = windows.schedule(Ends::Made, &Limits::default(), now).single_schedule;
        let rules: Vec<Rule> = windows.rules(false).map(|readable| readable.rule).collect();
        let open = |at: i64| rules.iter().any(|rule| rule.active(at).is_some());
        match told {
            Some(window) => {
                let (start, end) = (i64::try_from(window.start_seconds).unwrap(), i64::try_from(window.end_seconds).unwrap());
                prop_assert!(start < end && now <= end);
                for at in (0..=16).map(|part| start + (end - start) * part / 16) {
                    prop_assert!(open(at), "{at} in {start} to {end}");
                }
                prop_assert!(start <= now || !open(now), "one is open");
            }
            // A second's worth before a blackout is no window to tell.
            None => prop_assert!(!open(now) || !open(now + 1)),
        }
    }

    /// An answer is remembered until the instant that is told, so until then it has to be the same.
    #[test]
    fn what_is_told_holds_until_it_is_said_to(
        windows in any_windows(), now in SATURDAY - 4 * DAY..SATURDAY + 10 * DAY, wait in prop::option::of((0..DAY, 1..2 * DAY)),
    ) {
        let limits = Limits { short: false, closed: wait.map(|(ago, length)| now - ago..now - ago + length) };
        let until = windows.told_until(&limits, now);
        prop_assert!(until > now);
        let told = |at| windows.schedule(Ends::Made, &limits, at);
        let last = until.min(now + 30 * DAY) - 1;
        for at in (1..=16).map(|part| now + (last - now) * part / 16) {
            prop_assert_eq!(told(now), told(at), "at {} and {}, until {}", now, at, until);
        }
    }
}

#[test]
fn a_changed_window_is_told_after_a_gap() {
    let window = |start| Some(maintmgr::SingleSchedule { start_seconds: start, end_seconds: start + 600 });
    for (last, now, told) in [
        (None, None, None),
        (None, window(1), window(1)),
        (window(1), window(1), window(1)),
        (window(1), window(2), None),
        (window(1), None, None),
    ] {
        assert_eq!(handed_over(last, now), told, "{last:?} then {now:?}");
    }
}
