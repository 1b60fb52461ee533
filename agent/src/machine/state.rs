//! The states, as the journal keeps them.

use emt_api::maintmgr::{OsProfileUpdateSource, update_status::StatusType};
use serde::{Deserialize, Serialize};

use crate::{
    detail::{self, Outcome, Reason},
    slots::{Identity, SlotId},
};

/// An image that the Maintenance Manager wants installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Path below the release server.
    pub url: String,
    /// Image version.
    pub image_id: String,
    /// SHA-256 of the file as served, lower-case hex; this is what makes two targets the same.
    pub sha256: String,
    /// OS profile.
    pub profile_name: String,
}

impl Target {
    /// Reads an answer. An empty message asks for nothing, as does one without a digest that can be checked.
    pub fn of(wire: &OsProfileUpdateSource) -> Option<Self> {
        if wire.os_image_url.is_empty() && wire.os_image_sha.is_empty() {
            return None;
        }
        match wire.os_image_sha.parse::<emt_image::Digest>() {
            Ok(digest) => Some(Self {
                url: wire.os_image_url.clone(),
                image_id: wire.os_image_id.clone(),
                sha256: digest.to_string(),
                profile_name: wire.profile_name.clone(),
            }),
            Err(error) => {
                tracing::warn!(%error, image = %wire.os_image_id, "the offered image is left alone: it has no usable digest");
                None
            }
        }
    }

    /// What runs, as if it had been a target.
    pub(super) fn running(identity: &Identity) -> Self {
        Self {
            url: String::new(),
            image_id: identity.version.clone(),
            sha256: String::new(),
            profile_name: identity.profile.clone(),
        }
    }

    /// Whether an OS is the one that this target installs.
    pub fn is(&self, identity: &Identity) -> bool {
        self.image_id == identity.version && (self.profile_name.is_empty() || self.profile_name == identity.profile)
    }
}

/// One go at a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What is to be installed.
    pub target: Target,
    /// 1 for the first go.
    pub number: u32,
    /// Its name, as the server told it when it began; "" if the server names none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In the contract's words.
    pub reason: Reason,
    /// For people.
    pub log: String,
}

/// Where an update stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum State {
    /// Nothing to do.
    UpToDate {
        /// Digest of the target that the server was last told to be running here.
        confirmed: Option<String>,
    },
    /// The image is being fetched.
    Downloading {
        /// What for.
        attempt: Attempt,
    },
    /// The image is there; the window is awaited.
    Downloaded {
        /// What for.
        attempt: Attempt,
    },
    /// The inactive slot is being written.
    Installing {
        /// What for.
        attempt: Attempt,
    },
    /// The slot is written; the next boot tries it.
    Rebooting {
        /// What for.
        attempt: Attempt,
        /// Slot to be tried.
        slot: SlotId,
        /// The boot that the slot was written in.
        boot_id: String,
    },
    /// The slot has booted on trial; health decides.
    Verifying {
        /// What for.
        attempt: Attempt,
        /// Slot on trial.
        slot: SlotId,
    },
    /// The slot is committed; the server is being told.
    Updated {
        /// What was installed.
        attempt: Attempt,
        /// Since when, Unix seconds.
        at: i64,
        /// Reports answered since the process started.
        reports: u32,
    },
    /// The attempt failed; the old version runs, or will after a reboot.
    Failed {
        /// What failed.
        attempt: Attempt,
        /// Why.
        failure: Failure,
        /// Whether the new slot had been booted.
        rolled_back: bool,
        /// Since when, Unix seconds.
        at: i64,
        /// The same target is not tried before, Unix seconds.
        retry_at: i64,
        /// Whether the server has answered a report of it.
        reported: bool,
    },
}

impl State {
    /// Name, as in the journal and in logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::UpToDate { .. } => "up-to-date",
            Self::Downloading { .. } => "downloading",
            Self::Downloaded { .. } => "downloaded",
            Self::Installing { .. } => "installing",
            Self::Rebooting { .. } => "rebooting",
            Self::Verifying { .. } => "verifying",
            Self::Updated { .. } => "updated",
            Self::Failed { .. } => "failed",
        }
    }

    /// The attempt that is going on or was the last one.
    pub fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::UpToDate { .. } => None,
            Self::Downloading { attempt }
            | Self::Downloaded { attempt }
            | Self::Installing { attempt }
            | Self::Rebooting { attempt, .. }
            | Self::Verifying { attempt, .. }
            | Self::Updated { attempt, .. }
            | Self::Failed { attempt, .. } => Some(attempt),
        }
    }

    /// The status that is reported in this state.
    pub fn status(&self) -> StatusType {
        match self {
            Self::UpToDate { .. } => StatusType::UpToDate,
            Self::Downloading { .. } => StatusType::Downloading,
            Self::Downloaded { .. } => StatusType::Downloaded,
            Self::Installing { .. } | Self::Rebooting { .. } | Self::Verifying { .. } => StatusType::Started,
            Self::Updated { .. } => StatusType::Updated,
            Self::Failed { .. } => StatusType::Failed,
        }
    }

    /// The text that goes with the status: the update log once the attempt has ended, else nothing.
    pub fn detail(&self) -> String {
        let log = |attempt: &Attempt, at: i64, outcome: Outcome<'_>| {
            detail::update_log(&attempt.target.profile_name, &attempt.target.image_id, at, outcome)
        };
        match self {
            Self::Updated { attempt, at, .. } => log(attempt, *at, Outcome::Installed),
            Self::Failed { attempt, failure, rolled_back: true, at, .. } => {
                log(attempt, *at, Outcome::RolledBack(failure.reason, &failure.log))
            }
            Self::Failed { attempt, failure, at, .. } => log(attempt, *at, Outcome::Failed(failure.reason, &failure.log)),
            _ => String::new(),
        }
    }
}
