//! Rules of local accounts: they never change, and stay while an instance uses them.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    record::Row,
    resources::{INSTANCE, LOCAL_ACCOUNT},
    spec::Spec,
};

use super::{Resource, Scope, gone};
use crate::store::Change;

/// Local accounts.
pub static LOCAL_ACCOUNTS: LocalAccounts = LocalAccounts;

/// See [`LOCAL_ACCOUNTS`].
pub struct LocalAccounts;

#[async_trait]
impl Resource for LocalAccounts {
    fn spec(&self) -> &'static Spec {
        &LOCAL_ACCOUNT
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        Ok(vec![scope.require_none(&INSTANCE, "local_account_id", &row.meta.id), gone(row)])
    }
}
