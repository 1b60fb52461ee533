//! What a cron text means, how it is written down, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

use emt_windows::{Cron, CronError, Field, Rule, Zone};
use jiff::Timestamp;
use proptest::prelude::*;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

#[test]
fn first_ticks() {
    for (cron, from, expected) in [
        ("0 2 * * 6", "2026-06-05T12:00:00Z", "2026-06-06T02:00:00Z"),
        ("0 2 * * 6", "2026-06-06T02:00:00Z", "2026-06-06T02:00:00Z"),
        ("0 2 * * 6", "2026-06-06T02:00:01Z", "2026-06-13T02:00:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:59Z", "2027-12-31T23:59:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        // Either day field will do.
        ("0 0 31 2 6", "2026-01-01T00:00:00Z", "2026-02-07T00:00:00Z"),
        ("0 0 13 * 5", "2026-06-06T00:00:00Z", "2026-06-12T00:00:00Z"),
        // A step restricts: an odd day or a Saturday. Without one the other field decides.
        ("0 0 */2 * 6", "2026-06-01T00:00:01Z", "2026-06-03T00:00:00Z"),
        ("0 0 */2 * 6", "2026-06-05T00:00:01Z", "2026-06-06T00:00:00Z"),
        ("0 0 13 * */5", "2026-06-01T00:00:00Z", "2026-06-05T00:00:00Z"),
        ("0 0 */1 * 6", "2026-06-01T00:00:00Z", "2026-06-06T00:00:00Z"),
        ("0 0 13 * */2,*", "2026-06-01T00:00:00Z", "2026-06-13T00:00:00Z"),
        ("0 0 ? * 6", "2026-06-01T00:00:00Z", "2026-06-06T00:00:00Z"),
        ("0 2 * * 7", "2026-06-05T12:00:00Z", "2026-06-07T02:00:00Z"),
        ("0 2 * * sun", "2026-06-05T12:00:00Z", "2026-06-07T02:00:00Z"),
        ("0 2 * * FRI-SUN", "2026-06-07T01:00:00Z", "2026-06-07T02:00:00Z"),
        ("0 2 * jul-Sep *", "2026-06-05T12:00:00Z", "2026-07-01T02:00:00Z"),
        ("0 2 * * 6#2", "2026-06-01T00:00:00Z", "2026-06-13T02:00:00Z"),
        ("0 2 * * SAT#5", "2026-06-01T00:00:00Z", "2026-08-29T02:00:00Z"),
        ("0 2 * * 6L", "2026-06-01T00:00:00Z", "2026-06-27T02:00:00Z"),
        ("0 2 * * 5#L", "2026-06-01T00:00:00Z", "2026-06-26T02:00:00Z"),
        ("0 2 L * *", "2026-02-01T00:00:00Z", "2026-02-28T02:00:00Z"),
        ("0 2 L 2 *", "2028-02-01T00:00:00Z", "2028-02-29T02:00:00Z"),
        ("7-59/20 */6 * * *", "2026-06-06T06:28:00Z", "2026-06-06T06:47:00Z"),
        ("50/5 3 * * *", "2026-06-06T03:51:00Z", "2026-06-06T03:55:00Z"),
        // The rarest there is.
        ("0 0 * 2 0#5", "2004-03-01T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("0 0 * 2 0#5", "2060-03-01T00:00:00Z", "2088-02-29T00:00:00Z"),
    ] {
        let rule = Rule::repeated(Cron::parse(cron).unwrap(), 60, Zone::utc()).unwrap();
        assert_eq!(rule.next(at(from)).map(|window| window.start), Some(at(expected)), "{cron} from {from}");
    }
}

#[test]
fn what_is_refused_says_field_part_and_what_is_allowed() {
    for (cron, field, part, allowed) in [
        ("60 2 * * *", Field::Minutes, "60", "0 to 59"),
        ("5,,7 2 * * *", Field::Minutes, "", "0 to 59"),
        ("*/0 2 * * *", Field::Minutes, "*/0", "*/15"),
        ("1/2/3 2 * * *", Field::Minutes, "1/2/3", "*/15"),
        ("*-5 2 * * *", Field::Minutes, "*-5", "0-30"),
        ("+1 2 * * *", Field::Minutes, "+1", "0 to 59"),
        ("001 2 * * *", Field::Minutes, "001", "0 to 59"),
        ("0 24 * * *", Field::Hours, "24", "0 to 23"),
        ("0 5-3 * * *", Field::Hours, "5-3", "1-5"),
        ("0 L * * *", Field::Hours, "L", "0 to 23"),
        ("0 ? * * *", Field::Hours, "?", "0 to 23"),
        ("0 2 0 * *", Field::DayOfMonth, "0", "1 to 31"),
        ("0 2 32 * *", Field::DayOfMonth, "32", "1 to 31"),
        ("0 2 15W * *", Field::DayOfMonth, "15W", "L for the last day"),
        ("0 2 L-3 * *", Field::DayOfMonth, "L-3", "L for the last day"),
        ("0 2 ?,1 * *", Field::DayOfMonth, "?", "1 to 31"),
        ("0 2 * 13 *", Field::Month, "13", "JAN"),
        ("0 2 * SAT *", Field::Month, "SAT", "JAN"),
        ("0 2 * * 8", Field::DayOfWeek, "8", "0 to 7"),
        ("0 2 * * L", Field::DayOfWeek, "L", "6L"),
        ("0 2 * * 6#0", Field::DayOfWeek, "6#0", "6#2"),
        ("0 2 * * 6#6", Field::DayOfWeek, "6#6", "1 to 5"),
        ("0 2 * * 1-5#2", Field::DayOfWeek, "1-5#2", "6#2"),
        ("0 2 * * SAT-SUN-MON", Field::DayOfWeek, "SAT-SUN-MON", "SAT"),
        ("0 2 * * ٣", Field::DayOfWeek, "٣", "0 to 7"),
    ] {
        let error = Cron::parse(cron).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.field(), Some(field), "{cron}: {text}");
        assert!(
            text.contains(&format!("{part:?}")) && text.contains(allowed) && text.contains(&field.to_string()),
            "{cron}: {text}"
        );
    }
    for (cron, fields) in [("", 0), ("0 2 * *", 4), ("0 0 2 * * *", 6), ("@daily", 1)] {
        assert_eq!(Cron::parse(cron), Err(CronError::Fields(fields)), "{cron}");
    }
    assert_eq!(
        Cron::parse("0 25 * * *").unwrap_err().to_string(),
        "cron field hours: \"25\" is out of range; allowed are numbers from 0 to 23, *, ranges such as 1-5, steps such as */6, and \
         lists of them such as 2,4"
    );
}

#[test]
fn the_wire_has_plain_lists_only() {
    for (position, text) in [
        (0, ""),
        (0, "60"),
        (0, "*/5"),
        (1, "02"),
        (1, "1-2"),
        (2, "0"),
        (2, "L"),
        (3, "JAN"),
        (4, "7"),
        (4, "6#2"),
        (4, "1,"),
        (0, "+1"),
        (0, "?"),
    ] {
        let mut fields = ["*"; 5];
        fields[position] = text;
        let error = Cron::wire(fields).unwrap_err();
        assert_eq!(error.field(), Some(Field::all()[position]), "{text}: {error}");
    }
}

#[test]
fn what_the_wire_can_say_is_said() {
    for (cron, expected) in [
        ("0 2 * * 6", Some("0 2 * * 6")),
        ("*/30 1-3 * JAN MON-FRI", Some("0,30 1,2,3 * 1 1,2,3,4,5")),
        ("0 2 1,15 * 7", Some("0 2 1,15 * 0")),
        ("0 2 */10 * *", Some("0 2 1,11,21,31 * *")),
        ("0 2 1-31 * 6", Some("0 2 * * *")),
        ("0-59 0-23 * 1-12 0-6", Some("* * * * *")),
        ("0 2 */30 * 6", Some("0 2 1,31 * 6")),
        ("0 2 */1 * 6", Some("0 2 * * 6")),
        ("0 2 L * *", None),
        ("0 2 * * 6#2", None),
        ("0 2 * * 6L", None),
        ("0 2 * * 6,6#2,6L", Some("0 2 * * 6")),
    ] {
        let read = Cron::parse(cron).unwrap();
        assert_eq!(read.to_wire().map(|fields| fields.join(" ")).as_deref(), expected, "{cron}");
    }
}

fn field(min: u8, max: u8, special: &'static [&'static str]) -> impl Strategy<Value = String> {
    let number = min..=max;
    let part = prop_oneof![
        3 => number.clone().prop_map(|number| number.to_string()),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (number, 1_u8..20).prop_map(|(from, step)| format!("{from}/{step}")),
        1 => (1_u8..40).prop_map(|step| format!("*/{step}")),
        1 => prop::sample::select(special).prop_map(str::to_owned),
    ];
    prop_oneof![1 => Just("*".to_owned()), 3 => proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join(","))]
}

fn cron() -> impl Strategy<Value = String> {
    (
        field(0, 59, &["0"]),
        field(0, 23, &["2"]),
        field(1, 31, &["L", "l"]),
        field(1, 12, &["MAR", "oct"]),
        field(0, 7, &["6#2", "0#5", "7#1", "6L", "MON#L", "TUE-SUN"]),
    )
        .prop_map(|(minutes, hours, days, months, weekdays)| [minutes, hours, days, months, weekdays].join(" "))
}

proptest! {
    #[test]
    fn what_is_written_down_means_the_same(cron in cron(), from in 0_i64..2_000_000_000) {
        let read = Cron::parse(&cron).unwrap();
        let again = Cron::parse(&read.to_string()).unwrap();
        let starts = |cron| {
            let rule = Rule::repeated(cron, 60, Zone::utc()).unwrap();
            rule.upcoming(from).take(20).map(|window| window.start).collect::<Vec<_>>()
        };
        prop_assert_eq!(starts(read), starts(again), "{} and {}", cron, read);
        prop_assert_eq!(again.to_string(), read.to_string());
        if let Some(fields) = read.to_wire() {
            let wire = Cron::wire(fields.each_ref().map(String::as_str)).unwrap();
            prop_assert_eq!(starts(read), starts(wire), "{} and {:?}", cron, fields);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}|[0-9*,/?#LA-Za-z -]{0,40}", fields in proptest::array::uniform5(".{0,8}")) {
        let _ = Cron::parse(&text);
        let _ = Cron::wire(fields.each_ref().map(String::as_str));
    }
}
