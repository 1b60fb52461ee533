//! The resources, one file each.

mod host;
mod instance;
mod os;
mod os_update_policy;
mod os_update_run;
mod region;
mod repeated_schedule;
mod single_schedule;
mod site;

pub use host::{HOST, Host};
pub use instance::{INSTANCE, Instance};
pub use os::{OS, Os};
pub use os_update_policy::{OS_UPDATE_POLICY, OsUpdatePolicy};
pub use os_update_run::{OS_UPDATE_RUN, OsUpdateRun, UNFINISHED};
pub use region::{REGION, Region};
pub use repeated_schedule::{REPEATED_SCHEDULE, RepeatedSchedule};
pub use single_schedule::{SINGLE_SCHEDULE, SingleSchedule};
pub use site::{SITE, Site};

use crate::spec::Spec;

/// Every resource that is kept.
pub static ALL: [&Spec; 9] =
    [&OS, &INSTANCE, &HOST, &SITE, &REGION, &SINGLE_SCHEDULE, &REPEATED_SCHEDULE, &OS_UPDATE_POLICY, &OS_UPDATE_RUN];

/// The resource with this id prefix.
pub fn by_prefix(prefix: &str) -> Option<&'static Spec> {
    ALL.into_iter().find(|spec| spec.prefix == prefix)
}
