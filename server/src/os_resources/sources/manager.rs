//! When which source is looked at: from time to time, when somebody asks, and when its publisher calls.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use emt_api::{
    error::ApiError,
    record::Record,
    resources::{INTERVAL, OS_SOURCE, OsSource},
};
use emt_sources::Source;
use tokio::{sync::Notify, task::JoinSet};

use super::{
    back_off::pause,
    images::Fetcher,
    look::{Found, How, Looker},
    rules::Rules,
};
use crate::{
    clock::{Clock, Randomness},
    inventory::{reader_of, refused},
    release::Images,
    store::{Query, Store, StoreError, StoreExt},
};

/// Sources that are looked at by themselves at once.
const AT_ONCE: usize = 4;
/// Longest time without a look at the clock: it may be set.
const LOOK: Duration = Duration::from_mins(1);
/// Longest time that a look may take: a source that answers byte by byte is not to hold up others.
const LONGEST: Duration = Duration::from_mins(30);
/// How long news are gathered before they are looked at.
const GATHER: Duration = Duration::from_millis(500);
/// Fewest seconds between two looks that a publisher's calls cause.
const CALLS: i64 = 10;

/// Why a source was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// There is none, or it is not the caller's.
    #[error("os_source not found")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::NotFound => OS_SOURCE.not_found(),
            SyncError::Store(error) => refused(error),
        }
    }
}

/// How far a source has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether it is being looked at.
    pub running: bool,
    /// When it was last looked at, epoch seconds, and what was found; since the start of the server.
    pub last: Option<(i64, Found)>,
    /// When it is looked at next, epoch seconds; 0: at once.
    pub next: i64,
}

/// All sources of all projects.
#[derive(Clone)]
pub struct Sources {
    inner: Arc<Inner>,
}

struct Inner {
    looker: Looker,
    fetcher: Fetcher,
    rules: Rules,
    known: Mutex<HashMap<Key, Known>>,
    wake: Notify,
}

/// Project and id of a source.
type Key = (String, String);

/// What is known of a source while the server runs.
#[derive(Default)]
struct Known {
    /// With the settings that it was made for.
    reader: Option<(OsSource, Arc<dyn Source>)>,
    /// One look at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
    progress: Progress,
    /// Looks in succession that could not read it.
    failures: u32,
}

impl Sources {
    /// Sources over a store.
    pub fn new(store: Arc<dyn Store>, images: Images, clock: Clock, random: Randomness, rules: Rules) -> Self {
        let looker = Looker { store, images, clock, random };
        let fetcher = Fetcher::new(looker.clone(), rules.image_limit);
        Self { inner: Arc::new(Inner { looker, fetcher, rules, known: Mutex::default(), wake: Notify::new() }) }
    }

    /// Looks at sources when it is time, and fetches what is needed, until it is dropped.
    pub async fn run(&self) {
        tokio::join!(self.inner.fetcher.run(self), self.look_on());
    }

    async fn look_on(&self) {
        let mut looks = JoinSet::new();
        let mut news = self.inner.looker.store.feed().any();
        loop {
            let wait = match self.due(AT_ONCE.saturating_sub(looks.len())).await {
                Ok((due, wait)) => {
                    for source in due {
                        let this = self.clone();
                        looks.spawn(async move { this.look(&source, false).await.map(drop) });
                    }
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, "sources of OS images could not be listed");
                    LOOK
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.inner.wake.notified() => {}
                Some(ended) = looks.join_next() => {
                    if let Ok(Err(error)) = ended {
                        tracing::warn!(%error, "a source of OS images was not looked at");
                    }
                }
                changed = news.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    // A fleet at work changes something all the time.
                    tokio::time::sleep(GATHER).await;
                }
            }
        }
    }

    /// The sources that it is time for, `count` at most; and how long there is until the next.
    async fn due(&self, count: usize) -> Result<(Vec<OsSource>, Duration), StoreError> {
        let all = Query { project: None, ..Query::all(&OS_SOURCE, "") };
        let sources: Vec<OsSource> = self.inner.looker.store.find(all).await?.rows.into_iter().map(OsSource::from_row).collect();
        let now = self.inner.looker.clock.now();
        let mut known = self.known();
        let there: std::collections::HashSet<Key> = sources.iter().map(key).collect();
        known.retain(|key, _| there.contains(key));
        let (mut due, mut wait) = (Vec::new(), LOOK);
        for source in sources {
            let entry = known.entry(key(&source)).or_default();
            let is_new = entry.reader.as_ref().is_some_and(|(made_for, _)| *made_for != configured(&source));
            if is_new {
                entry.progress.next = 0;
            }
            if entry.progress.running {
                continue;
            }
            if entry.progress.next > now {
                wait = wait.min(Duration::from_secs(u64::try_from(entry.progress.next - now).unwrap_or(0)));
            } else if due.len() < count {
                entry.progress.running = true;
                due.push(source);
            }
        }
        Ok((due, wait))
    }

    /// Looks at a source now, because somebody asks for it, and waits for the end.
    pub async fn sync(&self, project: &str, id: &str) -> Result<Found, SyncError> {
        let source: Option<OsSource> = self.inner.looker.store.load(project, id).await?;
        Ok(self.look(&source.ok_or(SyncError::NotFound)?, true).await?)
    }

    /// How far a source has come.
    pub fn progress(&self, project: &str, id: &str) -> Progress {
        self.known().get(&(project.to_owned(), id.to_owned())).map(|known| known.progress.clone()).unwrap_or_default()
    }

    /// Its publisher says that there is something new: it is looked at soon.
    pub(super) fn called(&self, project: &str, id: &str) {
        let soon = {
            let mut known = self.known();
            let entry = known.entry((project.to_owned(), id.to_owned())).or_default();
            let earliest = entry.progress.last.as_ref().map_or(0, |(at, _)| at + CALLS);
            entry.progress.next = entry.progress.next.min(earliest);
            earliest
        };
        tracing::info!(source = id, soon, "a publisher has called");
        self.inner.wake.notify_one();
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.inner.looker.store
    }

    pub(super) fn random(&self) -> &Randomness {
        &self.inner.looker.random
    }

    async fn look(&self, source: &OsSource, impatient: bool) -> Result<Found, StoreError> {
        let key = key(source);
        let turn = Arc::clone(&self.known().entry(key.clone()).or_default().turn);
        let _turn = turn.lock().await;
        let running = Running { sources: self, key: &key };
        running.set(true);
        // Settings may have changed while others were looking.
        let Some(source) = self.inner.looker.store.load::<OsSource>(&key.0, &key.1).await? else { return Ok(Found::default()) };
        let found = match self.reader(&source) {
            Err(why) => self.inner.looker.unreadable(&source, why).await?,
            Ok((reader, first)) => {
                let look = self.inner.looker.look(&source, &*reader, How { first, impatient });
                match tokio::time::timeout(LONGEST, look).await {
                    Ok(found) => found?,
                    // What was taken until then is kept, and the next look goes on from there.
                    Err(_) => self.inner.looker.unreadable(&source, "it took longer than half an hour".to_owned()).await?,
                }
            }
        };
        if !found.error.is_empty() {
            tracing::warn!(source = source.id(), name = source.name, error = found.error, "a source of OS images cannot be read");
        }
        let again = self.inner.looker.retry_at(&source).await?;
        let looker = &self.inner.looker;
        let (now, random) = (looker.clock.now(), looker.random.u32());
        {
            let mut known = self.known();
            let entry = known.entry(key.clone()).or_default();
            let interval = i64::from(if source.interval_seconds == 0 { INTERVAL } else { source.interval_seconds });
            if found.error.is_empty() {
                entry.failures = 0;
                entry.progress.next = again.map_or(now + interval, |again| again.clamp(now + 1, now + interval));
            } else {
                entry.failures = entry.failures.saturating_add(1);
                entry.progress.next = now + pause(entry.failures, random).min(interval.max(CALLS));
            }
            entry.progress.last = Some((now, found.clone()));
        }
        drop(running);
        self.inner.fetcher.look();
        self.inner.wake.notify_one();
        Ok(found)
    }

    /// What reads a source, and whether it was made just now.
    fn reader(&self, source: &OsSource) -> Result<(Arc<dyn Source>, bool), String> {
        let settings = configured(source);
        let mut known = self.known();
        let entry = known.entry(key(source)).or_default();
        if let Some((made_for, reader)) = &entry.reader
            && *made_for == settings
        {
            return Ok((Arc::clone(reader), false));
        }
        self.inner.rules.check(source)?;
        let reader = reader_of(source)?;
        entry.reader = Some((settings, Arc::clone(&reader)));
        Ok((reader, true))
    }

    /// Name of a source, and what reads images of it.
    pub(super) async fn reader_for_images(&self, project: &str, id: &str) -> Result<(String, Arc<dyn Source>), String> {
        let source = self.inner.looker.store.load::<OsSource>(project, id).await.map_err(|error| error.to_string())?;
        let source = source.ok_or("the source is there no more")?;
        self.inner.rules.check(&source)?;
        // Not the one that looks: it must not be taken for one that has listed already.
        Ok((source.name.clone(), reader_of(&source)?))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Key, Known>> {
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look that is under way; it may be given up at any time.
struct Running<'a> {
    sources: &'a Sources,
    key: &'a Key,
}

impl Running<'_> {
    fn set(&self, running: bool) {
        self.sources.known().entry(self.key.clone()).or_default().progress.running = running;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}

fn key(source: &OsSource) -> Key {
    (source.meta.project.clone(), source.meta.id.clone())
}

/// What of a source its reader depends on.
fn configured(source: &OsSource) -> OsSource {
    OsSource {
        meta: emt_api::record::Meta::default(),
        name: String::new(),
        interval_seconds: 0,
        status: String::new(),
        status_indicator: emt_api::enums::StatusIndication::default(),
        status_timestamp: 0,
        validator: String::new(),
        webhook: String::new(),
        ..source.clone()
    }
}
