//! Instants, days and times of day as people write them.

use jiff::{
    civil::{Date, DateTime, Time},
    fmt::temporal::Pieces,
};

use crate::zone::Zone;

const ALLOWED: &str =
    "2026-12-24, 2026-12-24T02:00:00Z, 2026-12-24T02:00:00+01:00, or 2026-12-24 02:00 for the time on a clock of the rule's zone";

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// A date or an instant is not understood.
    #[error("time {text:?} {why}; allowed are {ALLOWED}")]
    Time {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A blackout is none.
    #[error("blackout {text:?} {why}; allowed are DATE or FROM/TO, with times such as {ALLOWED}")]
    Blackout {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A blackout has no length.
    #[error("the blackout ends at {to}, which is not after its start at {from}")]
    Backwards {
        /// Unix seconds.
        from: i64,
        /// Unix seconds.
        to: i64,
    },
    /// A time of day is not understood.
    #[error("time of day {0:?} is not understood; allowed are hours and minutes such as 05:30")]
    Clock(String),
}

impl TimeError {
    fn time(text: &str, why: &'static str) -> Self {
        Self::Time { text: text.chars().take(80).collect(), why }
    }

    pub(crate) fn blackout(text: &str, why: &'static str) -> Self {
        Self::Blackout { text: text.chars().take(160).collect(), why }
    }
}

impl Zone {
    /// Reads an instant: RFC 3339, or the time on a wall clock of this zone. Such a time that is skipped means the change,
    /// one that comes twice the first. The result is in Unix seconds.
    pub fn parse(&self, text: &str) -> Result<i64, TimeError> {
        match moment(text)? {
            (date, Some(time), offset) => Ok(instant(date, time, offset, |wall| self.instant(wall))),
            (_, None, _) => Err(TimeError::time(text, "is a date without a time")),
        }
    }
}

/// A date, perhaps with a time, perhaps with an offset in seconds.
pub(crate) fn moment(text: &str) -> Result<(Date, Option<Time>, Option<i64>), TimeError> {
    let pieces = Pieces::parse(text.trim()).map_err(|_| TimeError::time(text, "is not understood"))?;
    if pieces.time_zone_annotation().is_some() {
        return Err(TimeError::time(text, "names a zone of its own"));
    }
    if pieces.time().is_some_and(|time| time.subsec_nanosecond() != 0) {
        return Err(TimeError::time(text, "has fractions of a second"));
    }
    if !(1970..2110).contains(&pieces.date().year()) {
        return Err(TimeError::time(text, "is not in the years from 1970 to 2109"));
    }
    let offset = pieces.offset().map(|offset| i64::from(offset.to_numeric_offset().seconds()));
    Ok((pieces.date(), pieces.time(), offset))
}

/// The instant of a time with an offset, or of one on a wall clock.
pub(crate) fn instant(date: Date, time: Time, offset: Option<i64>, clock: impl FnOnce(i64) -> i64) -> i64 {
    let wall = wall(date.to_datetime(time));
    offset.map_or_else(|| clock(wall), |offset| wall - offset)
}

/// Seconds since 1970-01-01 00:00 on the same clock.
pub(crate) fn wall(time: DateTime) -> i64 {
    time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs()
}

/// Reads hours and minutes.
pub(crate) fn clock(text: &str) -> Result<Time, TimeError> {
    let two = |text: &str| text.parse().ok().filter(|_| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()));
    let read = text.split_once(':').and_then(|(hours, minutes)| Time::new(two(hours)?, two(minutes)?, 0, 0).ok());
    read.ok_or_else(|| TimeError::Clock(text.chars().take(80).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Blackout;

    #[test]
    fn instants_and_blackouts() {
        let berlin = Zone::get("Europe/Berlin").unwrap();
        let shown = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
        for (text, expected) in [
            ("2026-06-06T02:00:00Z", Ok("2026-06-06T02:00:00Z")),
            ("2026-06-06T02:00:00+02:00", Ok("2026-06-06T00:00:00Z")),
            ("2026-06-06 02:00", Ok("2026-06-06T00:00:00Z")),
            ("2026-10-25T02:30", Ok("2026-10-25T00:30:00Z")),
            ("2026-06-06", Err("without a time")),
            ("2026-06-06T02:00[Asia/Tokyo]", Err("zone of its own")),
            ("2026-06-06T02:00:00.5Z", Err("fractions")),
            ("2200-01-01T00:00:00Z", Err("years from 1970")),
            ("2026-02-30T00:00:00Z", Err("is not understood")),
            ("tomorrow", Err("is not understood")),
            ("", Err("is not understood")),
        ] {
            match (berlin.parse(text).map(shown), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        for (text, expected) in [
            ("2026-12-24", Ok("2026-12-23T23:00:00Z 2026-12-24T23:00:00Z")),
            ("2026-03-29", Ok("2026-03-28T23:00:00Z 2026-03-29T22:00:00Z")),
            ("2026-12-24/2026-12-26", Ok("2026-12-23T23:00:00Z 2026-12-26T23:00:00Z")),
            ("2026-10-25 02:30/2026-10-25 02:30", Ok("2026-10-25T00:30:00Z 2026-10-25T01:30:00Z")),
            ("2026-12-24T00:00:00Z/2026-12-24 02:00", Ok("2026-12-24T00:00:00Z 2026-12-24T01:00:00Z")),
            ("2026-12-24/2026-12-23", Err("ends before it begins")),
            ("2026-12-24T00:00:00Z", Err("is a time")),
            ("2026-12-24T00:00:00Z/", Err("is not understood")),
            ("/", Err("is not understood")),
        ] {
            match (Blackout::parse(text, &berlin), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(format!("{} {}", shown(found.from), shown(found.to)), expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!(clock("05:30"), Ok(Time::constant(5, 30, 0, 0)));
        for text in ["", "5:30", "24:00", "05:60", "05:30:00", "+5:30", "noon"] {
            assert!(clock(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9TZ/: +\\-\\[\\]]{0,40}") {
            let zone = Zone::get("America/New_York").unwrap();
            let _ = (zone.parse(&text), Blackout::parse(&text, &zone), clock(&text));
        }
    }
}
