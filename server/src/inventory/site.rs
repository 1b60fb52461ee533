//! Rules of sites.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    input::Input,
    json::{Plan, SHALLOW},
    record::Row,
    resources::{HOST, REPEATED_SCHEDULE, SINGLE_SCHEDULE, SITE, TELEMETRY_LOGS_PROFILE, TELEMETRY_METRICS_PROFILE},
    spec::Spec,
};

use super::{Resource, Scope, gone, region::check_labels};
use crate::store::Change;

/// Sites.
pub static SITES: Sites = Sites;

/// See [`SITES`].
pub struct Sites;

static PLAN: Plan = Plan { follow: &[("region", &SHALLOW), ("provider", &SHALLOW)], computed: true };

#[async_trait]
impl Resource for Sites {
    fn spec(&self) -> &'static Spec {
        &SITE
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check_labels(row)?;
        Ok(Vec::new())
    }

    async fn changing(&self, _: &Scope<'_>, _: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check_labels(after)?;
        Ok(Vec::new())
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let id = &row.meta.id;
        Ok(vec![
            scope.require_none(&HOST, "site_id", id),
            scope.unlink(&SINGLE_SCHEDULE, "target_site_id", id),
            scope.unlink(&REPEATED_SCHEDULE, "target_site_id", id),
            scope.unlink(&TELEMETRY_LOGS_PROFILE, "target_site_id", id),
            scope.unlink(&TELEMETRY_METRICS_PROFILE, "target_site_id", id),
            gone(row),
        ])
    }
}
