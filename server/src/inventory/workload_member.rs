//! Workload members: an instance is a member of a workload at most once; members never change.

use async_trait::async_trait;
use emt_api::{
    json::{Plan, SHALLOW},
    resources::WORKLOAD_MEMBER,
    spec::Spec,
};

use super::Resource;

/// Workload members.
pub static WORKLOAD_MEMBERS: WorkloadMembers = WorkloadMembers;

/// See [`WORKLOAD_MEMBERS`].
pub struct WorkloadMembers;

static PLAN: Plan = Plan { follow: &[("workload", &SHALLOW), ("instance", &SHALLOW)], computed: false };

#[async_trait]
impl Resource for WorkloadMembers {
    fn spec(&self) -> &'static Spec {
        &WORKLOAD_MEMBER
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }
}
