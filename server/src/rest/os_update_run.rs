//! OS update runs: nodes make them, operators read and delete them.

use super::{
    operation::{At, Operation},
    resource,
};
use crate::inventory::OS_UPDATE_RUNS;

const AT: At = At::project(&["/os-update-runs", "/os_update_run"], &["/os_update_run"]);

pub(super) fn operations() -> Vec<Operation> {
    vec![resource::list_of(&OS_UPDATE_RUNS, AT), resource::show(&OS_UPDATE_RUNS, AT), resource::deletion(&OS_UPDATE_RUNS, AT)]
}
