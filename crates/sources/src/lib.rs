//! Release sources: where new OS images appear.
//!
//! A [`Source`] is a release registry, a file tree on a web server, or a directory with the same tree. It lists what is
//! offered, and hands out profile documents, the texts that they name, and images. What comes from it is checked against the
//! digests that it tells, bounded in size, and never trusted to be well-formed: [`Profile::parse`], [`packages::read`] and
//! [`cves::read`] say what it is. [`mirror::mirror`] fills a directory from any source. Nothing here knows a store or a server.

mod digest;
mod directory;
mod error;
mod path;
mod profile;
mod registry;
mod revision;
mod settings;
mod source;
mod tree;
mod web;

pub mod cves;
pub mod index;
pub mod mirror;
pub mod packages;
pub mod squeeze;

pub use digest::{NoSha256, Sha256};
pub use error::{Problem, SourceError};
pub use path::{RelativePath, UnsafePath};
pub use profile::{Profile, ProfileError};
pub use revision::{Revision, RevisionError};
pub use settings::{Kind, Limits, Settings, SettingsError, open};
pub use source::{Document, Image, Listing, Offered, ProfileListing, Source, Text, Withdrawn};
