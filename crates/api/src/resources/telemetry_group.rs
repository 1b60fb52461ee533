//! Telemetry groups: log sources or metrics that are collected together. Both kinds of group share one form of id.

use crate::{
    enums::{TELEMETRY_COLLECTOR_KIND, TelemetryCollectorKind},
    patterns::{NAME, TELEMETRY_SOURCE},
    record,
    spec::Field,
    value::Json,
};

const IDS: &str = "telemetrygroup";
const LABEL: &str = "telemetry_group_resource";

const fn name() -> Field {
    Field::bounded_text("name", 1, 50, NAME).required()
}

const fn collector_kind() -> Field {
    Field::enumeration("collectorKind", &TELEMETRY_COLLECTOR_KIND).required()
}

const fn groups() -> Field {
    Field::texts("groups", 100, 1000, TELEMETRY_SOURCE).required()
}

record! {
    /// Log sources that are collected together.
    pub struct TelemetryLogsGroup, static TELEMETRY_LOGS_GROUP {
        prefix: "telemetrylogsgroup", table: "telemetry_logs_groups", list_key: "telemetryLogsGroups", label: LABEL,
        ids: IDS, id_alias: "telemetryLogsGroupId",
    } {
        /// Name.
        name: String = name(),
        /// Where they are collected.
        collector_kind: TelemetryCollectorKind = collector_kind(),
        /// The log sources.
        groups: Json<Vec<String>> = groups(),
    }
}

record! {
    /// Metrics that are collected together.
    pub struct TelemetryMetricsGroup, static TELEMETRY_METRICS_GROUP {
        prefix: "telemetrymetricsgroup", table: "telemetry_metrics_groups", list_key: "telemetryMetricsGroups", label: LABEL,
        ids: IDS, id_alias: "telemetryMetricsGroupId",
    } {
        /// Name.
        name: String = name(),
        /// Where they are collected.
        collector_kind: TelemetryCollectorKind = collector_kind(),
        /// The metrics.
        groups: Json<Vec<String>> = groups(),
    }
}
