//! Schedules of any type, with their rules.

use emt_api::{
    enums::ScheduleStatus,
    record::{Record, Row},
    resources::{REPEATED_SCHEDULE, RepeatedSchedule, SINGLE_SCHEDULE, SingleSchedule},
    sheet::Entry,
    spec::Spec,
    value::Link,
};
use emt_windows::{Cron, Rule};

use crate::{
    inventory::{NoRule, REPEATED_SCHEDULES, Resource, SINGLE_SCHEDULES, repeated_rule, single_rule},
    store::{Query, Snapshot, StoreError},
};

/// Most schedules of a kind that pages look at.
pub(in crate::web) const MOST: u64 = 5000;

/// A schedule of any type.
#[derive(Debug, Clone)]
pub(in crate::web) enum Schedule {
    Single(Box<SingleSchedule>),
    Repeated(Box<RepeatedSchedule>),
}

/// A field that both types have.
macro_rules! both {
    ($schedule:expr, $field:ident) => {
        match $schedule {
            Schedule::Single(schedule) => &schedule.$field,
            Schedule::Repeated(schedule) => &schedule.$field,
        }
    };
}

impl Schedule {
    /// The schedule in a row of its kind.
    pub(in crate::web) fn of(row: Row) -> Self {
        if row.spec == &SINGLE_SCHEDULE {
            Self::Single(Box::new(SingleSchedule::from_row(row)))
        } else {
            Self::Repeated(Box::new(RepeatedSchedule::from_row(row)))
        }
    }

    pub(in crate::web) fn id(&self) -> &str {
        &both!(self, meta).id
    }

    pub(in crate::web) fn name(&self) -> &str {
        both!(self, name)
    }

    /// What people call it.
    pub(in crate::web) fn label(&self) -> &str {
        if self.name().is_empty() { self.id() } else { self.name() }
    }

    pub(in crate::web) fn status(&self) -> ScheduleStatus {
        *both!(self, schedule_status)
    }

    /// The kind of what it holds for, and its id: both "" for nobody.
    pub(in crate::web) fn target(&self) -> (&'static str, &str) {
        let links = [
            ("host", both!(self, target_host_id)),
            ("site", both!(self, target_site_id)),
            ("region", both!(self, target_region_id)),
        ];
        let set = links.into_iter().find(|(_, link)| Link::is_set(link));
        set.map_or(("", ""), |(kind, link)| (kind, link.as_str()))
    }

    /// The name of its zone.
    pub(in crate::web) fn zone(&self) -> &str {
        let zone = both!(self, time_zone);
        if zone.is_empty() { "UTC" } else { zone }
    }

    pub(in crate::web) fn exceptions(&self) -> &[String] {
        &both!(self, exceptions).0
    }

    /// Seconds.
    pub(in crate::web) fn notice(&self) -> u32 {
        *both!(self, minimum_notice_seconds)
    }

    pub(in crate::web) fn finish_by(&self) -> &str {
        match self {
            Self::Single(_) => "",
            Self::Repeated(schedule) => &schedule.finish_by,
        }
    }

    /// How long its windows are open, seconds; none if they have no end.
    pub(in crate::web) fn length(&self) -> Option<i64> {
        match self {
            Self::Single(schedule) if schedule.end_seconds == 0 => None,
            Self::Single(schedule) => Some(i64::from(schedule.end_seconds) - i64::from(schedule.start_seconds)),
            Self::Repeated(schedule) => Some(schedule.duration_seconds.into()),
        }
    }

    /// When its windows open again and again; "" if they do so once.
    pub(in crate::web) fn cron_text(&self) -> String {
        match self {
            Self::Single(_) => String::new(),
            Self::Repeated(schedule) if schedule.cron.is_empty() => {
                let RepeatedSchedule { cron_minutes, cron_hours, cron_day_month, cron_month, cron_day_week, .. } = &**schedule;
                [cron_minutes, cron_hours, cron_day_month, cron_month, cron_day_week].map(String::as_str).join(" ")
            }
            Self::Repeated(schedule) => schedule.cron.clone(),
        }
    }

    /// The same as a rule has it.
    pub(in crate::web) fn cron(&self) -> Option<Cron> {
        Cron::parse(&self.cron_text()).ok()
    }

    pub(in crate::web) fn rule(&self) -> Result<Rule, NoRule> {
        match self {
            Self::Single(schedule) => single_rule(schedule),
            Self::Repeated(schedule) => repeated_rule(schedule),
        }
    }

    /// The rule if it had no exceptions.
    pub(in crate::web) fn rule_without_exceptions(&self) -> Result<Rule, NoRule> {
        let mut whole = self.clone();
        match &mut whole {
            Self::Single(schedule) => schedule.exceptions.0.clear(),
            Self::Repeated(schedule) => schedule.exceptions.0.clear(),
        }
        whole.rule()
    }

    pub(in crate::web) fn resource(&self) -> &'static dyn Resource {
        resource(matches!(self, Self::Repeated(_)))
    }

    /// What it is for, in words.
    pub(in crate::web) fn purpose(&self) -> &'static str {
        match self.status() {
            ScheduleStatus::OsUpdate => "OS update",
            ScheduleStatus::Maintenance => "maintenance",
            ScheduleStatus::Unspecified => "not said",
        }
    }

    pub(in crate::web) fn is_update(&self) -> bool {
        self.status() == ScheduleStatus::OsUpdate
    }
}

/// The rules of a type.
pub(in crate::web) fn resource(is_repeated: bool) -> &'static dyn Resource {
    if is_repeated { &REPEATED_SCHEDULES } else { &SINGLE_SCHEDULES }
}

/// A schedule with its rule.
#[derive(Debug, Clone)]
pub(in crate::web) struct Scheduled {
    pub(in crate::web) schedule: Schedule,
    pub(in crate::web) rule: Rule,
}

/// All schedules of a project that can open, [`MOST`] of each kind.
pub(in crate::web) async fn schedules(snapshot: &mut dyn Snapshot, project: &str) -> Result<Vec<Scheduled>, StoreError> {
    let mut all = Vec::new();
    for spec in [&SINGLE_SCHEDULE, &REPEATED_SCHEDULE] {
        let found = snapshot.find(&Query::all(spec, project).limit(MOST)).await?.0;
        all.extend(found.iter().map(schedule).filter_map(|schedule| Some(Scheduled { rule: schedule.rule().ok()?, schedule })));
    }
    Ok(all)
}

/// One schedule, or its kind's "not found".
pub(super) async fn one(snapshot: &mut dyn Snapshot, project: &str, id: &str) -> Result<Schedule, super::Failure> {
    let spec: &'static Spec = resource(id.starts_with("repeatedsche-")).spec();
    let found = snapshot.get(spec, project, &[id]).await?;
    Ok(found.get(0).map(schedule).ok_or_else(|| spec.not_found())?)
}

fn schedule(entry: Entry<'_>) -> Schedule {
    if entry.spec() == &SINGLE_SCHEDULE {
        Schedule::Single(Box::new(entry.record()))
    } else {
        Schedule::Repeated(Box::new(entry.record()))
    }
}
