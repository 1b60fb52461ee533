//! The resources, one file each.

mod custom_config;
mod host;
mod instance;
mod local_account;
mod os;
mod os_mode;
mod os_offer;
mod os_source;
mod os_update_policy;
mod os_update_run;
mod provider;
mod region;
mod repeated_schedule;
mod single_schedule;
mod site;
mod telemetry_group;
mod telemetry_profile;
mod workload;
mod workload_member;

pub use custom_config::{CUSTOM_CONFIG, CustomConfig, INSTANCE_CONFIG, InstanceConfig};
pub use host::{HOST, Host};
pub use instance::{INSTANCE, Instance, LINKED_BY_AUTOMATIC_MODE, Slot, SlotState};
pub use local_account::{LOCAL_ACCOUNT, LocalAccount};
pub use os::{OS, Os};
pub use os_mode::{OF_ALL, OF_PROFILE, OS_MODE_RECORD, OsModeRecord};
pub use os_offer::{OS_OFFER, OsOffer};
pub use os_source::{INTERVAL, OS_SOURCE, OsSource};
pub use os_update_policy::{OS_UPDATE_POLICY, OsUpdatePolicy};
pub use os_update_run::{OS_UPDATE_RUN, OsUpdateRun, UNFINISHED};
pub use provider::{PROVIDER, Provider};
pub use region::{REGION, Region};
pub use repeated_schedule::{REPEATED_SCHEDULE, RepeatedSchedule};
pub use single_schedule::{SINGLE_SCHEDULE, SingleSchedule};
pub use site::{SITE, Site};
pub use telemetry_group::{TELEMETRY_LOGS_GROUP, TELEMETRY_METRICS_GROUP, TelemetryLogsGroup, TelemetryMetricsGroup};
pub use telemetry_profile::{TELEMETRY_LOGS_PROFILE, TELEMETRY_METRICS_PROFILE, TelemetryLogsProfile, TelemetryMetricsProfile};
pub use workload::{WORKLOAD, Workload};
pub use workload_member::{WORKLOAD_MEMBER, WorkloadMember};

use crate::spec::Spec;

/// Every resource that is kept.
pub static ALL: [&Spec; 20] = [
    &OS,
    &INSTANCE,
    &HOST,
    &SITE,
    &REGION,
    &SINGLE_SCHEDULE,
    &REPEATED_SCHEDULE,
    &OS_UPDATE_POLICY,
    &OS_UPDATE_RUN,
    &WORKLOAD,
    &WORKLOAD_MEMBER,
    &PROVIDER,
    &LOCAL_ACCOUNT,
    &CUSTOM_CONFIG,
    &TELEMETRY_LOGS_GROUP,
    &TELEMETRY_METRICS_GROUP,
    &TELEMETRY_LOGS_PROFILE,
    &TELEMETRY_METRICS_PROFILE,
    &OS_SOURCE,
    &OS_OFFER,
];

/// Records that stand for one link of a list of links; no request names them.
pub static JOINS: [&Spec; 1] = [&INSTANCE_CONFIG];

/// What is kept beside resources; requests have other names for it.
pub static SETTINGS: [&Spec; 1] = [&OS_MODE_RECORD];

/// All kinds of records that belong to projects.
pub fn kept() -> impl Iterator<Item = &'static Spec> {
    ALL.into_iter().chain(JOINS).chain(SETTINGS)
}

/// The resource of this kind.
pub fn by_prefix(prefix: &str) -> Option<&'static Spec> {
    ALL.into_iter().find(|spec| spec.prefix == prefix)
}

/// A resource whose ids begin so; where several kinds share a form of id, they share the text of "not found", too.
pub fn by_id_prefix(prefix: &str) -> Option<&'static Spec> {
    ALL.into_iter().find(|spec| spec.id_prefix() == prefix)
}
