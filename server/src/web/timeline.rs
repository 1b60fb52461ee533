//! The windows of the next days, a lane each: what opens when, for whom.

use emt_windows::{Rule, Window};
use jiff::Timestamp;

use super::{
    schedules::{Scheduled, Targets, schedules},
    words::{When, many},
};
use crate::store::{Snapshot, StoreError};

/// Days that are shown.
pub(super) const DAYS: i64 = 7;
const DAY: i64 = 86_400;
/// Most windows of a schedule.
const MOST_WINDOWS: usize = 60;
/// The lane's own measure: minutes.
const UNIT: i64 = 60;

/// The lanes of the next days.
pub(super) struct Timeline {
    /// Names of the days, in UTC.
    pub(super) days: Vec<String>,
    /// Minutes of all days.
    pub(super) width: i64,
    /// Minutes since the first day's begin.
    pub(super) now: i64,
    pub(super) lanes: Vec<Lane>,
    /// Lanes that are not shown.
    pub(super) more: usize,
}

/// A schedule.
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) target: String,
    pub(super) is_update: bool,
    /// Begin and length in minutes since the first day's begin.
    pub(super) boxes: Vec<(i64, i64)>,
    /// Whether one is open now.
    pub(super) is_open: bool,
    /// The next begin, or the end of the one that is open.
    pub(super) next: When,
}

impl Lane {
    /// For those who do not see them.
    pub(super) fn counted(&self) -> String {
        many(self.boxes.len() as u64, "window", "windows")
    }
}

/// All windows of the next days; at most so many lanes, those that open first.
pub(super) async fn timeline(snapshot: &mut dyn Snapshot, project: &str, now: i64, most: usize) -> Result<Timeline, StoreError> {
    let from = now - now.rem_euclid(DAY);
    let until = from + DAYS * DAY;
    let schedules = schedules(snapshot, project).await?;
    let mut found: Vec<(Scheduled, Vec<Window>)> = schedules
        .into_iter()
        .filter_map(|schedule| {
            let windows = windows(&schedule.rule, now, until);
            (!windows.is_empty()).then_some((schedule, windows))
        })
        .collect();
    found.sort_by_key(|(_, windows)| windows.first().map(|window| window.start.max(now)));
    let more = found.len().saturating_sub(most);
    found.truncate(most);
    let targets = Targets::of(snapshot, project, found.iter().map(|(scheduled, _)| &scheduled.schedule)).await?;
    let lane = |(scheduled, windows): (Scheduled, Vec<Window>)| {
        let target = targets.words(&scheduled.schedule);
        lane(&scheduled, target, &windows, (from, until, now))
    };
    let lanes = found.into_iter().map(lane).collect();
    let day = |number| Timestamp::from_second(from + number * DAY).map(|day| day.strftime("%a %-d").to_string());
    let days = (0..DAYS).map(|number| day(number).unwrap_or_default()).collect();
    Ok(Timeline { days, width: DAYS * DAY / UNIT, now: (now - from) / UNIT, lanes, more })
}

/// The one that is open, and those that open before an instant.
fn windows(rule: &Rule, now: i64, until: i64) -> Vec<Window> {
    let open = rule.active(now);
    let next = rule.upcoming(now.saturating_add(1)).take_while(|window| window.start < until).take(MOST_WINDOWS);
    let mut windows: Vec<Window> = open.into_iter().chain(next).collect();
    windows.dedup();
    windows
}

fn lane(scheduled: &Scheduled, target: String, windows: &[Window], (from, until, now): (i64, i64, i64)) -> Lane {
    let cut = |window: &Window| {
        let (start, end) = (window.start.clamp(from, until), window.end.unwrap_or(until).clamp(from, until));
        ((start - from) / UNIT, ((end - start) / UNIT).max(1))
    };
    let first = windows.first();
    let is_open = first.is_some_and(|window| window.is_open(now));
    let next = first.map_or(0, |window| if is_open { window.end.unwrap_or(0) } else { window.start });
    let schedule = &scheduled.schedule;
    Lane {
        name: schedule.label().to_owned(),
        target,
        is_update: schedule.is_update(),
        boxes: windows.iter().map(cut).collect(),
        is_open,
        next: When(next),
    }
}

#[cfg(test)]
mod tests {
    use emt_windows::{Cron, Zone};

    use super::*;
    use crate::web::schedules::Schedule;

    /// 2026-06-06 00:00:00 UTC.
    const SATURDAY: i64 = 1_780_704_000;

    fn shown(rule: Rule, now: i64) -> Lane {
        let windows = windows(&rule, now, SATURDAY + DAYS * DAY);
        let scheduled = Scheduled { schedule: Schedule::Single(Box::default()), rule };
        lane(&scheduled, String::new(), &windows, (SATURDAY, SATURDAY + DAYS * DAY, now))
    }

    #[test]
    fn windows_are_cut_to_the_days_that_are_shown() {
        let nightly = Rule::repeated(Cron::parse("0 2 * * *").unwrap(), 3600, Zone::utc()).unwrap();
        let lane = shown(nightly.clone(), SATURDAY + 10);
        assert_eq!((lane.boxes.len(), lane.boxes[0], lane.is_open), (7, (120, 60), false));
        assert_eq!(lane.next, When(SATURDAY + 7200));
        let lane = shown(nightly, SATURDAY + 7300);
        assert_eq!((lane.boxes.len(), lane.is_open, lane.next), (7, true, When(SATURDAY + 10_800)));
        let endless = Rule::single(SATURDAY - DAY, None, Zone::utc()).unwrap();
        let lane = shown(endless, SATURDAY + 600);
        assert_eq!((lane.boxes, lane.next), (vec![(0, DAYS * DAY / UNIT)], When(0)));
    }
}
