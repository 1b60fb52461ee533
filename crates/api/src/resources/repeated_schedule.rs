//! Repeated schedule: a maintenance window that opens again and again.

use super::single_schedule::{EXCEPTED, NOTICE, PLANNED, TIME_ZONE, target};
use crate::{
    enums::{SCHEDULE_STATUS, ScheduleStatus},
    patterns::{CRON_DAY_MONTH, CRON_DAY_WEEK, CRON_HOURS, CRON_MINUTES, CRON_MONTH, NAME},
    record,
    spec::Field,
    value::{Json, Link},
};

/// Most characters of a cron field: longer than any list without repeats.
const CRON_MAX: usize = 200;
/// Most characters of a whole cron.
const CRON_TEXT_MAX: usize = 500;

/// One of the five fields; a whole cron does instead.
const fn cron(json: &'static str, pattern: &'static str) -> Field {
    Field::cron(json, CRON_MAX, pattern).unless("cron")
}

record! {
    /// A maintenance window that opens at each tick of a cron, on a clock of a time zone.
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
        cron_minutes: String = cron("cronMinutes", CRON_MINUTES),
        /// Hours.
        cron_hours: String = cron("cronHours", CRON_HOURS),
        /// Days of the month.
        cron_day_month: String = cron("cronDayMonth", CRON_DAY_MONTH),
        /// Months.
        cron_month: String = cron("cronMonth", CRON_MONTH),
        /// Days of the week; 0 is Sunday.
        cron_day_week: String = cron("cronDayWeek", CRON_DAY_WEEK),
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
        /// Five cron fields with ranges, steps, names, nth weekdays (`6#2`) and last days (`L`, `6L`). The single fields show the
        /// same if they can say it, else nothing. Changing single ones empties it.
        cron: String = Field::text("cron", CRON_TEXT_MAX, "").extension(),
        /// Windows close at this time of day at the latest (`05:30`), or at this time.
        finish_by: String = Field::text("finishBy", 40, "").extension(),
        /// When it was made, or changed otherwise than by its name, epoch seconds; the notice begins then.
        planned_at: i64 = PLANNED,
    }
}
