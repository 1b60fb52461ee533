//! OS update runs are read and deleted; only the Maintenance Manager writes them.

use async_trait::async_trait;
use emt_api::{
    json::{Plan, SHALLOW},
    resources::OS_UPDATE_RUN,
    spec::Spec,
};

use super::Resource;

/// OS update runs.
pub static OS_UPDATE_RUNS: OsUpdateRuns = OsUpdateRuns;

/// See [`OS_UPDATE_RUNS`].
pub struct OsUpdateRuns;

static PLAN: Plan = Plan { follow: &[("appliedPolicy", &SHALLOW), ("instance", &SHALLOW)], computed: false };

#[async_trait]
impl Resource for OsUpdateRuns {
    fn spec(&self) -> &'static Spec {
        &OS_UPDATE_RUN
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }
}
