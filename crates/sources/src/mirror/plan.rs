//! What is to be there in the end. Pure.

use std::{cmp::Ordering, sync::Arc};

use emt_api::version;

use super::MirrorError;
use crate::{
    Profile,
    index::{Index, Withdrawn},
};

/// What a source has of a profile.
pub(super) struct Found {
    pub(super) profile: String,
    pub(super) versions: Vec<Version>,
    /// Whether all of it could be read: only then is known what is not offered.
    pub(super) is_whole: bool,
}

/// A version.
pub(super) struct Version {
    pub(super) tag: String,
    pub(super) profile: Profile,
    pub(super) yaml: Arc<[u8]>,
}

impl Found {
    /// Takes a version along. Several tags may have the same document.
    pub(super) fn add(&mut self, version: Version) -> Result<(), MirrorError> {
        let same = self.versions.iter().find(|known| known.profile.os.image_id == version.profile.os.image_id);
        match same {
            None => self.versions.push(version),
            Some(known) if known.yaml == version.yaml => {}
            Some(known) => return Err(MirrorError::Conflict(known.tag.clone(), version.tag)),
        }
        Ok(())
    }

    /// The newest so many; those that have no order come last.
    pub(super) fn newest(&self, most: Option<usize>) -> Vec<&Version> {
        let mut versions: Vec<_> = self.versions.iter().collect();
        versions.sort_by(|a, b| order(&b.profile.os.image_id, &a.profile.os.image_id));
        versions.truncate(most.unwrap_or(usize::MAX));
        versions
    }

    fn offers(&self, version: &str) -> bool {
        self.versions.iter().any(|known| known.profile.os.image_id == version)
    }
}

/// A total order: versions that cannot be read are older than all others.
fn order(a: &str, b: &str) -> Ordering {
    let readable = |text| version::compare(text, text).is_some();
    version::compare(a, b).unwrap_or_else(|| (readable(a), a).cmp(&(readable(b), b)))
}

/// What a source was found to have.
pub(super) struct Offer<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// By profile.
    pub(super) found: &'a [Found],
    /// Whether these are all the profiles that it has.
    pub(super) is_all: bool,
    /// What it warns of.
    pub(super) withdrawn: Vec<Withdrawn>,
}

impl Offer<'_> {
    /// Whether it offers a version, if that is known.
    fn has(&self, profile: &str, version: &str) -> Option<bool> {
        match self.found.iter().find(|found| found.profile == profile) {
            Some(found) => found.is_whole.then(|| found.offers(version)),
            None => self.is_all.then_some(false),
        }
    }
}

/// The new index: what was there, what has come, and what is taken back now. A version that was there and is offered no more is
/// taken back, and comes back when it is offered again. Profiles that were not asked for are left as they are.
pub(super) fn merged(old: &Index, new: Index, offer: &Offer<'_>) -> Index {
    let mut index = old.clone();
    for entry in new.profiles {
        index.profiles.retain(|known| (&known.profile, &known.version) != (&entry.profile, &entry.version));
        index.profiles.push(entry);
    }
    index.profiles.sort_by(|a, b| a.profile.cmp(&b.profile).then_with(|| order(&a.version, &b.version)));
    index.files.extend(new.files);
    let known = |list: &[Withdrawn], profile: &str, version: &str| {
        list.iter().any(|entry| entry.profile == profile && entry.version == version)
    };
    let mut all = offer.withdrawn.clone();
    for entry in &old.withdrawn {
        let is_back = offer.has(&entry.profile, &entry.version) == Some(true);
        if !is_back && !known(&all, &entry.profile, &entry.version) {
            all.push(entry.clone());
        }
    }
    for entry in &old.profiles {
        let is_gone = offer.has(&entry.profile, &entry.version) == Some(false);
        if is_gone && !known(&all, &entry.profile, &entry.version) {
            let (profile, version) = (entry.profile.clone(), entry.version.clone());
            all.push(Withdrawn { profile, version, reason: format!("no longer offered by {}", offer.name) });
        }
    }
    all.sort();
    all.dedup();
    index.withdrawn = all;
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_order() {
        let mut versions = ["3.0.2", "main", "3.0.10", "", "3.0.1", "a"];
        versions.sort_by(|a, b| order(a, b));
        assert_eq!(versions, ["", "a", "main", "3.0.1", "3.0.2", "3.0.10"]);
    }
}
