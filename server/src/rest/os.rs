//! OS resources.

use super::{
    operation::{At, Operation},
    resource,
};
use crate::inventory::OS_RESOURCES;

const AT: At = At::project(&["/compute/os", "/compute/operating_systems"], &["/operating_systems"]);

pub(super) fn operations() -> Vec<Operation> {
    resource::crud(&OS_RESOURCES, AT)
}
