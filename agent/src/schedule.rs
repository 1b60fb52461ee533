//! Windows as the Maintenance Manager sends them, and what they allow at an instant.

use emt_api::maintmgr::{RepeatedSchedule, SingleSchedule, UpdateSchedule};
use emt_windows::{Cron, Rule, Rules, Zone};

/// Images are fetched at the latest so long before a window opens, in seconds.
const DOWNLOAD_MARGIN: i64 = 600;
/// Length of the time before that margin over which the nodes spread their downloads, in seconds.
const DOWNLOAD_SPREAD: i64 = 6 * 3600;

/// What the windows allow at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// No window is open and none is to come.
    Closed,
    /// None is open; the next one opens then, Unix seconds.
    Ahead(i64),
    /// One is open.
    Open,
}

/// Reads the windows of an answer. One that cannot be read never opens; the log says so.
pub fn rules(wire: &UpdateSchedule) -> Rules {
    let single = wire.single_schedule.as_ref().and_then(single);
    let repeated = wire.repeated_schedules.iter().filter_map(repeated);
    Rules(single.into_iter().chain(repeated).collect())
}

/// What they allow at an instant.
pub fn opening(rules: &Rules, now: i64) -> Opening {
    if rules.active(now).is_some() {
        return Opening::Open;
    }
    rules.next(now).map_or(Opening::Closed, |window| Opening::Ahead(window.start))
}

/// When to begin the download for a window that opens at `start` and was first heard of at `now`: at random in the part
/// of the time before it that is still ahead, at once when little is left. `random` is from 0 to 1.
pub fn download_at(start: i64, now: i64, random: f64) -> i64 {
    let latest = start.saturating_sub(DOWNLOAD_MARGIN);
    let earliest = latest.saturating_sub(DOWNLOAD_SPREAD).max(now);
    let span = latest.saturating_sub(earliest);
    if span <= 0 {
        return now;
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few hours in seconds")]
    let offset = (span as f64 * random.clamp(0.0, 1.0)) as i64;
    earliest + offset
}

/// An end of 0 means that the window stays open.
fn single(wire: &SingleSchedule) -> Option<Rule> {
    let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let end = Some(wire.end_seconds).filter(|end| *end != 0).map(seconds);
    Rule::single(seconds(wire.start_seconds), end, Zone::utc())
        .inspect_err(|error| tracing::warn!(%error, "a single window is left out"))
        .ok()
}

fn repeated(wire: &RepeatedSchedule) -> Option<Rule> {
    let fields = [&wire.cron_minutes, &wire.cron_hours, &wire.cron_day_month, &wire.cron_month, &wire.cron_day_week];
    let cron = Cron::wire(fields.map(String::as_str))
        .inspect_err(|error| tracing::warn!(%error, "a repeated window is left out"))
        .ok()?;
    Rule::repeated(cron, wire.duration_seconds, Zone::utc())
        .inspect_err(|error| tracing::warn!(%error, "a repeated window is left out"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single_at(start: u64, end: u64) -> UpdateSchedule {
        UpdateSchedule {
            single_schedule: Some(SingleSchedule { start_seconds: start, end_seconds: end }),
            ..UpdateSchedule::default()
        }
    }

    #[test]
    fn single_windows() {
        for (schedule, now, expected) in [
            (UpdateSchedule::default(), 0, Opening::Closed),
            (single_at(100, 200), 99, Opening::Ahead(100)),
            (single_at(100, 200), 100, Opening::Open),
            (single_at(100, 200), 201, Opening::Closed),
            (single_at(100, 0), 1_000_000, Opening::Open),
            (single_at(100, 50), 100, Opening::Closed),
            (single_at(u64::MAX, 0), 100, Opening::Ahead(i64::MAX)),
        ] {
            assert_eq!(opening(&rules(&schedule), now), expected, "{schedule:?} at {now}");
        }
    }

    #[test]
    fn repeated_windows_and_those_that_cannot_be_read() {
        let every_hour = RepeatedSchedule {
            duration_seconds: 60,
            cron_minutes: "0".to_owned(),
            cron_hours: "*".to_owned(),
            cron_day_month: "*".to_owned(),
            cron_month: "*".to_owned(),
            cron_day_week: "*".to_owned(),
        };
        let with = |repeated| UpdateSchedule { repeated_schedules: vec![repeated], ..UpdateSchedule::default() };
        assert_eq!(opening(&rules(&with(every_hour.clone())), 3630), Opening::Open);
        assert_eq!(opening(&rules(&with(every_hour.clone())), 3700), Opening::Ahead(7200));
        for broken in [
            RepeatedSchedule { duration_seconds: 0, ..every_hour.clone() },
            RepeatedSchedule { cron_minutes: "*/5".to_owned(), ..every_hour.clone() },
            RepeatedSchedule { cron_hours: String::new(), ..every_hour },
        ] {
            assert_eq!(opening(&rules(&with(broken)), 3630), Opening::Closed);
        }
    }

    #[test]
    fn downloads_are_spread_over_what_is_left() {
        const WINDOW: i64 = 100_000;
        let latest = WINDOW - DOWNLOAD_MARGIN;
        for (now, random, expected) in [
            (0, 0.0, latest - DOWNLOAD_SPREAD),
            (0, 1.0, latest),
            (latest - 1000, 0.5, latest - 500),
            (latest, 0.5, latest),
            (WINDOW + 5, 0.9, WINDOW + 5),
        ] {
            assert_eq!(download_at(WINDOW, now, random), expected, "{now} {random}");
        }
    }
}
