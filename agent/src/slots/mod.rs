//! The two slots that an OS is installed in, one module a kind of disk.

use std::{fmt, io, path::Path};

use emt_image::{Digest, Expected, ImageError, Written};
use serde::{Deserialize, Serialize};

mod read_back;
pub mod sandbox;
mod told;

pub use told::told;

/// One of the two slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlotId {
    /// The first.
    A,
    /// The second.
    B,
}

impl SlotId {
    /// The one that is not this one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// Which OS it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Profile.
    pub profile: String,
    /// Image version.
    pub version: String,
}

/// What can go wrong with a slot.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The image cannot be installed, or the slot cannot take it.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The slot does not give back what was written.
    #[error("slot {slot} holds {found} after {written} was written to it: its storage is failing")]
    ReadBack {
        /// The slot.
        slot: SlotId,
        /// Digest of what was written.
        written: Digest,
        /// Digest of what is there.
        found: Digest,
    },
    /// The slot that runs was to be written.
    #[error("slot {slot} is the one that runs and is never written")]
    Active {
        /// The slot.
        slot: SlotId,
    },
    /// The slot holds no OS.
    #[error("slot {slot} holds no OS: {reason}")]
    NoOs {
        /// The slot.
        slot: SlotId,
        /// What was found.
        reason: String,
    },
    /// The slot holds an OS that does not boot.
    #[error("slot {slot} does not boot: {reason}")]
    Unbootable {
        /// The slot.
        slot: SlotId,
        /// What was found.
        reason: &'static str,
    },
    /// Input or output failed.
    #[error("slot {slot}: {error}")]
    Io {
        /// The slot.
        slot: SlotId,
        /// What failed.
        #[source]
        error: io::Error,
    },
}

/// A pair of slots.
pub trait Slots: Send + Sync {
    /// Which OS a slot holds, read from the slot.
    fn identity(&self, slot: SlotId) -> Result<Identity, SlotError>;

    /// Writes an image file into a slot, flushes it, and reads it back. An error leaves a slot that does not boot.
    fn write(&self, slot: SlotId, file: &Path, expected: Expected) -> Result<Written, SlotError>;

    /// What the OS of a slot says of its own health after it has booted; an error is what people read.
    fn health(&self, slot: SlotId) -> Result<(), String>;
}
