//! What a node tells of its slots, as its instance keeps it.

use emt_api::{
    maintmgr::{self, slot::State},
    resources::{Slot, SlotState},
};

/// Most slots of a node, and most characters of each text: what comes from outside is kept in bounds.
const SLOTS: usize = 4;
const TEXT: usize = 200;

/// The slots of a report.
pub(super) fn kept(told: &[maintmgr::Slot]) -> Vec<Slot> {
    told.iter().take(SLOTS).map(slot).collect()
}

fn slot(told: &maintmgr::Slot) -> Slot {
    let state = match told.state() {
        State::Unspecified => SlotState::Unspecified,
        State::Running => SlotState::Running,
        State::OnTrial => SlotState::OnTrial,
        State::Ready => SlotState::Ready,
        State::Unusable => SlotState::Unusable,
        State::FailedTrial => SlotState::FailedTrial,
    };
    let [name, profile_name, image_id, reason] =
        [&told.name, &told.profile_name, &told.os_image_id, &told.reason].map(|text| text.chars().take(TEXT).collect());
    Slot { name, state, profile_name, image_id, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_bounds() {
        let told = maintmgr::Slot { name: "ä".repeat(300), state: 99, reason: "r".to_owned(), ..maintmgr::Slot::default() };
        let kept = kept(&vec![told; 9]);
        assert_eq!((kept.len(), kept[0].name.chars().count(), kept[0].state), (SLOTS, TEXT, SlotState::Unspecified));
    }
}
