//! Rules of repeated schedules.

use async_trait::async_trait;
use emt_api::{error::ApiError, input::Input, json::Plan, record::Row, resources::REPEATED_SCHEDULE, spec::Spec};

use super::{
    Resource, Scope,
    single_schedule::{TARGETS, check_targets},
};
use crate::store::Change;

/// Repeated schedules.
pub static REPEATED_SCHEDULES: RepeatedSchedules = RepeatedSchedules;

/// See [`REPEATED_SCHEDULES`].
pub struct RepeatedSchedules;

#[async_trait]
impl Resource for RepeatedSchedules {
    fn spec(&self) -> &'static Spec {
        &REPEATED_SCHEDULE
    }

    fn one(&self) -> &'static Plan {
        &TARGETS
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check_targets(row)?;
        Ok(Vec::new())
    }

    async fn changing(&self, _: &Scope<'_>, _: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check_targets(after)?;
        Ok(Vec::new())
    }
}
