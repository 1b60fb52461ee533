//! Views of the hosts that people look at first, and how many hosts are in each.

use crate::inventory::{Counts, Group};

/// A view of the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// All.
    All,
    /// Something newer can be installed.
    Available,
    /// An update is being installed, or fetched.
    Updating,
    /// Some status is an error.
    Failing,
    /// Nothing is heard of it.
    Silent,
    /// What is installed runs, and no status is an error.
    Running,
}

impl View {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 6] = [Self::All, Self::Available, Self::Updating, Self::Failing, Self::Silent, Self::Running];

    /// Word in addresses.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Available => "available",
            Self::Updating => "updating",
            Self::Failing => "failing",
            Self::Silent => "not-connected",
            Self::Running => "running",
        }
    }

    /// What people read.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::All => "All hosts",
            Self::Available => "Update available",
            Self::Updating => "Updating",
            Self::Failing => "Failing",
            Self::Silent => "Not connected",
            Self::Running => "Running",
        }
    }

    /// How its number is shown if it is not 0.
    pub(super) const fn tone(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Available | Self::Updating => "busy",
            Self::Failing => "bad",
            Self::Silent => "off",
            Self::Running => "good",
        }
    }

    /// The view of a word; all for any other.
    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|view| view.word() == word).unwrap_or(Self::All)
    }

    /// The hosts that it shows.
    pub(super) const fn group(self) -> Group {
        match self {
            Self::All => Group::All,
            Self::Available => Group::Available,
            Self::Updating => Group::Updating,
            Self::Failing => Group::Failing,
            Self::Silent => Group::Silent,
            Self::Running => Group::Running,
        }
    }
}

/// A number with a way to what it counts.
#[derive(Clone)]
pub(super) struct Count {
    pub(super) view: View,
    pub(super) number: u64,
}

/// How many hosts are in each view.
pub(super) fn counts(counts: &Counts) -> Vec<Count> {
    View::ALL.map(|view| Count { view, number: counts.of(view.group()) }).to_vec()
}
