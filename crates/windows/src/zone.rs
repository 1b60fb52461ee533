//! Time zones: instants to the time on a wall clock, and back.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use jiff::{
    Timestamp,
    tz::{Offset, TimeZoneDatabase},
};

/// The first instant at which repeated windows are looked for: 1970-01-01T00:00:00Z.
pub const EARLIEST: i64 = 0;
/// The last one: 2110-01-01T00:00:00Z. Instants on the wire end in 2106.
pub const LATEST: i64 = 4_417_977_600;
/// Most characters of a zone's name; the longest there are have 32.
const NAME_LENGTH: usize = 64;

/// An IANA time zone with all its changes of offset between [`EARLIEST`] and [`LATEST`].
///
/// The rules of zones are carried along, so that all machines with the same program agree. Copies share one table.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(Arc<Table>);

#[derive(PartialEq, Eq)]
struct Table {
    name: String,
    /// Offset before the first change, seconds east of UTC.
    first: i64,
    changes: Vec<Change>,
}

/// A change of offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When, Unix seconds: the first instant of the new offset.
    pub at: i64,
    /// Offset until then, seconds east of UTC.
    pub before: i64,
    /// Offset from then on.
    pub after: i64,
}

/// No zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone has the name {0:?}; allowed are names such as Europe/Berlin, America/New_York or UTC")]
pub struct ZoneError(pub String);

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        static UTC: LazyLock<Zone> =
            LazyLock::new(|| Zone(Arc::new(Table { name: "UTC".to_owned(), first: 0, changes: Vec::new() })));
        UTC.clone()
    }

    /// The zone of a name of the IANA database, in any case; a table is made once a name.
    pub fn get(name: &str) -> Result<Self, ZoneError> {
        static KNOWN: LazyLock<Mutex<HashMap<String, Zone>>> = LazyLock::new(Mutex::default);
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        let wrong = || ZoneError(name.chars().take(NAME_LENGTH).collect());
        if name.len() > NAME_LENGTH {
            return Err(wrong());
        }
        let key = name.to_ascii_lowercase();
        if let Some(zone) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(zone.clone());
        }
        let zone = Self::read(name).ok_or_else(wrong)?;
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, zone.clone());
        Ok(zone)
    }

    /// The names of all zones, also older ones.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect()
    }

    fn read(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown())?;
        let start = Timestamp::from_second(EARLIEST).ok()?;
        let seconds = |offset: Offset| i64::from(offset.seconds());
        let first = seconds(zone.to_offset(start));
        let mut before = first;
        let mut changes = Vec::new();
        for change in zone.following(start) {
            let (at, after) = (change.timestamp().as_second(), seconds(change.offset()));
            if at > LATEST {
                break;
            }
            // Some only rename the offset.
            if after != before {
                changes.push(Change { at, before, after });
            }
            before = after;
        }
        Some(Self(Arc::new(Table { name: zone.iana_name().unwrap_or(name).to_owned(), first, changes })))
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its changes of offset, in their order.
    pub fn changes(&self) -> &[Change] {
        &self.0.changes
    }

    /// Whether the offset never changes.
    pub fn is_fixed(&self) -> bool {
        self.0.changes.is_empty()
    }

    /// The offset at an instant, seconds east of UTC.
    pub fn offset(&self, at: i64) -> i64 {
        self.change(at).map_or(self.0.first, |change| change.after)
    }

    /// The time on the wall clock at an instant: seconds since 1970-01-01 00:00 on it.
    pub(crate) fn wall(&self, at: i64) -> i64 {
        at.saturating_add(self.offset(at))
    }

    /// The instant of a time on the wall clock. One that comes twice means the first, one that is skipped the instant at
    /// which the clock is put forward. Later times never come out earlier.
    pub(crate) fn instant(&self, wall: i64) -> i64 {
        let changes = &self.0.changes;
        // The change at which the clock has shown this time or would have shown it next.
        match changes.partition_point(|change| change.at + change.before <= wall).checked_sub(1).map(|last| changes[last]) {
            Some(change) => change.at.max(wall.saturating_sub(change.after)),
            None => wall.saturating_sub(self.0.first),
        }
    }

    /// The last instant of a time on the wall clock: of one that comes twice the second.
    pub(crate) fn last_instant(&self, wall: i64) -> i64 {
        let first = self.instant(wall);
        let twice = self.0.changes.iter().map(|change| (change.at, wall - change.after));
        twice.filter(|(at, second)| *second >= *at && self.wall(*second) == wall).map(|(_, second)| second).fold(first, i64::max)
    }

    /// The earliest time on the wall clock whose [`Self::instant`] is `at` or later.
    pub(crate) fn wall_from(&self, at: i64) -> i64 {
        match self.change(at) {
            None => at + self.0.first,
            // What is skipped comes out here.
            Some(change) if change.at == at => at + change.before,
            // What is shown for the second time came out earlier.
            Some(change) => (at + change.after).max(change.at + change.before),
        }
    }

    /// The latest time on the wall clock whose [`Self::instant`] is `at` or earlier.
    pub(crate) fn wall_to(&self, at: i64) -> i64 {
        match self.change(at) {
            None => at + self.0.first,
            Some(change) => (at + change.after).max(change.at + change.before - 1),
        }
    }

    /// The last change at an instant or earlier.
    fn change(&self, at: i64) -> Option<Change> {
        let changes = &self.0.changes;
        changes.partition_point(|change| change.at <= at).checked_sub(1).map(|last| changes[last])
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name()).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Zone::get("europe/berlin").unwrap().name(), "Europe/Berlin");
        assert!(Zone::get("UTC").unwrap().is_fixed() && Zone::get("utc").unwrap() == Zone::utc());
        for name in ["", "Mars/Olympus", "Etc/Unknown", "CEST-1", "../../etc/passwd", &"x".repeat(10_000)] {
            assert!(Zone::get(name).unwrap_err().to_string().contains("Europe/Berlin"), "{name}");
        }
        assert!(Zone::names().len() > 400);
    }

    #[test]
    fn times_that_are_skipped_or_come_twice() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        let wall = |text: &str| at(&format!("{text}Z"));
        let berlin = Zone::get("Europe/Berlin").unwrap();
        for (time, first, last) in [
            ("2026-03-29T01:59:00", "2026-03-29T00:59:00Z", "2026-03-29T00:59:00Z"),
            ("2026-03-29T02:00:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("2026-03-29T02:59:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("2026-10-25T01:59:00", "2026-10-24T23:59:00Z", "2026-10-24T23:59:00Z"),
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"),
        ] {
            assert_eq!((berlin.instant(wall(time)), berlin.last_instant(wall(time))), (at(first), at(last)), "{time}");
        }
        let apia = Zone::get("Pacific/Apia").unwrap();
        assert_eq!(apia.instant(wall("2011-12-30T12:00:00")), at("2011-12-30T10:00:00Z"));
    }
}
