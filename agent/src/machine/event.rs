//! What goes into the machine and what comes out.

use emt_api::maintmgr::update_status::StatusType;

use super::{Failure, Target};
use crate::{
    schedule::Opening,
    slots::{Identity, SlotId},
};

/// What the Maintenance Manager wants, as it stands at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The image to install; none if there is nothing to do.
    pub target: Option<Target>,
    /// What the windows allow now.
    pub opening: Opening,
    /// Whether the time to begin the download has come.
    pub download_due: bool,
    /// The name of an attempt that begins now; "" if the server names none.
    pub attempt_id: String,
}

/// What holds while an event is taken.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Unix seconds.
    pub now: i64,
    /// The OS of the slot that has booted.
    pub running: &'a Identity,
    /// From the latest answer; none before the first answer of this process.
    pub offer: Option<&'a Offer>,
    /// Pause before the first retry of a failed target, in seconds.
    pub retry_seconds: i64,
}

/// A trial that ended without a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTrial {
    /// Slot that was tried.
    pub slot: SlotId,
    /// What went wrong, for people.
    pub why: String,
}

/// What has booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Slot.
    pub slot: SlotId,
    /// Another one with every boot.
    pub boot_id: String,
    /// Whether the slot is on trial.
    pub trial: bool,
    /// A trial that failed since a slot was last written.
    pub failed_trial: Option<FailedTrial>,
}

/// Something has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The process has started.
    Booted(Boot),
    /// The Maintenance Manager has answered a report of this status.
    Answered(StatusType),
    /// Time has passed.
    Woken,
    /// The image is there, and is the right one.
    Fetched,
    /// It will not come.
    FetchFailed(Failure),
    /// The inactive slot holds the image: written, flushed, read back.
    Written {
        /// The slot.
        slot: SlotId,
        /// The boot in which it was written.
        boot_id: String,
    },
    /// It does not.
    WriteFailed(Failure),
    /// The boot target could not be changed.
    ArmFailed(Failure),
    /// All health checks passed.
    Healthy,
    /// One did not.
    Unhealthy(Failure),
    /// The slot on trial is the one that boots from now on.
    Committed,
    /// It could not be made so.
    CommitFailed(Failure),
}

impl Event {
    /// Name, for logs and refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Booted(_) => "booted",
            Self::Answered(_) => "answered",
            Self::Woken => "woken",
            Self::Fetched => "fetched",
            Self::FetchFailed(_) => "fetch-failed",
            Self::Written { .. } => "written",
            Self::WriteFailed(_) => "write-failed",
            Self::ArmFailed(_) => "arm-failed",
            Self::Healthy => "healthy",
            Self::Unhealthy(_) => "unhealthy",
            Self::Committed => "committed",
            Self::CommitFailed(_) => "commit-failed",
        }
    }
}

/// Something to do, in order. Fetching, installing and checking end in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Fetch the image, unless that is going on.
    Fetch(Target),
    /// Stop fetching.
    CancelFetch,
    /// Write the image into the inactive slot.
    Install(Target),
    /// Have the next boot try a slot.
    Arm(SlotId),
    /// Take that back.
    Disarm,
    /// Restart the node.
    Reboot,
    /// Run the health checks.
    Check,
    /// Have a slot boot from now on.
    Commit(SlotId),
    /// Give a slot on trial up.
    Reject(SlotId),
    /// Remove fetched images.
    Discard,
}
