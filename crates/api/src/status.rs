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
/// Host and instance of a node that reports.
pub const RUNNING: Status = ("Running", Is::Idle);
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

/// Update status of an instance whose node reported this.
pub const fn of_report(report: StatusType) -> Status {
    match report {
        StatusType::Unspecified => UNKNOWN,
        StatusType::UpToDate => ("No new updates available", Is::Idle),
        StatusType::Downloading => ("Downloading artifacts", Is::Idle),
        StatusType::Downloaded => ("Download complete", Is::Idle),
        StatusType::Started => ("Updating", Is::InProgress),
        StatusType::Updated => UPDATE_COMPLETED,
        StatusType::Failed => UPDATE_FAILED,
    }
}
