//! Maintenance windows: when they open, when they close, and whether one is open.
//!
//! Pure: instants come in as arguments, Unix seconds in UTC. A window that opens at `start` and closes at `end` is open
//! at both, as the Edge Orchestrator counts it.

mod cron;

pub use cron::{Cron, CronError, Field};

/// Longest repeated window: a day.
pub const MAX_DURATION_SECONDS: u32 = 86_400;
/// How far ahead the end of windows that go over into each other is looked for, in seconds: some never end.
pub const HORIZON_SECONDS: i64 = 7 * 86_400;

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
    /// The time around an instant during which some window is open without a gap. An end beyond [`HORIZON_SECONDS`] from the
    /// instant may be followed by more.
    pub fn active(&self, at: i64) -> Option<Window> {
        let mut open = self.0.iter().filter_map(|schedule| schedule.active(at)).reduce(join)?;
        // Windows that open before this one closes carry it on.
        while let Some(end) = open.end.filter(|end| *end < at.saturating_add(HORIZON_SECONDS)) {
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
    use jiff::{Timestamp, tz::TimeZone};
    use proptest::prelude::*;

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

    #[test]
    fn windows_that_never_end_have_a_horizon() {
        let always = Schedules(vec![Schedule::repeated(Cron::parse(["*"; 5]).unwrap(), 60).unwrap()]);
        let open = always.active(SATURDAY).unwrap();
        assert!(open.end.is_some_and(|end| end >= SATURDAY + HORIZON_SECONDS));
        let forever = Schedules(vec![Schedule::single(SATURDAY, None).unwrap(), always.0[0].clone()]);
        assert_eq!(forever.active(SATURDAY).unwrap().end, None);
    }

    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * HOUR;

    /// A repeated schedule in the rule's own words: what ticks, and for how long a window stays open.
    #[derive(Debug, Clone)]
    struct Rule {
        fields: [String; 5],
        duration: u32,
    }

    impl Rule {
        fn schedule(&self) -> Schedule {
            let fields = self.fields.each_ref().map(String::as_str);
            Schedule::repeated(Cron::parse(fields).unwrap(), self.duration).unwrap()
        }

        fn ticks(&self, second: i64) -> bool {
            let time = TimeZone::UTC.to_datetime(Timestamp::from_second(second).unwrap());
            let listed = |at: usize, number: i8| {
                let field = &self.fields[at];
                field == "*" || field.split(',').any(|part| part == number.to_string())
            };
            let (day, weekday) = (listed(2, time.day()), listed(4, time.weekday().to_sunday_zero_offset()));
            let either = self.fields[2] != "*" && self.fields[4] != "*";
            second % MINUTE == 0
                && listed(0, time.minute())
                && listed(1, time.hour())
                && listed(3, time.month())
                && if either { day || weekday } else { day && weekday }
        }

        fn window(&self, start: i64) -> Window {
            Window { start, end: Some(start + i64::from(self.duration)) }
        }

        /// The last tick whose window is open, found by looking at every minute.
        fn active(&self, at: i64) -> Option<Window> {
            let last = at.div_euclid(MINUTE) * MINUTE;
            let minutes = (0..).map(|minute| last - minute * MINUTE).take_while(|tick| tick + i64::from(self.duration) >= at);
            minutes.into_iter().find(|tick| self.ticks(*tick)).map(|tick| self.window(tick))
        }

        /// The first tick within so many days.
        fn next(&self, at: i64, days: i64) -> Option<Window> {
            let first = (at + MINUTE - 1).div_euclid(MINUTE) * MINUTE;
            (0..days * DAY / MINUTE)
                .map(|minute| first + minute * MINUTE)
                .find(|tick| self.ticks(*tick))
                .map(|tick| self.window(tick))
        }
    }

    fn field(min: u8, max: u8) -> impl Strategy<Value = String> {
        let numbers = proptest::collection::vec(min..=max, 1..4);
        let listed = numbers.prop_map(|numbers| numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(","));
        prop_oneof![Just("*".to_owned()), listed]
    }

    fn rule() -> impl Strategy<Value = Rule> {
        let fields = (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
        (fields, 1..=MAX_DURATION_SECONDS).prop_map(|((minutes, hours, days, months, weekdays), duration)| Rule {
            fields: [minutes, hours, days, months, weekdays],
            duration,
        })
    }

    /// Instants of this decade, as often at the edge of a minute as anywhere.
    fn instant() -> impl Strategy<Value = i64> {
        prop_oneof![
            1_700_000_000_i64..1_900_000_000,
            (28_333_333_i64..31_666_666, -1_i64..=1).prop_map(|(minute, off)| minute * MINUTE + off)
        ]
    }

    proptest! {
        #[test]
        fn single_windows_agree_with_their_rule(start in 0_i64..1000, length in proptest::option::of(1_i64..1000), at in -10_i64..2100) {
            let end = length.map(|length| start + length);
            let schedule = Schedule::single(start, end).unwrap();
            let open = at >= start && end.is_none_or(|end| at <= end);
            prop_assert_eq!(schedule.active(at), open.then_some(Window { start, end }));
            prop_assert_eq!(schedule.next(at), (start >= at).then_some(Window { start, end }));
        }

        #[test]
        fn repeated_windows_agree_with_a_scan(rule in rule(), at in instant()) {
            const DAYS: i64 = 3;
            let schedule = rule.schedule();
            prop_assert_eq!(schedule.active(at), rule.active(at));
            let next = schedule.next(at).filter(|window| window.start < at + DAYS * DAY);
            prop_assert_eq!(next, rule.next(at, DAYS).filter(|window| window.start < at + DAYS * DAY));
            for pair in schedule.upcoming(at, 3).windows(2) {
                prop_assert!(pair[0].start < pair[1].start && pair.iter().all(|window| rule.ticks(window.start)));
            }
        }

        #[test]
        fn together_they_are_open_when_any_is(rules in proptest::collection::vec(rule(), 0..4), at in instant()) {
            let schedules = Schedules(rules.iter().map(Rule::schedule).collect());
            let covered = |at: i64| rules.iter().any(|rule| rule.active(at).is_some());
            let open = schedules.active(at);
            prop_assert_eq!(open.is_some(), covered(at));
            if let Some(Window { start, end: Some(end) }) = open {
                prop_assert!(start <= at && at <= end && covered(start) && covered(end));
                prop_assert!((0..60).all(|part| covered(at + (end - at) * part / 60)));
                prop_assert!(end >= at + HORIZON_SECONDS || !covered(end + 1));
            }
        }
    }
}
