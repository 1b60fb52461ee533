//! SQLite, embedded: one writer that commits many batches with one flush, and readers that never wait for it.
//!
//! Write-ahead log, so that readers see the last commit while the next is written; `synchronous=FULL`, so that a
//! commit is on the disk before it is acknowledged.

mod condition;
mod counts;
mod glance;
mod list;
mod migrations;
mod reader;
mod snapshot;
mod table;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

use async_trait::async_trait;
use emt_api::{record::Row, spec::Spec};
use rusqlite::{Connection, ErrorCode, config::DbConfig, functions::FunctionFlags};
use tokio::sync::{Mutex, mpsc, oneshot};

use self::{
    reader::Readers,
    snapshot::SqliteSnapshot,
    table::Tables,
    writer::{Changes, Job},
};
use super::{Batch, Feed, Generations, Page, Query, Snapshot, Store, StoreError};
use crate::clock::Randomness;

/// Reading connections: reads are short, and there are two cores on the machines this is meant for.
const READERS: usize = 3;
/// Page cache of a connection, KiB. The connection that was used last is used next, so that it pays.
const CACHE_KIB: i64 = 2048;
/// Batches that may wait for the writer; further callers wait for a place.
const QUEUE: usize = 1024;
/// Lists of at least so many records are read on a thread of their own, so that they delay nobody.
const LONG: u64 = 200;

/// A database file and the threads that serve it. Clones share them.
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    tables: Arc<Tables>,
    generations: Arc<Generations>,
    feed: Arc<Feed>,
    readers: Readers,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
    place: String,
}

impl SqliteStore {
    /// Opens the database file, makes it if there is none, and brings it up to date. `specs` are all kinds that are
    /// kept in it.
    pub fn open(path: &Path, specs: &[&'static Spec]) -> Result<Self, StoreError> {
        let place = Place(path.to_owned());
        let mut connection = place.connect(false)?;
        place.map(migrations::apply(&mut connection))??;
        let generations = Arc::new(Generations::default());
        let tables = Arc::new(place.map(Tables::new(&connection, specs, Arc::clone(&generations)))?);
        let readers = (0..READERS).map(|_| place.connect(true)).collect::<Result<Vec<_>, _>>()?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let feed = Arc::new(Feed::new(Randomness::System.u64()));
        let (writers_place, writers_tables) = (Place(path.to_owned()), Arc::clone(&tables));
        let changes = Changes { generations: Arc::clone(&generations), feed: Arc::clone(&feed) };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::run(connection, &writers_place, &writers_tables, &changes, queue))
            .map_err(|error| place.failed(&error.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                tables,
                generations,
                feed,
                readers: Readers::new(readers),
                jobs: Mutex::new(Some(jobs)),
                thread: std::sync::Mutex::new(Some(thread)),
                place: path.display().to_string(),
            }),
        })
    }

    /// Finishes all batches that were handed over, and ends. Later batches are refused.
    pub async fn close(&self) {
        self.shared.jobs.lock().await.take();
        let thread = self.shared.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// How the engine reads the page of a query, in its own words; for tests.
    pub async fn explain(&self, query: &Query) -> Result<Vec<String>, StoreError> {
        let reader = self.shared.readers.take().await;
        let explained = || {
            let listed = self.shared.tables.of(query.spec).list(&reader, &self.shared.tables, query)?;
            let Some(list::Statement { sql, bound }) = listed.page else { return Ok(Vec::new()) };
            let mut statement = reader.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let lines = statement.query_map(rusqlite::params_from_iter(bound), |row| row.get(3))?;
            lines.collect()
        };
        self.place().map(explained())
    }

    fn place(&self) -> Place {
        Place(PathBuf::from(&self.shared.place))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, spec: &'static Spec, project: &str, id: &str) -> Result<Option<Row>, StoreError> {
        let reader = self.shared.readers.take().await;
        let found = self.shared.tables.of(spec).get(&reader, project, id);
        self.place().map(found)
    }

    async fn get_many(&self, spec: &'static Spec, project: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.shared.readers.take().await;
        let found = self.shared.tables.of(spec).get_many(&reader, project, ids);
        self.place().map(found)
    }

    async fn find(&self, query: Query) -> Result<Page, StoreError> {
        let reader = self.shared.readers.take().await;
        let short = query.limit.is_some_and(|limit| limit < LONG);
        let tables = Arc::clone(&self.shared.tables);
        let read = move || tables.of(query.spec).find(&reader, &tables, &query);
        let found = if short {
            read()
        } else {
            tokio::task::spawn_blocking(read).await.map_err(|error| self.place().failed(&error.to_string()))?
        };
        self.place().map(found)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let reader = self.shared.readers.take().await;
        Ok(Box::new(SqliteSnapshot::begin(reader, Arc::clone(&self.shared.tables), self.place())?))
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.changes.is_empty() {
            return Ok(());
        }
        let stopped = || self.place().failed("it is being closed");
        let jobs = self.shared.jobs.lock().await.clone().ok_or_else(stopped)?;
        let (answer, answered) = oneshot::channel();
        jobs.send(Job { batch, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    fn generation(&self, project: &str) -> u64 {
        self.shared.generations.current(project)
    }

    fn generation_of(&self, project: &str, spec: &'static Spec) -> u64 {
        self.shared.generations.of_kind(project, spec.prefix)
    }

    fn feed(&self) -> &Feed {
        &self.shared.feed
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let reader = self.shared.readers.take().await;
        self.place().map(reader.query_row("SELECT 1", [], |_| Ok(())))?;
        if self.shared.jobs.lock().await.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Err(self.place().failed("its writer has ended"));
        }
        Ok(())
    }
}

/// Where the database is, for connections and errors.
struct Place(PathBuf);

impl Place {
    fn connect(&self, read_only: bool) -> Result<Connection, StoreError> {
        self.map(self.open(read_only))
    }

    fn open(&self, read_only: bool) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.0)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "query_only", read_only)?;
        // Without it a statement is prepared again whenever what it is bound to changes.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(128);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function("emt_like", 2, flags, |context| {
            let text: String = context.get::<Option<String>>(0)?.unwrap_or_default();
            let pattern: String = context.get(1)?;
            Ok(condition::like(&text, &pattern))
        })?;
        Ok(connection)
    }

    fn failed(&self, reason: &str) -> StoreError {
        StoreError::Engine { place: self.0.display().to_string(), reason: reason.to_owned() }
    }

    fn error(&self, error: &rusqlite::Error) -> StoreError {
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            return StoreError::Full { place: self.0.display().to_string() };
        }
        self.failed(&error.to_string())
    }

    fn map<T>(&self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(|error| self.error(&error))
    }
}
