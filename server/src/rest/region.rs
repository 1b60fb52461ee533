//! Regions.

use super::{
    operation::{At, Operation},
    resource,
};
use crate::inventory::REGIONS;

const AT: At = At::project(&["/regions"], &["/regions"]);

pub(super) fn operations() -> Vec<Operation> {
    resource::crud(&REGIONS, AT)
}
