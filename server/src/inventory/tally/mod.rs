//! Kept counts: how many hosts of a project are in which group, and run what. Nobody who asks has the fleet counted.
//!
//! A tally is made when it is first asked for, from one look at each host and instance. From then on the feed says which of them
//! to look at again, when somebody asks. It is given up when nobody has asked for a while.

mod group;
mod kept;
mod news;
mod rule;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

pub use self::{
    group::Group,
    kept::{Counts, Runs},
};
use self::{kept::Kept, news::Changed, rule::RULES};
use crate::store::{Follower, Glance, Glimpse, Snapshot, Store, StoreError, Which};

/// Records that are looked at in one go when a tally is made: others have their turn in between.
const CHUNK: usize = 1000;
/// A tally that nobody has asked for in this time is given up; one that was just asked for may live twice as long.
const IDLE: Duration = Duration::from_mins(5);
/// How long news are gathered before they are taken in.
const GATHER: Duration = Duration::from_millis(50);

/// The tallies of all projects that somebody asks for.
#[derive(Clone)]
pub struct Tallies {
    store: Arc<dyn Store>,
    projects: Arc<Mutex<HashMap<String, Arc<Tally>>>>,
}

/// One project's.
struct Tally {
    project: String,
    state: tokio::sync::Mutex<State>,
    was_asked: AtomicBool,
    /// How often what is known was begun to be brought up to date.
    rounds: AtomicU64,
}

/// What is known, and what is to be looked at again.
struct State {
    follower: Follower,
    changed: Changed,
    kept: Kept,
    known: Option<Known>,
}

/// Counts as they were told.
#[derive(Clone)]
struct Known {
    counts: Arc<Counts>,
    /// They hold as long as this is the generation of the store.
    generation: u64,
    /// They were made in this round.
    round: u64,
}

impl Tallies {
    /// None yet, over a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, projects: Arc::default() }
    }

    /// The numbers of a project, of one moment that is not before this call.
    pub async fn counts(&self, project: &str) -> Result<Arc<Counts>, StoreError> {
        let tally = self.tally(project);
        tally.was_asked.store(true, Ordering::Relaxed);
        let round = tally.rounds.load(Ordering::SeqCst);
        let mut state = tally.state.lock().await;
        if let Some(known) = &state.known
            // Somebody who waited as well has begun after this call.
            && (known.round > round || known.generation == self.store.generation(project))
        {
            return Ok(Arc::clone(&known.counts));
        }
        let round = tally.rounds.fetch_add(1, Ordering::SeqCst) + 1;
        state.bring_up_to_date(&*self.store, project, round).await
    }

    fn tally(&self, project: &str) -> Arc<Tally> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = projects.get(project) {
            return Arc::clone(tally);
        }
        let follower = self.store.feed().follow(project, None);
        let state = State { follower, changed: Changed::all(), kept: Kept::default(), known: None };
        let tally =
            Arc::new(Tally { project: project.to_owned(), state: state.into(), was_asked: true.into(), rounds: 0.into() });
        projects.insert(project.to_owned(), Arc::clone(&tally));
        let alarm = self.store.feed().follow(project, None);
        tokio::spawn(look_after(Arc::clone(&tally), alarm, Arc::downgrade(&self.projects)));
        tally
    }
}

/// Takes in what is told, so that nothing is missed while nobody asks, and gives up a tally that nobody asks for.
async fn look_after(tally: Arc<Tally>, mut alarm: Follower, projects: Weak<Mutex<HashMap<String, Arc<Tally>>>>) {
    let mut idle = tokio::time::interval(IDLE);
    // The first one comes at once.
    idle.tick().await;
    loop {
        tokio::select! {
            news = alarm.next() => {
                if news.is_none() {
                    break;
                }
                tokio::time::sleep(GATHER).await;
                tally.state.lock().await.take_in();
            }
            _ = idle.tick() => {
                if !tally.was_asked.swap(false, Ordering::Relaxed) {
                    break;
                }
            }
        }
    }
    if let Some(projects) = projects.upgrade() {
        projects.lock().unwrap_or_else(PoisonError::into_inner).remove(&tally.project);
    }
}

impl State {
    async fn bring_up_to_date(&mut self, store: &dyn Store, project: &str, round: u64) -> Result<Arc<Counts>, StoreError> {
        let generation = store.generation(project);
        store.feed().all_told().await;
        self.take_in();
        let counts = match self.known.take() {
            // Most changes of a busy project are no host's.
            Some(known) if self.changed.is_empty() => known.counts,
            last => {
                // Whoever asks may go away in between: then all is to be looked at again.
                let due = std::mem::replace(&mut self.changed, Changed::all());
                let due = if last.is_none() { Changed::all() } else { due };
                self.changed = self.look(store, project, due).await?;
                Arc::new(self.kept.counts())
            }
        };
        self.known = Some(Known { counts: Arc::clone(&counts), generation, round });
        Ok(counts)
    }

    /// Looks at what is due, and at what changes up to then: what is known is of one moment afterwards. Gives what is due next.
    async fn look(&mut self, store: &dyn Store, project: &str, due: Changed) -> Result<Changed, StoreError> {
        let mut snapshot = store.snapshot().await?;
        // The first read fixes the moment.
        snapshot.glance(&RULES.hosts, project, Which::Ids(&[""]), &mut |_| ()).await?;
        // All that is in the snapshot is told when this returns. What is told by now and was not before may be in it or not: it is
        // looked at now, and once more the next time.
        store.feed().all_told().await;
        let mut next = Changed::default();
        next.take_in_all(&mut self.follower);
        let due = due.and(&next);
        if due.is_all(self.kept.len()) {
            self.look_at_all(&mut *snapshot, project, &mut next).await?;
        } else {
            self.look_at(&mut *snapshot, project, &due).await?;
        }
        Ok(next)
    }

    fn take_in(&mut self) {
        self.changed.take_in_all(&mut self.follower);
    }

    async fn look_at(&mut self, snapshot: &mut dyn Snapshot, project: &str, due: &Changed) -> Result<(), StoreError> {
        // All go first: two instances may have changed places.
        for number in &due.instances {
            self.kept.no_instance(*number);
        }
        for number in &due.hosts {
            self.kept.no_host(*number);
        }
        let Self { kept, .. } = self;
        let (hosts, instances) = due.ids();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        snapshot.glance(&RULES.hosts, project, Which::Ids(&hosts), &mut |seen| kept.host(seen)).await?;
        let instances: Vec<&str> = instances.iter().map(String::as_str).collect();
        snapshot.glance(&RULES.instances, project, Which::Ids(&instances), &mut |seen| kept.instance(seen)).await
    }

    async fn look_at_all(&mut self, snapshot: &mut dyn Snapshot, project: &str, next: &mut Changed) -> Result<(), StoreError> {
        self.kept = Kept::default();
        self.look_through(snapshot, project, &RULES.hosts, Kept::host, next).await?;
        self.look_through(snapshot, project, &RULES.instances, Kept::instance, next).await?;
        self.kept.fit();
        Ok(())
    }

    /// Looks at all records of a kind, chunk by chunk.
    async fn look_through(
        &mut self,
        snapshot: &mut dyn Snapshot,
        project: &str,
        glance: &Glance,
        see: fn(&mut Kept, Glimpse<'_>),
        next: &mut Changed,
    ) -> Result<(), StoreError> {
        let mut last = String::new();
        loop {
            let (mut count, from, kept) = (0, std::mem::take(&mut last), &mut self.kept);
            let mut look = |seen: Glimpse<'_>| {
                count += 1;
                if count == CHUNK {
                    seen.id.clone_into(&mut last);
                }
                see(kept, seen);
            };
            snapshot.glance(glance, project, Which::Behind(&from, CHUNK), &mut look).await?;
            if count < CHUNK {
                return Ok(());
            }
            next.take_in_all(&mut self.follower);
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests;
