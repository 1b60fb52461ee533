//! Keys take turns: new ones sign, old ones verify until the last token that they have signed has expired.

use std::sync::{Arc, PoisonError};

use emt_api::filter::{Expr, Path, Test};

use super::{
    Identity, IdentityError, SERVER,
    issue::{ACCESS, IDLE},
    keys::Keys,
    records::{SESSION, SigningKey},
    scope::OFFLINE,
    token,
};
use crate::store::{Batch, Query, StoreError, StoreExt};

/// Seconds that a request under way may still sign with a key that has just been replaced, and clocks may differ.
const MARGIN: i64 = 60;

impl Identity {
    /// Makes new keys, durably, and signs with them from now on.
    pub async fn rotate_keys(&self) -> Result<(), IdentityError> {
        let mut batch = Batch::default();
        for key in self.generated_keys().await? {
            batch = batch.insert(key);
        }
        for mut key in self.kept_keys().await?.into_iter().filter(|key| key.retired == 0) {
            key.retired = self.now();
            batch = batch.update(key);
        }
        match self.store().commit(batch).await {
            // If two rotate at once, one of them is enough.
            Ok(()) | Err(StoreError::Conflict { .. }) => self.reload_keys().await,
            Err(error) => Err(error.into()),
        }
    }

    /// Makes new keys if those that sign are older than this many days.
    pub async fn rotate_keys_after(&self, days: u32) -> Result<bool, IdentityError> {
        let newest = self.kept_keys().await?.into_iter().filter(|key| key.retired == 0).map(|key| key.meta.created_ms).max();
        let age = newest.map_or(0, |made| self.shared.clock.now_ms() - made);
        if days == 0 || age < i64::from(days) * 86_400_000 {
            return Ok(false);
        }
        self.rotate_keys().await?;
        Ok(true)
    }

    /// New keys that are not kept yet.
    pub(super) async fn generated_keys(&self) -> Result<[SigningKey; 2], IdentityError> {
        let random = self.shared.random.clone();
        let keys = tokio::task::spawn_blocking(move || token::generate(&random));
        let mut keys = keys.await.map_err(IdentityError::crypto)??;
        for key in &mut keys {
            let id = key.meta.id.clone();
            self.name(key, id);
        }
        Ok(keys)
    }

    /// Removes keys that verify nothing any more: all that they have signed has expired.
    pub(super) async fn forget_keys(&self) -> Result<(), IdentityError> {
        let (now, mut batch) = (self.now(), Batch::default());
        let retired = self.kept_keys().await?.into_iter().filter(|key| key.retired != 0);
        for key in retired {
            let verifies = match key.algorithm.as_str() {
                // An offline login has tokens without an end: they are good for as long as the login.
                "HS512" => now <= key.retired + IDLE + MARGIN || self.has_offline_logins(key.retired).await?,
                _ => now <= key.retired + ACCESS + MARGIN,
            };
            if !verifies {
                batch = batch.delete(&key);
            }
        }
        if batch.changes.is_empty() || self.commit_or_conflict(batch).await? {
            return Ok(());
        }
        self.reload_keys().await
    }

    async fn has_offline_logins(&self, before: i64) -> Result<bool, IdentityError> {
        let test = |column, test| Expr::Test(Path { steps: Vec::new(), column }, test);
        let wanted = test("scope", Test::Like(OFFLINE.to_owned())).and(test("began", Test::Less(before + MARGIN)));
        let found = self.store().find(Query::all(&SESSION, SERVER).filter(wanted).limit(1)).await?;
        Ok(!found.rows.is_empty())
    }

    async fn kept_keys(&self) -> Result<Vec<SigningKey>, IdentityError> {
        Ok(self.store().load_all(SERVER, Expr::everything()).await?)
    }

    async fn reload_keys(&self) -> Result<(), IdentityError> {
        let keys = Keys::of(&self.kept_keys().await?)?.map(Arc::new);
        *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }
}
