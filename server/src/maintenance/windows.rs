//! Which maintenance windows hold for a node, and which of them it is told.

use std::ops::Range;

use emt_api::{
    maintmgr::{self, UpdateSchedule},
    patterns::{CRON_DAY_MONTH, CRON_DAY_WEEK, CRON_HOURS, CRON_MINUTES, CRON_MONTH},
    record::Record,
    resources::{RepeatedSchedule, SingleSchedule},
};
use emt_windows::{Cron, MAX_DURATION_SECONDS, Rule, Zone};

/// Longest single window for a kernel command line, seconds: in a longer one old agents reboot again and again.
pub(super) const KERNEL_COMMAND_SECONDS: u64 = 600;

/// Length given to a window without an end, where old agents would never run it.
const OPEN_ENDED_SECONDS: u64 = 3650 * 86_400;

/// The OS-update windows that hold for a node.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// Windows that open once.
    pub singles: Vec<SingleSchedule>,
    /// Windows that open again and again.
    pub repeated: Vec<RepeatedSchedule>,
}

/// What becomes of a window that has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// It is told as it is kept.
    AsKept,
    /// It is given one.
    Made,
}

/// Which of the windows a node may be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Limits {
    /// No single window that is longer than [`KERNEL_COMMAND_SECONDS`].
    pub(super) short: bool,
    /// Epoch seconds between which no window may open for the node, nor be open.
    pub(super) closed: Option<Range<i64>>,
}

/// A schedule that can be read.
pub(super) struct Readable<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) rule: Rule,
}

impl Windows {
    /// The schedules that can be read; of single ones, if `short`, only short ones. One that cannot be read never opens.
    pub(super) fn rules(&self, short: bool) -> impl Iterator<Item = Readable<'_>> {
        let singles = self.singles.iter().filter(move |single| !short || is_short(single)).filter_map(|single| {
            let end = (single.end_seconds != 0).then_some(i64::from(single.end_seconds));
            let rule = Rule::single(single.start_seconds.into(), end, Zone::utc()).ok()?;
            Some(Readable { id: single.id(), name: &single.name, rule })
        });
        let repeated = self.repeated.iter().filter_map(|repeated| {
            Some(Readable { id: repeated.id(), name: &repeated.name, rule: rule_of(&readable(repeated)?)? })
        });
        singles.chain(repeated)
    }

    /// As a message.
    pub(super) fn schedule(&self, ends: Ends, limits: &Limits, now: i64) -> UpdateSchedule {
        let repeated: Vec<maintmgr::RepeatedSchedule> =
            self.repeated.iter().filter_map(readable).filter(|repeated| limits.leave(repeated, now)).collect();
        #[allow(deprecated, reason = "old agents read the first one here")]
        UpdateSchedule {
            single_schedule: single(self.singles(limits), ends, now),
            repeated_schedule: repeated.first().cloned(),
            repeated_schedules: repeated,
        }
    }

    /// From which instant on [`Self::schedule`] may be another one than it is at `now`, epoch seconds.
    pub(super) fn told_until(&self, limits: &Limits, now: i64) -> i64 {
        let edges = self.singles(limits).flat_map(|window| [window.start, window.closes().saturating_add(1)]);
        let edges = edges.filter_map(|edge| i64::try_from(edge).ok());
        let reopened = limits.closed.as_ref().map(|closed| closed.end);
        edges.chain(reopened).filter(|edge| *edge > now).min().unwrap_or(i64::MAX)
    }

    /// The single windows, each with what is left of it.
    fn singles(&self, limits: &Limits) -> impl Iterator<Item = Span> {
        let singles = self.singles.iter().filter(move |single| !limits.short || is_short(single));
        singles.filter_map(|single| {
            let span = Span { start: single.start_seconds.into(), end: single.end_seconds.into() };
            let earliest = limits.closed.as_ref().filter(|closed| overlaps(span, closed)).map(|closed| closed.end);
            let start = earliest.and_then(|second| u64::try_from(second).ok()).unwrap_or(span.start).max(span.start);
            Some(Span { start, ..span }).filter(|left| span.start < span.closes() && left.start < left.closes())
        })
    }
}

impl Limits {
    /// Whether a repeated window may be told: while it is closed for the node, one that would not open anyway.
    fn leave(&self, repeated: &maintmgr::RepeatedSchedule, now: i64) -> bool {
        let Some(closed) = self.closed.as_ref().filter(|closed| now < closed.end) else { return true };
        rule_of(repeated).is_some_and(|rule| {
            rule.active(closed.start).is_none() && rule.next(closed.start).is_none_or(|next| next.start >= closed.end)
        })
    }
}

/// When a single window opens, and when it closes; 0 is never. Epoch seconds, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// When it closes; one without an end is given one.
    fn closes(self) -> u64 {
        if self.end == 0 { self.start + OPEN_ENDED_SECONDS } else { self.end }
    }
}

fn overlaps(span: Span, closed: &Range<i64>) -> bool {
    let [from, until] = [closed.start, closed.end].map(|second| u64::try_from(second).unwrap_or(0));
    span.start < until && from <= span.closes()
}

/// Whether a single window is short enough for a kernel command line.
fn is_short(single: &SingleSchedule) -> bool {
    single.end_seconds.checked_sub(single.start_seconds).is_some_and(|seconds| u64::from(seconds) <= KERNEL_COMMAND_SECONDS)
}

/// The window that is open (the one that stays open longest), else the one that opens next.
fn single(spans: impl Iterator<Item = Span>, ends: Ends, now: i64) -> Option<maintmgr::SingleSchedule> {
    let now = u64::try_from(now).ok()?;
    let (open, coming): (Vec<Span>, Vec<Span>) = spans.filter(|span| span.closes() >= now).partition(|span| span.start <= now);
    let longest = open.into_iter().max_by_key(|span| span.closes());
    let chosen = longest.or_else(|| coming.into_iter().min_by_key(|span| span.start))?;
    let end_seconds = if ends == Ends::Made { chosen.closes() } else { chosen.end };
    Some(maintmgr::SingleSchedule { start_seconds: chosen.start, end_seconds })
}

/// A schedule that breaks the cron grammar is not sent: a window that cannot be read never opens.
fn readable(schedule: &RepeatedSchedule) -> Option<maintmgr::RepeatedSchedule> {
    let duration =
        u32::try_from(schedule.duration_seconds).ok().filter(|seconds| (1..=MAX_DURATION_SECONDS).contains(seconds))?;
    let fields = [
        (CRON_MINUTES, &schedule.cron_minutes),
        (CRON_HOURS, &schedule.cron_hours),
        (CRON_DAY_MONTH, &schedule.cron_day_month),
        (CRON_MONTH, &schedule.cron_month),
        (CRON_DAY_WEEK, &schedule.cron_day_week),
    ];
    let readable = fields.into_iter().all(|(pattern, field)| emt_api::input::matches(pattern, field));
    readable.then(|| maintmgr::RepeatedSchedule {
        duration_seconds: duration,
        cron_minutes: schedule.cron_minutes.clone(),
        cron_hours: schedule.cron_hours.clone(),
        cron_day_month: schedule.cron_day_month.clone(),
        cron_month: schedule.cron_month.clone(),
        cron_day_week: schedule.cron_day_week.clone(),
    })
}

/// What a repeated schedule of the wire means.
fn rule_of(wire: &maintmgr::RepeatedSchedule) -> Option<Rule> {
    let fields = [&wire.cron_minutes, &wire.cron_hours, &wire.cron_day_month, &wire.cron_month, &wire.cron_day_week];
    let cron = Cron::wire(fields.map(String::as_str)).ok()?;
    Rule::repeated(cron, wire.duration_seconds, Zone::utc()).ok()
}

/// The single window that is told to an agent which overlooks that a window it waits for was moved or replaced, until it
/// was told none once: after a change, none. `last` is what it was told before.
pub(super) fn handed_over(
    last: Option<maintmgr::SingleSchedule>,
    now: Option<maintmgr::SingleSchedule>,
) -> Option<maintmgr::SingleSchedule> {
    match (last, now) {
        (Some(last), Some(now)) if last != now => None,
        (_, now) => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single_at(start: u32, end: u32) -> SingleSchedule {
        SingleSchedule { start_seconds: start, end_seconds: end, ..SingleSchedule::default() }
    }

    fn hourly(duration: i32) -> RepeatedSchedule {
        let field = |text: &str| text.to_owned();
        RepeatedSchedule {
            duration_seconds: duration,
            cron_minutes: field("0"),
            cron_hours: field("*"),
            cron_day_month: field("*"),
            cron_month: field("*"),
            cron_day_week: field("*"),
            ..RepeatedSchedule::default()
        }
    }

    #[test]
    fn the_open_window_goes_before_the_next_one() {
        for (singles, expected) in [
            (vec![], None),
            (vec![single_at(10, 20)], None),
            (vec![single_at(10, 20), single_at(100, 200)], Some((100, 200))),
            (vec![single_at(300, 400), single_at(100, 200)], Some((100, 200))),
            (vec![single_at(40, 60), single_at(51, 200)], Some((40, 60))),
            (vec![single_at(40, 60), single_at(30, 70)], Some((30, 70))),
            (vec![single_at(40, 49)], None),
            (vec![single_at(40, 50)], Some((40, 50))),
            (vec![single_at(10, 0)], Some((10, 10 + OPEN_ENDED_SECONDS))),
            (vec![single_at(10, 0), single_at(20, 60)], Some((10, 10 + OPEN_ENDED_SECONDS))),
            (vec![single_at(60, 60)], None),
        ] {
            let windows = Windows { singles, repeated: Vec::new() };
            let sent = |ends| {
                let window = windows.schedule(ends, &Limits::default(), 50).single_schedule;
                window.map(|window| (window.start_seconds, window.end_seconds))
            };
            assert_eq!(sent(Ends::Made), expected, "{windows:?}");
            let kept = expected.map(|(start, end)| (start, if end > OPEN_ENDED_SECONDS { 0 } else { end }));
            assert_eq!(sent(Ends::AsKept), kept, "{windows:?}");
        }
    }

    #[test]
    fn a_wait_puts_single_windows_off() {
        let limits = |from, until| Limits { short: false, closed: Some(from..until) };
        for (window, limits, now, told) in [
            (single_at(100, 200), limits(20, 50), 30, Some((100, 200))),
            (single_at(100, 200), limits(120, 150), 130, Some((150, 200))),
            (single_at(100, 200), limits(120, 150), 150, Some((150, 200))),
            (single_at(100, 200), limits(120, 150), 200, Some((150, 200))),
            (single_at(100, 200), limits(120, 200), 130, None),
            (single_at(100, 200), limits(120, 900), 130, None),
            (single_at(100, 0), limits(120, 150), 130, Some((150, 0))),
            (single_at(300, 400), limits(120, 310), 130, Some((310, 400))),
        ] {
            let windows = Windows { singles: vec![window], repeated: Vec::new() };
            let found = windows.schedule(Ends::AsKept, &limits, now).single_schedule;
            assert_eq!(found.map(|found| (found.start_seconds, found.end_seconds)), told, "{windows:?} {limits:?} at {now}");
        }
    }

    #[test]
    fn repeated_windows_are_told_again_when_a_wait_is_over() {
        let windows = Windows { singles: Vec::new(), repeated: vec![hourly(600)] };
        for (closed, now, told) in [
            (None, 10, true),
            (Some(10..2000), 20, false),
            (Some(10..2000), 2000, true),
            (Some(700..2000), 800, true),
            (Some(700..3600), 800, true),
            (Some(700..3601), 800, false),
            (Some(600..900), 800, false),
        ] {
            let limits = Limits { short: false, closed };
            let found = windows.schedule(Ends::Made, &limits, now).repeated_schedules.len() == 1;
            assert_eq!(found, told, "{limits:?} at {now}");
            if !told {
                assert_eq!(Some(windows.told_until(&limits, now)), limits.closed.map(|closed| closed.end));
            }
        }
    }

    #[test]
    fn only_short_windows_where_long_ones_do_harm() {
        let windows = Windows {
            singles: vec![single_at(100, 700), single_at(100, 701), single_at(100, 0), single_at(900, 700)],
            repeated: vec![hourly(7200)],
        };
        assert_eq!((windows.rules(true).count(), windows.rules(false).count()), (2, 4));
        let limits = Limits { short: true, closed: None };
        assert_eq!(windows.schedule(Ends::Made, &limits, 50).single_schedule.unwrap().end_seconds, 700);
    }

    #[test]
    fn unreadable_repeated_windows_stay_closed() {
        let good = hourly(60);
        assert!(readable(&good).is_some());
        assert!(readable(&RepeatedSchedule { duration_seconds: 0, ..good.clone() }).is_none());
        assert!(readable(&RepeatedSchedule { cron_hours: String::new(), ..good.clone() }).is_none());
        let steps = RepeatedSchedule { cron_minutes: "*/5".to_owned(), ..good };
        assert!(readable(&steps).is_none());
        assert_eq!(Windows { singles: Vec::new(), repeated: vec![steps] }.rules(false).count(), 0);
    }

    #[test]
    fn a_changed_window_is_told_after_a_gap() {
        let window = |start| Some(maintmgr::SingleSchedule { start_seconds: start, end_seconds: start + 600 });
        for (last, now, told) in [
            (None, None, None),
            (None, window(1), window(1)),
            (window(1), window(1), window(1)),
            (window(1), window(2), None),
            (window(1), None, None),
        ] {
            assert_eq!(handed_over(last, now), told, "{last:?} then {now:?}");
        }
    }
}
