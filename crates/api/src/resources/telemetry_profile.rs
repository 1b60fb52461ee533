//! Telemetry profiles: what is collected of an instance, or of all instances of a site or region. Both kinds of profile
//! share one form of id.

use crate::{
    enums::{SEVERITY_LEVEL, SeverityLevel},
    record,
    spec::{Field, LinkSpec, link_to},
    value::Link,
};

const IDS: &str = "telemetryprofile";
const LABEL: &str = "telemetry_profile";

/// What a profile holds for; only the id is shown.
const fn target(json: &'static str, prefix: &'static str, name: &'static str) -> Field {
    Field::link(json, LinkSpec { name, clearable: true, ..link_to(prefix, "") })
}

const fn target_instance() -> Field {
    target("targetInstance", "inst", "instance")
}

const fn target_site() -> Field {
    target("targetSite", "site", "site")
}

const fn target_region() -> Field {
    target("targetRegion", "region", "region")
}

record! {
    /// Which log lines are collected.
    pub struct TelemetryLogsProfile, static TELEMETRY_LOGS_PROFILE {
        prefix: "telemetrylogsprofile", table: "telemetry_logs_profiles", list_key: "telemetryLogsProfiles", label: LABEL,
        ids: IDS, id_alias: "profileId",
    } {
        /// Holds for this instance.
        target_instance_id: Link = target_instance(),
        /// Holds for all instances of this site.
        target_site_id: Link = target_site(),
        /// Holds for all instances below this region.
        target_region_id: Link = target_region(),
        /// Least severity.
        log_level: SeverityLevel = Field::enumeration("logLevel", &SEVERITY_LEVEL).required(),
        /// The log sources.
        group_id: Link = Field::link("logsGroupId", LinkSpec { name: "group", ..link_to("telemetrylogsgroup", "logsGroup") }).required(),
    }
}

record! {
    /// Which metrics are collected, and how often.
    pub struct TelemetryMetricsProfile, static TELEMETRY_METRICS_PROFILE {
        prefix: "telemetrymetricsprofile", table: "telemetry_metrics_profiles", list_key: "telemetryMetricsProfiles", label: LABEL,
        ids: IDS, id_alias: "profileId",
    } {
        /// Holds for this instance.
        target_instance_id: Link = target_instance(),
        /// Holds for all instances of this site.
        target_site_id: Link = target_site(),
        /// Holds for all instances below this region.
        target_region_id: Link = target_region(),
        /// Seconds between two collections.
        metrics_interval: i32 = Field::number("metricsInterval", 1, 2_147_483_647).required(),
        /// The metrics.
        group_id: Link = Field::link("metricsGroupId", LinkSpec { name: "group", ..link_to("telemetrymetricsgroup", "metricsGroup") }).required(),
    }
}
