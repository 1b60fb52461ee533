//! The OS resources of a project as far as they are compared: without their long texts.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
};

use emt_api::{
    record::{Meta, Record},
    resources::Os,
    version,
};

use crate::inventory::newest;

/// OS resources of a project.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    profiles: HashMap<String, Vec<Os>>,
    /// Profile of each, by id.
    places: HashMap<String, String>,
}

impl Catalogue {
    /// One of them.
    pub fn get(&self, id: &str) -> Option<&Os> {
        self.of_profile(self.places.get(id)?).iter().find(|os| os.id() == id)
    }

    /// Those of a profile, the newest first.
    pub fn of_profile(&self, profile: &str) -> &[Os] {
        self.profiles.get(profile).map(Vec::as_slice).unwrap_or_default()
    }

    /// The newest of a profile that is offered.
    pub fn newest(&self, profile: &str) -> Option<&Os> {
        newest(profile, self.of_profile(profile).iter())
    }

    /// All profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// Takes what an OS resource has become, `None` if it is gone; the profiles for which that makes a difference.
    pub fn take(&mut self, id: &str, becomes: Option<Os>) -> BTreeSet<String> {
        let becomes = becomes.map(compared);
        if self.get(id) == becomes.as_ref() {
            return BTreeSet::new();
        }
        let mut touched = BTreeSet::new();
        if let Some(profile) = self.places.remove(id) {
            if let Some(of_profile) = self.profiles.get_mut(&profile) {
                of_profile.retain(|os| os.id() != id);
                if of_profile.is_empty() {
                    self.profiles.remove(&profile);
                }
            }
            touched.insert(profile);
        }
        if let Some(os) = becomes {
            self.places.insert(id.to_owned(), os.profile_name.clone());
            touched.insert(os.profile_name.clone());
            let of_profile = self.profiles.entry(os.profile_name.clone()).or_default();
            let at = of_profile.partition_point(|other| goes_before(other, &os));
            of_profile.insert(at, os);
        }
        touched
    }
}

impl FromIterator<Os> for Catalogue {
    fn from_iter<I: IntoIterator<Item = Os>>(all: I) -> Self {
        let mut catalogue = Self::default();
        for os in all {
            catalogue.take(&os.meta.id.clone(), Some(os));
        }
        catalogue
    }
}

/// An order of all versions: newest first, at the end those that cannot be read; of equal ones by id.
fn goes_before(a: &Os, b: &Os) -> bool {
    let is_read = |os: &Os| version::compare(&os.image_id, &os.image_id).is_some();
    let order = version::compare(&b.image_id, &a.image_id).unwrap_or_else(|| is_read(b).cmp(&is_read(a)));
    order.then_with(|| a.id().cmp(b.id())) == Ordering::Less
}

/// What of an OS resource decides about others.
fn compared(os: Os) -> Os {
    Os {
        meta: Meta { id: os.meta.id, ..Meta::default() },
        name: os.name,
        architecture: os.architecture,
        image_url: os.image_url,
        image_id: os.image_id,
        sha256: os.sha256,
        profile_name: os.profile_name,
        security_feature: os.security_feature,
        os_type: os.os_type,
        withdrawn: os.withdrawn,
        blocked: os.blocked,
        ..Os::default()
    }
}

#[cfg(test)]
mod tests {
    use emt_api::enums::OsType;

    use super::*;

    fn os(id: &str, profile: &str, version: &str) -> Os {
        let mut os = Os {
            profile_name: profile.to_owned(),
            image_id: version.to_owned(),
            os_type: OsType::Immutable,
            existing_cves: "[]".repeat(1000),
            ..Os::default()
        };
        os.meta.id = id.to_owned();
        os
    }

    fn touched(catalogue: &mut Catalogue, id: &str, becomes: Option<Os>) -> Vec<String> {
        catalogue.take(id, becomes).into_iter().collect()
    }

    #[test]
    fn those_of_a_profile_are_sorted_by_version() {
        let all = [("1", "3.0.2"), ("2", "nightly"), ("3", "3.0.10"), ("4", "3.0.1"), ("5", "weekly"), ("6", "3.0.10")];
        let catalogue: Catalogue = all.into_iter().map(|(id, version)| os(id, "emt", version)).collect();
        let ids: Vec<&str> = catalogue.of_profile("emt").iter().map(Record::id).collect();
        assert_eq!(ids, ["3", "6", "1", "4", "2", "5"]);
        assert_eq!(catalogue.newest("emt").map(Record::id), Some("3"));
        assert_eq!(catalogue.of_profile("other"), []);
    }

    #[test]
    fn only_what_is_compared_makes_a_difference() {
        let mut catalogue = Catalogue::default();
        assert_eq!(touched(&mut catalogue, "1", Some(os("1", "emt", "3.0.1"))), ["emt"]);
        let mut same = os("1", "emt", "3.0.1");
        (same.meta.revision, same.existing_cves, same.description) = (7, "other".to_owned(), "other".to_owned());
        assert_eq!(touched(&mut catalogue, "1", Some(same.clone())), [""; 0]);
        same.blocked = "by ann".to_owned();
        assert_eq!(touched(&mut catalogue, "1", Some(same)), ["emt"]);
        assert_eq!(catalogue.newest("emt"), None);
        assert_eq!(touched(&mut catalogue, "1", Some(os("1", "rt", "3.0.1"))), ["emt", "rt"]);
        assert_eq!(touched(&mut catalogue, "1", None), ["rt"]);
        assert_eq!((touched(&mut catalogue, "1", None), catalogue.profiles().count()), (vec![], 0));
    }
}
