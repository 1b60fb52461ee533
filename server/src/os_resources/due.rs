//! What of a project is to be looked at.

use std::collections::{BTreeSet, HashMap};

/// What is to be looked at: what a change can affect, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// All instances.
    pub(super) all: bool,
    /// The instances on which an OS of these profiles is installed.
    pub(super) profiles: BTreeSet<String>,
    /// These instances.
    pub(super) instances: BTreeSet<String>,
}

impl Due {
    pub(super) fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The next instances, at most `count`.
    pub(super) fn take_instances(&mut self, count: usize) -> Vec<String> {
        let mut taken = Vec::with_capacity(count.min(self.instances.len()));
        while taken.len() < count
            && let Some(id) = self.instances.pop_first()
        {
            taken.push(id);
        }
        taken
    }
}

/// Changes of ours that the feed has not told back yet, by instance.
#[derive(Debug, Default)]
pub(super) struct Own(HashMap<String, usize>);

impl Own {
    pub(super) fn note(&mut self, id: String) {
        *self.0.entry(id).or_default() += 1;
    }

    /// Whether a change that is told is one of ours.
    pub(super) fn is(&mut self, id: &str) -> bool {
        let Some(left) = self.0.get_mut(id) else { return false };
        *left -= 1;
        if *left == 0 {
            self.0.remove(id);
        }
        true
    }

    /// Some were not told.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
