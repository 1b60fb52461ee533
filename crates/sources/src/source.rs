//! What every kind of source can do.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::SourceError;

/// Somewhere that new images come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// What is offered now. `known` is the validator of the last listing that was taken whole, "" for none. `None`: it is
    /// surely as it was.
    async fn list(&self, known: &str) -> Result<Option<Listing>, SourceError>;

    /// One profile document. `known` is the digest of what was read last, "" for none. `None`: unchanged.
    async fn document(&self, offered: &Offered, known: &str) -> Result<Option<Document>, SourceError>;

    /// A text that a profile names. `known` is its validator, "" for none. `None`: unchanged.
    async fn text(&self, url: &str, known: &str) -> Result<Option<Text>, SourceError>;

    /// An image from a byte on. A server may begin at the start all the same: [`Image::from`] tells. The caller checks the
    /// digest of the whole, which only the profile knows.
    async fn image(&self, url: &str, from: u64) -> Result<Image, SourceError>;
}

/// What a source offers.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Tells this listing from others; "" where the source has nothing that would.
    pub validator: String,
    /// By profile. What is wrong with one does not touch the others.
    pub profiles: Vec<ProfileListing>,
    /// Whether these are all the profiles that the source has, and not only those that it was asked for.
    pub is_all: bool,
    /// What the source warns of. The same versions may still be offered.
    pub withdrawn: Vec<Withdrawn>,
}

/// What is offered of one profile.
#[derive(Debug, Clone)]
pub struct ProfileListing {
    /// The profile.
    pub profile: String,
    /// The documents, or why they are not known.
    pub offered: Result<Vec<Offered>, SourceError>,
}

/// A profile document that a source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The profile.
    pub profile: String,
    /// Registries: the tag, which says nothing about the image's version. Trees: the version.
    pub tag: String,
    /// Where in the source it is; only the source itself understands it.
    pub place: String,
    /// `sha256:…` of the document, "" where the listing does not tell it.
    pub digest: String,
}

/// A profile document as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Tells this document from others: `sha256:…` of the document in trees, of its manifest in registries.
    pub digest: String,
    /// For [`Profile::parse`](crate::Profile::parse).
    pub yaml: Vec<u8>,
}

/// A text that a profile names, as it is: [`packages::read`](crate::packages::read) and [`cves::read`](crate::cves::read) make
/// of it what records keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Tells this text from others.
    pub validator: String,
    /// The text.
    pub text: String,
}

/// An image on its way.
pub struct Image {
    /// Length of the whole image in bytes, where it is known.
    pub size: Option<u64>,
    /// Place of the first byte of `body`.
    pub from: u64,
    /// The rest of it.
    pub body: BoxStream<'static, Result<Bytes, SourceError>>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("size", &self.size).field("from", &self.from).finish_non_exhaustive()
    }
}

/// A version that its source takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// The profile.
    pub profile: String,
    /// The version.
    pub version: String,
    /// Why, for people.
    pub reason: String,
}
