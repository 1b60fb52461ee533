//! Rules of custom configs: they never change, and stay while an instance uses them.

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    record::Row,
    resources::{CUSTOM_CONFIG, INSTANCE_CONFIG},
    spec::Spec,
};

use super::{Resource, Scope, gone};
use crate::store::Change;

/// Custom configs.
pub static CUSTOM_CONFIGS: CustomConfigs = CustomConfigs;

/// See [`CUSTOM_CONFIGS`].
pub struct CustomConfigs;

#[async_trait]
impl Resource for CustomConfigs {
    fn spec(&self) -> &'static Spec {
        &CUSTOM_CONFIG
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        Ok(vec![scope.require_none(&INSTANCE_CONFIG, "custom_config_id", &row.meta.id), gone(row)])
    }
}
