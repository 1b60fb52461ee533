//! Where whole images are.

use std::{io, path::Path};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::{Image, Part, ReleaseError};

/// Bytes of a file as they come. An error ends them.
pub type Content = BoxStream<'static, io::Result<Bytes>>;

/// A place for whole images. They are received and checked elsewhere: what is in here is complete. A digest names the same
/// bytes for ever, so that keeping one twice is no conflict.
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// Takes a checked file over. It is durable before this returns; the file at `from` is gone then, or of no use any more.
    async fn keep(&self, project: &str, image: &Image, from: &Path) -> Result<(), ReleaseError>;

    /// Length of an image, if the project has it.
    async fn size(&self, project: &str, sha256: &str) -> Result<Option<u64>, ReleaseError>;

    /// A part of an image, if the project has it. Whoever takes it slowly costs no more than a few chunks of memory.
    async fn read(&self, project: &str, sha256: &str, part: Part) -> Result<Option<Content>, ReleaseError>;

    /// All images of a project, in no order.
    async fn list(&self, project: &str) -> Result<Vec<Image>, ReleaseError>;

    /// Removes an image; none is as good.
    async fn remove(&self, project: &str, sha256: &str) -> Result<(), ReleaseError>;

    /// Removes all images of a project; none is as good.
    async fn forget(&self, project: &str) -> Result<(), ReleaseError>;

    /// Whether images can be kept and served right now.
    async fn ready(&self) -> Result<(), ReleaseError>;
}
