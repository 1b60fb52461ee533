//! The catalogue of OS resources over time: what instances could run, and what they are to run by automatic mode.
//!
//! [`availability`] and [`linking`] decide, without store and clock; [`Keeper`] follows the changes of each project, and brings
//! the instances up to date that a change can affect, in batches. [`Sources`] find new OS resources.

mod availability;
mod catalogue;
mod due;
mod keeper;
mod linking;
mod modes;
mod sources;

use emt_api::resources::{Instance, LINKED_BY_AUTOMATIC_MODE};
use emt_api::value::Link;

pub use self::{
    availability::update_available,
    catalogue::Catalogue,
    keeper::Keeper,
    linking::{Unfit, Verdict, linked, unfit},
    modes::{ModeChange, Modes, OsModes},
    sources::{Found, Progress, Rules, Sources, SyncError},
};

/// An instance as the catalogue and the modes want it; `None` if it is so already.
pub fn brought_up_to_date(instance: &Instance, catalogue: &Catalogue, modes: &Modes) -> Option<Instance> {
    if !crate::inventory::is_provisioned(instance) {
        return None;
    }
    let mut becomes = instance.clone();
    let installed = instance.os_id.id().and_then(|id| catalogue.get(id));
    if let Some(available) = update_available(installed, installed.and_then(|os| catalogue.newest(&os.profile_name))) {
        becomes.os_update_available = available;
    }
    match linked(instance, installed, catalogue, modes) {
        Verdict::Stay => {}
        Verdict::Link(os) => {
            (becomes.desired_os_id, becomes.linked_by) = (Link::to(os), LINKED_BY_AUTOMATIC_MODE);
        }
        Verdict::TakeBack => (becomes.desired_os_id, becomes.linked_by) = (Link::default(), 0),
    }
    (becomes != *instance).then_some(becomes)
}
