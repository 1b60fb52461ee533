//! Times on the clock of a zone, and lengths, as pages show and forms take them.

use std::time::Duration;

use emt_windows::{Blackout, Window, Zone};
use jiff::{
    Span, SpanRelativeTo, Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};

/// What the clock of a zone shows at an instant.
pub(super) fn wall(zone: &Zone, at: i64) -> DateTime {
    let shown = Timestamp::from_second(at.saturating_add(zone.offset(at))).unwrap_or_default();
    Offset::UTC.to_datetime(shown)
}

/// An offset as `+02:00`.
pub(super) fn offset(seconds: i64) -> String {
    let minutes = seconds.abs() / 60;
    format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// A time of day; with seconds if it has any.
pub(super) fn time(time: DateTime) -> String {
    time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

/// A day and a time of day.
pub(super) fn moment(zone: &Zone, at: i64) -> String {
    let wall = wall(zone, at);
    format!("{} {}", wall.strftime("%a %-d %b %Y"), time(wall))
}

/// A time as forms have it.
pub(super) fn typed(zone: &Zone, at: i64) -> String {
    let wall = wall(zone, at);
    wall.strftime(if wall.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" }).to_string()
}

/// From when to when a window is open, on the clock of a zone; with offsets if they differ.
pub(super) fn span(zone: &Zone, window: &Window) -> String {
    let (start, from) = (wall(zone, window.start), moment(zone, window.start));
    let Some(at) = window.end else { return format!("{from}, until it is deleted") };
    let (end, to) = (wall(zone, at), moment(zone, at));
    let to = if start.date() == end.date() { time(end) } else { to };
    if zone.offset(window.start) == zone.offset(at) {
        return format!("{from} – {to}");
    }
    format!("{from} ({}) – {to} ({})", offset(zone.offset(window.start)), offset(zone.offset(at)))
}

/// A day of a zone, from midnight to midnight: two instants.
pub(super) fn day(zone: &Zone, date: Date) -> (i64, i64) {
    let Blackout { from, to } = Blackout::date(date, zone);
    (from, to)
}

/// Reads a length such as `90m` or `1h30m` in whole seconds; days have 24 hours.
pub(super) fn length(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no length of time: write it as 90s, 30m, 1h30m or 2d");
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if length.is_negative() {
        return Err("a length of time cannot be negative".to_owned());
    }
    if length.subsec_nanos() != 0 {
        return Err("give whole seconds".to_owned());
    }
    Ok(length.as_secs())
}

/// A length as [`length`] reads it, whole: `1h30m`.
pub(super) fn short(seconds: i64) -> String {
    let mut rest = Duration::from_secs(seconds.unsigned_abs()).as_secs();
    let mut text = String::new();
    for (size, unit) in [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')] {
        if rest >= size {
            text.push_str(&(rest / size).to_string());
            text.push(unit);
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A length for people: `1 h 30 min`.
pub(super) fn words(seconds: i64) -> String {
    if seconds == 86_400 {
        return "24 h".to_owned();
    }
    let text = short(seconds);
    let mut words = Vec::new();
    for part in text.split_inclusive(|c: char| c.is_ascii_alphabetic()) {
        let (number, unit) = part.split_at(part.len().saturating_sub(1));
        let unit = match unit {
            "d" if number == "1" => "day",
            "d" => "days",
            "m" => "min",
            other => other,
        };
        words.extend([number, unit]);
    }
    words.join(" ")
}

/// Tomorrow at two, as forms have it.
pub(super) fn tomorrow(now: i64) -> String {
    let day = wall(&Zone::utc(), now).date().tomorrow().unwrap_or_default();
    format!("{day}T02:00")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn windows_are_told_on_a_clock() {
        let (berlin, utc) = (Zone::get("Europe/Berlin").unwrap(), Zone::utc());
        let window = |start, end| Window::new(at(start), Some(at(end)));
        for (zone, window, told) in [
            (&berlin, window("2026-06-06T00:00:00Z", "2026-06-06T02:00:00Z"), "Sat 6 Jun 2026 02:00 – 04:00"),
            (&utc, window("2026-06-06T23:00:00Z", "2026-06-07T02:00:30Z"), "Sat 6 Jun 2026 23:00 – Sun 7 Jun 2026 02:00:30"),
            (&berlin, window("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"), "Sun 25 Oct 2026 02:30 (+02:00) – 02:30 (+01:00)"),
            (&utc, Window::new(0, None), "Thu 1 Jan 1970 00:00, until it is deleted"),
        ] {
            assert_eq!(span(zone, &window), told);
        }
        assert_eq!(typed(&berlin, at("2026-06-06T00:00:00Z")), "2026-06-06T02:00");
        assert_eq!((offset(-12_600), offset(50_400)), ("-03:30".to_owned(), "+14:00".to_owned()));
        assert_eq!(day(&berlin, Date::constant(2026, 10, 25)), (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")));
        assert_eq!(tomorrow(at("2026-12-31T23:59:59Z")), "2027-01-01T02:00");
    }

    #[test]
    fn lengths_for_people() {
        for (seconds, told) in [(0, "0 s"), (5400, "1 h 30 min"), (86_400, "24 h"), (86_460, "1 day 1 min"), (172_800, "2 days")]
        {
            assert_eq!(words(seconds), told);
        }
        for wrong in ["", "30", "-5m", "1mo", "1.5s", "soon"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn lengths_are_read_as_they_are_written(seconds in 0_i64..40_000_000) {
            prop_assert_eq!(length(&short(seconds)), Ok(seconds));
        }
    }
}
