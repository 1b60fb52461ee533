//! Maintenance windows: when they open, when they close, and whether one is open.
//!
//! Pure: instants come in as arguments, Unix seconds in UTC. A window that opens at `start` and closes at `end` is open
//! at both, as the Edge Orchestrator counts it.

mod cron;

pub use cron::{Cron, CronError, Field};

/// Longest repeated window: a day.
pub const MAX_DURATION_SECONDS: u32 = 86_400;

/// One opening of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Opens, Unix seconds.
    pub start: i64,
    /// Closes, Unix seconds; `None` stays open.
    pub end: Option<i64>,
}

impl Window {
    /// Whether it is open at an instant.
    pub fn is_open(&self, at: i64) -> bool {
        self.start <= at && self.end.is_none_or(|end| at <= end)
    }
}

/// A schedule of windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// One window.
    Single(Window),
    /// A window at each tick.
    Repeated {
        /// The ticks.
        cron: Cron,
        /// Length of each window, 1 to [`MAX_DURATION_SECONDS`].
        duration_seconds: u32,
    },
}

/// Why a schedule is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The window would close before it opens.
    #[error("the window ends at {end}, which is not after its start at {start}")]
    EndsBeforeStart {
        /// Unix seconds.
        start: i64,
        /// Unix seconds.
        end: i64,
    },
    /// The length is out of range.
    #[error("the window lasts {0} seconds; it must last from 1 to {MAX_DURATION_SECONDS}")]
    Duration(u32),
}

impl Schedule {
    /// A window that opens once; without an end it stays open.
    pub fn single(start: i64, end: Option<i64>) -> Result<Self, ScheduleError> {
        match end {
            Some(end) if end <= start => Err(ScheduleError::EndsBeforeStart { start, end }),
            _ => Ok(Self::Single(Window { start, end })),
        }
    }

    /// A window at each tick.
    pub fn repeated(cron: Cron, duration_seconds: u32) -> Result<Self, ScheduleError> {
        if (1..=MAX_DURATION_SECONDS).contains(&duration_seconds) {
            Ok(Self::Repeated { cron, duration_seconds })
        } else {
            Err(ScheduleError::Duration(duration_seconds))
        }
    }

    /// The window that is open at an instant; of several the one that opened last.
    pub fn active(&self, at: i64) -> Option<Window> {
        match self {
            Self::Single(window) => Some(*window).filter(|window| window.is_open(at)),
            Self::Repeated { cron, duration_seconds } => {
                let earliest = at - i64::from(*duration_seconds);
                let start = cron.last_tick(at).filter(|tick| *tick >= earliest)?;
                Some(Window { start, end: Some(start + i64::from(*duration_seconds)) })
            }
        }
    }

    /// The next window that opens at an instant or later.
    pub fn next(&self, at: i64) -> Option<Window> {
        match self {
            Self::Single(window) => Some(*window).filter(|window| window.start >= at),
            Self::Repeated { cron, duration_seconds } => {
                let start = cron.next_tick(at)?;
                Some(Window { start, end: Some(start + i64::from(*duration_seconds)) })
            }
        }
    }

    /// The next windows that open at an instant or later, at most `count`.
    pub fn upcoming(&self, at: i64, count: usize) -> Vec<Window> {
        let next = self.next(at);
        std::iter::successors(next, |window| self.next(window.start + 1)).take(count).collect()
    }
}

/// Several schedules that hold together: a window of any of them is a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedules(pub Vec<Schedule>);

impl Schedules {
    /// The time around an instant during which some window is open without a gap.
    pub fn active(&self, at: i64) -> Option<Window> {
        let mut open = self.0.iter().filter_map(|schedule| schedule.active(at)).reduce(join)?;
        // Windows that open before this one closes carry it on.
        while let Some(end) = open.end {
            let longer = self.0.iter().filter_map(|schedule| schedule.active(end)).map(|window| join(open, window));
            match longer.max_by_key(|window| window.end.unwrap_or(i64::MAX)) {
                Some(longer) if longer.end != open.end => open.end = longer.end,
                _ => break,
            }
        }
        Some(open)
    }

    /// The next window that opens at an instant or later.
    pub fn next(&self, at: i64) -> Option<Window> {
        self.0.iter().filter_map(|schedule| schedule.next(at)).min()
    }
}

fn join(a: Window, b: Window) -> Window {
    let end = a.end.zip(b.end).map(|(a, b)| a.max(b));
    Window { start: a.start.min(b.start), end }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-06 00:00:00 UTC, a Saturday.
    const SATURDAY: i64 = 1_780_704_000;
    const HOUR: i64 = 3600;

    fn weekly(hour: &str, duration: u32) -> Schedule {
        Schedule::repeated(Cron::parse(["0", hour, "*", "*", "6"]).unwrap(), duration).unwrap()
    }

    #[test]
    fn single_windows() {
        let closed = Schedule::single(100, Some(200)).unwrap();
        for (at, open) in [(99, false), (100, true), (200, true), (201, false)] {
            assert_eq!(closed.active(at).is_some(), open, "{at}");
        }
        assert_eq!(closed.next(100).map(|window| window.start), Some(100));
        assert_eq!(closed.next(101), None);
        assert!(Schedule::single(100, None).unwrap().active(i64::MAX).is_some());
        assert_eq!(Schedule::single(100, Some(100)), Err(ScheduleError::EndsBeforeStart { start: 100, end: 100 }));
        assert_eq!(Schedule::repeated(Cron::parse(["*"; 5]).unwrap(), 0), Err(ScheduleError::Duration(0)));
    }

    #[test]
    fn repeated_windows() {
        let schedule = weekly("2", 2 * 3600);
        for (at, open) in [(2 * HOUR - 1, false), (2 * HOUR, true), (4 * HOUR, true), (4 * HOUR + 1, false)] {
            assert_eq!(schedule.active(SATURDAY + at).is_some(), open, "{at}");
        }
        let starts: Vec<i64> = schedule.upcoming(SATURDAY + 3 * HOUR, 2).iter().map(|window| window.start - SATURDAY).collect();
        assert_eq!(starts, [7 * 24 * HOUR + 2 * HOUR, 14 * 24 * HOUR + 2 * HOUR]);
    }

    #[test]
    fn windows_that_touch_are_one() {
        let schedules = Schedules(vec![weekly("2", 3600), weekly("3", 3600), weekly("5", 60)]);
        let open = schedules.active(SATURDAY + 2 * HOUR + 5).unwrap();
        assert_eq!(open, Window { start: SATURDAY + 2 * HOUR, end: Some(SATURDAY + 4 * HOUR) });
        assert_eq!(schedules.active(SATURDAY + 4 * HOUR + 1), None);
        assert_eq!(schedules.next(SATURDAY + 4 * HOUR + 1).unwrap().start, SATURDAY + 5 * HOUR);
        assert_eq!(Schedules::default().active(0), None);
    }
}
