//! Where a tree's files are.

use async_trait::async_trait;

use crate::{Image, RelativePath, SourceError};

/// The files of a tree.
#[async_trait]
pub(crate) trait Files: Send + Sync + 'static {
    /// The root, for people.
    fn place(&self) -> &str;
    /// A whole file. `known` is the validator of what is known of it, "" for nothing. `None`: unchanged.
    async fn get(&self, wanted: &Wanted<'_>, known: &str) -> Result<Option<Fetched>, SourceError>;
    /// A file from a byte on.
    async fn image(&self, path: &RelativePath, from: u64) -> Result<Image, SourceError>;
    /// The path that an address in a profile stands for.
    fn path_of(&self, what: &'static str, url: &str) -> Result<RelativePath, SourceError>;
}

/// A file that is wanted whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Completes "cannot …".
    pub(crate) what: &'static str,
    /// Below what.
    pub(crate) base: Base,
    /// Which.
    pub(crate) path: &'a RelativePath,
    /// Most bytes.
    pub(crate) limit: usize,
}

/// Below what a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// The tree's root.
    Root,
    /// Where images and texts are.
    Files,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Tells it from others.
    pub(crate) validator: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}
