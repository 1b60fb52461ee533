//! What must hold after the reboot before the new slot is committed.

use crate::{
    detail::Reason,
    machine::{Failure, Target},
    slots::{Identity, SlotId, Slots},
};

/// Whether the slot on trial may be committed: it runs what was to be installed, and its own checks pass.
pub fn check(slots: &dyn Slots, slot: SlotId, running: &Identity, target: &Target) -> Result<(), Failure> {
    if !target.is(running) {
        let log = format!(
            "slot {slot} runs {} {}, but {} {} was to be installed",
            running.profile, running.version, target.profile_name, target.image_id
        );
        return Err(Failure { reason: Reason::SignatureCheck, log });
    }
    slots.health(slot).map_err(|log| Failure { reason: Reason::CriticalServices, log })
}
