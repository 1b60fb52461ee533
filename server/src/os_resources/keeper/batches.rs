//! Instances are brought up to date, a few hundred at a time.

use std::{collections::BTreeSet, time::Duration};

use emt_api::{
    filter::{Expr, Path, RESOURCE_ID, Test},
    record::{Record, Row},
    resources::{INSTANCE, Instance, OS},
};
use futures::FutureExt;

use super::{BATCH, Followed, Keeper};
use crate::{
    os_resources::brought_up_to_date,
    store::{Batch, Change, Query, StoreError},
};

/// How long others have the store for themselves after a batch.
const REST: Duration = Duration::from_millis(10);

impl Keeper {
    /// All instances that fit, page by page; what happens meanwhile is taken in.
    pub(super) async fn each(&self, followed: &mut Followed, filter: &Expr) -> Result<(), StoreError> {
        let mut last = String::new();
        loop {
            let behind = Expr::Test(Path { steps: Vec::new(), column: RESOURCE_ID }, Test::After(last));
            let query = Query::all(&INSTANCE, &followed.project).filter(filter.clone().and(behind)).limit(BATCH as u64);
            let rows = self.store.find(query).await?.rows;
            let Some(end) = rows.last() else { return Ok(()) };
            last = end.meta.id.clone();
            let is_last = rows.len() < BATCH;
            self.bring(followed, rows).await?;
            while let Some(Some(news)) = followed.follower.next().now_or_never() {
                self.absorb(followed, news).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Brings some instances up to date.
    pub(super) async fn bring(&self, followed: &mut Followed, mut rows: Vec<Row>) -> Result<(), StoreError> {
        let Ok(_turn) = self.turn.acquire().await else { return Ok(()) };
        loop {
            let changes = self.changes(followed, &rows);
            let ids: Vec<String> = changes.iter().map(|instance| instance.meta.id.clone()).collect();
            if ids.is_empty() {
                return Ok(());
            }
            match self.store.commit(batch(&followed.project, changes)).await {
                Ok(()) => {
                    followed.written += ids.len();
                    for id in ids {
                        followed.own.note(id);
                    }
                    tokio::time::sleep(REST).await;
                    return Ok(());
                }
                // Whoever was faster is in the news, and so is an OS that has gone meanwhile.
                Err(StoreError::Conflict { id, .. }) => rows.retain(|row| row.meta.id != id),
                Err(StoreError::Missing { id, .. }) => {
                    let touched = followed.catalogue.take(&id, None);
                    followed.due.profiles.extend(touched);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn changes(&self, followed: &Followed, rows: &[Row]) -> Vec<Instance> {
        let now_ms = self.clock.now_ms();
        let instances = rows.iter().map(|row| Instance::from_row(row.clone()));
        instances
            .filter_map(|instance| brought_up_to_date(&instance, &followed.catalogue, &followed.modes))
            .map(|mut instance| {
                instance.meta.updated_ms = now_ms.max(instance.meta.updated_ms);
                instance
            })
            .collect()
    }
}

/// The changes, if all that they link is still there.
fn batch(project: &str, instances: Vec<Instance>) -> Batch {
    let linked: BTreeSet<&str> = instances
        .iter()
        .filter(|instance| instance.is_linked_automatically())
        .filter_map(|instance| instance.desired_os_id.id())
        .collect();
    let exists = |id: &str| Change::RequireExists { spec: &OS, project: project.to_owned(), id: id.to_owned() };
    let mut batch = Batch { changes: linked.into_iter().map(exists).collect() };
    batch.changes.extend(instances.into_iter().map(|instance| Change::Update(instance.into_row())));
    batch
}
