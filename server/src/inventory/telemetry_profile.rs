//! Rules of telemetry profiles: each is made for exactly one instance, site or region.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    input::Input,
    json::{Plan, SHALLOW},
    record::Row,
    resources::{TELEMETRY_LOGS_PROFILE, TELEMETRY_METRICS_PROFILE},
    spec::Spec,
};

use super::{Resource, Scope};
use crate::store::Change;

static LOGS: Plan = Plan { follow: &[("logsGroup", &SHALLOW)], computed: false };
static METRICS: Plan = Plan { follow: &[("metricsGroup", &SHALLOW)], computed: false };

/// Profiles of logs.
pub static TELEMETRY_LOGS_PROFILES: TelemetryProfiles = TelemetryProfiles { spec: &TELEMETRY_LOGS_PROFILE, plan: &LOGS };
/// Profiles of metrics.
pub static TELEMETRY_METRICS_PROFILES: TelemetryProfiles = TelemetryProfiles { spec: &TELEMETRY_METRICS_PROFILE, plan: &METRICS };

/// One kind of telemetry profiles.
pub struct TelemetryProfiles {
    spec: &'static Spec,
    plan: &'static Plan,
}

#[async_trait]
impl Resource for TelemetryProfiles {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    fn one(&self) -> &'static Plan {
        self.plan
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check_targets(row)?;
        Ok(Vec::new())
    }

    /// A profile whose target was deleted may stay without one.
    async fn changing(&self, _: &Scope<'_>, before: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        if targets(before) > 0 || targets(after) > 0 {
            check_targets(after)?;
        }
        Ok(Vec::new())
    }
}

fn targets(row: &Row) -> usize {
    ["target_instance_id", "target_site_id", "target_region_id"].iter().filter(|column| !row.get(column).is_empty()).count()
}

fn check_targets(row: &Row) -> Result<(), ApiError> {
    let what = match targets(row) {
        1 => return Ok(()),
        0 => "none is set",
        _ => "more than one is set",
    };
    Err(ApiError::invalid(format!(
        "a telemetry profile needs exactly one of targetInstance, targetSite and targetRegion; {what}"
    )))
}
