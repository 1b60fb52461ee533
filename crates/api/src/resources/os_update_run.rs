//! OS update run: one update of one instance, from first download or start to its end.

use crate::{
    enums::{STATUS_INDICATION, StatusIndication, UPDATE_RUN_STATE, UpdateRunState},
    record,
    spec::{Field, LinkSpec, Type, link_to},
    value::Link,
};

/// End time that answers show while a run is not finished: upstream's marker as 32 bits leave it.
pub const UNFINISHED: u32 = 1_410_065_407;

record! {
    /// One update of one instance.
    pub struct OsUpdateRun, static OS_UPDATE_RUN {
        prefix: "osupdaterun", table: "os_update_runs", list_key: "osUpdateRuns", label: "os_update_run_resource",
    } {
        /// Host name and time of the start.
        name: String = Field::output("name"),
        /// What was replaced.
        description: String = Field::output("description"),
        /// Policy that was in force.
        applied_policy_id: Link = Field::link("", LinkSpec { name: "applied_policy", empty_object: true, ..link_to("osupdatepolicy", "appliedPolicy") }).shown_only(),
        /// The instance.
        instance_id: Link = Field::link("", LinkSpec { empty_object: true, ..link_to("inst", "instance") }).shown_only(),
        /// How to show the status.
        status_indicator: StatusIndication = Field::enumeration("statusIndicator", &STATUS_INDICATION).shown_only(),
        /// Update status at the last change.
        status: String = Field::output("status"),
        /// Update log as JSON text.
        status_details: String = Field::output("statusDetails"),
        /// When the status changed, epoch seconds.
        status_timestamp: u32 = Field::output_number("statusTimestamp"),
        /// Begin, epoch seconds.
        start_time: u32 = Field::output_number("startTime"),
        /// End, epoch seconds; [`UNFINISHED`] before.
        end_time: u32 = Field::output_number("endTime"),
        /// How far it is, or how it ended.
        state: UpdateRunState = Field::enumeration("state", &UPDATE_RUN_STATE).shown_only().extension(),
        /// What the node was to run when the run began: the id of an OS, or another key of a target; "" if it is not known.
        target: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Which attempt of the node the run is, as the node was told; "" if it does not say.
        attempt: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
    }
}
