//! One kind of record: its statements, and rows to and from SQL values.

use std::collections::HashMap;

use emt_api::{
    filter::RESOURCE_ID,
    record::{Meta, Row},
    spec::{Spec, Type},
    value::Value,
};
use rusqlite::{
    Connection, params,
    types::{ToSqlOutput, Value as Sql, ValueRef},
};

use super::condition::Conditions;
use crate::store::{Page, Query};

/// Columns that every table has before its fields.
const META: &str = "project, resource_id, revision, created_at, updated_at";
const META_COLUMNS: usize = 5;

/// The tables of all kinds.
pub(super) struct Tables {
    by_prefix: HashMap<&'static str, Table>,
}

/// One table's statements; made once, so that nothing is formatted while serving.
pub(super) struct Table {
    pub(super) spec: &'static Spec,
    columns: String,
    get: String,
    get_many: String,
    pub(super) insert: String,
    pub(super) update: String,
    pub(super) exists: String,
}

impl Tables {
    pub(super) fn new(specs: &[&'static Spec]) -> Self {
        Self { by_prefix: specs.iter().map(|spec| (spec.prefix, Table::new(spec))).collect() }
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
    fn new(spec: &'static Spec) -> Self {
        let fields: Vec<&str> = spec.fields.iter().map(|field| field.column).collect();
        let columns = format!("{META}, {}", fields.join(", "));
        let marks = vec!["?"; fields.len() + META_COLUMNS].join(", ");
        let sets: Vec<String> = fields.iter().map(|column| format!("{column} = ?")).collect();
        let table = spec.table;
        Self {
            spec,
            get: format!("SELECT {columns} FROM {table} WHERE project = ? AND resource_id = ?"),
            get_many: format!(
                "SELECT {columns} FROM {table} WHERE project = ? AND resource_id IN (SELECT value FROM json_each(?))"
            ),
            insert: format!("INSERT INTO {table} ({columns}) VALUES ({marks})"),
            update: format!(
                "UPDATE {table} SET revision = revision + 1, updated_at = ?, {} WHERE project = ? AND resource_id = ? AND revision = ?",
                sets.join(", ")
            ),
            exists: format!("SELECT 1 FROM {table} WHERE project = ? AND resource_id = ?"),
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
        let mut conditions = Conditions::new(tables, query.project.as_deref());
        let filter = conditions.of(self.spec, &query.filter);
        let table = self.spec.table;
        let total = if query.count {
            let sql = format!("SELECT count(*) FROM {table} WHERE {filter}");
            let count: i64 = connection.prepare_cached(&sql)?.query_row(conditions.parameters(), |row| row.get(0))?;
            u64::try_from(count).unwrap_or(0)
        } else {
            0
        };
        if query.limit == Some(0) {
            return Ok(Page { rows: Vec::new(), total });
        }
        let order = order_by(self.spec, &query.order);
        let limit = query.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let sql =
            format!("SELECT {} FROM {table} WHERE {filter} ORDER BY {order} LIMIT {limit} OFFSET {}", self.columns, query.offset);
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_and_then(conditions.parameters(), |row| self.read(row))?;
        Ok(Page { rows: rows.collect::<rusqlite::Result<_>>()?, total })
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

/// Terms to sort by. Texts that are empty come after all others, as upstream has what is not set.
pub(super) fn order_by(spec: &'static Spec, order: &[(&'static str, bool)]) -> String {
    let mut terms = Vec::new();
    for (column, descending) in order {
        let direction = if *descending { " DESC" } else { "" };
        let is_text = spec.fields.iter().any(|field| field.column == *column && matches!(field.ty, Type::Text { .. }));
        if is_text {
            terms.push(format!("{column} = ''{direction}"));
        }
        terms.push(format!("{column}{direction}"));
        if *column == RESOURCE_ID {
            return terms.join(", ");
        }
    }
    terms.push(RESOURCE_ID.to_owned());
    terms.join(", ")
}

/// A value as SQLite takes it.
pub(super) fn sql(value: &Value) -> ToSqlOutput<'_> {
    match value {
        Value::Null => ToSqlOutput::Owned(Sql::Null),
        Value::Int(number) => ToSqlOutput::Owned(Sql::Integer(*number)),
        Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    }
}
