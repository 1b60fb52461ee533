//! Single schedule: a maintenance window that opens once.

use crate::{
    enums::{SCHEDULE_STATUS, ScheduleStatus},
    patterns::NAME,
    record,
    spec::{Field, LinkSpec, link_to},
    value::{Json, Link},
};

/// Most exceptions of a schedule.
const EXCEPTIONS: usize = 200;
/// Most bytes of an exception: two times with offsets.
const EXCEPTION_LENGTH: usize = 80;
/// Longest notice in seconds: a year.
const NOTICE_MAX: i64 = 366 * 86_400;

/// The zone whose clock a schedule goes by.
pub(super) const TIME_ZONE: Field = Field::text("timeZone", 64, "").extension();
/// When a schedule has nothing open.
pub(super) const EXCEPTED: Field = Field::texts("exceptions", EXCEPTIONS, EXCEPTION_LENGTH, "").extension();
/// A schedule's notice.
pub(super) const NOTICE: Field = Field::number("minimumNoticeSeconds", 0, NOTICE_MAX).extension();
/// When a schedule was made, or changed otherwise than by its name.
pub(super) const PLANNED: Field = Field::number("plannedAt", 0, i64::MAX).shown_only().extension();

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
        /// IANA time zone whose clock dates and times without an offset are on, such as `Europe/Berlin`; UTC if none is given.
        time_zone: String = TIME_ZONE,
        /// When nothing is open, whatever else holds: days such as `2026-12-24`, or `FROM/TO` of days (both count as a whole) or
        /// times.
        exceptions: Json<Vec<String>> = EXCEPTED,
        /// Nothing opens earlier than so many seconds after the schedule was made or changed otherwise than by its name.
        minimum_notice_seconds: u32 = NOTICE,
        /// When it was made, or changed otherwise than by its name, epoch seconds; the notice begins then.
        planned_at: i64 = PLANNED,
    }
}
