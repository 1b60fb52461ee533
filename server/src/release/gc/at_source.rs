//! What is recorded before a cached image goes: from then on it is at its source only, and is fetched from there once somebody
//! needs it. If the server ends in between, the image is still there and goes the next time.

use emt_api::{enums::ImageState, filter::Expr, resources::Os};

use super::references::USERS;
use crate::store::{Batch, Change, Store, StoreError, StoreExt};

/// Records of OS resources that their image is here no more; `false` if somebody needs it after all.
pub(super) async fn record(store: &dyn Store, project: &str, ids: &[String], now_ms: i64) -> Result<bool, StoreError> {
    let mut batch = Batch::default();
    for id in ids {
        let Some(mut os) = store.load::<Os>(project, id).await? else { return Ok(false) };
        os.image_state = ImageState::AtSource;
        os.image_detail.clear();
        os.meta.updated_ms = now_ms.max(os.meta.updated_ms);
        for (spec, column) in USERS {
            let filter = Expr::is(column, id.as_str());
            batch = batch.with(Change::RequireNone { spec, project: project.to_owned(), filter });
        }
        batch = batch.update(os);
    }
    if ids.is_empty() {
        return Ok(true);
    }
    match store.commit(batch).await {
        Err(StoreError::Conflict { .. } | StoreError::InUse { .. }) => Ok(false),
        other => other.map(|()| true),
    }
}
