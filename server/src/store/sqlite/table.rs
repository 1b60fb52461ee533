//! One kind of record: its statements, and rows to and from SQL values.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use emt_api::{
    record::{Meta, Row},
    sheet::Sheet,
    spec::Spec,
    value::Value,
};
use rusqlite::{
    Connection, params, params_from_iter,
    types::{ToSqlOutput, Value as Sql, ValueRef},
};

use super::{
    counts::Counts,
    list::{Listed, Statement},
};
use crate::store::{Generations, Page, Query};

/// Columns that every table has before its fields.
const META: &str = "project, resource_id, revision, created_at, updated_at";
const META_COLUMNS: usize = 5;

/// The tables of all kinds.
pub(super) struct Tables {
    by_prefix: HashMap<&'static str, Table>,
    pub(super) generations: Arc<Generations>,
    pub(super) counts: Counts,
}

/// One table's statements; made once, so that nothing is formatted while serving.
pub(super) struct Table {
    pub(super) spec: &'static Spec,
    pub(super) columns: String,
    /// The same, with nothing in the place of what may be long, nor of the revision.
    pub(super) brief: String,
    /// Columns that are found by index within a project.
    pub(super) indexed: HashSet<String>,
    get: String,
    get_many: String,
    pub(super) insert: String,
    pub(super) exists: String,
}

impl Tables {
    /// The tables of these kinds as a database has them that is up to date.
    pub(super) fn new(connection: &Connection, specs: &[&'static Spec], generations: Arc<Generations>) -> rusqlite::Result<Self> {
        let table = |spec: &&'static Spec| Ok((spec.prefix, Table::new(spec, indexed(connection, spec.table)?)));
        let by_prefix = specs.iter().map(table).collect::<rusqlite::Result<_>>()?;
        Ok(Self { by_prefix, generations, counts: Counts::default() })
    }

    /// The table of a kind.
    pub(super) fn of(&self, spec: &'static Spec) -> &Table {
        #[allow(clippy::expect_used, reason = "a kind that was not declared at the start is a mistake in this program")]
        self.by_prefix.get(spec.prefix).expect("the kind is kept in this store")
    }

    /// The table of the kind with this prefix.
    pub(super) fn named(&self, prefix: &str) -> Option<&Table> {
        self.by_prefix.get(prefix)
    }
}

impl Table {
    fn new(spec: &'static Spec, indexed: HashSet<String>) -> Self {
        let fields: Vec<&str> = spec.fields.iter().map(|field| field.column).collect();
        let columns = format!("{META}, {}", fields.join(", "));
        let marks = vec!["?"; fields.len() + META_COLUMNS].join(", ");
        let table = spec.table;
        Self {
            spec,
            indexed,
            get: format!("SELECT {columns} FROM {table} WHERE project = ? AND resource_id = ?"),
            get_many: format!(
                "SELECT {columns} FROM {table} WHERE project = ? AND resource_id IN (SELECT value FROM json_each(?))"
            ),
            insert: format!("INSERT INTO {table} ({columns}) VALUES ({marks})"),
            exists: format!("SELECT 1 FROM {table} WHERE project = ? AND resource_id = ?"),
            brief: brief(spec),
            columns,
        }
    }

    pub(super) fn get(&self, connection: &Connection, project: &str, id: &str) -> rusqlite::Result<Option<Row>> {
        let mut statement = connection.prepare_cached(&self.get)?;
        let mut rows = statement.query(params![project, id])?;
        rows.next()?.map(|row| self.read(row)).transpose()
    }

    pub(super) fn get_many(&self, connection: &Connection, project: &str, ids: &[String]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = connection.prepare_cached(&self.get_many)?;
        let ids = serde_json::Value::from(ids).to_string();
        let rows = statement.query_and_then(params![project, ids], |row| self.read(row))?;
        rows.collect()
    }

    pub(super) fn find(&self, connection: &Connection, tables: &Tables, query: &Query) -> rusqlite::Result<Page> {
        let Listed { total, page } = self.list(connection, tables, query)?;
        let Some(Statement { sql, bound }) = page else { return Ok(Page { rows: Vec::new(), total }) };
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_and_then(params_from_iter(bound), |row| self.read(row))?;
        Ok(Page { rows: rows.collect::<rusqlite::Result<_>>()?, total })
    }

    /// As [`Self::find`], for records that are shown.
    pub(super) fn find_shown(&self, connection: &Connection, tables: &Tables, query: &Query) -> rusqlite::Result<(Sheet, u64)> {
        let Listed { total, page } = self.list(connection, tables, query)?;
        let mut sheet = Sheet::new(self.spec);
        if let Some(Statement { sql, bound }) = page {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(bound))?;
            while let Some(row) = rows.next()? {
                self.show(&mut sheet, row)?;
            }
        }
        Ok((sheet, total))
    }

    /// One look-up an id: that is quicker than any list that the engine would have to take apart.
    pub(super) fn get_shown(&self, connection: &Connection, project: &str, ids: &[&str]) -> rusqlite::Result<Sheet> {
        let mut sheet = Sheet::new(self.spec);
        let mut statement = connection.prepare_cached(&self.get)?;
        for id in ids {
            if let Some(row) = statement.query(params![project, id])?.next()? {
                self.show(&mut sheet, row)?;
            }
        }
        Ok(sheet)
    }

    pub(super) fn referrers(
        &self,
        connection: &Connection,
        project: &str,
        via: &str,
        owners: &[&str],
    ) -> rusqlite::Result<Sheet> {
        let mut sheet = Sheet::new(self.spec);
        let (columns, table) = (&self.columns, self.spec.table);
        let sql = format!("SELECT {columns} FROM {table} WHERE project = ? AND {via} = ? ORDER BY resource_id");
        let mut statement = connection.prepare_cached(&sql)?;
        for owner in owners {
            let mut rows = statement.query(params![project, owner])?;
            while let Some(row) = rows.next()? {
                self.show(&mut sheet, row)?;
            }
        }
        Ok(sheet)
    }

    fn show(&self, sheet: &mut Sheet, row: &rusqlite::Row<'_>) -> rusqlite::Result<()> {
        sheet.begin(row.get_ref(1)?.as_str()?, row.get(2)?, row.get(3)?, row.get(4)?);
        for at in 0..self.spec.fields.len() {
            match row.get_ref(at + META_COLUMNS)? {
                ValueRef::Integer(number) => sheet.int(at, number),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => sheet.text(at, text),
                    Err(_) => sheet.text(at, &String::from_utf8_lossy(text)),
                },
                ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => {}
            }
        }
        Ok(())
    }

    fn read(&self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
        let meta = Meta {
            project: row.get(0)?,
            id: row.get(1)?,
            revision: row.get(2)?,
            created_ms: row.get(3)?,
            updated_ms: row.get(4)?,
        };
        let mut values = Vec::with_capacity(self.spec.fields.len());
        for at in 0..self.spec.fields.len() {
            values.push(match row.get_ref(at + META_COLUMNS)? {
                ValueRef::Integer(number) => Value::Int(number),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Null,
            });
        }
        Ok(Row { spec: self.spec, meta, values })
    }
}

fn brief(spec: &'static Spec) -> String {
    let fields = spec.fields.iter().map(|field| if field.bulky { "''" } else { field.column });
    let fields: Vec<&str> = fields.collect();
    format!("project, resource_id, 0, created_at, updated_at, {}", fields.join(", "))
}

/// Columns that stand behind the project in an index of a table.
fn indexed(connection: &Connection, table: &str) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT second.name FROM pragma_index_list(?) AS listed
         JOIN pragma_index_info(listed.name) AS first ON first.seqno = 0 AND first.name = 'project'
         JOIN pragma_index_info(listed.name) AS second ON second.seqno = 1 AND second.name IS NOT NULL",
    )?;
    let columns = statement.query_map([table], |row| row.get(0))?;
    columns.collect()
}

/// A value as SQLite takes it.
pub(super) fn sql(value: &Value) -> ToSqlOutput<'_> {
    match value {
        Value::Null => ToSqlOutput::Owned(Sql::Null),
        Value::Int(number) => ToSqlOutput::Owned(Sql::Integer(*number)),
        Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    }
}
