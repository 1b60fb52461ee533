//! Sites. The region in the path is not looked at: clients put anything or nothing there.

use super::{
    operation::{At, Operation},
    resource,
};
use crate::inventory::SITES;

const AT: At = At::project(&["/regions/{region}/sites", "/sites"], &["/sites"]);

pub(super) fn operations() -> Vec<Operation> {
    resource::crud(&SITES, AT)
}
