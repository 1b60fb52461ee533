//! Images that nothing needs are removed after a while.
//!
//! An image is found idle, which is noted with the time; once it has been so for long enough it goes. Before it does, those who look
//! for it are made to wait, and what refers to it is read once more: whoever named it before that keeps it, and whoever asks for
//! it afterwards is told that it is not there. Uploads and downloads give an image its time anew. An image that a source has, too,
//! goes once nobody uses it, and comes again when somebody does.

mod at_source;
mod marks;
mod references;
mod rule;

use std::{path::Path, sync::Arc};

pub(super) use self::marks::remove as unmark;
pub use self::rule::{Facts, Idle, Rules};
use self::{marks::Mark, references::References};
use super::{Image, Images, ReleaseError};
use crate::{
    clock::Clock,
    store::{Store, StoreError},
};

/// Why unused images were not looked for.
#[derive(Debug, thiserror::Error)]
pub enum GcError {
    /// Images.
    #[error(transparent)]
    Images(#[from] ReleaseError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An image that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// UUID of its project.
    pub project: String,
    /// Which.
    pub image: Image,
    /// Why.
    pub idle: Idle,
}

/// Removes images that nothing needs.
#[derive(Clone)]
pub struct Gc {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Images.
    pub images: Images,
    /// Time.
    pub clock: Clock,
    /// How long they are kept.
    pub rules: Rules,
}

impl Gc {
    /// Looks at all images; what went, or, if nothing is to go really, what would.
    pub async fn run(&self, really: bool) -> Result<Vec<Removed>, GcError> {
        let mut removed = Vec::new();
        for project in self.images.projects().await? {
            self.project(&project, really, &mut removed).await?;
        }
        Ok(removed)
    }

    async fn project(&self, project: &str, really: bool, removed: &mut Vec<Removed>) -> Result<(), GcError> {
        let directory = self.images.0.root.join(project);
        let images = self.images.0.storage.list(project).await?;
        let references = References::read(&*self.store, project).await?;
        for image in &images {
            let Some(idle) = self.idle_for_long(&directory, project, image, &references, really).await? else { continue };
            if !really || self.remove(&directory, project, image, idle).await? {
                removed.push(Removed { project: project.to_owned(), image: image.clone(), idle });
            }
        }
        for sha256 in marks::all(&directory).await? {
            if really && !images.iter().any(|image| image.sha256 == sha256) {
                marks::remove(&directory, &sha256).await?;
            }
        }
        Ok(())
    }

    /// Why an image may go now. What is new of it is noted if it counts.
    async fn idle_for_long(
        &self,
        directory: &Path,
        project: &str,
        image: &Image,
        references: &References,
        counts: bool,
    ) -> Result<Option<Idle>, ReleaseError> {
        let sha256 = image.sha256.as_str();
        let used = self.images.0.usage.is_used(&(project.to_owned(), sha256.to_owned()), counts);
        let noted = marks::read(directory, sha256).await?;
        let Some(idle) = Idle::of(references.facts(sha256)) else {
            if counts && noted.is_some() {
                marks::remove(directory, sha256).await?;
            }
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        match noted {
            Some(mark) if mark.idle == idle && !used => {
                Ok(Some(idle).filter(|_| idle.is_over(mark.since_ms, &self.rules, now_ms)))
            }
            _ if !counts => Ok(None),
            _ => marks::write(directory, sha256, Mark { idle, since_ms: now_ms }).await.map(|()| None),
        }
    }

    /// Removes an image unless something needs it after all.
    async fn remove(&self, directory: &Path, project: &str, image: &Image, idle: Idle) -> Result<bool, GcError> {
        let sha256 = image.sha256.as_str();
        let inner = &self.images.0;
        let _alone = inner.usage.alone(sha256).await;
        let references = References::read(&*self.store, project).await?;
        let still = Idle::of(references.facts(sha256)) == Some(idle) && marks::read(directory, sha256).await?.is_some();
        if !still || inner.usage.is_used(&(project.to_owned(), sha256.to_owned()), false) {
            return Ok(false);
        }
        if idle == Idle::Cached && !at_source::record(&*self.store, project, references.here(sha256), self.clock.now_ms()).await?
        {
            return Ok(false);
        }
        inner.storage.remove(project, sha256).await?;
        marks::remove(directory, sha256).await?;
        tracing::info!(project, sha256, bytes = image.size, reason = idle.word(), "an image that nothing needs is removed");
        Ok(true)
    }
}
