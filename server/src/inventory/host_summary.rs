//! Hosts counted by what an operator looks for first.

use emt_api::{
    enums::StatusIndication,
    error::ApiError,
    filter::{Expr, Path, Step, Test},
    resources::HOST,
    value::Value,
};
use serde::Serialize;

use super::{Counts, Group, Inventory, refused};
use crate::store::Query;

/// How many hosts there are (northbound contract, hosts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HostSummary {
    /// In all.
    pub total: u64,
    /// With an error in any status of theirs or of their instance.
    pub error: u64,
    /// With an instance that runs, and no error.
    pub running: u64,
    /// Without a site.
    pub unallocated: u64,
}

const HOST_INDICATORS: [&str; 5] = [
    "power_status_indicator",
    "host_status_indicator",
    "onboarding_status_indicator",
    "registration_status_indicator",
    "amt_status_indicator",
];
const INSTANCE_INDICATORS: [&str; 4] = [
    "instance_status_indicator",
    "provisioning_status_indicator",
    "update_status_indicator",
    "trusted_attestation_status_indicator",
];

impl From<&Counts> for HostSummary {
    fn from(counts: &Counts) -> Self {
        Self {
            total: counts.of(Group::All),
            error: counts.of(Group::Failing),
            running: counts.of(Group::Running),
            unallocated: counts.of(Group::Unallocated),
        }
    }
}

impl Inventory {
    /// Counts the hosts that a filter leaves; all of them are counted already.
    pub async fn host_summary(&self, project: &str, filter: &Expr) -> Result<HostSummary, ApiError> {
        if *filter == Expr::everything() {
            return Ok(HostSummary::from(&*self.tallies.counts(project).await.map_err(refused)?));
        }
        Ok(HostSummary {
            total: self.count_hosts(project, filter, Group::All).await?,
            error: self.count_hosts(project, filter, Group::Failing).await?,
            running: self.count_hosts(project, filter, Group::Running).await?,
            unallocated: self.count_hosts(project, filter, Group::Unallocated).await?,
        })
    }

    async fn count_hosts(&self, project: &str, filter: &Expr, group: Group) -> Result<u64, ApiError> {
        let filter = Expr::All(vec![filter.clone(), group.condition()]);
        let query = Query { count: true, ..Query::all(&HOST, project).filter(filter).limit(0) };
        Ok(self.store.find(query).await.map_err(refused)?.total)
    }
}

fn of_instance() -> Vec<Step> {
    vec![Step::From { prefix: "inst", via: "host_id" }]
}

/// Hosts with an error in any status of theirs or of their instance.
pub fn failed_hosts() -> Expr {
    let is_error =
        |steps: Vec<Step>, column| Expr::Test(Path { steps, column }, Test::Is(Value::Int(StatusIndication::Error as i64)));
    let of_host = HOST_INDICATORS.into_iter().map(|column| is_error(Vec::new(), column));
    let of_instance = INSTANCE_INDICATORS.into_iter().map(|column| is_error(of_instance(), column));
    Expr::Any(of_host.chain(of_instance).collect())
}
