//! Which slot boots next: trial, commit, and the way back. One module a kind of boot loader.

use std::io;

use crate::{machine::Boot, slots::SlotId};

pub mod sandbox;

/// What can go wrong with the boot target.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The record of the boot target cannot be read or written.
    #[error("the boot record {path}: {error}")]
    Io {
        /// Where it is.
        path: String,
        /// What failed.
        #[source]
        error: io::Error,
    },
    /// The record is damaged.
    #[error("the boot record {path} is damaged: {reason}")]
    Damaged {
        /// Where it is.
        path: String,
        /// What was found.
        reason: String,
    },
    /// Nothing has booted yet.
    #[error("the boot record {path} says that nothing has booted: switch the node on with `emt-agent sandbox power-on`")]
    NotBooted {
        /// Where it is.
        path: String,
    },
    /// A slot was to be committed that is not on trial.
    #[error("slot {slot} is not on trial and cannot be committed")]
    NotOnTrial {
        /// The slot.
        slot: SlotId,
    },
}

/// A boot loader. Each change is one atomic step.
pub trait BootLoader: Send + Sync {
    /// What has booted.
    fn boot(&self) -> Result<Boot, BootError>;

    /// Has the next boot try a slot; if that is not committed, the boot after it takes the slot that runs now.
    fn arm(&self, slot: SlotId) -> Result<(), BootError>;

    /// Forgets a trial that has not begun, and what is known of one that failed.
    fn disarm(&self) -> Result<(), BootError>;

    /// Has the slot on trial boot from now on. A second time changes nothing.
    fn commit(&self, slot: SlotId) -> Result<(), BootError>;

    /// Ends a trial: the next boot takes the slot from before it.
    fn reject(&self, slot: SlotId, why: &str) -> Result<(), BootError>;
}
