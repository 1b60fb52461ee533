//! What refers to the images of a project.

use std::collections::{HashMap, HashSet};

use emt_api::{
    enums::{OsType, UpdateRunState},
    filter::Expr,
    id,
    record::Record,
    resources::{INSTANCE, OS, OS_UPDATE_POLICY, OS_UPDATE_RUN, Os, OsUpdateRun},
    spec::Spec,
    value::Column,
    version,
};

use super::rule::Facts;
use crate::{
    release::is_digest,
    store::{Query, Store, StoreError},
};

/// OS resources that are read at a time: their lists of packages are long.
const PAGE: u64 = 50;

/// See the module.
pub(super) struct References {
    facts: HashMap<String, Facts>,
    /// An update is under way whose OS resource is gone: any image without a name may be the one that it needs.
    lost_target: bool,
}

/// What of an OS resource is looked at.
struct Named {
    id: String,
    digests: Vec<String>,
    refetchable: bool,
    /// Profile and version, if it may be chosen for them.
    offered: Option<(String, String)>,
}

impl References {
    /// Reads them. OS resources come before runs: of an OS that is made, begun with and deleted meanwhile the run is seen.
    pub(super) async fn read(store: &dyn Store, project: &str) -> Result<Self, StoreError> {
        let named = named(store, project).await?;
        let targets = open_targets(store, project).await?;
        let ids: HashSet<&str> = named.iter().map(|os| os.id.as_str()).collect();
        let lost_target = targets.iter().any(|target| id::is(target, OS.prefix) && !ids.contains(target.as_str()));
        let newest = newest(&named);
        let mut facts: HashMap<String, Facts> = HashMap::new();
        for os in &named {
            let wanted = targets.contains(&os.id) || newest.contains(os.id.as_str());
            // Whether it is in use matters only where there is another copy.
            let in_use = os.refetchable && (wanted || is_used(store, project, &os.id).await?);
            for digest in os.digests.iter().cloned() {
                let known = facts.entry(digest).or_insert(Facts { named: true, refetchable: true, in_use: false });
                known.refetchable &= os.refetchable;
                known.in_use |= in_use;
            }
        }
        Ok(Self { facts, lost_target })
    }

    /// What is known of an image.
    pub(super) fn facts(&self, sha256: &str) -> Facts {
        let unnamed = Facts { in_use: self.lost_target, ..Facts::default() };
        self.facts.get(sha256).copied().unwrap_or(unnamed)
    }
}

async fn named(store: &dyn Store, project: &str) -> Result<Vec<Named>, StoreError> {
    let mut all = Vec::new();
    loop {
        let query = Query { offset: all.len() as u64, ..Query::all(&OS, project) };
        let rows = store.find(query.limit(PAGE)).await?.rows;
        let last = (rows.len() as u64) < PAGE;
        all.extend(rows.into_iter().map(Os::from_row).map(|os| Named {
            digests: digests(&os),
            refetchable: is_refetchable(&os),
            offered: (os.os_type == OsType::Immutable && os.is_offered()).then_some((os.profile_name, os.image_id)),
            id: os.meta.id,
        }));
        if last {
            return Ok(all);
        }
    }
}

/// Ids of the newest of each profile: policies that say LATEST, and automatic mode, may choose it at any time.
fn newest(named: &[Named]) -> HashSet<&str> {
    let mut best: HashMap<&str, (&str, &str)> = HashMap::new();
    for os in named {
        let Some((profile, version)) = &os.offered else { continue };
        match best.get(profile.as_str()) {
            Some((newest, _)) if !version::is_newer(version, newest) => {}
            _ => drop(best.insert(profile, (version, &os.id))),
        }
    }
    best.into_values().map(|(_, id)| id).collect()
}

/// Whether the image of an OS resource can be fetched again from where it came from. None can as yet: what discovers OS
/// resources in sources, and fetches their images, tells it here.
const fn is_refetchable(_: &Os) -> bool {
    false
}

/// Digests that an OS resource names: its own, and that in the address of its image.
fn digests(os: &Os) -> Vec<String> {
    let in_address = os.image_url.split(['/', '?', '#']).filter(|part| is_digest(part));
    [os.sha256.as_str()].into_iter().filter(|digest| is_digest(digest)).chain(in_address).map(str::to_owned).collect()
}

async fn open_targets(store: &dyn Store, project: &str) -> Result<HashSet<String>, StoreError> {
    let open = Expr::is("state", UpdateRunState::Open.to_value());
    let rows = store.find(Query::all(&OS_UPDATE_RUN, project).filter(open)).await?.rows;
    Ok(rows.into_iter().map(|row| OsUpdateRun::from_row(row).target).collect())
}

/// Whether an instance has an OS or is to have it, or a policy names it.
async fn is_used(store: &dyn Store, project: &str, os: &str) -> Result<bool, StoreError> {
    let links: [(&'static Spec, &'static str); 3] =
        [(&INSTANCE, "os_id"), (&INSTANCE, "desired_os_id"), (&OS_UPDATE_POLICY, "target_os_id")];
    for (spec, column) in links {
        let query = Query::all(spec, project).filter(Expr::is(column, os)).limit(1);
        if !store.find(query).await?.rows.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_profile_may_be_chosen() {
        let named = |id: &str, profile: &str, version: &str| Named {
            id: id.to_owned(),
            digests: Vec::new(),
            refetchable: true,
            offered: (!profile.is_empty()).then(|| (profile.to_owned(), version.to_owned())),
        };
        let all =
            [named("1", "a", "3.9"), named("2", "a", "3.10"), named("3", "b", "1"), named("4", "", ""), named("5", "a", "3.2")];
        assert_eq!(newest(&all), HashSet::from(["2", "3"]));
    }

    #[test]
    fn digests_that_are_named() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        for (sha256, image_url, expected) in [
            (a.as_str(), String::new(), vec![&a]),
            ("", format!("files-edge-orch/p/{b}/emt.raw.gz"), vec![&b]),
            (&a, format!("files-edge-orch/p/{b}/emt.raw.gz"), vec![&a, &b]),
            ("", format!("https://x/{b}?x={a}"), vec![&b]),
            ("", "files-edge-orch/p/emt.raw.gz".to_owned(), vec![]),
        ] {
            let os = Os { sha256: sha256.to_owned(), image_url, ..Os::default() };
            assert_eq!(digests(&os).iter().collect::<Vec<_>>(), expected);
        }
    }
}
