//! Rules of repeated schedules.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    input::Input,
    json::Plan,
    record::{Record, Row},
    resources::{REPEATED_SCHEDULE, RepeatedSchedule},
    spec::Spec,
};
use emt_windows::Cron;

use super::{
    Resource, Scope,
    single_schedule::{TARGETS, check_targets, is_replanned},
    window_rule::{repeated_rule, zone_of},
};
use crate::store::Change;

/// Repeated schedules.
pub static REPEATED_SCHEDULES: RepeatedSchedules = RepeatedSchedules;

/// See [`REPEATED_SCHEDULES`].
pub struct RepeatedSchedules;

/// Columns of the five single cron fields, in their order.
const SINGLE_FIELDS: [&str; 5] = ["cron_minutes", "cron_hours", "cron_day_month", "cron_month", "cron_day_week"];

#[async_trait]
impl Resource for RepeatedSchedules {
    fn spec(&self) -> &'static Spec {
        &REPEATED_SCHEDULE
    }

    fn one(&self) -> &'static Plan {
        &TARGETS
    }

    async fn creating(&self, scope: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check_targets(row)?;
        let given = row.clone();
        *row = settled(row.clone(), None, |column| !given.get(column).is_empty())?;
        row.set("planned_at", scope.now().into());
        Ok(Vec::new())
    }

    async fn changing(&self, scope: &Scope<'_>, before: &Row, after: &mut Row, given: &Input) -> Result<Vec<Change>, ApiError> {
        check_targets(after)?;
        *after = settled(after.clone(), Some(before), |column| given.get(&REPEATED_SCHEDULE, column).is_some())?;
        if is_replanned(before, after) {
            after.set("planned_at", scope.now().into());
        }
        Ok(Vec::new())
    }
}

/// The record with its two forms of cron in agreement, if it is a rule. Clients that do not know the whole cron change the
/// single fields: then these hold, and the whole one goes.
fn settled(row: Row, before: Option<&Row>, is_given: impl Fn(&str) -> bool) -> Result<Row, ApiError> {
    let changed =
        SINGLE_FIELDS.iter().any(|column| is_given(column) && before.is_none_or(|before| before.get(column) != row.get(column)));
    let whole = row.get("cron").text().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut row = row;
    if whole.is_empty() || (changed && !is_given("cron")) {
        row.set("cron", "".into());
        let missing = SINGLE_FIELDS.iter().find(|column| row.get(column).is_empty());
        if let Some(field) = missing.and_then(|column| row.spec.fields.iter().find(|field| field.column == *column)) {
            return Err(ApiError::invalid(format!("field {} is empty: give cron, or all five cron fields", field.json)));
        }
    } else {
        let cron = Cron::parse(&whole).map_err(|error| ApiError::invalid(format!("field cron: {error}")))?;
        let shown = cron.to_wire().unwrap_or_default();
        for (column, shown) in SINGLE_FIELDS.iter().zip(shown) {
            if changed && is_given(column) && row.get(column).text() != shown {
                return Err(ApiError::invalid(format!(
                    "field cron: {whole:?} and the five cron fields say different things: give one of them"
                )));
            }
            row.set(column, shown.into());
        }
        row.set("cron", whole.into());
    }
    let mut schedule = RepeatedSchedule::from_row(row);
    zone_of(&schedule.time_zone)?.name().clone_into(&mut schedule.time_zone);
    repeated_rule(&schedule)?;
    Ok(schedule.into_row())
}
