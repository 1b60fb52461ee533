//! Status texts that operators and clients read, and the indicator that goes with each.

use crate::{enums::StatusIndication as Is, maintmgr::update_status::StatusType};

/// A status text and how it is to be shown.
pub type Status = (&'static str, Is);

/// Update status of an instance that never reported.
pub const NO_CURRENT_UPDATE: Status = ("No Current Update", Is::Unspecified);
/// Update status of an instance whose node reported success.
pub const UPDATE_COMPLETED: Status = ("Update completed", Is::Idle);
/// Update status of an instance whose node reported failure.
pub const UPDATE_FAILED: Status = ("Update failed", Is::Error);
/// Update run that the node gave up without having begun to install.
pub const UPDATE_CANCELLED: Status = ("Update cancelled", Is::Idle);
/// Update status of an instance whose node has been silent for too long.
pub const UPDATE_LOST: Status = ("Update lost", Is::Error);
/// Host and instance of a node that reports.
pub const RUNNING: Status = ("Running", Is::Idle);
/// Host or instance whose node reports an error.
pub const ERROR: Status = ("Error", Is::Error);
/// Host that boots.
pub const BOOTING: Status = ("Booting", Is::InProgress);
/// Instance whose components start.
pub const INITIALIZING: Status = ("Initializing", Is::InProgress);
/// Host that was heard of and is silent.
pub const NO_CONNECTION: Status = ("No Connection", Is::Error);
/// A node has nothing to install that it was told of. It says nothing about what could be linked.
pub const NO_NEW_UPDATES: Status = ("No new updates available", Is::Idle);
/// Instance that installs an update.
pub const UPDATING: Status = ("Updating", Is::InProgress);
/// Host that was never heard of.
pub const NOT_CONNECTED: Status = ("Not Connected", Is::Unspecified);
/// Status that nobody has set.
pub const UNKNOWN: Status = ("Unknown", Is::Unspecified);
/// Registration of a host that is known.
pub const REGISTERED: Status = ("Host is Registered", Is::Idle);
/// Onboarding of a host that is trusted.
pub const ONBOARDED: Status = ("Onboarded", Is::Idle);
/// Instance whose OS is not installed yet.
pub const NOT_INSTALLED: Status = ("Not Installed", Is::Unspecified);
/// Instance that is not provisioned yet.
pub const NOT_PROVISIONED: Status = ("Not Provisioned", Is::Unspecified);
/// Instance whose OS is installed.
pub const PROVISIONED: Status = ("Provisioned", Is::Idle);
/// Host whose trust was withdrawn.
pub const INVALIDATED: Status = ("Invalidated", Is::Idle);

/// Sets a status; its time, epoch seconds, moves only when it changes.
pub fn set(text: &mut String, indicator: &mut Is, timestamp: &mut u32, status: Status, now: u32) {
    if text != status.0 || *indicator != status.1 {
        status.0.clone_into(text);
        *indicator = status.1;
        *timestamp = now;
    }
}

/// Update status of an instance whose node reported this.
pub const fn of_report(report: StatusType) -> Status {
    match report {
        StatusType::Unspecified => UNKNOWN,
        StatusType::UpToDate => NO_NEW_UPDATES,
        StatusType::Downloading => ("Downloading artifacts", Is::Idle),
        StatusType::Downloaded => ("Download complete", Is::Idle),
        StatusType::Started => UPDATING,
        StatusType::Updated => UPDATE_COMPLETED,
        StatusType::Failed => UPDATE_FAILED,
    }
}
