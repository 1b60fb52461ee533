//! Bits and links of many records, read in the order in which the table is kept.

use emt_api::filter::RESOURCE_ID;
use rusqlite::{Connection, Row, ToSql, params_from_iter, types::Value as Sql};

use super::{
    condition::Conditions,
    table::{Table, Tables},
};
use crate::store::{Glance, Glimpse, Which};

impl Table {
    /// See [`crate::store::Snapshot::glance`].
    pub(super) fn glance(
        &self,
        connection: &Connection,
        tables: &Tables,
        glance: &Glance,
        project: &str,
        which: Which<'_>,
        seen: &mut dyn for<'a> FnMut(Glimpse<'a>),
    ) -> rusqlite::Result<()> {
        let mut conditions = Conditions::new(tables, Some(project));
        let bits = glance.tests.iter().enumerate().map(|(bit, test)| {
            let test = conditions.expression(self.spec, test);
            format!("(coalesce({test}, 0) << {bit})")
        });
        let bits: Vec<String> = bits.collect();
        let bits = if bits.is_empty() { "0".to_owned() } else { bits.join(" | ") };
        let columns = [&[RESOURCE_ID, &bits][..], &glance.links].concat().join(", ");
        // Whatever the planner thinks of its indexes: all that is needed stands in the table itself, in this order.
        let from = format!("SELECT {columns} FROM {} NOT INDEXED WHERE project = ?", self.spec.table);
        let bound = |id: &str| {
            let more = [project, id].map(|text| Sql::Text(text.to_owned()));
            conditions.bound().iter().cloned().chain(more).collect::<Vec<Sql>>()
        };
        match which {
            Which::Behind(id, most) => {
                let sql = format!("{from} AND {RESOURCE_ID} > ? ORDER BY {RESOURCE_ID} LIMIT {most}");
                read(connection, &sql, &bound(id), glance, seen)
            }
            Which::Ids(ids) => {
                let sql = format!("{from} AND {RESOURCE_ID} = ?");
                ids.iter().try_for_each(|id| read(connection, &sql, &bound(id), glance, seen))
            }
        }
    }
}

fn read(
    connection: &Connection,
    sql: &str,
    bound: &[impl ToSql],
    glance: &Glance,
    seen: &mut dyn for<'a> FnMut(Glimpse<'a>),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(bound))?;
    while let Some(row) = rows.next()? {
        let links: Vec<&str> = (0..glance.links.len()).map(|at| text(row, at + 2)).collect::<rusqlite::Result<_>>()?;
        seen(Glimpse { id: text(row, 0)?, holds: row.get(1)?, links: &links });
    }
    Ok(())
}

fn text<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<&'a str> {
    Ok(row.get_ref(at)?.as_str_or_null()?.unwrap_or_default())
}
