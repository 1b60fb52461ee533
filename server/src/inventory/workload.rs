//! Rules of workloads.

use async_trait::async_trait;
use emt_api::{
    enums::WorkloadState,
    error::ApiError,
    json::{Plan, SHALLOW},
    record::Row,
    resources::{WORKLOAD, WORKLOAD_MEMBER, Workload},
    spec::Spec,
};

use super::{Resource, Scope, gone, typed};
use crate::store::Change;

/// Workloads.
pub static WORKLOADS: Workloads = Workloads;

/// See [`WORKLOADS`].
pub struct Workloads;

static MEMBER: Plan = Plan { follow: &[("instance", &SHALLOW)], computed: false };
static PLAN: Plan = Plan { follow: &[("members", &MEMBER)], computed: false };

#[async_trait]
impl Resource for Workloads {
    fn spec(&self) -> &'static Spec {
        &WORKLOAD
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        typed(row, |workload: &mut Workload| workload.desired_state = WorkloadState::Provisioned);
        Ok(Vec::new())
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        Ok(vec![scope.require_none(&WORKLOAD_MEMBER, "workload_id", &row.meta.id), gone(row)])
    }
}
