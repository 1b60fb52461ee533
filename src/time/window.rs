//! A window for an update: when it opens and how long it stays open.

use std::time::Duration;

use jiff::Timestamp;

use super::{Zone, brief, instant};
use crate::error::Error;

/// No window is shorter.
const SHORTEST: Duration = Duration::from_mins(1);
/// Nodes of the Edge Orchestrator do not begin an update with less time left.
const ADVISED: Duration = Duration::from_mins(10);
/// Times on the wire have 32 bits.
const LATEST: i64 = u32::MAX as i64;

/// When a window opens.
#[derive(Debug, Clone)]
pub(crate) enum Begin<'a> {
    /// At a time.
    At(&'a str),
    /// After a while.
    In(Duration),
}

impl Begin<'_> {
    /// At once, for so many windows: the server wants the future, and requests take their time.
    pub(crate) fn now(windows: usize) -> Self {
        Self::In(Duration::from_secs(3 + windows as u64 / 20))
    }
}

/// A window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Window {
    /// The window that is asked for; `now` is the server's time.
    pub(crate) fn new(begin: &Begin<'_>, duration: Duration, zone: &Zone, now: Timestamp) -> Result<Self, Error> {
        let far = |_| Error::call("the window is too far in the future", "times go up to the year 2106");
        if duration < SHORTEST {
            let (has, least) = (brief(duration), brief(SHORTEST));
            return Err(Error::call(
                format!("a window of {has} is too short: at least {least} is needed"),
                "an update should have at least 10m: --duration 30m",
            ));
        }
        let start = match begin {
            Begin::At(text) => instant(text, zone)?,
            Begin::In(wait) => now.checked_add(*wait).map_err(far)?,
        };
        // Whole seconds travel; a window that begins a fraction earlier would begin in the past.
        let start = start.as_second() + i64::from(start.subsec_nanosecond() > 0);
        let start = Timestamp::from_second(start).map_err(far)?;
        if start <= now {
            return Err(Error::rule(
                format!("the window would open in the past: {}; it is {} now", zone.show(start), zone.show(now)),
                "give a later --at, or --now",
            ));
        }
        let end = start.checked_add(duration).map_err(far)?;
        if end.as_second() > LATEST {
            return Err(Error::call("the window is too far in the future", "times go up to the year 2106"));
        }
        Ok(Self { start, end })
    }

    /// What speaks against this window, though it is allowed.
    pub(crate) fn warning(duration: Duration) -> Option<String> {
        (duration < ADVISED).then(|| {
            format!("{} is short: nodes may not begin an update with less than {} left", brief(duration), brief(ADVISED))
        })
    }

    /// For people, in a zone and in UTC.
    pub(crate) fn text(self, zone: &Zone) -> String {
        let utc = |instant: Timestamp| instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let line = |what: &str, instant| format!("{what} {} ({})", zone.show(instant), utc(instant));
        format!("{}\n{}", line("opens ", self.start), line("closes", self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows() {
        let zone = Zone::new(Some("Europe/Berlin")).unwrap();
        let now: Timestamp = "2026-06-01T10:00:00.5Z".parse().unwrap();
        let minutes = |minutes: u64| Duration::from_mins(minutes);
        for (begin, duration, expected) in [
            (Begin::At("2026-06-01 12:30"), minutes(30), Ok("2026-06-01T10:30:00Z 2026-06-01T11:00:00Z")),
            (Begin::In(minutes(5)), minutes(10), Ok("2026-06-01T10:05:01Z 2026-06-01T10:15:01Z")),
            (Begin::now(1), minutes(1), Ok("2026-06-01T10:00:04Z 2026-06-01T10:01:04Z")),
            (Begin::At("2026-06-01T10:00:00Z"), minutes(30), Err("open in the past: 2026-06-01 12:00:00 +02:00")),
            (Begin::At("2025-06-01T10:00:00Z"), minutes(30), Err("in the past")),
            (Begin::now(1), minutes(0), Err("a window of 0s is too short")),
            (Begin::now(1), Duration::from_secs(59), Err("a window of 59s is too short")),
            (Begin::At("2106-02-07T06:00:00Z"), minutes(60), Err("too far in the future")),
            (Begin::In(Duration::from_secs(u64::MAX)), minutes(60), Err("too far in the future")),
            (Begin::now(1), Duration::from_secs(u64::MAX), Err("too far in the future")),
        ] {
            match (Window::new(&begin, duration, &zone, now), expected) {
                (Ok(window), Ok(expected)) => assert_eq!(format!("{} {}", window.start, window.end), expected),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{begin:?}: {error}"),
                (found, _) => panic!("{begin:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn short_windows_are_warned_of() {
        assert!(Window::warning(Duration::from_secs(599)).is_some());
        assert!(Window::warning(Duration::from_mins(10)).is_none());
    }

    #[test]
    fn both_clocks_are_shown() {
        let window = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::from_second(3600).unwrap() };
        assert_eq!(
            window.text(&Zone::new(Some("Europe/Berlin")).unwrap()),
            "opens  1970-01-01 01:00:00 +01:00 (1970-01-01 00:00:00 UTC)\ncloses 1970-01-01 02:00:00 +01:00 (1970-01-01 01:00:00 UTC)"
        );
    }
}
