//! What happens to runs without a report: those that nobody ends are given up, and old ones are removed.

use emt_api::{
    enums::UpdateRunState,
    filter::{Expr, Path, Test},
    record::{Record, Row},
    resources::{Host, Instance, OS_UPDATE_RUN, OsUpdateRun, UNFINISHED},
    value::Column,
};
use serde::{Deserialize, Serialize};

use super::{MaintenanceManager, abandoned};
use crate::store::{Batch, Change, Query, StoreError, StoreExt};

/// How many runs are read at a time.
const PAGE: u64 = 200;
/// States of runs that have ended.
const ENDED: [UpdateRunState; 5] = [
    UpdateRunState::Succeeded,
    UpdateRunState::Failed,
    UpdateRunState::RolledBack,
    UpdateRunState::Cancelled,
    UpdateRunState::Lost,
];

/// How long runs are waited for, and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RunRules {
    /// After so many hours of silence of its node an open run counts as lost; 0: never.
    pub lost_after_hours: u32,
    /// Runs are removed so many days after their end; 0: never.
    pub keep_days: u32,
    /// Most runs that are kept of one instance; those that ended first are removed when another begins; 0: any number.
    pub keep_per_instance: u32,
}

impl Default for RunRules {
    fn default() -> Self {
        Self { lost_after_hours: 24, keep_days: 30, keep_per_instance: 100 }
    }
}

impl MaintenanceManager {
    /// Gives up the open runs that nobody ends, and removes those that ended long ago.
    pub async fn upkeep(&self) -> Result<(), StoreError> {
        self.give_up_abandoned().await?;
        self.remove_old().await
    }

    async fn give_up_abandoned(&self) -> Result<(), StoreError> {
        let open = Expr::is("state", UpdateRunState::Open.to_value());
        let still = test("status_timestamp", Test::Less(i64::from(self.now().saturating_sub(abandoned::CANCELLED_AFTER)) + 1));
        let query = Query {
            project: None,
            order: vec![("status_timestamp", false)],
            ..Query::all(&OS_UPDATE_RUN, "").filter(open.and(still)).limit(PAGE)
        };
        let mut left = 0;
        loop {
            let rows = self.store.find(Query { offset: left, ..query.clone() }).await?.rows;
            let last = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for row in rows {
                if !self.give_up_if_abandoned(row).await? {
                    left += 1;
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    /// Whether the run is out of the way.
    async fn give_up_if_abandoned(&self, row: Row) -> Result<bool, StoreError> {
        let (mut run, now) = (OsUpdateRun::from_row(row), self.now());
        let project = run.meta.project.clone();
        let Some(mut instance) = self.store.load::<Instance>(&project, run.instance_id.as_str()).await? else { return Ok(false) };
        let host = self.store.load::<Host>(&project, instance.host_id.as_str()).await?;
        let heard = host.map_or(0, |host| self.heard.last(host.uuid_key.as_str()));
        let lost_after = self.rules.lost_after_hours.saturating_mul(3600);
        let Some(verdict) = abandoned::verdict(&run, &instance, heard, lost_after, now) else { return Ok(false) };
        let before = instance.clone();
        abandoned::give_up(&mut run, &mut instance, verdict, now);
        tracing::info!(run = run.id(), instance = instance.id(), ?verdict, "an update run is given up");
        run.meta.updated_ms = self.clock.now_ms();
        let mut batch = Batch::default().update(run);
        if instance != before {
            instance.meta.updated_ms = self.clock.now_ms();
            batch = batch.update(instance);
        }
        match self.store.commit(batch).await {
            // Its node has just reported.
            Err(StoreError::Conflict { .. }) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    async fn remove_old(&self) -> Result<(), StoreError> {
        if self.rules.keep_days == 0 {
            return Ok(());
        }
        let before = i64::from(self.now()) - i64::from(self.rules.keep_days) * 86_400;
        // The end of what is open is a marker in the past.
        let ended = test("end_time", Test::Greater(i64::from(UNFINISHED))).and(test("end_time", Test::Less(before)));
        let query = Query { project: None, ..Query::all(&OS_UPDATE_RUN, "").filter(ended).limit(PAGE) };
        loop {
            let rows = self.store.find(query.clone()).await?.rows;
            let last = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            match self.store.commit(Batch { changes: rows.iter().map(removed).collect() }).await {
                Err(StoreError::Conflict { .. }) | Ok(()) => {}
                Err(error) => return Err(error),
            }
            if last {
                return Ok(());
            }
        }
    }

    /// The removal of the runs of an instance that are too many once another one begins.
    pub(super) async fn too_many(&self, instance: &Instance) -> Result<Vec<Change>, StoreError> {
        if self.rules.keep_per_instance == 0 || instance.meta.id.is_empty() {
            return Ok(Vec::new());
        }
        let ended = Expr::is_in("state", ENDED.map(|state| state.to_value()));
        let query = Query {
            order: vec![("start_time", true)],
            offset: u64::from(self.rules.keep_per_instance) - 1,
            ..Query::all(&OS_UPDATE_RUN, &instance.meta.project)
                .filter(Expr::is("instance_id", instance.id()).and(ended))
                .limit(PAGE)
        };
        Ok(self.store.find(query).await?.rows.iter().map(removed).collect())
    }
}

fn removed(row: &Row) -> Change {
    Change::Delete {
        spec: &OS_UPDATE_RUN,
        project: row.meta.project.clone(),
        id: row.meta.id.clone(),
        revision: Some(row.meta.revision),
    }
}

fn test(column: &'static str, test: Test) -> Expr {
    Expr::Test(Path { steps: Vec::new(), column }, test)
}
