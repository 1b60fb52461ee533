//! Projects are deleted, with all that belongs to them: in bounded steps that others can write between, each of which can be
//! repeated, so that a deletion that was cut short is finished by the next start.

use std::time::Duration;

use emt_api::filter::Expr;

use crate::{
    identity::{Deletion, Identity, IdentityError},
    release::{Images, ReleaseError},
};

/// How long a caller waits for the end of a deletion. What takes longer goes on without being waited for.
const WAIT: Duration = Duration::from_secs(5);

/// Why a deletion did not come to its end. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// Records.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Images.
    #[error(transparent)]
    Images(#[from] ReleaseError),
}

/// Deletes what belongs to projects.
#[derive(Clone)]
pub struct Deletions {
    /// Projects and credentials.
    pub identity: Identity,
    /// Images.
    pub images: Images,
}

impl Deletions {
    /// Goes on with a deletion that has begun, and waits a while for its end. `true` if it has come to it.
    pub async fn wait_for(&self, deletion: Deletion) -> bool {
        let this = self.clone();
        let work = tokio::spawn(async move {
            let outcome = this.finish(&deletion).await;
            if let Err(error) = &outcome {
                tracing::error!(project = %deletion.uuid, %error, "a project was not deleted whole; it is tried again");
            }
            outcome.is_ok()
        });
        tokio::time::timeout(WAIT, work).await.is_ok_and(|done| done.unwrap_or(false))
    }

    /// Goes on with all deletions that have begun.
    pub async fn resume(&self) -> Result<(), DeletionError> {
        for deletion in self.identity.deletions().await? {
            self.finish(&deletion).await?;
        }
        Ok(())
    }

    async fn finish(&self, deletion: &Deletion) -> Result<(), DeletionError> {
        let uuid = deletion.uuid.as_str();
        self.identity.forget_project(uuid).await?;
        for spec in emt_api::resources::kept() {
            self.identity.forget_where(spec, uuid, Expr::everything()).await?;
        }
        self.images.forget(uuid).await?;
        Ok(self.identity.end_deletion(deletion).await?)
    }
}
