//! Rules of OS update policies: they are made whole and never change.

use async_trait::async_trait;
use emt_api::{
    enums::UpdatePolicy,
    error::ApiError,
    json::{Plan, SHALLOW},
    record::{Record, Row},
    resources::{INSTANCE, OS_UPDATE_POLICY, OS_UPDATE_RUN, OsUpdatePolicy},
    spec::Spec,
};

use super::{Resource, Scope, gone};
use crate::store::Change;

/// OS update policies.
pub static OS_UPDATE_POLICIES: OsUpdatePolicies = OsUpdatePolicies;

/// See [`OS_UPDATE_POLICIES`].
pub struct OsUpdatePolicies;

static PLAN: Plan = Plan { follow: &[("targetOs", &SHALLOW)], computed: false };

#[async_trait]
impl Resource for OsUpdatePolicies {
    fn spec(&self) -> &'static Spec {
        &OS_UPDATE_POLICY
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check(&OsUpdatePolicy::from_row(row.clone()))?;
        Ok(Vec::new())
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let id = &row.meta.id;
        Ok(vec![
            scope.require_none(&INSTANCE, "os_update_policy_id", id),
            scope.unlink(&OS_UPDATE_RUN, "applied_policy_id", id),
            gone(row),
        ])
    }
}

/// What clients read when a policy in use is deleted.
pub(super) fn still_referenced(id: &str, instances: u64) -> ApiError {
    ApiError::precondition(format!("Cannot delete OS Update Policy {id}, it is still referenced by {instances} instances"))
}

/// Which fields go together.
fn check(policy: &OsUpdatePolicy) -> Result<(), ApiError> {
    let os = policy.target_os_id.is_set();
    let packages = !policy.update_packages.is_empty() || !policy.update_sources.0.is_empty();
    let kernel = !policy.update_kernel_command.is_empty();
    match policy.update_policy {
        UpdatePolicy::Unspecified => Err(ApiError::invalid("OS Update Policy type cannot be unspecified")),
        UpdatePolicy::Latest if os || packages || kernel => Err(ApiError::invalid("With Policy LATEST, no fields should be set")),
        UpdatePolicy::Target if (os && packages) || !(os || packages || kernel) => {
            Err(ApiError::invalid("Fields for mutable and immutable OSes are mutually exclusive"))
        }
        UpdatePolicy::Latest | UpdatePolicy::Target => Ok(()),
    }
}
