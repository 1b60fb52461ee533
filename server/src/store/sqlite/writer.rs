//! The one thread that writes: it takes all batches that wait, does each on its own savepoint, and flushes once.

use std::sync::Arc;

use emt_api::{filter::Expr, record::Row, spec::Spec, value::Value};
use rusqlite::{Connection, ErrorCode, ToSql, params, types::ToSqlOutput};
use tokio::sync::{mpsc, oneshot};

use super::{
    Place,
    condition::Conditions,
    table::{Tables, sql},
};
use crate::store::{Batch, Change, Feed, Generations, StoreError};

/// Most batches in one commit, so that the first does not wait long for the last.
const GROUP: usize = 256;

/// A batch and who waits for it.
pub(super) struct Job {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Where it is told that a batch has become durable.
pub(super) struct Changes {
    pub(super) generations: Arc<Generations>,
    pub(super) feed: Arc<Feed>,
}

/// Serves batches until nobody can send any more.
pub(super) fn run(mut connection: Connection, place: &Place, tables: &Tables, changes: &Changes, mut queue: mpsc::Receiver<Job>) {
    let mut jobs = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        jobs.push(first);
        while jobs.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
        commit_group(&mut connection, place, tables, changes, jobs.drain(..));
    }
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

fn commit_group(connection: &mut Connection, place: &Place, tables: &Tables, changes: &Changes, jobs: impl Iterator<Item = Job>) {
    let mut done = Vec::new();
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    for mut job in jobs {
        let result = match &begun {
            Ok(()) => on_savepoint(connection, place, tables, &mut job.batch),
            Err(error) => Err(place.error(error)),
        };
        match result {
            Ok(()) => done.push(job),
            // Nobody may be waiting any more; the refusal is then nobody's loss.
            Err(error) => drop(job.answer.send(Err(error))),
        }
    }
    if begun.is_err() {
        return;
    }
    changes.feed.begin();
    let committed = connection.execute_batch("COMMIT").map_err(|error| {
        let error = place.error(&error);
        let _ = connection.execute_batch("ROLLBACK");
        error
    });
    if committed.is_ok() {
        for Job { batch, .. } in &done {
            changes.generations.count(batch);
            changes.feed.tell(batch);
        }
    }
    changes.feed.end();
    for Job { answer, .. } in done {
        let _ = answer.send(committed.clone());
    }
}

/// Does a batch, or nothing of it; leaves in it what has changed something.
fn on_savepoint(connection: &Connection, place: &Place, tables: &Tables, batch: &mut Batch) -> Result<(), StoreError> {
    let writing = Writing { connection, place, tables };
    place.map(connection.execute_batch("SAVEPOINT batch"))?;
    let result: Result<Vec<bool>, StoreError> = batch.changes.iter().map(|change| writing.change(change)).collect();
    let end = if result.is_ok() { "RELEASE batch" } else { "ROLLBACK TO batch; RELEASE batch" };
    let ended = place.map(connection.execute_batch(end));
    let mut effective = result?.into_iter();
    batch.changes.retain(|_| effective.next().unwrap_or(true));
    ended
}

struct Writing<'a> {
    connection: &'a Connection,
    place: &'a Place,
    tables: &'a Tables,
}

impl Writing<'_> {
    /// Does a change or looks whether a condition holds; whether that has changed any record.
    fn change(&self, change: &Change) -> Result<bool, StoreError> {
        match change {
            Change::Insert(row) => self.insert(row).map(|()| true),
            Change::Update(row) => self.update(row).map(|()| true),
            Change::Delete { spec, project, id, revision } => self.delete(spec, project, id, *revision).map(|()| true),
            Change::DeleteWhere { spec, project, filter } => {
                let (condition, conditions) = self.condition(spec, project, filter);
                let statement = format!("DELETE FROM {} WHERE {condition}", spec.table);
                self.place.map(self.connection.execute(&statement, conditions.parameters())).map(|count| count > 0)
            }
            Change::Unlink { spec, project, column, id } => {
                let statement = format!(
                    "UPDATE {} SET {column} = NULL, revision = revision + 1 WHERE project = ? AND {column} = ?",
                    spec.table
                );
                self.execute(&statement, params![project, id]).map(|count| count > 0)
            }
            Change::RequireExists { spec, project, id } => {
                let table = self.tables.of(spec);
                let found = self
                    .connection
                    .prepare_cached(&table.exists)
                    .and_then(|mut statement| statement.exists(params![project, id]));
                if self.place.map(found)? { Ok(false) } else { Err(StoreError::Missing { kind: spec, id: id.clone() }) }
            }
            Change::RequireNone { spec, project, filter } => {
                let (condition, conditions) = self.condition(spec, project, filter);
                let statement = format!("SELECT count(*) FROM {} WHERE {condition}", spec.table);
                let found = self
                    .connection
                    .prepare_cached(&statement)
                    .and_then(|mut statement| statement.query_row(conditions.parameters(), |row| row.get::<_, i64>(0)));
                match u64::try_from(self.place.map(found)?).unwrap_or(0) {
                    0 => Ok(false),
                    count => Err(StoreError::InUse { kind: spec.list_key, count }),
                }
            }
        }
    }

    fn condition<'a>(&'a self, spec: &'static Spec, project: &'a str, filter: &Expr) -> (String, Conditions<'a>) {
        let mut conditions = Conditions::new(self.tables, Some(project));
        let condition = conditions.of(spec, filter);
        (condition, conditions)
    }

    fn execute(&self, statement: &str, parameters: impl rusqlite::Params) -> Result<usize, StoreError> {
        let changed = self.connection.prepare_cached(statement).and_then(|mut statement| statement.execute(parameters));
        self.place.map(changed)
    }

    fn insert(&self, row: &Row) -> Result<(), StoreError> {
        let meta = &row.meta;
        let mut bound: Vec<Bound<'_>> = vec![
            Bound::Text(&meta.project),
            Bound::Text(&meta.id),
            Bound::Number(meta.revision.max(1)),
            Bound::Number(meta.created_ms),
            Bound::Number(meta.updated_ms),
        ];
        bound.extend(row.values.iter().map(Bound::Value));
        self.write(row, &self.tables.of(row.spec).insert, &bound).map(drop)
    }

    /// Only what differs is written: a column that is named costs a change of each index that has it.
    fn update(&self, row: &Row) -> Result<(), StoreError> {
        let (meta, table) = (&row.meta, self.tables.of(row.spec));
        let before = self.place.map(table.get(self.connection, &meta.project, &meta.id))?;
        let Some(before) = before.filter(|before| before.meta.revision == meta.revision) else {
            return Err(conflict(row.spec, &meta.id));
        };
        let mut statement = format!("UPDATE {} SET revision = revision + 1, updated_at = ?", row.spec.table);
        let mut bound: Vec<Bound<'_>> = vec![Bound::Number(meta.updated_ms)];
        for ((field, value), before) in row.spec.fields.iter().zip(&row.values).zip(&before.values) {
            if value != before {
                statement.push_str(", ");
                statement.push_str(field.column);
                statement.push_str(" = ?");
                bound.push(Bound::Value(value));
            }
        }
        statement.push_str(" WHERE project = ? AND resource_id = ? AND revision = ?");
        bound.extend([Bound::Text(&meta.project), Bound::Text(&meta.id), Bound::Number(meta.revision)]);
        match self.write(row, &statement, &bound)? {
            0 => Err(conflict(row.spec, &meta.id)),
            _ => Ok(()),
        }
    }

    fn delete(&self, spec: &'static Spec, project: &str, id: &str, revision: Option<i64>) -> Result<(), StoreError> {
        let table = spec.table;
        let deleted = match revision {
            Some(revision) => {
                let statement = format!("DELETE FROM {table} WHERE project = ? AND resource_id = ? AND revision = ?");
                self.execute(&statement, params![project, id, revision])?
            }
            None => self.execute(&format!("DELETE FROM {table} WHERE project = ? AND resource_id = ?"), params![project, id])?,
        };
        if deleted == 0 { Err(conflict(spec, id)) } else { Ok(()) }
    }

    fn write(&self, row: &Row, statement: &str, bound: &[Bound<'_>]) -> Result<usize, StoreError> {
        let written = self
            .connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(bound)));
        written.map_err(|error| self.refused(row, &error))
    }

    /// Which rule of the declaration a refused write broke.
    fn refused(&self, row: &Row, error: &rusqlite::Error) -> StoreError {
        if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) {
            return self.place.error(error);
        }
        let text = error.to_string();
        let listed = text.rsplit(": ").next().unwrap_or_default();
        let columns: Vec<&str> =
            listed.split(", ").map(|name| name.rsplit('.').next().unwrap_or(name)).filter(|name| *name != "project").collect();
        if columns == ["resource_id"] {
            return StoreError::IdTaken { id: row.meta.id.clone() };
        }
        match row.spec.unique.iter().find(|unique| unique.columns == columns) {
            Some(unique) => StoreError::Duplicate { kind: row.spec.prefix, rule: unique.name },
            None => self.place.error(error),
        }
    }
}

fn conflict(spec: &'static Spec, id: &str) -> StoreError {
    StoreError::Conflict { kind: spec.prefix, id: id.to_owned() }
}

/// A parameter of a write.
enum Bound<'a> {
    Text(&'a str),
    Number(i64),
    Value(&'a Value),
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Text(text) => (*text).into(),
            Self::Number(number) => (*number).into(),
            Self::Value(value) => sql(value),
        })
    }
}
