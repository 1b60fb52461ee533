//! The OS resources of profiles, remembered until one of their project changes: after any other change in a project its whole
//! fleet is decided on anew, and a profile may have a thousand versions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use emt_api::{
    filter::Expr,
    resources::{OS, Os},
};

use crate::store::{Store, StoreError, StoreExt};

/// Most OS resources that are remembered, about 1 KiB each; beyond that memory begins anew.
const MOST: usize = 8192;

/// Project and profile.
type Key = (String, String);

/// See the module.
#[derive(Default)]
pub(super) struct Profiles {
    known: Mutex<HashMap<Key, Known>>,
}

struct Known {
    /// Generation of the project's OS resources that was current before they were read.
    generation: u64,
    all: Arc<[Os]>,
}

impl Profiles {
    /// Those of a profile, without their long texts.
    pub(super) async fn of(&self, store: &dyn Store, project: &str, profile: &str) -> Result<Arc<[Os]>, StoreError> {
        let generation = store.generation_of(project, &OS);
        let key = (project.to_owned(), profile.to_owned());
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && known.generation == generation
        {
            return Ok(Arc::clone(&known.all));
        }
        let all: Arc<[Os]> = store.load_brief(project, Expr::is("profile_name", profile)).await?.into();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&key);
        // What nodes say that they run may be anything.
        if !all.is_empty() && all.len() <= MOST {
            if known.values().map(|known| known.all.len()).sum::<usize>() + all.len() > MOST {
                known.clear();
            }
            known.insert(key, Known { generation, all: Arc::clone(&all) });
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use emt_api::{
        record::{Meta, Record},
        resources::Site,
    };

    use super::*;
    use crate::store::{self, Batch};

    fn os(id: &str, profile: &str) -> Os {
        let mut os = Os { profile_name: profile.to_owned(), image_id: id.to_owned(), ..Os::default() };
        os.meta = Meta { project: "p".to_owned(), id: id.to_owned(), revision: 1, ..Meta::default() };
        os
    }

    #[tokio::test]
    async fn they_are_read_anew_when_an_os_of_the_project_has_changed_and_only_then() {
        let directory = tempfile::tempdir().unwrap();
        let store = store::open(&directory.path().join("emt.db")).unwrap();
        let commit = async |batch: Batch| store.commit(batch).await.unwrap();
        commit(Batch::default().insert(os("os-1", "a")).insert(os("os-2", "b"))).await;
        let profiles = Profiles::default();
        let of = async |profile: &str| profiles.of(&store, "p", profile).await.unwrap();
        let ids = |all: &[Os]| all.iter().map(|os| os.id().to_owned()).collect::<Vec<_>>();
        let first = of("a").await;
        assert_eq!((ids(&first), ids(&of("b").await), ids(&of("c").await)), (vec!["os-1".into()], vec!["os-2".into()], vec![]));
        let site = Site { meta: Meta { id: "site-1".to_owned(), ..os("", "").meta }, ..Site::default() };
        commit(Batch::default().insert(site)).await;
        assert!(Arc::ptr_eq(&first, &of("a").await), "a site is none");
        let blocked = Os { blocked: "by ann".to_owned(), ..os("os-1", "a") };
        commit(Batch::default().update(blocked)).await;
        assert_eq!(of("a").await[0].blocked, "by ann");
        commit(Batch::default().insert(os("os-3", "a"))).await;
        assert_eq!(ids(&of("a").await), ["os-1", "os-3"]);
        let gone = store.load::<Os>("p", "os-1").await.unwrap().unwrap();
        commit(Batch::default().delete(&gone)).await;
        assert_eq!(ids(&of("a").await), ["os-3"]);
    }
}
