//! What has expired is removed.

use emt_api::{
    filter::{Expr, Path, Test},
    spec::Spec,
};

use super::{
    Identity, IdentityError, SERVER,
    records::{BROWSER, CODE, DEVICE, ENROLMENT_TOKEN, REVOKED_TOKEN, SESSION, SIGN_IN_LINK},
};
use crate::store::{Batch, Change, Query};

/// Kinds that carry the second at which they end in a column of this name.
const ENDING: [&Spec; 7] = [&SESSION, &BROWSER, &SIGN_IN_LINK, &CODE, &DEVICE, &REVOKED_TOKEN, &ENROLMENT_TOKEN];
const ENDS: &str = "ends";
/// Records that go at once: others write between.
const AT_ONCE: u64 = 500;

impl Identity {
    /// Removes what has expired: logins, codes, tokens, keys that verify nothing any more.
    pub async fn purge(&self) -> Result<(), IdentityError> {
        let over = Expr::Test(Path { steps: Vec::new(), column: ENDS }, Test::Less(self.now() + 1));
        for spec in ENDING {
            loop {
                let query = Query::all(spec, SERVER).filter(over.clone()).limit(AT_ONCE);
                let rows = self.store().find(query).await?.rows;
                let full = rows.len() as u64 == AT_ONCE;
                let mut batch = Batch::default();
                for row in rows {
                    let (id, project) = (row.meta.id, SERVER.to_owned());
                    // What was prolonged meanwhile has another revision, and stays.
                    batch = batch.with(Change::Delete { spec, project, id, revision: Some(row.meta.revision) });
                }
                if batch.changes.is_empty() || self.commit_or_conflict(batch).await? || !full {
                    break;
                }
            }
        }
        if let Some(external) = &self.shared.external {
            external.purge(self.now());
        }
        self.forget_keys().await
    }

    /// Commits; `true` if somebody was faster, so that nothing was done.
    pub(super) async fn commit_or_conflict(&self, batch: Batch) -> Result<bool, IdentityError> {
        match self.store().commit(batch).await {
            Ok(()) => Ok(false),
            Err(crate::store::StoreError::Conflict { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}
