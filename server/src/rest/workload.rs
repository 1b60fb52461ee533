//! Workloads and their members. The workload in the path of the first generation is not looked at: the body and the answers
//! name it.

use super::{
    operation::{At, Operation},
    resource,
};
use crate::inventory::{WORKLOAD_MEMBERS, WORKLOADS};

const AT: At = At::project(&["/compute/workloads", "/workloads"], &["/workloads"]);
const MEMBERS: At = At::project(&["/workload_members", "/compute/workloads/{workload}/members"], &["/workload_members"]);

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = resource::crud(&WORKLOADS, AT);
    operations.extend(resource::lasting(&WORKLOAD_MEMBERS, MEMBERS));
    operations
}
