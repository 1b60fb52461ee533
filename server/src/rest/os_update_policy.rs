//! OS update policies: once made they stay as they are.

use super::{
    operation::{At, Operation},
    resource,
};
use crate::inventory::OS_UPDATE_POLICIES;

const AT: At = At::project(&["/os-update-policies", "/os_update_policy"], &["/os_update_policy"]);

pub(super) fn operations() -> Vec<Operation> {
    resource::lasting(&OS_UPDATE_POLICIES, AT)
}
