//! Images come from their source to the Release Service when somebody needs them: an instance or a policy that names the OS, or
//! a policy of the kind LATEST of which it is the newest. Until an image is here, no node is told of it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use emt_api::{
    enums::{ImageState, OsOfferState, UpdatePolicy},
    filter::Expr,
    record::Record,
    resources::{INSTANCE, OS, OS_UPDATE_POLICY, Os, OsOffer},
    value::Value,
};
use tokio::{sync::Notify, task::JoinSet};

use super::{Sources, back_off::pause, look::Looker, transfer::whole};
use crate::{
    inventory::newest,
    store::{Batch, Query, StoreError, StoreExt},
};

/// Images that are fetched at once: a slow source is not to hold up the others.
const AT_ONCE: usize = 8;
/// How long news are gathered before it is looked who needs what.
const GATHER: Duration = Duration::from_secs(1);
/// Longest time without a look: what has failed is tried again.
const LOOK: Duration = Duration::from_mins(1);
/// How long is waited before a transfer that was cut off goes on.
const RESUMED_AFTER: Duration = Duration::from_secs(1);
/// Longest time that an image may take: a source that answers byte by byte is not to hold up others for ever.
const LONGEST: Duration = Duration::from_hours(12);
/// How often a decision is taken again because somebody else was faster.
const ATTEMPTS: usize = 16;

/// Project and id of an OS resource.
type Key = (String, String);

/// Fetches images.
#[derive(Clone)]
pub(super) struct Fetcher {
    looker: Looker,
    limit: u64,
    wake: Arc<Notify>,
    /// Failures in succession, and when it is tried again, epoch seconds.
    failed: Arc<Mutex<HashMap<Key, (u32, i64)>>>,
}

impl Fetcher {
    pub(super) fn new(looker: Looker, limit: u64) -> Self {
        Self { looker, limit, wake: Arc::default(), failed: Arc::default() }
    }

    /// Something may be needed that was not.
    pub(super) fn look(&self) {
        self.wake.notify_one();
    }

    /// Fetches what is needed until it is dropped.
    pub(super) async fn run(&self, sources: &Sources) {
        let mut news = self.looker.store.feed().any();
        let mut fetches = JoinSet::new();
        let mut under_way = HashSet::new();
        loop {
            match self.needed(&under_way, AT_ONCE.saturating_sub(fetches.len())).await {
                Ok(needed) => {
                    for os in needed {
                        under_way.insert(key(&os));
                        let (this, sources) = (self.clone(), sources.clone());
                        fetches.spawn(async move { (key(&os), this.fetch(&os, &sources).await) });
                    }
                }
                Err(error) => tracing::warn!(%error, "it could not be looked which images are needed"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.wake.notified() => {}
                Some(ended) = fetches.join_next() => match ended {
                    Ok((key, outcome)) => {
                        under_way.remove(&key);
                        if let Err(error) = outcome {
                            tracing::warn!(%error, "what became of an image could not be recorded");
                        }
                    }
                    // One that has panicked is forgotten with the others, and begun again.
                    Err(_) => under_way.clear(),
                },
                changed = news.changed() => if changed.is_err() { return },
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    /// OS resources whose images are to be fetched now, `count` at most. That they are is on record before it begins.
    async fn needed(&self, under_way: &HashSet<Key>, count: usize) -> Result<Vec<Os>, StoreError> {
        let mut needed = Vec::new();
        if count == 0 {
            return Ok(needed);
        }
        let missing = [ImageState::AtSource, ImageState::Fetching, ImageState::Failed];
        let missing = Expr::is_in("image_state", missing.map(|state| Value::Int(state as i64)));
        let all = Query { project: None, ..Query::all(&OS, "").filter(missing).brief() };
        let mut projects: HashMap<String, Vec<Os>> = HashMap::new();
        for os in self.looker.store.find(all).await?.rows.into_iter().map(Os::from_row) {
            if !under_way.contains(&key(&os)) && self.may_try(&os) {
                projects.entry(os.meta.project.clone()).or_default().push(os);
            }
        }
        for (project, missing) in projects {
            for os in self.needed_of(&project, missing).await? {
                if needed.len() < count
                    && let Some(os) = self.mark(&os, ImageState::Fetching, "").await?
                {
                    needed.push(os);
                }
            }
        }
        Ok(needed)
    }

    async fn needed_of(&self, project: &str, mut missing: Vec<Os>) -> Result<Vec<Os>, StoreError> {
        let mut needed = Vec::new();
        for (spec, column) in [(&INSTANCE, "desired_os_id"), (&OS_UPDATE_POLICY, "target_os_id")] {
            // One of those that are named at a time: there are few, and each is asked for in one look along an index.
            while !missing.is_empty() {
                let ids = missing.iter().map(|os| Value::from(os.id()));
                let names_one = Query::all(spec, project).filter(Expr::is_in(column, ids)).limit(1);
                let Some(row) = self.looker.store.find(names_one).await?.rows.into_iter().next() else { break };
                let named = row.get(column).text().to_owned();
                let Some(at) = missing.iter().position(|os| os.id() == named) else { break };
                needed.push(missing.swap_remove(at));
            }
        }
        needed.extend(self.newest_of(project, missing).await?);
        Ok(needed)
    }

    /// Those that a policy of the kind LATEST wants.
    async fn newest_of(&self, project: &str, missing: Vec<Os>) -> Result<Vec<Os>, StoreError> {
        let store = &self.looker.store;
        let latest = Expr::is("update_policy", Value::Int(UpdatePolicy::Latest as i64));
        let policies = store.find(Query::all(&OS_UPDATE_POLICY, project).filter(latest)).await?.rows;
        let mut needed = Vec::new();
        if policies.is_empty() || missing.is_empty() {
            return Ok(needed);
        }
        let catalogue: Vec<Os> = store.load_brief(project, Expr::everything()).await?;
        for os in missing {
            let newest = newest(&os.profile_name, catalogue.iter());
            if newest.is_none_or(|newest| newest.id() != os.id()) {
                continue;
            }
            let of_profile = catalogue.iter().filter(|other| other.profile_name == os.profile_name && other.id() != os.id());
            let runs_profile = Expr::is_in("os_id", of_profile.map(|other| Value::from(other.id())));
            let has_policy =
                Expr::is_in("os_update_policy_id", policies.iter().map(|policy| Value::from(policy.meta.id.as_str())));
            let wants = Query::all(&INSTANCE, project).filter(runs_profile.and(has_policy)).limit(1);
            if !store.find(wants).await?.rows.is_empty() {
                needed.push(os);
            }
        }
        Ok(needed)
    }

    fn may_try(&self, os: &Os) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(&key(os)).is_none_or(|(_, again)| *again <= self.looker.clock.now())
    }

    /// Records where an image is; `None` if the OS resource is gone.
    async fn mark(&self, os: &Os, state: ImageState, detail: &str) -> Result<Option<Os>, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.looker.store.load::<Os>(&os.meta.project, os.id()).await? else { return Ok(None) };
            let mut after = before.clone();
            after.image_state = state;
            detail.clone_into(&mut after.image_detail);
            if after == before {
                return Ok(Some(before));
            }
            after.meta.updated_ms = self.looker.clock.now_ms();
            match self.looker.store.commit(Batch::default().update(after.clone())).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    after.meta.revision += 1;
                    return Ok(Some(after));
                }
            }
        }
        Ok(None)
    }

    async fn fetch(&self, os: &Os, sources: &Sources) -> Result<(), StoreError> {
        let project = os.meta.project.as_str();
        // It may have been published meanwhile.
        if matches!(self.looker.images.open(project, &os.sha256).await, Ok(Some(_))) {
            return self.mark(os, ImageState::Here, "").await.map(drop);
        }
        tracing::info!(os = os.id(), profile = os.profile_name, version = os.image_id, "an image is being fetched");
        let offers: Vec<OsOffer> = self.looker.store.load_all(project, Expr::is("os_id", os.id())).await?;
        let usable = offers.iter().filter(|offer| matches!(offer.state, OsOfferState::Taken | OsOfferState::Withdrawn));
        let mut why = "no source offers it any more: add its source again, or publish the image".to_owned();
        for offer in usable.filter(|offer| !offer.image_url.is_empty()) {
            match self.fetch_from(os, offer, sources).await {
                Ok(()) => {
                    self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(os));
                    tracing::info!(os = os.id(), "an image is here");
                    return self.mark(os, ImageState::Here, "").await.map(drop);
                }
                Err(problem) => why = problem,
            }
        }
        tracing::warn!(os = os.id(), why, "an image could not be fetched");
        {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            let (failures, again) = failed.entry(key(os)).or_default();
            *failures = failures.saturating_add(1);
            *again = self.looker.clock.now() + pause(*failures, self.looker.random.u32());
        }
        self.mark(os, ImageState::Failed, &why).await.map(drop)
    }

    async fn fetch_from(&self, os: &Os, offer: &OsOffer, sources: &Sources) -> Result<(), String> {
        let (name, source) = sources.reader_for_images(&os.meta.project, offer.source_id.as_str()).await?;
        let mut random = [0; 16];
        self.looker.random.fill(&mut random);
        let body = whole(source, offer.image_url.clone(), RESUMED_AFTER);
        let images = &self.looker.images;
        let temporary = hex::encode(random);
        let kept = images.keep(&os.meta.project, &os.sha256, &temporary, self.limit, body);
        let kept = tokio::time::timeout(LONGEST, kept)
            .await
            .map_err(|_| format!("from source {name}: it took longer than half a day"))?;
        kept.map(drop).map_err(|error| format!("from source {name}: {error}"))
    }
}

fn key(os: &Os) -> Key {
    (os.meta.project.clone(), os.meta.id.clone())
}
