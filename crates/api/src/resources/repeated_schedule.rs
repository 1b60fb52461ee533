//! Repeated schedule: a maintenance window that opens again and again.

use super::single_schedule::target;
use crate::{
    enums::{SCHEDULE_STATUS, ScheduleStatus},
    patterns::{CRON_DAY_MONTH, CRON_DAY_WEEK, CRON_HOURS, CRON_MINUTES, CRON_MONTH, NAME},
    record,
    spec::Field,
    value::Link,
};

/// Most characters of a cron field: longer than any list without repeats.
const CRON_MAX: usize = 200;

record! {
    /// A maintenance window that opens at each tick of five cron fields, in UTC.
    pub struct RepeatedSchedule, static REPEATED_SCHEDULE {
        prefix: "repeatedsche", table: "repeated_schedules", list_key: "repeatedSchedules", label: "repeated_schedule_resource",
        id_alias: "repeatedScheduleID",
    } {
        /// What the window is for.
        schedule_status: ScheduleStatus = Field::enumeration("scheduleStatus", &SCHEDULE_STATUS).required(),
        /// Name.
        name: String = Field::text("name", 50, NAME),
        /// Length in seconds.
        duration_seconds: i32 = Field::number("durationSeconds", 1, 86_400).required(),
        /// Minutes.
        cron_minutes: String = Field::cron("cronMinutes", CRON_MAX, CRON_MINUTES),
        /// Hours.
        cron_hours: String = Field::cron("cronHours", CRON_MAX, CRON_HOURS),
        /// Days of the month.
        cron_day_month: String = Field::cron("cronDayMonth", CRON_MAX, CRON_DAY_MONTH),
        /// Months.
        cron_month: String = Field::cron("cronMonth", CRON_MAX, CRON_MONTH),
        /// Days of the week; 0 is Sunday.
        cron_day_week: String = Field::cron("cronDayWeek", CRON_MAX, CRON_DAY_WEEK),
        /// Holds for this host.
        target_host_id: Link = Field::link("targetHostId", target("host", "targetHost", "target_host")),
        /// Holds for all hosts of this site.
        target_site_id: Link = Field::link("targetSiteId", target("site", "targetSite", "target_site")),
        /// Holds for all hosts below this region.
        target_region_id: Link = Field::link("targetRegionId", target("region", "targetRegion", "target_region")),
    }
}
