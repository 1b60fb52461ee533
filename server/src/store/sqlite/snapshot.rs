//! A reading transaction: all its reads see the commit that was the last when it began.

use std::sync::Arc;

use async_trait::async_trait;
use emt_api::{sheet::Sheet, spec::Spec};

use super::{Place, reader::Reader, table::Tables};
use crate::store::{Glance, Glimpse, Query, Snapshot, StoreError, Which};

/// Holds a reading connection until it is dropped.
pub(super) struct SqliteSnapshot {
    reader: Reader,
    tables: Arc<Tables>,
    place: Place,
}

impl SqliteSnapshot {
    pub(super) fn begin(reader: Reader, tables: Arc<Tables>, place: Place) -> Result<Self, StoreError> {
        let begun = reader.prepare_cached("BEGIN").and_then(|mut statement| statement.execute([]));
        place.map(begun)?;
        Ok(Self { reader, tables, place })
    }
}

impl Drop for SqliteSnapshot {
    fn drop(&mut self) {
        // The connection must not go back with a transaction open; to end one that has only read cannot fail.
        let ended = self.reader.prepare_cached("COMMIT").and_then(|mut statement| statement.execute([]));
        if let Err(error) = ended {
            tracing::error!(%error, "a reading transaction could not be ended");
        }
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn find(&mut self, query: &Query) -> Result<(Sheet, u64), StoreError> {
        self.place.map(self.tables.of(query.spec).find_shown(&self.reader, &self.tables, query))
    }

    async fn get(&mut self, spec: &'static Spec, project: &str, ids: &[&str]) -> Result<Sheet, StoreError> {
        self.place.map(self.tables.of(spec).get_shown(&self.reader, project, ids))
    }

    async fn referrers(&mut self, spec: &'static Spec, project: &str, via: &str, owners: &[&str]) -> Result<Sheet, StoreError> {
        self.place.map(self.tables.of(spec).referrers(&self.reader, project, via, owners))
    }

    async fn glance(
        &mut self,
        glance: &Glance,
        project: &str,
        which: Which<'_>,
        seen: &mut (dyn for<'a> FnMut(Glimpse<'a>) + Send),
    ) -> Result<(), StoreError> {
        self.place.map(self.tables.of(glance.spec).glance(&self.reader, &self.tables, glance, project, which, seen))
    }
}
