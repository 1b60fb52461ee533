//! Single schedule: a maintenance window that opens once.

use crate::{
    enums::{SCHEDULE_STATUS, ScheduleStatus},
    patterns::NAME,
    record,
    spec::{Field, LinkSpec, link_to},
    value::Link,
};

/// A schedule's link to what it holds for.
pub(super) const fn target(prefix: &'static str, object: &'static str, name: &'static str) -> LinkSpec {
    LinkSpec { name, clearable: true, ..link_to(prefix, object) }
}

record! {
    /// A maintenance window that opens once.
    pub struct SingleSchedule, static SINGLE_SCHEDULE {
        prefix: "singlesche", table: "single_schedules", list_key: "singleSchedules", label: "single_schedule_resource",
        id_alias: "singleScheduleID",
    } {
        /// What the window is for.
        schedule_status: ScheduleStatus = Field::enumeration("scheduleStatus", &SCHEDULE_STATUS).required(),
        /// Name.
        name: String = Field::text("name", 50, NAME),
        /// Opens, epoch seconds.
        start_seconds: u32 = Field::number("startSeconds", 1, 4_294_967_295).required(),
        /// Closes, epoch seconds; 0 is never.
        end_seconds: u32 = Field::number("endSeconds", 1, 4_294_967_295),
        /// Holds for this host.
        target_host_id: Link = Field::link("targetHostId", target("host", "targetHost", "target_host")),
        /// Holds for all hosts of this site.
        target_site_id: Link = Field::link("targetSiteId", target("site", "targetSite", "target_site")),
        /// Holds for all hosts below this region.
        target_region_id: Link = Field::link("targetRegionId", target("region", "targetRegion", "target_region")),
    }
}
