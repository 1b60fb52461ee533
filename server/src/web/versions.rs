//! Which versions the fleet runs: those that most hosts run, and what is newest.

use emt_api::{record::Record, resources::Os};

use crate::{inventory::Counts, os_resources::Catalogue};

/// Versions that are shown.
const MOST: usize = 12;
/// How many of them are there because they are the newest of a profile.
const NEWEST: usize = MOST / 2;

/// An OS with the number of hosts on which it is installed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) profile: String,
    pub(super) number: String,
    pub(super) hosts: u64,
    /// Of a hundred of all hosts that run something known.
    pub(super) share: u64,
    /// Whether it is the newest of its profile.
    pub(super) is_newest: bool,
    /// Why it may not be chosen; "" if it may.
    pub(super) held: &'static str,
}

/// Versions that are worth a look, those of a profile together, the newest first; and how many there are besides.
pub(super) fn versions(catalogue: &Catalogue, counts: &Counts) -> (Vec<Version>, usize) {
    let mut profiles: Vec<&str> = catalogue.profiles().collect();
    profiles.sort_unstable();
    let all: Vec<&Os> = profiles.iter().flat_map(|profile| catalogue.of_profile(profile)).collect();
    let is_newest = |os: &Os| catalogue.newest(&os.profile_name).is_some_and(|newest| newest.id() == os.id());
    let hosts = |os: &Os| counts.runs(os.id()).installed;
    // Places in the order in which they are shown, with more hosts first.
    let mut ranked: Vec<usize> = (0..all.len()).collect();
    ranked.sort_by_key(|at| all.get(*at).map(|os| std::cmp::Reverse(hosts(os))));
    let newest = ranked.iter().copied().filter(|at| all.get(*at).is_some_and(|os| is_newest(os))).take(NEWEST);
    let mut shown: Vec<usize> = newest.collect();
    for at in ranked {
        if shown.len() < MOST && !shown.contains(&at) {
            shown.push(at);
        }
    }
    shown.sort_unstable();
    let everywhere: u64 = all.iter().map(|os| hosts(os)).sum();
    let version = |os: &&Os| Version {
        id: os.id().to_owned(),
        profile: os.profile_name.clone(),
        number: os.image_id.clone(),
        hosts: hosts(os),
        share: hosts(os) * 100 / everywhere.max(1),
        is_newest: is_newest(os),
        held: match (os.blocked.is_empty(), os.withdrawn.is_empty()) {
            (false, _) => "blocked",
            (_, false) => "withdrawn",
            _ => "",
        },
    };
    let more = all.len() - shown.len();
    (shown.iter().filter_map(|at| all.get(*at)).map(version).collect(), more)
}

#[cfg(test)]
mod tests {
    use emt_api::record::Meta;
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::Runs;

    fn os(profile: usize, version: usize) -> Os {
        let id = emt_api::id::make("os", u32::try_from(profile * 1000 + version).unwrap_or(0));
        Os {
            meta: Meta { id, ..Meta::default() },
            profile_name: format!("profile-{profile}"),
            image_id: format!("3.0.{version}"),
            os_type: emt_api::enums::OsType::Immutable,
            ..Os::default()
        }
    }

    proptest! {
        #[test]
        fn what_most_hosts_run_and_what_is_newest_is_shown(
            all in prop::collection::btree_map((0..9_usize, 0..9_usize), 0..50_u64, 0..60),
        ) {
            let catalogue: Catalogue = all.keys().map(|(profile, version)| os(*profile, *version)).collect();
            let runs = |((profile, version), hosts): (&(usize, usize), &u64)| {
                (os(*profile, *version).id().into(), Runs { installed: *hosts, to_run: 1 })
            };
            let counts = Counts::of_versions(all.iter().map(runs));
            let (shown, more) = versions(&catalogue, &counts);
            prop_assert_eq!(shown.len(), all.len().min(MOST));
            prop_assert_eq!(shown.len() + more, all.len());
            prop_assert!(shown.iter().filter(|version| version.is_newest).count() >= catalogue.profiles().count().min(NEWEST));
            prop_assert!(shown.iter().map(|version| version.share).sum::<u64>() <= 100);
            let mut most: Vec<u64> = all.values().copied().collect();
            most.sort_unstable();
            for hosts in most.iter().rev().take(MOST - NEWEST).filter(|hosts| most.iter().filter(|same| same == hosts).count() == 1) {
                prop_assert!(shown.iter().any(|version| version.hosts == *hosts), "{} hosts", hosts);
            }
            let order: Vec<&str> = shown.iter().map(|version| version.profile.as_str()).collect();
            prop_assert!(order.is_sorted());
        }
    }
}
