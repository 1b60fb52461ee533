//! The windows of the next days, a lane each: what opens when, for whom.

use emt_api::{
    enums::ScheduleStatus,
    record::Record,
    resources::{HOST, REGION, REPEATED_SCHEDULE, RepeatedSchedule, SINGLE_SCHEDULE, SITE, SingleSchedule},
    sheet::Entry,
    value::Link,
};
use emt_windows::{Rule, Window};
use jiff::Timestamp;

use super::{
    fleet::linked,
    words::{When, many},
};
use crate::{
    inventory::{repeated_rule, single_rule},
    store::{Query, Snapshot, StoreError},
};

/// Days that are shown.
pub(super) const DAYS: i64 = 7;
const DAY: i64 = 86_400;
/// Most schedules of a kind that are looked at.
const MOST: u64 = 500;
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

/// A schedule of any type, with its rule.
pub(super) struct Scheduled {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: ScheduleStatus,
    /// The kind of what it holds for, and which.
    pub(super) target: (&'static str, Link),
    /// When it opens again and again, as its cron and zone tell it; "" if it does so once.
    pub(super) repeats: String,
    pub(super) rule: Rule,
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
    let mut lanes = Vec::with_capacity(found.len());
    for (schedule, windows) in found {
        let target = target(snapshot, project, &schedule.target).await?;
        lanes.push(lane(schedule, target, &windows, (from, until, now)));
    }
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

fn lane(schedule: Scheduled, target: String, windows: &[Window], (from, until, now): (i64, i64, i64)) -> Lane {
    let cut = |window: &Window| {
        let (start, end) = (window.start.clamp(from, until), window.end.unwrap_or(until).clamp(from, until));
        ((start - from) / UNIT, ((end - start) / UNIT).max(1))
    };
    let first = windows.first();
    let is_open = first.is_some_and(|window| window.is_open(now));
    let next = first.map_or(0, |window| if is_open { window.end.unwrap_or(0) } else { window.start });
    let Scheduled { id, name, status, .. } = schedule;
    Lane {
        name: if name.is_empty() { id } else { name },
        target,
        is_update: status == ScheduleStatus::OsUpdate,
        boxes: windows.iter().map(cut).collect(),
        is_open,
        next: When(next),
    }
}

/// All schedules that can open.
pub(super) async fn schedules(snapshot: &mut dyn Snapshot, project: &str) -> Result<Vec<Scheduled>, StoreError> {
    let singles = snapshot.find(&Query::all(&SINGLE_SCHEDULE, project).limit(MOST)).await?.0;
    let singles = singles.iter().map(Entry::record).filter_map(|schedule: SingleSchedule| {
        Some(Scheduled {
            rule: single_rule(&schedule).ok()?,
            id: schedule.id().to_owned(),
            status: schedule.schedule_status,
            target: one_of(schedule.target_host_id, schedule.target_site_id, schedule.target_region_id),
            repeats: String::new(),
            name: schedule.name,
        })
    });
    let repeated = snapshot.find(&Query::all(&REPEATED_SCHEDULE, project).limit(MOST)).await?.0;
    let repeated = repeated.iter().map(Entry::record).filter_map(|schedule: RepeatedSchedule| {
        Some(Scheduled {
            rule: repeated_rule(&schedule).ok()?,
            id: schedule.id().to_owned(),
            status: schedule.schedule_status,
            repeats: repeats(&schedule),
            target: one_of(schedule.target_host_id, schedule.target_site_id, schedule.target_region_id),
            name: schedule.name,
        })
    });
    Ok(singles.chain(repeated).collect())
}

fn repeats(schedule: &RepeatedSchedule) -> String {
    let RepeatedSchedule { cron_minutes, cron_hours, cron_day_month, cron_month, cron_day_week, .. } = schedule;
    let cron = if schedule.cron.is_empty() {
        [cron_minutes, cron_hours, cron_day_month, cron_month, cron_day_week].map(String::as_str).join(" ")
    } else {
        schedule.cron.clone()
    };
    let zone = if schedule.time_zone.is_empty() { "UTC" } else { &schedule.time_zone };
    format!(
        "{cron} in {zone}, for {}",
        many(u64::from(schedule.duration_seconds.unsigned_abs()).div_ceil(60), "minute", "minutes")
    )
}

fn one_of(host: Link, site: Link, region: Link) -> (&'static str, Link) {
    if host.is_set() {
        ("host", host)
    } else if site.is_set() {
        ("site", site)
    } else {
        ("region", region)
    }
}

/// What a schedule holds for, in words.
pub(super) async fn target(
    snapshot: &mut dyn Snapshot,
    project: &str,
    (kind, link): &(&str, Link),
) -> Result<String, StoreError> {
    let Some(id) = link.id() else { return Ok("nothing".to_owned()) };
    let spec = match *kind {
        "host" => &HOST,
        "site" => &SITE,
        _ => &REGION,
    };
    let found = linked(snapshot, spec, project, [id].into_iter()).await?;
    let name = found.get(0).map_or("", |record| record.text("name")).to_owned();
    Ok(format!("{kind} {}", if name.is_empty() { id } else { &name }))
}

#[cfg(test)]
mod tests {
    use emt_windows::{Cron, Zone};

    use super::*;

    /// 2026-06-06 00:00:00 UTC.
    const SATURDAY: i64 = 1_780_704_000;

    fn shown(rule: Rule, now: i64) -> Lane {
        let schedule = Scheduled {
            id: "s".to_owned(),
            name: String::new(),
            status: ScheduleStatus::OsUpdate,
            target: ("host", Link::default()),
            repeats: String::new(),
            rule,
        };
        let windows = windows(&schedule.rule, now, SATURDAY + DAYS * DAY);
        lane(schedule, String::new(), &windows, (SATURDAY, SATURDAY + DAYS * DAY, now))
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
