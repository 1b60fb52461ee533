//! Rules of single schedules.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    input::Input,
    json::{Plan, SHALLOW},
    record::{Record, Row},
    resources::{SINGLE_SCHEDULE, SingleSchedule},
    spec::Spec,
};

use super::{
    Resource, Scope,
    window_rule::{single_rule, zone_of},
};
use crate::store::Change;

/// Single schedules.
pub static SINGLE_SCHEDULES: SingleSchedules = SingleSchedules;

/// See [`SINGLE_SCHEDULES`].
pub struct SingleSchedules;

/// Schedules show what they hold for.
pub(super) static TARGETS: Plan =
    Plan { follow: &[("targetHost", &SHALLOW), ("targetSite", &SHALLOW), ("targetRegion", &SHALLOW)], computed: false };

#[async_trait]
impl Resource for SingleSchedules {
    fn spec(&self) -> &'static Spec {
        &SINGLE_SCHEDULE
    }

    fn one(&self) -> &'static Plan {
        &TARGETS
    }

    async fn creating(&self, scope: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check(row, scope.now(), true)?;
        row.set("planned_at", scope.now().into());
        Ok(Vec::new())
    }

    async fn changing(&self, scope: &Scope<'_>, before: &Row, after: &mut Row, given: &Input) -> Result<Vec<Change>, ApiError> {
        let starts = given.get(&SINGLE_SCHEDULE, "start_seconds").is_some();
        check(after, scope.now(), starts)?;
        if is_replanned(before, after) {
            after.set("planned_at", scope.now().into());
        }
        Ok(Vec::new())
    }
}

fn check(row: &mut Row, now: i64, starts: bool) -> Result<(), ApiError> {
    let schedule = SingleSchedule::from_row(row.clone());
    if starts && i64::from(schedule.start_seconds) <= now {
        return Err(ApiError::invalid("Scheduled start time cannot be in the past"));
    }
    if schedule.end_seconds != 0 && schedule.end_seconds <= schedule.start_seconds {
        return Err(ApiError::invalid("The schedule end time must be greater than the start time"));
    }
    check_targets(row)?;
    single_rule(&schedule)?;
    row.set("time_zone", zone_of(&schedule.time_zone)?.name().into());
    Ok(())
}

/// Whether anything but the name of a schedule differs: then its notice begins anew.
pub(super) fn is_replanned(before: &Row, after: &Row) -> bool {
    let values = before.values.iter().zip(&after.values);
    let mut fields = before.spec.fields.iter().zip(values);
    fields.any(|(field, (before, after))| before != after && !["name", "planned_at"].contains(&field.column))
}

/// At most one target.
pub(super) fn check_targets(row: &Row) -> Result<(), ApiError> {
    let set = ["target_host_id", "target_site_id", "target_region_id"].into_iter().filter(|column| !row.get(column).is_empty());
    if set.count() > 1 {
        return Err(ApiError::invalid("only site, host or region target must be provided for schedule resource"));
    }
    Ok(())
}
