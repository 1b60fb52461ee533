//! Which hosts and instances have changed, as the feed tells it.

use std::collections::HashSet;

use emt_api::{
    id,
    resources::{HOST, INSTANCE},
};

use crate::store::{Follower, Happened, News};

/// Hosts and instances, by the numbers in their ids, of which something was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) hosts: HashSet<u32>,
    pub(super) instances: HashSet<u32>,
    /// Whichever.
    all: bool,
}

impl Changed {
    /// All may have changed.
    pub(super) fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Whether all are to be looked at: if any may have changed, or so many that one look at all costs less.
    pub(super) fn is_all(&self, hosts: usize) -> bool {
        self.all || self.hosts.len() + self.instances.len() > 1000 + hosts / 2
    }

    /// Whether nothing has changed.
    pub(super) fn is_empty(&self) -> bool {
        !self.all && self.hosts.is_empty() && self.instances.is_empty()
    }

    /// Takes in all that a follower has been told by now.
    pub(super) fn take_in_all(&mut self, follower: &mut Follower) {
        while let Some(news) = follower.news() {
            self.take_in(news);
        }
    }

    /// Takes in what is told.
    pub(super) fn take_in(&mut self, news: News) {
        let News::Changes(all) = news else {
            *self = Self::all();
            return;
        };
        for told in all {
            let changed = match told.kind {
                kind if kind == HOST.prefix => &mut self.hosts,
                kind if kind == INSTANCE.prefix => &mut self.instances,
                _ => continue,
            };
            if told.happened == Happened::Several {
                *self = Self::all();
            } else if !self.all {
                changed.extend(id::number(&told.id));
            }
        }
    }

    /// Both together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.hosts.extend(&other.hosts);
        self.instances.extend(&other.instances);
        self.all |= other.all;
        self
    }

    /// Ids of the hosts, and of the instances.
    pub(super) fn ids(&self) -> (Vec<String>, Vec<String>) {
        let of = |prefix: &'static str, numbers: &HashSet<u32>| numbers.iter().map(|number| id::make(prefix, *number)).collect();
        (of(HOST.id_prefix(), &self.hosts), of(INSTANCE.id_prefix(), &self.instances))
    }
}
