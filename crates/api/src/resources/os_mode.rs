//! Mode of linking: whether the newest OS is linked to instances by itself.

use crate::{
    enums::{OS_MODE, OsMode},
    record,
    spec::{Field, Type},
};

record! {
    /// What is set for the whole server, a project, or one of its profiles. No request names it.
    pub struct OsModeRecord, static OS_MODE_RECORD {
        prefix: "osmode", table: "os_modes", list_key: "osModes", label: "os_mode",
    } {
        /// The mode.
        mode: OsMode = Field::internal(Type::Enum(&OS_MODE)),
    }
}

/// Id of what is set for a whole project, or for the whole server.
pub const OF_ALL: &str = "all";
/// What ids of what is set for a profile begin with; the profile follows.
pub const OF_PROFILE: &str = "profile/";

impl OsModeRecord {
    /// The profile that it is set for; `None` for all.
    pub fn profile(&self) -> Option<&str> {
        self.meta.id.strip_prefix(OF_PROFILE)
    }
}
