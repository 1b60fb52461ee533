//! What the Maintenance Manager is told of the slots.

use emt_api::maintmgr::{Slot, slot::State};

use super::{SlotError, SlotId, Slots};
use crate::machine::Boot;

/// Both slots. `boot`: what has booted, if that can be read; `active` runs in any case.
pub fn told(slots: &dyn Slots, active: SlotId, boot: Option<&Boot>) -> Vec<Slot> {
    [SlotId::A, SlotId::B].map(|slot| one(slots, slot, active, boot)).to_vec()
}

fn one(slots: &dyn Slots, slot: SlotId, active: SlotId, boot: Option<&Boot>) -> Slot {
    let identity = slots.identity(slot);
    let failed = boot.and_then(|boot| boot.failed_trial.as_ref()).filter(|failed| failed.slot == slot);
    let (state, reason) = match (&identity, failed) {
        _ if slot == active && boot.is_some_and(|boot| boot.trial) => (State::OnTrial, String::new()),
        _ if slot == active => (State::Running, String::new()),
        (Err(SlotError::NoOs { reason, .. }), _) => (State::Unusable, reason.clone()),
        (Err(error), _) => (State::Unusable, error.to_string()),
        (Ok(_), Some(failed)) => (State::FailedTrial, failed.why.clone()),
        (Ok(_), None) => (State::Ready, String::new()),
    };
    let (profile_name, os_image_id) = identity.map(|identity| (identity.profile, identity.version)).unwrap_or_default();
    Slot { name: slot.to_string(), state: state.into(), profile_name, os_image_id, reason }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use emt_image::{Expected, Written};

    use super::{super::Identity, *};
    use crate::machine::FailedTrial;

    /// Slot A holds 3.0.1, slot B nothing.
    struct Half;

    impl Slots for Half {
        fn identity(&self, slot: SlotId) -> Result<Identity, SlotError> {
            match slot {
                SlotId::A => Ok(Identity { profile: "emt".to_owned(), version: "3.0.1".to_owned() }),
                SlotId::B => Err(SlotError::NoOs { slot, reason: "it is empty".to_owned() }),
            }
        }

        fn write(&self, slot: SlotId, _: &Path, _: Expected) -> Result<Written, SlotError> {
            Err(SlotError::Active { slot })
        }

        fn health(&self, _: SlotId) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn slots_are_told_with_what_they_are_good_for() {
        let boot = |slot, trial, failed: Option<SlotId>| Boot {
            slot,
            boot_id: "one".to_owned(),
            trial,
            failed_trial: failed.map(|slot| FailedTrial { slot, why: "no network".to_owned() }),
        };
        let empty = "it is empty";
        for (boot, expected, reasons) in [
            (boot(SlotId::A, false, None), [State::Running, State::Unusable], ["", empty]),
            (boot(SlotId::A, true, None), [State::OnTrial, State::Unusable], ["", empty]),
            (boot(SlotId::A, false, Some(SlotId::B)), [State::Running, State::Unusable], ["", empty]),
            (boot(SlotId::B, false, None), [State::Ready, State::Running], ["", ""]),
            (boot(SlotId::B, false, Some(SlotId::A)), [State::FailedTrial, State::Running], ["no network", ""]),
        ] {
            let told = told(&Half, boot.slot, Some(&boot));
            assert_eq!(told.iter().map(Slot::state).collect::<Vec<_>>(), expected);
            assert_eq!(told.iter().map(|slot| slot.reason.as_str()).collect::<Vec<_>>(), reasons);
            let held: Vec<(&str, &str)> = told.iter().map(|slot| (slot.name.as_str(), slot.os_image_id.as_str())).collect();
            assert_eq!(held, [("A", "3.0.1"), ("B", "")]);
        }
        assert_eq!(told(&Half, SlotId::A, None)[0].state(), State::Running, "what runs is known without the boot record");
    }
}
