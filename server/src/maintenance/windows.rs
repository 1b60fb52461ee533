//! Which maintenance windows a node is told.

use emt_api::{
    maintmgr::{self, UpdateSchedule},
    patterns::{CRON_DAY_MONTH, CRON_DAY_WEEK, CRON_HOURS, CRON_MINUTES, CRON_MONTH},
    resources::{RepeatedSchedule, SingleSchedule},
};

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
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// It is told as it is kept.
    AsKept,
    /// It is given one.
    Made,
}

impl Windows {
    /// As a message.
    pub(super) fn schedule(&self, ends: Ends, now: i64) -> UpdateSchedule {
        let repeated: Vec<maintmgr::RepeatedSchedule> = self.repeated.iter().filter_map(repeated).collect();
        #[allow(deprecated, reason = "old agents read the first one here")]
        UpdateSchedule {
            single_schedule: single(&self.singles, ends, now),
            repeated_schedule: repeated.first().cloned(),
            repeated_schedules: repeated,
        }
    }

    /// From which instant on [`Self::schedule`] may be another one than it is at `now`, epoch seconds.
    pub(super) fn told_until(&self, now: i64) -> i64 {
        let edges = self.singles.iter().flat_map(|schedule| [u64::from(schedule.start_seconds), end(schedule)]);
        let edges = edges.filter_map(|edge| i64::try_from(edge).ok());
        edges.filter(|edge| *edge > now).min().unwrap_or(i64::MAX)
    }
}

/// The window that is open (the one that stays open longest), else the one that opens next.
fn single(singles: &[SingleSchedule], ends: Ends, now: i64) -> Option<maintmgr::SingleSchedule> {
    let now = u64::try_from(now).ok()?;
    let (open, coming): (Vec<_>, Vec<_>) =
        singles.iter().filter(|schedule| end(schedule) > now).partition(|schedule| u64::from(schedule.start_seconds) <= now);
    let longest = open.into_iter().max_by_key(|schedule| end(schedule));
    let chosen = longest.or_else(|| coming.into_iter().min_by_key(|schedule| schedule.start_seconds))?;
    let end_seconds = if ends == Ends::Made { end(chosen) } else { u64::from(chosen.end_seconds) };
    Some(maintmgr::SingleSchedule { start_seconds: u64::from(chosen.start_seconds), end_seconds })
}

/// When a window closes; one without an end is given one.
fn end(schedule: &SingleSchedule) -> u64 {
    match u64::from(schedule.end_seconds) {
        0 => u64::from(schedule.start_seconds) + OPEN_ENDED_SECONDS,
        end => end,
    }
}

/// A schedule that breaks the cron grammar is not sent: a window that cannot be read never opens.
fn repeated(schedule: &RepeatedSchedule) -> Option<maintmgr::RepeatedSchedule> {
    let duration = u32::try_from(schedule.duration_seconds).ok().filter(|seconds| (1..=86_400).contains(seconds))?;
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

    #[test]
    fn the_open_window_goes_before_the_next_one() {
        for (windows, expected) in [
            (vec![], None),
            (vec![single_at(10, 20)], None),
            (vec![single_at(10, 20), single_at(100, 200)], Some((100, 200))),
            (vec![single_at(300, 400), single_at(100, 200)], Some((100, 200))),
            (vec![single_at(40, 60), single_at(51, 200)], Some((40, 60))),
            (vec![single_at(40, 60), single_at(30, 70)], Some((30, 70))),
            (vec![single_at(40, 50)], None),
            (vec![single_at(10, 0)], Some((10, 10 + OPEN_ENDED_SECONDS))),
            (vec![single_at(10, 0), single_at(20, 60)], Some((10, 10 + OPEN_ENDED_SECONDS))),
        ] {
            let sent = |ends| single(&windows, ends, 50).map(|window| (window.start_seconds, window.end_seconds));
            assert_eq!(sent(Ends::Made), expected, "{windows:?}");
            let kept = expected.map(|(start, end)| (start, if end > OPEN_ENDED_SECONDS { 0 } else { end }));
            assert_eq!(sent(Ends::AsKept), kept, "{windows:?}");
        }
    }

    #[test]
    fn unreadable_repeated_windows_stay_closed() {
        let good = RepeatedSchedule {
            duration_seconds: 60,
            cron_minutes: "0".to_owned(),
            cron_hours: "2".to_owned(),
            cron_day_month: "*".to_owned(),
            cron_month: "*".to_owned(),
            cron_day_week: "6".to_owned(),
            ..RepeatedSchedule::default()
        };
        assert!(repeated(&good).is_some());
        assert!(repeated(&RepeatedSchedule { duration_seconds: 0, ..good.clone() }).is_none());
        assert!(repeated(&RepeatedSchedule { cron_hours: String::new(), ..good.clone() }).is_none());
        assert!(repeated(&RepeatedSchedule { cron_minutes: "*/5".to_owned(), ..good }).is_none());
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
