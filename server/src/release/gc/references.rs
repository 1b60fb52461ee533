//! What refers to the images of a project.

use std::collections::{HashMap, HashSet};

use emt_api::{
    enums::{ImageState, OsOfferState, UpdateRunState},
    filter::Expr,
    id,
    record::Record,
    resources::{INSTANCE, OS, OS_UPDATE_POLICY, OS_UPDATE_RUN, Os, OsOffer, OsSource, OsUpdateRun},
    spec::Spec,
    value::{Column, Value},
};

use super::rule::Facts;
use crate::{
    inventory::{is_readable, newest},
    release::is_digest,
    store::{Query, Store, StoreError, StoreExt},
};

/// What names OS resources that are in use: what instances have, what they are to have, and what policies ask for.
pub(super) const USERS: [(&Spec, &str); 3] =
    [(&INSTANCE, "os_id"), (&INSTANCE, "desired_os_id"), (&OS_UPDATE_POLICY, "target_os_id")];

/// See the module.
#[derive(Default)]
pub(super) struct References {
    facts: HashMap<String, Facts>,
    /// Ids of the OS resources that say of an image that it is here, by digest.
    here: HashMap<String, Vec<String>>,
    /// An update is under way whose OS resource is gone: any image without a name may be the one that it needs.
    lost_target: bool,
}

impl References {
    /// Reads them. OS resources come before runs: of an OS that is made, begun with and deleted meanwhile the run is seen.
    pub(super) async fn read(store: &dyn Store, project: &str) -> Result<Self, StoreError> {
        let rows = store.find(Query::all(&OS, project).brief()).await?.rows;
        let catalogue: Vec<Os> = rows.into_iter().map(Os::from_row).collect();
        let targets = open_targets(store, project).await?;
        let known: HashSet<&str> = catalogue.iter().map(Record::id).collect();
        let lost_target = targets.iter().any(|target| id::is(target, OS.prefix) && !known.contains(target.as_str()));
        let mut in_use = targets;
        in_use.extend(newest_of_each(&catalogue));
        let sources: Vec<OsSource> = store.load_all(project, Expr::everything()).await?;
        let offers: Vec<OsOffer> = store.load_all(project, Expr::everything()).await?;
        let refetchable = refetchable(&catalogue, &offers, &sources);
        // Whether it is in use matters only where there is another copy.
        let asked = refetchable.iter().filter(|id| !in_use.contains(*id)).cloned().collect();
        in_use.extend(used(store, project, asked).await?);
        Ok(Self { lost_target, ..Self::of(&catalogue, &refetchable, &in_use) })
    }

    fn of(catalogue: &[Os], refetchable: &HashSet<String>, in_use: &HashSet<String>) -> Self {
        let mut all = Self::default();
        for os in catalogue {
            for digest in digests(os) {
                let facts = all.facts.entry(digest.clone()).or_insert(Facts { named: true, refetchable: true, in_use: false });
                facts.refetchable &= refetchable.contains(os.id());
                facts.in_use |= in_use.contains(os.id());
                if os.image_state == ImageState::Here {
                    all.here.entry(digest).or_default().push(os.id().to_owned());
                }
            }
        }
        all
    }

    /// What is known of an image.
    pub(super) fn facts(&self, sha256: &str) -> Facts {
        let unnamed = Facts { in_use: self.lost_target, ..Facts::default() };
        self.facts.get(sha256).copied().unwrap_or(unnamed)
    }

    /// Ids of the OS resources that say of an image that it is here.
    pub(super) fn here(&self, sha256: &str) -> &[String] {
        self.here.get(sha256).map_or(&[], Vec::as_slice)
    }
}

/// Ids of the newest of each profile: policies that say LATEST, and automatic mode, may choose it at any time.
fn newest_of_each(catalogue: &[Os]) -> impl Iterator<Item = String> {
    let mut profiles: HashMap<&str, Vec<&Os>> = HashMap::new();
    for os in catalogue {
        profiles.entry(&os.profile_name).or_default().push(os);
    }
    profiles.into_iter().filter_map(|(profile, those)| Some(newest(profile, those.into_iter())?.id().to_owned()))
}

/// Ids of the OS resources whose images can be fetched again: those that were made of an offer, and that a source still offers
/// which could be read when it was last looked at. A source that has withdrawn a version may have removed its image.
fn refetchable(catalogue: &[Os], offers: &[OsOffer], sources: &[OsSource]) -> HashSet<String> {
    let readable: HashSet<&str> = sources.iter().filter(|source| is_readable(source)).map(Record::id).collect();
    // An offer without a tag stands for a profile whose list cannot be read.
    let place = |offer: &OsOffer| (offer.source_id.as_str().to_owned(), offer.profile.clone());
    let unlisted: HashSet<_> = offers.iter().filter(|offer| offer.tag.is_empty()).map(place).collect();
    let offered: HashSet<(&str, &str)> = offers
        .iter()
        .filter(|offer| offer.state == OsOfferState::Taken && !offer.image_url.is_empty())
        .filter(|offer| readable.contains(offer.source_id.as_str()) && !unlisted.contains(&place(offer)))
        .map(|offer| (offer.os_id.as_str(), offer.sha256.as_str()))
        .collect();
    let made = catalogue.iter().filter(|os| os.image_state != ImageState::Unspecified);
    made.filter(|os| offered.contains(&(os.id(), os.sha256.as_str()))).map(|os| os.id().to_owned()).collect()
}

/// Digests that an OS resource names: its own, and that in the address of its image.
fn digests(os: &Os) -> HashSet<String> {
    let in_address = os.image_url.split(['/', '?', '#']).filter(|part| is_digest(part));
    [os.sha256.as_str()].into_iter().filter(|digest| is_digest(digest)).chain(in_address).map(str::to_owned).collect()
}

async fn open_targets(store: &dyn Store, project: &str) -> Result<HashSet<String>, StoreError> {
    let open = Expr::is("state", UpdateRunState::Open.to_value());
    let rows = store.find(Query::all(&OS_UPDATE_RUN, project).filter(open)).await?.rows;
    Ok(rows.into_iter().map(|row| OsUpdateRun::from_row(row).target).collect())
}

/// Those of some OS resources that are in use. There are few, and each is asked for in one look along an index.
async fn used(store: &dyn Store, project: &str, mut asked: HashSet<String>) -> Result<HashSet<String>, StoreError> {
    let mut used = HashSet::new();
    for (spec, column) in USERS {
        while !asked.is_empty() {
            let names_one = Expr::is_in(column, asked.iter().map(|id| Value::from(id.as_str())));
            let query = Query::all(spec, project).filter(names_one).limit(1);
            let Some(row) = store.find(query).await?.rows.into_iter().next() else { break };
            let Some(id) = asked.take(row.get(column).text()) else { break };
            used.insert(id);
        }
    }
    Ok(used)
}

#[cfg(test)]
#[path = "references_tests.rs"]
mod tests;
