//! Which records a list has: how many, and the statement that reads a page of them.
//!
//! The engine has no idea how many records a condition leaves. Left alone it walks through the fleet in the order of the list,
//! which is right as long as nearly all fit, and wrong for the few that failed. So it is told: where one of the conditions is
//! found by index and leaves few, they are read along it and sorted.

use emt_api::{
    filter::{Expr, RESOURCE_ID, Step, Test},
    spec::{Spec, Type},
};
use rusqlite::{Connection, TransactionState, params_from_iter, types::Value as Sql};

use super::{
    condition::Conditions,
    table::{Table, Tables},
};
use crate::store::Query;

/// So many records are few: to read and sort them costs about as much as to walk through a page.
const FEW: u64 = 1000;
/// From here on a page is far behind: what comes before it is passed over by id alone.
const FAR: u64 = 500;

/// How many fit, and how the page is read; no page if nothing is on it.
pub(super) struct Listed {
    pub(super) total: u64,
    pub(super) page: Option<Statement>,
}

/// A statement and what it is bound to.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) bound: Vec<Sql>,
}

impl Table {
    /// Counts what fits, if that is asked for, and finds out how to read the page.
    pub(super) fn list(&self, connection: &Connection, tables: &Tables, query: &Query) -> rusqlite::Result<Listed> {
        let table = self.spec.table;
        let counting = Counting::begin(connection, tables, query);
        let whole = std::slice::from_ref(&query.filter);
        let (parts, driver) = if self.is_one(&query.filter) {
            (whole, Some(0))
        } else {
            let parts = parts(&query.filter);
            (parts, self.driver(&counting, parts)?)
        };
        let condition = self.condition(tables, query, parts, driver);
        let count = || {
            let sql = match query.most {
                Some(most) => format!("SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {} LIMIT {most})", condition.sql),
                None => format!("SELECT count(*) FROM {table} WHERE {}", condition.sql),
            };
            counting.count(&sql, &condition.bound)
        };
        let counted = match query.known {
            None if query.count => Some(count()?),
            known => known,
        };
        let total = counted.unwrap_or(0);
        // What was counted elsewhere may have changed since; a total that counting stopped at says nothing about what is behind.
        let is_exact = query.known.is_none() && query.most.is_none_or(|most| total < most);
        if query.limit == Some(0) || (query.count && is_exact && total <= query.offset) {
            return Ok(Listed { total, page: None });
        }
        // Many fit: the page is full soon.
        let condition = if driver.is_none() && query.limit.is_some() && total > FEW {
            let mut conditions = Conditions::new(tables, query.project.as_deref()).each();
            Statement { sql: conditions.of(self.spec, &query.filter), bound: conditions.bound().to_vec() }
        } else {
            condition
        };
        let few = driver.is_some() || (counted.is_some() && total <= FEW && query.filter != Expr::everything());
        let order = order_by(self.spec, &query.order, few);
        let limit = query.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let (columns, fits, offset) = (if query.brief { &self.brief } else { &self.columns }, &condition.sql, query.offset);
        let page = format!("FROM {table} WHERE {fits} ORDER BY {order} LIMIT {limit} OFFSET {offset}");
        let sql = match &query.project {
            Some(_) if offset >= FAR && !few => format!(
                // The first mark of the condition is the project. The page is sorted again: no index has but these few.
                "SELECT {columns} FROM {table} WHERE resource_id IN (SELECT resource_id {page}) AND project = ?1 ORDER BY {}",
                order_by(self.spec, &query.order, true)
            ),
            _ => format!("SELECT {columns} {page}"),
        };
        Ok(Listed { total, page: Some(Statement { sql, bound: condition.bound }) })
    }

    /// Whether all is given that is unique only together: an index finds the one record by all of it.
    fn is_one(&self, filter: &Expr) -> bool {
        let is_given = |column: &&str| {
            let mut parts = parts(filter).iter();
            parts.any(|part| matches!(part, Expr::Test(path, Test::Is(_)) if path.steps.is_empty() && path.column == *column))
        };
        self.spec.unique.iter().any(|unique| unique.columns.len() > 1 && unique.columns.iter().all(is_given))
    }

    /// The condition that is found by index and leaves the fewest records, if these are few.
    fn driver(&self, counting: &Counting<'_>, parts: &[Expr]) -> rusqlite::Result<Option<usize>> {
        let mut best: Option<(u64, usize)> = None;
        for (at, part) in parts.iter().enumerate().filter(|(_, part)| self.is_looked_up(part)) {
            let mut conditions = Conditions::new(counting.tables, counting.query.project.as_deref());
            let ids = conditions.ids(self.spec, part);
            let sql = format!("SELECT count(*) FROM ({ids} LIMIT {})", FEW + 1);
            let left = counting.count(&sql, conditions.bound())?;
            if left <= FEW && best.is_none_or(|(fewest, _)| left < fewest) {
                best = Some((left, at));
            }
        }
        Ok(best.map(|(_, at)| at))
    }

    /// Whether a condition is answered by an index, or by one and a look into what its links lead to.
    fn is_looked_up(&self, part: &Expr) -> bool {
        match part {
            Expr::Any(alternatives) => alternatives.iter().all(|part| self.is_looked_up(part)),
            Expr::Test(path, test) => match path.steps.as_slice() {
                [] => matches!(test, Test::Is(_) | Test::In(_)) && self.has_index(path.column),
                [Step::To(link), rest @ ..] => self.has_index(link) && rest.iter().all(|step| matches!(step, Step::To(_))),
                _ => false,
            },
            _ => false,
        }
    }

    fn has_index(&self, column: &str) -> bool {
        column == RESOURCE_ID || self.indexed.contains(column)
    }

    fn condition(&self, tables: &Tables, query: &Query, parts: &[Expr], driver: Option<usize>) -> Statement {
        let mut conditions = Conditions::new(tables, query.project.as_deref());
        let sql = if let Some(driver) = driver {
            // Few are looked at: what points at them is not listed for all first.
            conditions = conditions.each();
            conditions.along_one(self.spec, parts, driver)
        } else {
            conditions.of(self.spec, &query.filter)
        };
        Statement { sql, bound: conditions.bound().to_vec() }
    }
}

/// Conditions that must all hold.
fn parts(filter: &Expr) -> &[Expr] {
    if let Expr::All(parts) = filter { parts } else { std::slice::from_ref(filter) }
}

/// Counts of one list.
struct Counting<'a> {
    connection: &'a Connection,
    tables: &'a Tables,
    query: &'a Query,
    /// Generation that counts may be remembered for: it was current before anything was read.
    generation: Option<u64>,
}

impl<'a> Counting<'a> {
    fn begin(connection: &'a Connection, tables: &'a Tables, query: &'a Query) -> Self {
        let generation = query.project.as_deref().map(|project| {
            // Without a filter only what comes and goes counts, not what changes.
            if query.filter == Expr::everything() {
                tables.generations.members(project, query.spec.prefix)
            } else {
                tables.generations.current(project)
            }
        });
        // What an open transaction sees may be older.
        let fresh = connection.transaction_state::<&str>(None).is_ok_and(|state| state == TransactionState::None);
        Self { connection, tables, query, generation: generation.filter(|_| fresh) }
    }

    fn count(&self, sql: &str, bound: &[Sql]) -> rusqlite::Result<u64> {
        self.tables.counts.of(sql, bound, self.generation, || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let count: i64 = statement.query_row(params_from_iter(bound), |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
    }
}

/// Terms to sort by. Texts that are empty come after all others, as upstream has what is not set. `anew`: an index that has
/// this order is not to be used for it.
fn order_by(spec: &'static Spec, order: &[(&'static str, bool)], anew: bool) -> String {
    let plus = if anew { "+" } else { "" };
    let mut terms = Vec::new();
    for (column, descending) in order {
        let direction = if *descending { " DESC" } else { "" };
        let is_text = spec.fields.iter().any(|field| field.column == *column && matches!(field.ty, Type::Text { .. }));
        if is_text {
            terms.push(format!("{plus}{column} = ''{direction}"));
        }
        terms.push(format!("{plus}{column}{direction}"));
        if *column == RESOURCE_ID {
            return terms.join(", ");
        }
    }
    terms.push(format!("{plus}{RESOURCE_ID}"));
    terms.join(", ")
}
