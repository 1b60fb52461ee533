//! Calls of publishers: whoever knows a source's secret may say that there is something new. Nothing that the call carries is
//! looked at but the secret.

use emt_api::{
    error::ApiError,
    record::Row,
    resources::{OS_SOURCE, OsSource},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Sources;
use crate::{
    inventory::{Inventory, Scope},
    store::StoreExt,
};

/// Bytes of a secret.
const SECRET: usize = 32;

impl Sources {
    /// Makes a new secret, and ends the one before. It is kept as a digest: nobody is told it again.
    pub async fn new_secret(&self, inventory: &Inventory, project: &str, id: &str) -> Result<String, ApiError> {
        let mut bytes = [0; SECRET];
        self.random().fill(&mut bytes);
        let secret = hex::encode(bytes);
        set(inventory, project, id, digest(&secret)).await?;
        Ok(secret)
    }

    /// Ends the secret: no call is heard any more.
    pub async fn end_secret(&self, inventory: &Inventory, project: &str, id: &str) -> Result<(), ApiError> {
        set(inventory, project, id, String::new()).await
    }

    /// Hears a call. `false` if there is no such source, or the secret is not its own.
    pub async fn call(&self, project: &str, id: &str, secret: &str) -> Result<bool, ApiError> {
        let source: Option<OsSource> = self.store().load(project, id).await.map_err(crate::inventory::refused)?;
        let kept = source.map(|source| source.webhook).unwrap_or_default();
        let fits = !kept.is_empty() && bool::from(kept.as_bytes().ct_eq(digest(secret).as_bytes()));
        if fits {
            self.called(project, id);
        }
        Ok(fits)
    }
}

async fn set(inventory: &Inventory, project: &str, id: &str, digest: String) -> Result<(), ApiError> {
    let rule = move |_: &Scope<'_>, before: &Row| {
        let mut after = before.clone();
        after.set("webhook", digest.as_str().into());
        Ok((after, Vec::new()))
    };
    inventory.modify(&OS_SOURCE, project, id, &rule).await.map(drop)
}

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
