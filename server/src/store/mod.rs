//! Where records are kept.
//!
//! The rest of the server knows this trait and no engine. What it may rely on: a batch takes effect whole or not at
//! all and is durable before `commit` returns; a read sees every batch that was acknowledged before it began; nothing
//! is ever seen half done. There are no transactions across calls: whoever decides on what was read passes the
//! revision along, and is told [`StoreError::Conflict`] if somebody was faster.

mod feed;
mod generations;
mod glance;
pub mod sqlite;

use async_trait::async_trait;
use emt_api::{
    filter::Expr,
    record::{Record, Row},
    sheet::Sheet,
    spec::Spec,
};

pub use self::{
    feed::{Feed, Follower, Happened, News, NoPosition, Position, Told},
    generations::Generations,
    glance::{Glance, Glimpse, Which},
};

/// Opens the embedded store with every kind of record that the server keeps.
pub fn open(path: &std::path::Path) -> Result<sqlite::SqliteStore, StoreError> {
    let kinds: Vec<&'static Spec> = emt_api::resources::kept().chain(crate::identity::RECORDS.iter().copied()).collect();
    sqlite::SqliteStore::open(path, &kinds)
}

/// Records of any kind, kept durably.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// One record of a project; `project` is "" for what belongs to the whole server.
    async fn get(&self, spec: &'static Spec, project: &str, id: &str) -> Result<Option<Row>, StoreError>;

    /// Several records of one kind, in no order; ids that are not there are left out.
    async fn get_many(&self, spec: &'static Spec, project: &str, ids: &[String]) -> Result<Vec<Row>, StoreError>;

    /// A page of the records that fit, and how many fit in all.
    async fn find(&self, query: Query) -> Result<Page, StoreError>;

    /// Reads of one moment, which is not before this call and not after the first of them.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Does all of the batch, durably, or nothing of it.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;

    /// A number that grows with every change of a project's records, before the change is acknowledged. What was decided
    /// on reads that began at one generation holds for as long as that is the current one. An engine that other servers
    /// write to must learn of their changes first, or give another number each time.
    fn generation(&self, project: &str) -> u64;

    /// The same, of the project's records of one kind.
    fn generation_of(&self, project: &str, spec: &'static Spec) -> u64;

    /// What changes from now on, told once it is durable.
    fn feed(&self) -> &Feed;

    /// Whether the store can serve right now; used by `/readyz`.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// Reads that see the records of one moment, in the form in which they are shown. It is to be let go soon: what an engine
/// keeps for it cannot be cleaned up meanwhile.
#[async_trait]
pub trait Snapshot: Send {
    /// A page of the records that fit, and how many fit in all (0 if that was not asked for).
    async fn find(&mut self, query: &Query) -> Result<(Sheet, u64), StoreError>;

    /// The records of one kind with these ids, in the order of the ids; those that are not there are left out.
    async fn get(&mut self, spec: &'static Spec, project: &str, ids: &[&str]) -> Result<Sheet, StoreError>;

    /// The records of one kind whose link `via` points at one of `owners`, in the order of the owners, and of their own ids.
    async fn referrers(&mut self, spec: &'static Spec, project: &str, via: &str, owners: &[&str]) -> Result<Sheet, StoreError>;

    /// Glances at records and hands each to `seen`, in the order of their ids.
    async fn glance(
        &mut self,
        glance: &Glance,
        project: &str,
        which: Which<'_>,
        seen: &mut (dyn for<'a> FnMut(Glimpse<'a>) + Send),
    ) -> Result<(), StoreError>;
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Kind of record.
    pub spec: &'static Spec,
    /// UUID of the project, "" for server-wide records, `None` for all projects.
    pub project: Option<String>,
    /// Condition.
    pub filter: Expr,
    /// Columns to sort by, with "descending"; ties and nothing given: by id. Empty texts count as greater than all others.
    pub order: Vec<(&'static str, bool)>,
    /// Matches to leave out at the start.
    pub offset: u64,
    /// Most records to return; `None` for all.
    pub limit: Option<u64>,
    /// Whether [`Page::total`] is wanted: counting costs.
    pub count: bool,
    /// How many fit, for those who know: they are not counted then.
    pub known: Option<u64>,
    /// Where counting stops: a total of so many means so many or more.
    pub most: Option<u64>,
    /// Whether fields that may be long are left empty. Such records have revision 0, so that they cannot be written back.
    pub brief: bool,
}

impl Query {
    /// All records of a kind in a project.
    pub fn all(spec: &'static Spec, project: &str) -> Self {
        Self {
            spec,
            project: Some(project.to_owned()),
            filter: Expr::everything(),
            order: Vec::new(),
            offset: 0,
            limit: None,
            count: false,
            known: None,
            most: None,
            brief: false,
        }
    }

    /// Those of them that fit.
    #[must_use]
    pub fn filter(mut self, filter: Expr) -> Self {
        self.filter = filter;
        self
    }

    /// Without fields that may be long.
    #[must_use]
    pub fn brief(mut self) -> Self {
        self.brief = true;
        self
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// A part of the records that fit.
#[derive(Debug, Clone)]
pub struct Page {
    /// The records.
    pub rows: Vec<Row>,
    /// How many fit in all; 0 if it was not asked for.
    pub total: u64,
}

/// Changes that take effect together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// In this order.
    pub changes: Vec<Change>,
}

/// One change or condition of a batch.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new record; its revision becomes 1. [`StoreError::IdTaken`] if the id is in use.
    Insert(Row),
    /// New values of a record. Its revision must be the one the row carries, and grows by one.
    Update(Row),
    /// The record goes. With a revision, only if it still has that one; a missing record is a conflict.
    Delete {
        /// Kind.
        spec: &'static Spec,
        /// Project, or "".
        project: String,
        /// Id.
        id: String,
        /// Revision it must have.
        revision: Option<i64>,
    },
    /// All records of the kind that fit go.
    DeleteWhere {
        /// Kind.
        spec: &'static Spec,
        /// Project, or "".
        project: String,
        /// Which.
        filter: Expr,
    },
    /// All links of this column that point to `id` become empty.
    Unlink {
        /// Kind that holds the link.
        spec: &'static Spec,
        /// Project, or "".
        project: String,
        /// Link column.
        column: &'static str,
        /// Id pointed at.
        id: String,
    },
    /// Refuses the batch with [`StoreError::Missing`] unless the record exists.
    RequireExists {
        /// Kind.
        spec: &'static Spec,
        /// Project, or "".
        project: String,
        /// Id.
        id: String,
    },
    /// Refuses the batch with [`StoreError::InUse`] if a record of the kind fits.
    RequireNone {
        /// Kind.
        spec: &'static Spec,
        /// Project, or "".
        project: String,
        /// Which.
        filter: Expr,
    },
}

impl Batch {
    /// Adds a new record.
    #[must_use]
    pub fn insert(self, record: impl Record) -> Self {
        self.with(Change::Insert(record.into_row()))
    }

    /// Adds new values of a record.
    #[must_use]
    pub fn update(self, record: impl Record) -> Self {
        self.with(Change::Update(record.into_row()))
    }

    /// Adds the end of a record that was read.
    #[must_use]
    pub fn delete(self, record: &impl Record) -> Self {
        self.with(delete(record))
    }

    /// Adds a change.
    #[must_use]
    pub fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

fn delete<R: Record>(record: &R) -> Change {
    let meta = record.meta();
    Change::Delete { spec: R::SPEC, project: meta.project.clone(), id: meta.id.clone(), revision: Some(meta.revision) }
}

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The record changed or went since it was read: read again and decide again.
    #[error("{kind} {id} was changed by somebody else meanwhile")]
    Conflict {
        /// Prefix of its kind.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The id of a new record is in use: draw another.
    #[error("the id {id} is taken")]
    IdTaken {
        /// The id.
        id: String,
    },
    /// Another record has the same values where they must be unique.
    #[error("another {} has the same {}", noun(kind), rule.split_once('_').map_or(*rule, |(_, what)| what).replace('_', " "))]
    Duplicate {
        /// Prefix of the kind.
        kind: &'static str,
        /// Name of the rule, as declared.
        rule: &'static str,
    },
    /// A required record is not there.
    #[error("{} {id} does not exist", kind.prefix)]
    Missing {
        /// The kind.
        kind: &'static Spec,
        /// Its id.
        id: String,
    },
    /// A record that must not be there is.
    #[error("{count} {kind} still refer to it")]
    InUse {
        /// What lists of the kind found are called.
        kind: &'static str,
        /// How many.
        count: u64,
    },
    /// No space is left where the data is kept.
    #[error("no space left for the database at {place}: free some space, nothing was changed")]
    Full {
        /// Path.
        place: String,
    },
    /// The engine failed.
    #[error("the database at {place} failed: {reason}")]
    Engine {
        /// Path or address.
        place: String,
        /// In the engine's words.
        reason: String,
    },
}

/// A kind as people call it.
fn noun<'a>(kind: &'a &'static str) -> &'a str {
    if *kind == emt_api::resources::OS_SOURCE.prefix { "source" } else { kind }
}

/// Typed reads.
pub trait StoreExt: Store {
    /// One record of a project.
    fn load<R: Record>(&self, project: &str, id: &str) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move { Ok(self.get(R::SPEC, project, id).await?.map(R::from_row)) }
    }

    /// A record of a project that fits, the first by id.
    fn first<R: Record>(&self, project: &str, filter: Expr) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move {
            let page = self.find(Query::all(R::SPEC, project).filter(filter).limit(1)).await?;
            Ok(page.rows.into_iter().next().map(R::from_row))
        }
    }

    /// All records of a project that fit, without fields that may be long: see [`Query::brief`].
    fn load_brief<R: Record>(&self, project: &str, filter: Expr) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            let page = self.find(Query::all(R::SPEC, project).filter(filter).brief()).await?;
            Ok(page.rows.into_iter().map(R::from_row).collect())
        }
    }

    /// All records of a project that fit.
    fn load_all<R: Record>(&self, project: &str, filter: Expr) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            let page = self.find(Query::all(R::SPEC, project).filter(filter)).await?;
            Ok(page.rows.into_iter().map(R::from_row).collect())
        }
    }
}
impl<S: Store + ?Sized> StoreExt for S {}
