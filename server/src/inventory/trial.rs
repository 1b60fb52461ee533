//! What a request would make of a record, before anything is written; and changes only of what was seen.

use async_trait::async_trait;
use emt_api::{
    error::{ApiError, Code},
    input::{Input, Purpose},
    record::Row,
};

use super::{Asked, Changed, Inventory, Resource, Rule, Scope};
use crate::store::StoreError;

/// A change of a record that is still as somebody saw it.
struct OfSeen<'a> {
    asked: Asked<'a>,
    revision: i64,
}

#[async_trait]
impl Rule for OfSeen<'_> {
    async fn apply(&self, scope: &Scope<'_>, before: &Row) -> Changed {
        if before.meta.revision == self.revision {
            return self.asked.apply(scope, before).await;
        }
        let conflict = StoreError::Conflict { kind: before.spec.prefix, id: before.meta.id.clone() };
        Err(ApiError::new(Code::Aborted, conflict.to_string()))
    }
}

impl Inventory {
    /// What a POST would make, or why it would be refused; whether its links lead somewhere is not looked at.
    pub async fn would_create(&self, resource: &dyn Resource, project: &str, input: Input) -> Result<Row, ApiError> {
        let mut row = Row::empty(resource.spec());
        project.clone_into(&mut row.meta.project);
        input.fill(&mut row);
        resource.creating(&self.scope(project), &mut row).await?;
        Ok(row)
    }

    /// What a PATCH would make of a record, or why it would be refused.
    pub async fn would_change(
        &self,
        resource: &dyn Resource,
        project: &str,
        before: &Row,
        input: &Input,
    ) -> Result<Row, ApiError> {
        let asked = Asked { resource, input, purpose: Purpose::Patch };
        Ok(asked.apply(&self.scope(project), before).await?.0)
    }

    /// Changes a record by PATCH if it has this revision; 409 `Aborted` if somebody else has changed it.
    pub async fn change_seen(
        &self,
        resource: &dyn Resource,
        project: &str,
        id: &str,
        revision: i64,
        input: &Input,
    ) -> Result<Row, ApiError> {
        let asked = Asked { resource, input, purpose: Purpose::Patch };
        self.modify(resource.spec(), project, id, &OfSeen { asked, revision }).await
    }
}
