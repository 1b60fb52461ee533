//! Five cron fields as the wire has them: each `*` or a comma list of plain numbers, in UTC.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

const MINUTE: i64 = 60;
/// Most days that a search looks at: every combination of day, month and weekday that exists comes within 40 years
/// (29 February on a given weekday needs at most 40, because 2100, 2200 and 2300 are no leap years).
const SEARCH_DAYS: usize = 41 * 366;

/// The fields, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minutes,
    /// 0 to 23.
    Hours,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12.
    Month,
    /// 0 to 6, 0 is Sunday.
    DayOfWeek,
}

impl Field {
    const ALL: [Self; 5] = [Self::Minutes, Self::Hours, Self::DayOfMonth, Self::Month, Self::DayOfWeek];

    fn range(self) -> (u8, u8) {
        match self {
            Self::Minutes => (0, 59),
            Self::Hours => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 6),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}

/// Why five texts are no cron.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "cron field {field}: {part:?} is no number from {min} to {max} without leading zeros; write * or a list such as {min},{max}"
)]
pub struct CronError {
    /// Which field.
    pub field: Field,
    /// The part that is wrong.
    pub part: String,
    /// Least number.
    pub min: u8,
    /// Greatest number.
    pub max: u8,
}

/// The minutes at which a window opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// With both day fields restricted, a day that fits either will do.
    either_day: bool,
}

impl Cron {
    /// Reads minutes, hours, day of month, month, day of week.
    pub fn parse(fields: [&str; 5]) -> Result<Self, CronError> {
        let mut bits = [0; 5];
        for ((field, text), bits) in Field::ALL.into_iter().zip(fields).zip(&mut bits) {
            *bits = parse_field(field, text)?;
        }
        let [minutes, hours, days, months, weekdays] = bits;
        Ok(Self { minutes, hours, days, months, weekdays, either_day: fields[2] != "*" && fields[4] != "*" })
    }

    /// The first tick at an instant or later; none if no day ever fits.
    pub fn next_tick(&self, at: i64) -> Option<i64> {
        let at =
            Timestamp::from_second(at.div_euclid(MINUTE) * MINUTE + if at.rem_euclid(MINUTE) == 0 { 0 } else { MINUTE }).ok()?;
        let from = TimeZone::UTC.to_datetime(at);
        let mut day = from.date();
        let mut earliest = minute_of_day(from.hour(), from.minute());
        for _ in 0..SEARCH_DAYS {
            if self.fits(day)
                && let Some(minute) = (earliest..24 * 60).find(|minute| self.ticks_at(*minute))
            {
                return second_of(day, minute);
            }
            day = day.tomorrow().ok()?;
            earliest = 0;
        }
        None
    }

    /// The last tick at an instant or earlier, as far back as the longest window reaches.
    pub fn last_tick(&self, at: i64) -> Option<i64> {
        let from = TimeZone::UTC.to_datetime(Timestamp::from_second(at).ok()?);
        let mut day = from.date();
        let mut latest = minute_of_day(from.hour(), from.minute());
        for _ in 0..3 {
            if self.fits(day)
                && let Some(minute) = (0..=latest).rev().find(|minute| self.ticks_at(*minute))
            {
                return second_of(day, minute);
            }
            day = day.yesterday().ok()?;
            latest = 24 * 60 - 1;
        }
        None
    }

    fn fits(&self, day: Date) -> bool {
        let month_day = has(self.days, day.day());
        let weekday = has(self.weekdays, day.weekday().to_sunday_zero_offset());
        let fits = if self.either_day { month_day || weekday } else { month_day && weekday };
        fits && has(self.months, day.month())
    }

    fn ticks_at(&self, minute: u16) -> bool {
        self.hours >> (minute / 60) & 1 == 1 && self.minutes >> (minute % 60) & 1 == 1
    }
}

fn parse_field(field: Field, text: &str) -> Result<u64, CronError> {
    let (min, max) = field.range();
    if text == "*" {
        return Ok((min..=max).fold(0, |bits, number| bits | 1 << number));
    }
    text.split(',').try_fold(0, |bits, part| {
        let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part.len() == 1 || !part.starts_with('0'));
        match part.parse::<u8>() {
            Ok(number) if plain && (min..=max).contains(&number) => Ok(bits | 1 << number),
            _ => Err(CronError { field, part: part.to_owned(), min, max }),
        }
    })
}

fn has(bits: u64, number: i8) -> bool {
    bits >> u8::try_from(number).unwrap_or(63) & 1 == 1
}

fn minute_of_day(hour: i8, minute: i8) -> u16 {
    u16::try_from(i16::from(hour) * 60 + i16::from(minute)).unwrap_or(0)
}

fn second_of(day: Date, minute: u16) -> Option<i64> {
    let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_second();
    Some(midnight + i64::from(minute) * MINUTE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn ticks() {
        for (fields, from, expected) in [
            (["0", "2", "*", "*", "6"], "2026-06-05T12:00:00Z", Some("2026-06-06T02:00:00Z")),
            (["0", "2", "*", "*", "6"], "2026-06-06T02:00:00Z", Some("2026-06-06T02:00:00Z")),
            (["0", "2", "*", "*", "6"], "2026-06-06T02:00:01Z", Some("2026-06-13T02:00:00Z")),
            (["59", "23", "31", "12", "*"], "2026-12-31T23:59:59Z", Some("2027-12-31T23:59:00Z")),
            (["0", "0", "29", "2", "*"], "2026-01-01T00:00:00Z", Some("2028-02-29T00:00:00Z")),
            (["0", "0", "31", "2", "*"], "2026-01-01T00:00:00Z", None),
            (["0", "0", "31", "2", "6"], "2026-01-01T00:00:00Z", Some("2026-02-07T00:00:00Z")),
            (["0", "0", "13", "*", "5"], "2026-06-06T00:00:00Z", Some("2026-06-12T00:00:00Z")),
        ] {
            assert_eq!(Cron::parse(fields).unwrap().next_tick(at(from)), expected.map(at), "{fields:?} from {from}");
        }
    }

    #[test]
    fn what_is_no_list_of_numbers_is_refused() {
        for (position, text) in
            [(0, ""), (0, "60"), (0, "*/5"), (1, "02"), (1, "1-2"), (2, "0"), (3, "JAN"), (4, "7"), (4, "1,"), (0, "+1")]
        {
            let mut fields = ["*"; 5];
            fields[position] = text;
            let error = Cron::parse(fields).unwrap_err();
            assert_eq!(error.field, Field::ALL[position], "{text}: {error}");
        }
    }

    fn list(min: u8, max: u8) -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            proptest::collection::vec(min..=max, 1..4).prop_map(|numbers| numbers
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(",")),
        ]
    }

    proptest! {
        /// Against a scan of every minute by the rule's own words.
        #[test]
        fn next_and_last_agree_with_a_scan(
            (minutes, hours, days, months, weekdays) in (list(0, 59), list(0, 23), list(1, 31), list(1, 12), list(0, 6)),
            from in 1_700_000_000_i64..1_900_000_000,
        ) {
            let cron = Cron::parse([&minutes, &hours, &days, &months, &weekdays]).unwrap();
            let listed = |text: &str, number: i8| text == "*" || text.split(',').any(|part| part == number.to_string());
            let ticks = |second: i64| {
                let time = TimeZone::UTC.to_datetime(Timestamp::from_second(second).unwrap());
                let (day, weekday) = (listed(&days, time.day()), listed(&weekdays, time.weekday().to_sunday_zero_offset()));
                let day = if days != "*" && weekdays != "*" { day || weekday } else { day && weekday };
                second % 60 == 0 && listed(&minutes, time.minute()) && listed(&hours, time.hour()) && listed(&months, time.month()) && day
            };
            let first = (from + 59) / 60 * 60;
            let ahead = (0..3 * 24 * 60).map(|minute| first + minute * 60).find(|second| ticks(*second));
            let found = cron.next_tick(from).filter(|tick| *tick < first + 3 * 24 * 3600);
            prop_assert_eq!(found, ahead);
            let last = from / 60 * 60;
            let behind = (0..=24 * 60).map(|minute| last - minute * 60).find(|second| ticks(*second));
            prop_assert_eq!(cron.last_tick(from).filter(|tick| *tick >= last - 24 * 3600), behind);
        }

        #[test]
        fn no_text_makes_it_panic(fields in proptest::array::uniform5(".{0,8}")) {
            let _ = Cron::parse([&fields[0], &fields[1], &fields[2], &fields[3], &fields[4]]);
        }
    }
}
