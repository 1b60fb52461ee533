//! Rules of providers. A project begins without any: this server installs no OS by itself, so there is nothing that the
//! settings of a built-in one would steer.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    record::Row,
    resources::{HOST, INSTANCE, PROVIDER, SITE},
    spec::Spec,
};

use super::{Resource, Scope, gone};
use crate::store::Change;

/// Providers.
pub static PROVIDERS: Providers = Providers;

/// See [`PROVIDERS`].
pub struct Providers;

#[async_trait]
impl Resource for Providers {
    fn spec(&self) -> &'static Spec {
        &PROVIDER
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let unused = |spec| scope.require_none(spec, "provider_id", &row.meta.id);
        Ok(vec![unused(&HOST), unused(&SITE), unused(&INSTANCE), gone(row)])
    }
}
