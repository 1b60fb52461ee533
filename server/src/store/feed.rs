//! What changed, project by project, for those who follow along instead of asking again and again.
//!
//! Each project's last changes are kept in memory with growing numbers. A follower that was away goes on where it stopped as
//! long as that is still known; else it is told so, and has to read anew what it shows.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use super::{Batch, Change};

/// Changes of a project that are kept. A record's change takes some 60 bytes.
const KEPT: usize = 4096;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It went.
    Deleted,
    /// Something happened to records of the kind, and which they are is not known.
    Several,
}

/// A change that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Grows by one with each change of the project.
    pub number: u64,
    /// Prefix of the record's kind.
    pub kind: &'static str,
    /// The record, "" for [`Happened::Several`].
    pub id: Box<str>,
    /// What happened.
    pub happened: Happened,
}

/// A place in the feed of a project: behind the change with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which feed: changes are numbered anew when the server starts.
    pub feed: u64,
    /// The change.
    pub number: u64,
}

/// What a follower learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These changes, in their order; at least one.
    Changes(Vec<Told>),
    /// Changes were missed: read anew, and go on from here.
    Missed(Position),
}

/// The changes of all projects.
pub struct Feed {
    id: u64,
    projects: Mutex<HashMap<String, Arc<Project>>>,
    any: watch::Sender<()>,
    closed: watch::Sender<bool>,
    /// Commits that were begun, and those of which all has been told.
    begun: AtomicU64,
    ended: watch::Sender<u64>,
}

#[derive(Default)]
struct Project {
    kept: Mutex<Kept>,
    /// Number of the newest change.
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    changes: VecDeque<Told>,
    /// Number of the newest change, 0 if there was none.
    newest: u64,
}

impl Feed {
    /// An empty feed. `id` is to be another one at each start.
    pub fn new(id: u64) -> Self {
        let (any, closed) = (watch::Sender::new(()), watch::Sender::new(false));
        Self { id, projects: Mutex::default(), any, closed, begun: AtomicU64::new(0), ended: watch::Sender::new(0) }
    }

    /// From here on something may become durable that has not been told yet: to be called by an engine before each commit.
    pub fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// The commit that began last has been told, or has failed.
    pub fn end(&self) {
        self.ended.send_replace(self.begun.load(Ordering::SeqCst));
    }

    /// Returns once all has been told that any read can have seen which began before this call.
    pub async fn all_told(&self) {
        let begun = self.begun.load(Ordering::SeqCst);
        // It cannot fail: the sender is here.
        let _ = self.ended.subscribe().wait_for(|ended| *ended >= begun).await;
    }

    /// Tells a batch that has become durable.
    pub fn tell(&self, batch: &Batch) {
        // A batch is nearly always one project's.
        let mut told: Vec<(&str, &'static str, &str, Happened)> = batch.changes.iter().filter_map(told).collect();
        told.sort_by_key(|(project, ..)| *project);
        for changes in told.chunk_by(|a, b| a.0 == b.0) {
            let Some((project, ..)) = changes.first() else { continue };
            self.project(project).tell(changes);
        }
        if !told.is_empty() {
            self.any.send_replace(());
        }
    }

    /// Tells that something has changed, in whichever project: for those who look by themselves what it is.
    pub fn any(&self) -> watch::Receiver<()> {
        self.any.subscribe()
    }

    /// Follows a project from a position, or from now on.
    pub fn follow(&self, project: &str, from: Option<Position>) -> Follower {
        let project = self.project(project);
        let newest = project.kept().newest;
        let (number, missed) = match from {
            None => (newest, false),
            Some(from) if from.feed == self.id && from.number <= newest => (from.number, false),
            Some(_) => (newest, true),
        };
        let (told, closed) = (project.newest.subscribe(), self.closed.subscribe());
        Follower { project, told, closed, position: Position { feed: self.id, number }, missed }
    }

    /// How many follow a project.
    pub fn followers(&self, project: &str) -> usize {
        self.project(project).newest.receiver_count()
    }

    /// Ends all followers: the server stops.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    fn project(&self, project: &str) -> Arc<Project> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = projects.get(project) {
            return Arc::clone(known);
        }
        let new = Arc::<Project>::default();
        projects.insert(project.to_owned(), Arc::clone(&new));
        new
    }
}

impl Project {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, changes: &[(&str, &'static str, &str, Happened)]) {
        let mut kept = self.kept();
        for (_, kind, id, happened) in changes {
            kept.newest += 1;
            let told = Told { number: kept.newest, kind, id: (*id).into(), happened: *happened };
            if kept.changes.len() >= KEPT {
                kept.changes.pop_front();
            }
            kept.changes.push_back(told);
        }
        let newest = kept.newest;
        drop(kept);
        self.newest.send_replace(newest);
    }
}

/// Somebody who follows a project.
pub struct Follower {
    project: Arc<Project>,
    told: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
    position: Position,
    missed: bool,
}

impl Follower {
    /// Where it is: all up to here was told.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// What happened next, as soon as something did; `None` once the server stops.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            if *self.closed.borrow() {
                return None;
            }
            if let Some(news) = self.news() {
                return Some(news);
            }
            tokio::select! {
                told = self.told.changed() => told.ok()?,
                closed = self.closed.changed() => closed.ok()?,
            }
        }
    }

    /// What has happened by now, without waiting; `None` if nothing has.
    pub fn news(&mut self) -> Option<News> {
        // Whoever tells something from here on wakes this follower again.
        self.told.mark_unchanged();
        let kept = self.project.kept();
        let oldest = kept.changes.front().map_or(kept.newest + 1, |told| told.number);
        if std::mem::take(&mut self.missed) || self.position.number + 1 < oldest {
            self.position.number = kept.newest;
            return Some(News::Missed(self.position));
        }
        let known = usize::try_from(self.position.number + 1 - oldest).unwrap_or(usize::MAX);
        let changes: Vec<Told> = kept.changes.iter().skip(known).cloned().collect();
        self.position.number = kept.newest;
        (!changes.is_empty()).then_some(News::Changes(changes))
    }
}

fn told(change: &Change) -> Option<(&str, &'static str, &str, Happened)> {
    Some(match change {
        Change::Insert(row) => (&row.meta.project, row.spec.prefix, &row.meta.id, Happened::Created),
        Change::Update(row) => (&row.meta.project, row.spec.prefix, &row.meta.id, Happened::Updated),
        Change::Delete { spec, project, id, .. } => (project, spec.prefix, id, Happened::Deleted),
        Change::DeleteWhere { spec, project, .. } | Change::Unlink { spec, project, .. } => {
            (project, spec.prefix, "", Happened::Several)
        }
        Change::RequireExists { .. } | Change::RequireNone { .. } => return None,
    })
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.feed, self.number)
    }
}

/// Text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position of a feed: it looks like 00f1e2d3c4b5a697-42")]
pub struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let (feed, number) = text.split_once('-').ok_or(NoPosition)?;
        let plain = feed.len() == 16 && number.bytes().all(|byte| byte.is_ascii_digit());
        let feed = u64::from_str_radix(feed, 16).ok().filter(|_| plain).ok_or(NoPosition)?;
        Ok(Self { feed, number: number.parse().map_err(|_| NoPosition)? })
    }
}

#[cfg(test)]
mod tests {
    use emt_api::resources::{HOST, SITE};
    use proptest::prelude::*;

    use super::*;

    fn gone(project: &str, id: &str) -> Change {
        Change::Delete { spec: &HOST, project: project.to_owned(), id: id.to_owned(), revision: None }
    }

    fn batch(changes: impl IntoIterator<Item = Change>) -> Batch {
        Batch { changes: changes.into_iter().collect() }
    }

    fn ids(news: Option<News>) -> Vec<String> {
        match news {
            Some(News::Changes(changes)) => changes.into_iter().map(|told| told.id.into()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_follower_learns_what_happens_to_its_project_in_order() {
        let feed = Feed::new(7);
        feed.tell(&batch([gone("p", "before")]));
        let mut follower = feed.follow("p", None);
        assert_eq!((feed.followers("p"), feed.followers("q")), (1, 0));
        feed.tell(&batch([gone("p", "a"), gone("q", "x"), gone("p", "b")]));
        feed.tell(&batch([
            Change::RequireExists { spec: &SITE, project: "p".to_owned(), id: "s".to_owned() },
            Change::Unlink { spec: &HOST, project: "p".to_owned(), column: "site_id", id: "s".to_owned() },
        ]));
        assert_eq!(ids(follower.next().await), ["a", "b", ""]);
        let waiting = tokio::spawn(async move { (follower.next().await, follower) });
        feed.tell(&batch([gone("q", "y")]));
        feed.tell(&batch([gone("p", "c")]));
        let (news, mut follower) = waiting.await.unwrap();
        assert_eq!(ids(news), ["c"]);
        feed.close();
        assert_eq!(follower.next().await, None);
    }

    #[tokio::test]
    async fn all_is_told_once_no_commit_is_under_way() {
        let feed = Feed::new(7);
        feed.all_told().await;
        feed.begin();
        let mut waiting = Box::pin(feed.all_told());
        assert!(futures::poll!(&mut waiting).is_pending());
        feed.end();
        waiting.await;
        feed.begin();
        assert!(futures::poll!(Box::pin(feed.all_told())).is_pending());
    }

    #[tokio::test]
    async fn who_was_away_goes_on_or_is_told_what_it_missed() {
        let feed = Feed::new(7);
        let start = feed.follow("p", None).position();
        for number in 0..KEPT {
            feed.tell(&batch([gone("p", &number.to_string())]));
        }
        assert_eq!(ids(feed.follow("p", Some(start)).next().await).len(), KEPT);
        let at = |number| Position { feed: 7, number };
        assert_eq!(ids(feed.follow("p", Some(at(KEPT as u64 - 1))).next().await), [(KEPT - 1).to_string()]);
        feed.tell(&batch([gone("p", "one more")]));
        for unknown in [start, Position { feed: 8, number: 1 }, at(2 * KEPT as u64)] {
            let newest = feed.follow("p", None).position();
            let mut follower = feed.follow("p", Some(unknown));
            assert_eq!(follower.next().await, Some(News::Missed(newest)), "{unknown}");
            feed.tell(&batch([gone("p", "next")]));
            assert_eq!(ids(follower.next().await), ["next"]);
        }
    }

    #[test]
    fn positions_are_read_as_they_are_written() {
        for position in [Position { feed: 0, number: 0 }, Position { feed: u64::MAX, number: u64::MAX }] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for text in [
            "",
            "-",
            "1-2",
            "000000000000000g-1",
            "0000000000000000-",
            "0000000000000000-+1",
            "0000000000000000-18446744073709551616",
        ] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<Position>();
        }
    }
}
