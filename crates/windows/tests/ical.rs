//! Rules as calendars and back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

use emt_windows::{
    Blackout, Cron, FinishBy, Rule, Rules, Window, Zone,
    ical::{Telling, export, import},
};
use jiff::Timestamp;
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

fn rule(cron: &str, duration: u32, zone: &str) -> Rule {
    Rule::repeated(Cron::parse(cron).unwrap(), duration, Zone::get(zone).unwrap()).unwrap()
}

fn telling(from: i64, days: i64) -> Telling<'static> {
    Telling {
        uid: "repeatedsche-12ab34cd",
        summary: "night; shops, all",
        from,
        until: from + days * DAY,
        made: at("2026-01-01T00:00:00Z"),
    }
}

fn event(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", lines.replace('\n', "\r\n"))
}

#[test]
fn a_weekly_window_in_berlin() {
    let zone = Zone::get("Europe/Berlin").unwrap();
    let rule = rule("0 2 * * 6", 7200, "Europe/Berlin").except([Blackout::parse("2026-06-13", &zone).unwrap()]);
    let calendar = export(&rule, &telling(at("2026-06-01T00:00:00Z"), 300));
    assert_eq!(calendar.text.replace("\r\n", "\n"), include_str!("ical/weekly.ics"));
    assert!(calendar.notes.is_empty(), "{:?}", calendar.notes);
}

#[test]
fn crons_as_recurrences() {
    let from = at("2026-06-01T00:00:00Z");
    for (cron, expected) in [
        ("30 2 * * *", "FREQ=DAILY"),
        ("0 2,14 * * *", "FREQ=DAILY;BYHOUR=2,14;BYMINUTE=0"),
        ("0 2 * * 6,0", "FREQ=WEEKLY;BYDAY=SU,SA"),
        ("0 2 * 3-5 1", "FREQ=WEEKLY;BYMONTH=3,4,5;BYDAY=MO"),
        ("0 2 1,15,L * *", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"),
        ("0 2 * * 6#2,5L", "FREQ=MONTHLY;BYDAY=2SA,-1FR"),
        ("0 2 */10 * *", "FREQ=MONTHLY;BYMONTHDAY=1,11,21,31"),
        ("0 2 1-31 * 6", "FREQ=DAILY"),
    ] {
        let calendar = export(&rule(cron, 3600, "UTC"), &telling(from, 60));
        assert!(calendar.text.contains(&format!("\r\nRRULE:{expected}\r\n")), "{cron}: {}", calendar.text);
        assert!(calendar.notes.is_empty(), "{cron}: {:?}", calendar.notes);
    }
    for cron in ["0 2 1 * 6", "0 2 */2 * 6#2"] {
        let calendar = export(&rule(cron, 3600, "UTC"), &telling(from, 60));
        assert!(!calendar.text.contains("RRULE"), "{cron}: {}", calendar.text);
        assert_eq!(calendar.notes, ["no recurrence can say this rule: its windows are told up to 2026-07-31T00:00:00Z"]);
    }
    // A recurrence leaves out what the clock skips; the window at the change is told for itself.
    let skipped = export(&rule("30 2 * * *", 3600, "Europe/Berlin"), &telling(at("2026-03-01T00:00:00Z"), 60));
    assert!(skipped.text.contains("\r\nRRULE:FREQ=DAILY\r\n") && skipped.text.contains("\r\nDTSTART:20260329T010000Z\r\n"));
    assert_eq!(skipped.notes, ["windows at times that the clock skips are told up to 2026-04-30T00:00:00Z"]);
    let open = export(&Rule::single(from, None, Zone::utc()).unwrap(), &telling(from, 60));
    assert_eq!(open.notes, ["the window has no end: it is told up to 2026-07-31T00:00:00Z"]);
}

#[test]
fn recurrences_as_crons() {
    let berlin = "DTSTART;TZID=Europe/Berlin:20260606T020000\nDURATION:PT2H\n";
    for (lines, expected) in [
        ("RRULE:FREQ=DAILY", "0 2 * * *"),
        ("RRULE:FREQ=DAILY;INTERVAL=1;WKST=MO", "0 2 * * *"),
        ("RRULE:FREQ=WEEKLY", "0 2 * * 6"),
        ("RRULE:FREQ=WEEKLY;BYDAY=SA,SU", "0 2 * * 0,6"),
        ("RRULE:FREQ=MONTHLY", "0 2 6 * *"),
        ("RRULE:FREQ=MONTHLY;BYDAY=1SA,-1SU", "0 2 * * 6#1,0L"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=6,-1", "0 2 6,L * *"),
        ("RRULE:FREQ=MONTHLY;BYMONTH=6,7;BYDAY=SA", "0 2 * 6,7 6"),
        ("RRULE:FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30", "0,30 2,3 * * *"),
    ] {
        let read = import(&event(&format!("{berlin}{lines}"))).unwrap_or_else(|error| panic!("{lines}: {error}"));
        let emt_windows::Opens::Repeatedly { cron, duration } = read.events[0].rules[0].opens() else { panic!("{lines}") };
        assert_eq!((cron.to_string().as_str(), *duration), (expected, 7200), "{lines}");
        assert_eq!(read.events[0].rules[0].next(0).unwrap().start, at("2026-06-06T00:00:00Z"), "{lines}");
    }
}

#[test]
fn what_cannot_be_told_is_refused() {
    let utc = "DTSTART:20260606T020000Z\n";
    let weekly = format!("{utc}DURATION:PT2H\nRRULE:FREQ=WEEKLY");
    for (lines, why) in [
        (format!("{weekly};COUNT=5"), "COUNT cannot be told"),
        (format!("{weekly};UNTIL=20270101T000000Z"), "UNTIL cannot be told"),
        (format!("{weekly};INTERVAL=2"), "INTERVAL=1"),
        (format!("{weekly};BYSETPOS=1"), "BYSETPOS=1 cannot be told"),
        (format!("{weekly};BYDAY=2SA"), "in a month only"),
        (format!("{weekly};BYDAY=SU"), "DTSTART is not one of the recurrences"),
        (format!("{weekly};BYMONTHDAY=6"), "no sense in a week"),
        (format!("{weekly};BYHOUR=25"), "out of range"),
        (format!("{weekly};BYHOUR=1-5"), "is no number"),
        (format!("{weekly};BYDAY=XX"), "is no weekday"),
        (format!("{weekly};BYDAY=SA;BYDAY=SA"), "comes twice"),
        (format!("{utc}DURATION:PT2H\nRRULE:FREQ=YEARLY"), "FREQ=YEARLY cannot be told"),
        (format!("{utc}DURATION:PT2H\nRRULE:FREQ=MONTHLY;BYDAY=-2SA"), "first to the fifth"),
        (format!("{utc}DURATION:PT2H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-3"), "1 to 31 and -1"),
        (format!("{utc}DURATION:PT2H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=6;BYDAY=SA"), "both have to fit"),
        (format!("{utc}DURATION:PT25H\nRRULE:FREQ=WEEKLY"), "from 1 to 86400"),
        (format!("{utc}DURATION:-PT2H"), "no duration above zero"),
        (format!("{utc}DURATION:PT0S"), "no duration above zero"),
        (format!("{utc}DURATION:P1X"), "is no duration"),
        (format!("{utc}DTEND:20260606T020000Z"), "is not after DTSTART"),
        (format!("{utc}DTEND:20260606T030000Z\nDURATION:PT1H"), "one of them"),
        (utc.to_owned(), "neither DTEND nor DURATION"),
        ("DURATION:PT2H".to_owned(), "no DTSTART"),
        ("DTSTART:20260606T020000\nDURATION:PT2H".to_owned(), "has no zone"),
        ("DTSTART;VALUE=DATE:20260606\nDURATION:PT2H".to_owned(), "values of the kind DATE"),
        ("DTSTART;TZID=Here:20260606T020000\nDURATION:PT2H".to_owned(), "no time zone has the name"),
        ("DTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT2H".to_owned(), "skipped by the clock"),
        ("DTSTART;TZID=Europe/Berlin:20260606T020000\nDURATION:P1D".to_owned(), "length changes with the clock"),
        ("DTSTART:20260230T020000Z\nDURATION:PT2H".to_owned(), "does not exist"),
        (format!("{utc}DURATION:PT2H\nRRULE:FREQ=DAILY;BYHOUR=2,3\nEXDATE:20260607T020000Z"), "overlaps others"),
        (format!("{utc}DURATION:PT2H\nEXDATE:20260607T020000Z"), "no sense without an RRULE"),
        (format!("{weekly}\nRECURRENCE-ID:20260613T020000Z"), "allowed is EXDATE"),
        (format!("{weekly}\nRDATE;VALUE=PERIOD:20260613T020000Z/PT1H"), "values of the kind PERIOD"),
    ] {
        let error = import(&event(&lines)).map(|_| ()).expect_err(&lines);
        assert!(error.why.contains(why) && error.line > 1, "{lines}: {error}");
    }
    for text in ["", "BEGIN:VEVENT\r\nEND:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VCALENDAR\r\nEND:VEVENT", "X:1"] {
        assert!(import(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_left_aside_is_noted() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\nBEGIN:VTODO\nEND:VTODO\nBEGIN:VEVENT\nUID:a\n\
                SUMMARY:night\\, all\nDTSTART:20260606T020000Z\nDTEND:20260606T040000Z\nRRULE:FREQ=WEEKLY\n\
                EXDATE:20260607T020000Z,20260613T020000Z\nRDATE:20260609T020000Z\nBEGIN:VALARM\nDURATION:PT5M\nEND:VALARM\nEND:VEVENT\n\
                BEGIN:VEVENT\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR\n";
    let read = import(text).unwrap();
    assert_eq!((read.events.len(), read.events[0].summary.as_str(), read.events[0].rules.len()), (1, "night, all", 2));
    assert_eq!(
        read.notes,
        ["line 5: VTODO is no event", "line 13: EXDATE names a time at which nothing recurs", "line 19: the event is cancelled"]
    );
    let windows = Rules(read.events[0].rules.clone());
    let starts: Vec<i64> = windows.upcoming(0).take(3).map(|window| window.start).collect();
    assert_eq!(starts, ["2026-06-06T02:00:00Z", "2026-06-09T02:00:00Z", "2026-06-20T02:00:00Z"].map(at));
}

fn anything() -> impl Strategy<Value = Rule> {
    let zone = prop::sample::select(vec!["UTC", "Europe/Berlin", "Africa/Casablanca", "Australia/Lord_Howe", "America/New_York"]);
    let minute = prop_oneof![(0_u8..60).prop_map(|minute| minute.to_string()), Just("0,30".to_owned())];
    let hour = prop_oneof![(0_u8..24).prop_map(|hour| hour.to_string()), Just("1,2,3".to_owned()), Just("*/5".to_owned())];
    let day = prop::sample::select(vec!["* * *", "* * 6", "1-7 * *", "L * 1,3#2", "*/2 * 2", "* * 5L,1", "5,L 3,10 *", "1 * 1"]);
    let blackouts = proptest::collection::vec((-6 * DAY..20 * DAY, 1..2 * DAY), 0..4);
    let notice = proptest::option::weighted(0.3, 0..3 * DAY);
    let finish = proptest::option::weighted(0.2, 0_i8..24);
    (minute, hour, day, zone, 1_u32..=7200, blackouts, (notice, finish)).prop_map(
        |(minute, hour, day, zone, duration, blackouts, (notice, finish))| {
            let blackouts = blackouts.into_iter().map(|(from, length)| Blackout::new(BASE + from, BASE + from + length).unwrap());
            let mut rule = rule(&format!("{minute} {hour} {day}"), duration, zone).except(blackouts);
            if let Some(notice) = notice {
                rule = rule.with_notice(BASE + notice, 60);
            }
            if let Some(hour) = finish {
                rule = rule.finish_by(FinishBy::Clock(jiff::civil::time(hour, 0, 0, 0)));
            }
            rule
        },
    )
}

/// Three days before the clock of Berlin is put forward.
const BASE: i64 = 1_774_483_200;

proptest! {
    #[test]
    fn what_is_told_is_read_as_the_same_windows(rule in anything()) {
        let calendar = export(&rule, &telling(BASE, 40));
        let read = match import(&calendar.text) {
            Ok(read) => read,
            // A recurrence whose windows overlap cannot leave one out.
            Err(error) if error.why.contains("overlaps others") => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{}", calendar.text))),
        };
        let rules = Rules(read.events.into_iter().flat_map(|event| event.rules).collect());
        let until = BASE + 40 * DAY;
        let plain = |window: Window| (window.start, window.end);
        let told: Vec<_> = rules.upcoming(BASE).take_while(|window| window.start <= until).map(plain).collect();
        let meant: Vec<_> = rule.upcoming(BASE).take_while(|window| window.start <= until).map(plain).collect();
        prop_assert_eq!(told, meant, "{}", calendar.text);
        prop_assert!(calendar.text.split("\r\n").all(|line| line.len() <= 75));
    }

    #[test]
    fn no_text_makes_it_panic(lines in proptest::collection::vec("(DTSTART|DTEND|DURATION|RRULE|EXDATE|RDATE|STATUS|BEGIN|END)[:;][A-Z0-9=:;,TZ/+-]{0,30}", 0..8)) {
        let _ = import(&event(&lines.join("\n")));
    }
}
