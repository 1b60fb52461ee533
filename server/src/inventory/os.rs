//! Rules of OS resources.

use async_trait::async_trait;
use emt_api::{
    enums::{OsProvider, OsType},
    error::ApiError,
    input::Input,
    record::{Record, Row},
    resources::{INSTANCE, OS, OS_OFFER, OS_UPDATE_POLICY, Os},
    spec::Spec,
};

use super::{Inventory, Resource, Scope, gone};
use crate::store::Change;

/// OS resources.
pub static OS_RESOURCES: OsResources = OsResources;

/// See [`OS_RESOURCES`].
pub struct OsResources;

#[async_trait]
impl Resource for OsResources {
    fn spec(&self) -> &'static Spec {
        &OS
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        let os = Os::from_row(row.clone());
        if os.os_type == OsType::Unspecified {
            return Err(ApiError::invalid("OS type cannot be unspecified"));
        }
        if os.os_provider == OsProvider::Unspecified {
            return Err(ApiError::invalid("OS provider cannot be unspecified"));
        }
        check_metadata(&os.metadata)?;
        Ok(Vec::new())
    }

    async fn changing(&self, _: &Scope<'_>, _: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check_metadata(after.get("metadata").text())?;
        Ok(Vec::new())
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let id = &row.meta.id;
        Ok(vec![
            scope.require_none(&INSTANCE, "os_id", id),
            scope.require_none(&INSTANCE, "desired_os_id", id),
            scope.unlink(&OS_UPDATE_POLICY, "target_os_id", id),
            scope.unlink(&OS_OFFER, "os_id", id),
            gone(row),
        ])
    }
}

/// OS metadata is the text of a flat JSON object of texts without repeated keys.
fn check_metadata(text: &str) -> Result<(), ApiError> {
    if text.is_empty() {
        return Ok(());
    }
    let wrong = || ApiError::invalid("metadata must be the text of a JSON object of strings, each key once");
    let json = emt_api::input::parse(text.as_bytes()).map_err(|_| wrong())?;
    let flat = json.as_object().is_some_and(|object| object.values().all(serde_json::Value::is_string));
    if flat { Ok(()) } else { Err(wrong()) }
}

impl Inventory {
    /// Sets why nobody is to install an OS, and who says so; "" lets it be installed again.
    pub async fn set_blocked(&self, project: &str, id: &str, blocked: String) -> Result<(), ApiError> {
        let rule = |_: &Scope<'_>, before: &Row| {
            let mut os = Os::from_row(before.clone());
            os.blocked.clone_from(&blocked);
            Ok((os.into_row(), Vec::new()))
        };
        self.modify(&OS, project, id, &rule).await.map(drop)
    }
}
