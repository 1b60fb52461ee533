//! Rules of telemetry groups: they never change, and stay while a profile uses them.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    record::Row,
    resources::{TELEMETRY_LOGS_GROUP, TELEMETRY_LOGS_PROFILE, TELEMETRY_METRICS_GROUP, TELEMETRY_METRICS_PROFILE},
    spec::Spec,
};

use super::{Resource, Scope, gone};
use crate::store::Change;

/// Groups of log sources.
pub static TELEMETRY_LOGS_GROUPS: TelemetryGroups =
    TelemetryGroups { spec: &TELEMETRY_LOGS_GROUP, profiles: &TELEMETRY_LOGS_PROFILE };
/// Groups of metrics.
pub static TELEMETRY_METRICS_GROUPS: TelemetryGroups =
    TelemetryGroups { spec: &TELEMETRY_METRICS_GROUP, profiles: &TELEMETRY_METRICS_PROFILE };

/// One kind of telemetry groups.
pub struct TelemetryGroups {
    spec: &'static Spec,
    profiles: &'static Spec,
}

#[async_trait]
impl Resource for TelemetryGroups {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        Ok(vec![scope.require_none(self.profiles, "group_id", &row.meta.id), gone(row)])
    }
}
