//! What is kept of each host, and the counts that come of it: a few bytes a host.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use emt_api::{id, resources::HOST};

use super::{group::Group, rule::RULES};
use crate::store::Glimpse;

/// Hosts of an OS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    /// On so many it is installed.
    pub installed: u64,
    /// So many are linked to it, and do not run it yet.
    pub to_run: u64,
}

/// Groups of so many hosts at most are kept by name: lists of them are looked up.
pub(super) const FEW: usize = 1000;

/// The numbers of a project, all of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    groups: [u64; Group::ALL.len()],
    members: [Members; Group::ALL.len()],
    /// Of each OS by its id; none of those that no host is about.
    versions: HashMap<Arc<str>, Runs>,
}

impl Counts {
    /// How many hosts there are in a group.
    pub fn of(&self, group: Group) -> u64 {
        self.groups.get(group as usize).copied().unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn of_versions(versions: impl Iterator<Item = (Arc<str>, Runs)>) -> Self {
        Self { versions: versions.collect(), ..Self::default() }
    }

    /// Ids of the hosts of a group, if they are few.
    pub fn members(&self, group: Group) -> Option<impl Iterator<Item = String>> {
        let members = self.members.get(group as usize)?.as_ref()?;
        Some(members.iter().map(|number| id::make(HOST.id_prefix(), *number)))
    }

    /// Hosts of an OS.
    pub fn runs(&self, os: &str) -> Runs {
        self.versions.get(os).copied().unwrap_or_default()
    }
}

/// The hosts of a group, as long as they are few.
type Members = Option<Arc<HashSet<u32>>>;

/// See the module. Hosts and instances go by the numbers in their ids.
#[derive(Debug)]
pub(super) struct Kept {
    hosts: HashMap<u32, Host>,
    instances: HashMap<u32, Instance>,
    groups: [u64; Group::ALL.len()],
    members: [Members; Group::ALL.len()],
    oses: Vec<(Arc<str>, Runs)>,
    places: HashMap<Arc<str>, u32>,
}

/// A host, or one that an instance points at before it was seen itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Host {
    is_there: bool,
    /// Outcomes of the tests of the host.
    own: u16,
    /// Outcomes of the tests of its instance.
    instance: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Instance {
    host: Option<u32>,
    /// Places of what it runs and of what it is linked to.
    os: u32,
    linked: u32,
}

/// Place of no OS.
const NONE: u32 = u32::MAX;

impl Default for Kept {
    fn default() -> Self {
        let members = std::array::from_fn(|_| Some(Arc::default()));
        let (hosts, instances, places) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { hosts, instances, groups: [0; Group::ALL.len()], members, oses: Vec::new(), places }
    }
}

impl Kept {
    /// A host as it is now.
    pub(super) fn host(&mut self, seen: Glimpse<'_>) {
        if let Some(number) = id::number(seen.id) {
            self.change(number, |host| (host.is_there, host.own) = (true, seen.holds));
        }
    }

    /// A host is not there any more.
    pub(super) fn no_host(&mut self, number: u32) {
        self.change(number, |host| (host.is_there, host.own) = (false, 0));
    }

    /// An instance as it is now.
    pub(super) fn instance(&mut self, seen: Glimpse<'_>) {
        let Some(number) = id::number(seen.id) else { return };
        self.no_instance(number);
        let [host, os, linked] = [0, 1, 2].map(|at| seen.links.get(at).copied().unwrap_or_default());
        let instance = Instance { host: id::number(host), os: self.place(os), linked: self.place(linked) };
        self.count(instance, |count| *count += 1);
        self.instances.insert(number, instance);
        if let Some(host) = instance.host {
            self.change(host, |host| host.instance = seen.holds);
        }
    }

    /// An instance is not there any more.
    pub(super) fn no_instance(&mut self, number: u32) {
        let Some(instance) = self.instances.remove(&number) else { return };
        self.count(instance, |count| *count -= 1);
        if let Some(host) = instance.host {
            self.change(host, |host| host.instance = 0);
        }
    }

    /// Makes room for so many hosts and instances, or lets go of what is left over.
    pub(super) fn fit(&mut self) {
        self.hosts.shrink_to_fit();
        self.instances.shrink_to_fit();
    }

    /// How many hosts are kept.
    pub(super) fn len(&self) -> usize {
        self.hosts.len()
    }

    /// The counts.
    pub(super) fn counts(&mut self) -> Counts {
        for (bit, members) in self.members.iter_mut().enumerate() {
            // Not as soon as there is room: around the limit hosts would be looked through again and again.
            if members.is_none() && self.groups.get(bit).is_some_and(|count| *count <= FEW as u64 / 2) {
                let belongs = |(number, host): (&u32, &Host)| (host.groups() >> bit & 1 == 1).then_some(*number);
                *members = Some(Arc::new(self.hosts.iter().filter_map(belongs).collect()));
            }
        }
        let versions = self.oses.iter().filter(|(_, runs)| *runs != Runs::default());
        Counts { groups: self.groups, members: self.members.clone(), versions: versions.cloned().collect() }
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut Host)) {
        let entry = self.hosts.entry(number);
        let before = if let Entry::Occupied(host) = &entry { *host.get() } else { Host::default() };
        let mut after = before;
        change(&mut after);
        if after == Host::default() {
            if let Entry::Occupied(host) = entry {
                host.remove();
            }
        } else {
            entry.insert_entry(after);
        }
        let (before, after) = (before.groups(), after.groups());
        for (bit, (count, members)) in self.groups.iter_mut().zip(&mut self.members).enumerate() {
            match (before >> bit & 1, after >> bit & 1) {
                (0, 1) => *count += 1,
                (1, 0) => *count -= 1,
                _ => continue,
            }
            let Some(few) = members else { continue };
            let few = Arc::make_mut(few);
            if after >> bit & 1 == 0 {
                few.remove(&number);
            } else {
                few.insert(number);
            }
            if few.len() > FEW {
                *members = None;
            }
        }
    }

    fn count(&mut self, instance: Instance, by: impl Fn(&mut u64)) {
        let Instance { os, linked, .. } = instance;
        if let Some((_, runs)) = self.oses.get_mut(os as usize) {
            by(&mut runs.installed);
        }
        if linked != os
            && let Some((_, runs)) = self.oses.get_mut(linked as usize)
        {
            by(&mut runs.to_run);
        }
    }

    fn place(&mut self, os: &str) -> u32 {
        if os.is_empty() {
            return NONE;
        }
        if let Some(place) = self.places.get(os) {
            return *place;
        }
        let (place, os) = (u32::try_from(self.oses.len()).unwrap_or(NONE), Arc::<str>::from(os));
        self.oses.push((Arc::clone(&os), Runs::default()));
        self.places.insert(os, place);
        place
    }
}

impl Host {
    fn groups(self) -> u16 {
        if self.is_there { RULES.groups(self.own, self.instance) } else { 0 }
    }
}
