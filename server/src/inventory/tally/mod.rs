//! How many hosts run what, and are to run it.

use std::collections::HashMap;

use emt_api::{
    filter::Expr,
    resources::{INSTANCE, OS},
};

use super::Inventory;
use crate::store::{Query, StoreError};

/// Hosts of an OS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    /// On so many it is installed.
    pub installed: u64,
    /// So many are linked to it, and do not run it yet.
    pub to_run: u64,
}

impl Inventory {
    /// How many hosts run each OS of a project, and are to run it, by the id of the OS; none of those that no host is about.
    pub async fn versions(&self, project: &str) -> Result<HashMap<String, Runs>, StoreError> {
        let all = self.store.snapshot().await?.find(&Query::all(&OS, project).brief()).await?.0;
        let mut versions = HashMap::new();
        for id in all.iter().map(|os| os.id()) {
            let installed = self.count_instances(project, Expr::is("os_id", id)).await?;
            let linked = Expr::is("desired_os_id", id).and(Expr::Not(Box::new(Expr::is("os_id", id))));
            let to_run = self.count_instances(project, linked).await?;
            if installed + to_run > 0 {
                versions.insert(id.to_owned(), Runs { installed, to_run });
            }
        }
        Ok(versions)
    }

    async fn count_instances(&self, project: &str, filter: Expr) -> Result<u64, StoreError> {
        let query = Query { count: true, ..Query::all(&INSTANCE, project).filter(filter).limit(0) };
        Ok(self.store.find(query).await?.total)
    }
}
