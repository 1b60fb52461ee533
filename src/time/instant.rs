//! Instants: RFC 3339, or the time on a clock in some zone.

use jiff::{
    Timestamp,
    fmt::temporal::Pieces,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use crate::error::Error;

/// How instants are shown.
const SHOWN: &str = "%Y-%m-%d %H:%M:%S %:z";
const HINT: &str =
    "write it as 2026-12-01T02:00:00Z, or as 2026-12-01 02:00 for the time on a clock in --tz or in the system's zone";

/// A time zone.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// The named zone, else the system's.
    pub(crate) fn new(name: Option<&str>) -> Result<Self, Error> {
        let Some(name) = name else { return Ok(Self::system()) };
        let hint = "names are like Europe/Berlin, America/New_York or UTC";
        let zone = TimeZone::get(name).map_err(|_| Error::call(format!("no time zone has the name {name}"), hint))?;
        Ok(Self { name: zone.iana_name().unwrap_or(name).to_owned(), zone })
    }

    fn system() -> Self {
        match TimeZone::try_system() {
            Ok(zone) => Self { name: zone.iana_name().unwrap_or("the system's zone").to_owned(), zone },
            Err(_) => Self { name: String::new(), zone: TimeZone::unknown() },
        }
    }

    /// Its name in the IANA database, as far as it is known.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// An instant on a clock of this zone.
    pub(crate) fn show(&self, instant: Timestamp) -> String {
        instant.to_zoned_datetime(self.zone.clone()).strftime(SHOWN).to_string()
    }

    /// An instant near to another one, briefly, with the zone's name: `Sat 02:00 Europe/Berlin`. From a week away on with its
    /// date.
    pub(crate) fn near(&self, instant: Timestamp, now: Timestamp) -> String {
        const WEEK: u64 = 6 * 86_400;
        let form = if instant.duration_since(now).unsigned_abs().as_secs() < WEEK { "%a %H:%M" } else { "%a %Y-%m-%d %H:%M" };
        let clock = instant.to_zoned_datetime(self.zone.clone()).strftime(form).to_string();
        format!("{clock} {}", if self.zone.is_unknown() { "UTC" } else { &self.name })
    }
}

/// Reads an instant. A time on a clock must exist there, and once only.
pub(crate) fn instant(text: &str, zone: &Zone) -> Result<Timestamp, Error> {
    let wrong = || Error::call(format!("{text:?} is no time"), HINT);
    let pieces = Pieces::parse(text.trim()).map_err(|_| wrong())?;
    let time = pieces.time().ok_or_else(|| Error::call(format!("{text:?} is a date without a time"), HINT))?;
    let clock = pieces.date().to_datetime(time);
    let named = pieces.to_time_zone().map_err(|_| wrong())?;
    if let Some(offset) = pieces.offset() {
        let instant = offset.to_numeric_offset().to_timestamp(clock).map_err(|_| wrong())?;
        let agrees = named.is_none_or(|named| named.to_datetime(instant) == clock);
        return if agrees {
            Ok(instant)
        } else {
            Err(Error::call(format!("{text:?} has an offset that its zone has not then"), HINT))
        };
    }
    let (zone, name) = match named {
        Some(named) => (named.clone(), named.iana_name().unwrap_or("this zone").to_owned()),
        None if zone.zone.is_unknown() => {
            return Err(Error::call("the system's time zone is not known", "name one, such as --tz Europe/Berlin or --tz UTC"));
        }
        None => (zone.zone.clone(), zone.name.clone()),
    };
    let candidates = zone.to_ambiguous_timestamp(clock);
    let shown = clock.strftime("%Y-%m-%d %H:%M:%S");
    let with = |offset: Offset| format!("{}{}", clock.strftime("%Y-%m-%dT%H:%M:%S"), signed(offset.seconds().into()));
    match candidates.offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(clock).map_err(|_| wrong()),
        AmbiguousOffset::Gap { .. } => Err(Error::call(
            format!("{shown} does not exist in {name}: the clocks are put forward then"),
            "choose an earlier or a later time",
        )),
        AmbiguousOffset::Fold { before, after } => Err(Error::call(
            format!("{shown} comes twice in {name}: the clocks are put back then"),
            format!("say which one: {} is the first, {} the second", with(before), with(after)),
        )),
    }
}

/// An offset from UTC in seconds, such as `+02:00`.
pub(crate) fn signed(seconds: i64) -> String {
    let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_in_every_form() {
        let berlin = Zone::new(Some("europe/berlin")).unwrap();
        let unknown = Zone { zone: TimeZone::unknown(), name: String::new() };
        for (text, zone, expected) in [
            ("2026-12-01T02:00:00Z", &berlin, Ok("2026-12-01T02:00:00Z")),
            ("2026-12-01T02:00:00+05:30", &berlin, Ok("2026-11-30T20:30:00Z")),
            ("2026-12-01 02:00", &berlin, Ok("2026-12-01T01:00:00Z")),
            ("2026-07-01T02:00:30", &berlin, Ok("2026-07-01T00:00:30Z")),
            ("2026-12-01 02:00[America/New_York]", &berlin, Ok("2026-12-01T07:00:00Z")),
            ("2026-10-25T02:30:00+02:00", &berlin, Ok("2026-10-25T00:30:00Z")),
            ("2026-10-25T02:30:00+01:00[Europe/Berlin]", &berlin, Ok("2026-10-25T01:30:00Z")),
            ("2026-12-01T02:00:00+02:00[Europe/Berlin]", &berlin, Err("has an offset that its zone has not")),
            ("2026-10-25 02:30", &berlin, Err("comes twice in Europe/Berlin")),
            ("2026-03-29 02:30", &berlin, Err("does not exist in Europe/Berlin")),
            ("2026-12-01", &berlin, Err("a date without a time")),
            ("2026-12-01T02:00:00Z", &unknown, Ok("2026-12-01T02:00:00Z")),
            ("2026-12-01 02:00", &unknown, Err("time zone is not known")),
            ("2026-02-30 02:00", &berlin, Err("is no time")),
            ("2026-12-01 25:00", &berlin, Err("is no time")),
            ("tomorrow", &berlin, Err("is no time")),
            ("", &berlin, Err("is no time")),
        ] {
            match (instant(text, zone), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.to_string(), expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_comes_twice_can_be_told_apart() {
        let Err(Error::Call { hint, .. }) = instant("2026-11-01 01:15", &Zone::new(Some("America/New_York")).unwrap()) else {
            panic!("it comes twice")
        };
        assert_eq!(hint, "say which one: 2026-11-01T01:15:00-04:00 is the first, 2026-11-01T01:15:00-05:00 the second");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[0-9T:. +Z\\[\\]/a-z-]{0,40}") {
            let _ = instant(&text, &Zone::new(Some("Europe/Berlin")).unwrap());
        }

        #[test]
        fn what_is_printed_is_read(second in 0..i64::from(u32::MAX), zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe"])) {
            let at = Timestamp::from_second(second).unwrap();
            let utc = Zone::new(Some("UTC")).unwrap();
            prop_assert_eq!(instant(&at.to_string(), &utc).unwrap(), at);
            let there = at.in_tz(zone).unwrap();
            prop_assert_eq!(instant(&there.to_string(), &utc).unwrap(), at);
            // A clock shows it once, or is refused because it shows it twice.
            let clock = there.strftime("%Y-%m-%d %H:%M:%S").to_string();
            match instant(&clock, &Zone::new(Some(zone)).unwrap()) {
                Ok(read) => prop_assert_eq!(read, at),
                Err(error) => prop_assert!(error.to_string().contains("comes twice"), "{}", error),
            }
        }
    }

    #[test]
    fn near_instants_are_brief() {
        let berlin = Zone::new(Some("Europe/Berlin")).unwrap();
        let unknown = Zone { zone: TimeZone::unknown(), name: String::new() };
        let now: Timestamp = "2026-06-05T20:40:00Z".parse().unwrap();
        for (instant, zone, shown) in [
            ("2026-06-06T00:00:00Z", &berlin, "Sat 02:00 Europe/Berlin"),
            ("2026-06-06T00:00:00Z", &unknown, "Sat 00:00 UTC"),
            ("2026-06-05T19:40:00Z", &berlin, "Fri 21:40 Europe/Berlin"),
            ("2026-06-20T00:00:00Z", &berlin, "Sat 2026-06-20 02:00 Europe/Berlin"),
        ] {
            assert_eq!(zone.near(instant.parse().unwrap(), now), shown);
        }
    }

    #[test]
    fn zones_are_known_by_name() {
        assert!(Zone::new(Some("Mars/Olympus")).is_err());
        let zone = Zone::new(Some("Asia/Kathmandu")).unwrap();
        assert_eq!(zone.show(Timestamp::UNIX_EPOCH), "1970-01-01 05:30:00 +05:30");
    }
}
