//! What the Maintenance Manager is told of the slots.

use emt_api::maintmgr::{Slot, slot::State};

use super::{SlotId, Slots};

/// Both slots; `active` runs, on trial or not.
pub fn told(slots: &dyn Slots, active: SlotId, on_trial: bool) -> Vec<Slot> {
    [SlotId::A, SlotId::B].map(|slot| one(slots, slot, active, on_trial)).to_vec()
}

fn one(slots: &dyn Slots, slot: SlotId, active: SlotId, on_trial: bool) -> Slot {
    let identity = slots.identity(slot);
    let state = match &identity {
        _ if slot == active && on_trial => State::OnTrial,
        _ if slot == active => State::Running,
        Ok(_) => State::Ready,
        Err(_) => State::Unusable,
    };
    let mut told = Slot { name: slot.to_string(), state: state.into(), ..Slot::default() };
    match identity {
        Ok(identity) => (told.profile_name, told.os_image_id) = (identity.profile, identity.version),
        Err(error) => told.reason = error.to_string(),
    }
    told
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use emt_image::{Expected, Written};

    use super::{
        super::{Identity, SlotError},
        *,
    };

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
        for (active, on_trial, expected) in [
            (SlotId::A, false, [State::Running, State::Unusable]),
            (SlotId::A, true, [State::OnTrial, State::Unusable]),
            (SlotId::B, false, [State::Ready, State::Running]),
        ] {
            let told = told(&Half, active, on_trial);
            assert_eq!(told.iter().map(Slot::state).collect::<Vec<_>>(), expected);
            assert_eq!((told[0].name.as_str(), told[0].os_image_id.as_str(), told[0].reason.as_str()), ("A", "3.0.1", ""));
            assert_eq!((told[1].os_image_id.as_str(), told[1].reason.as_str()), ("", "slot B holds no OS: it is empty"));
        }
    }
}
