//! Sources of OS images: what they offer is looked for, becomes OS resources, and what somebody needs of it is fetched.
//!
//! [`judge`] decides what becomes of an offer, without store, clock and network. [`look`] is one look at one source, [`take`]
//! writes what it has found, [`images`] decides which images are fetched, [`transfer`] goes on where a line broke, [`Sources`] decides when.
//!
//! Metadata that publishers have signed would be verified between the reader of a source and [`look`]: nothing else sees what
//! was read.

mod back_off;
mod images;
mod judge;
mod look;
mod manager;
mod rules;
mod take;
mod transfer;
mod webhook;

pub use self::{
    look::Found,
    manager::{Progress, Sources, SyncError},
    rules::Rules,
};
