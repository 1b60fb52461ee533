//! A project goes: first, in one step, all that anybody may do in it; then, in steps that can be repeated, what identity
//! keeps of it.

use emt_api::{
    filter::{Expr, Path, Test},
    record::Record,
    spec::Spec,
    value::Value,
};

use super::{
    Act, Caller, Identity, IdentityError, SERVER,
    projects::{ATTEMPTS, busy, forbidden},
    records::{CLIENT, Client, ENROLMENT_TOKEN, ProjectRecord, USER, User},
};
use crate::store::{Batch, Change, Query, StoreExt};

/// Records that go at once: others write between.
const AT_ONCE: u64 = 500;
/// Seconds after which no request that began before a project's deletion is under way any more.
const GRACE: i64 = 120;

/// A project that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// UUID of the project.
    pub uuid: String,
    /// Whether no request that began before can be under way any more.
    pub is_last: bool,
}

impl Identity {
    /// Begins to delete a project. From now on nobody has a role in it, its nodes' credentials are worthless, and it is shown
    /// as being deleted, until it is gone.
    pub async fn begin_deletion(&self, caller: &Caller, name: &str) -> Result<Deletion, IdentityError> {
        for _ in 0..ATTEMPTS {
            let mut project = self.visible(caller, name).await?;
            if !caller.may_with_projects(Act::Delete, &project.org) {
                return Err(forbidden());
            }
            let uuid = project.meta.id.clone();
            if project.deleting == 0 {
                project.deleting = self.now();
                if self.commit_or_conflict(Batch::default().update(project)).await? {
                    continue;
                }
                tracing::info!(project = %uuid, by = caller.username(), "a project is being deleted");
            }
            return Ok(Deletion { uuid, is_last: false });
        }
        Err(busy())
    }

    /// Deletions that have not come to their end, also those that the end of the process cut short.
    pub async fn deletions(&self) -> Result<Vec<Deletion>, IdentityError> {
        let begun = Expr::Test(Path { steps: Vec::new(), column: "deleting" }, Test::Greater(0));
        let begun = self.store().load_all::<ProjectRecord>(SERVER, begun).await?;
        let is_last = |project: &ProjectRecord| self.now() > project.deleting + GRACE;
        Ok(begun.into_iter().map(|project| Deletion { is_last: is_last(&project), uuid: project.meta.id }).collect())
    }

    /// Removes what identity keeps of a project but the project itself.
    pub async fn forget_project(&self, uuid: &str) -> Result<(), IdentityError> {
        self.forget_where(&ENROLMENT_TOKEN, SERVER, Expr::is("node_project", uuid)).await?;
        self.forget_where(&CLIENT, SERVER, Expr::is("node_project", uuid)).await?;
        self.forget_grants(uuid).await
    }

    /// Ends a deletion: the name is free for another project. What requests that were under way wrote is removed once they
    /// cannot be under way any more, and then the last trace goes.
    pub async fn end_deletion(&self, deletion: &Deletion) -> Result<(), IdentityError> {
        let Some(mut project) = self.store().load::<ProjectRecord>(SERVER, &deletion.uuid).await? else { return Ok(()) };
        if deletion.is_last {
            tracing::info!(project = %deletion.uuid, "a project is gone");
            return self.forget::<ProjectRecord>(&deletion.uuid).await;
        }
        if project.name.is_empty() {
            return Ok(());
        }
        project.name.clear();
        self.commit_or_conflict(Batch::default().update(project)).await?;
        Ok(())
    }

    /// Removes records that fit, in batches between which others can write.
    pub async fn forget_where(&self, spec: &'static Spec, project: &str, filter: Expr) -> Result<(), IdentityError> {
        loop {
            let found = self.store().find(Query::all(spec, project).filter(filter.clone()).limit(AT_ONCE)).await?;
            let full = found.rows.len() as u64 == AT_ONCE;
            if found.rows.is_empty() {
                return Ok(());
            }
            let ids = found.rows.into_iter().map(|row| Value::Text(row.meta.id));
            let filter = Expr::is_in(emt_api::filter::RESOURCE_ID, ids);
            self.store().commit(Batch::default().with(Change::DeleteWhere { spec, project: project.to_owned(), filter })).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Takes groups and roles of an organisation or a project from everybody who has them.
    pub(super) async fn forget_grants(&self, uuid: &str) -> Result<(), IdentityError> {
        self.without::<User>(&USER, uuid, |user| (&mut user.member_of.0, &mut user.roles.0)).await?;
        self.without::<Client>(&CLIENT, uuid, |client| (&mut client.member_of.0, &mut client.roles.0)).await
    }

    async fn without<R: Record>(
        &self,
        spec: &'static Spec,
        uuid: &str,
        lists: impl Fn(&mut R) -> (&mut Vec<String>, &mut Vec<String>),
    ) -> Result<(), IdentityError> {
        let has = |column| Expr::Test(Path { steps: Vec::new(), column }, Test::Like(uuid.to_owned()));
        loop {
            let any = Expr::Any(vec![has("member_of"), has("roles")]);
            let rows = self.store().find(Query::all(spec, SERVER).filter(any).limit(AT_ONCE)).await?.rows;
            let mut batch = Batch::default();
            for row in rows {
                let mut record = R::from_row(row);
                let (groups, roles) = lists(&mut record);
                groups.retain(|name| !name.contains(uuid));
                roles.retain(|name| !name.contains(uuid));
                batch = batch.update(record);
            }
            if batch.changes.is_empty() {
                return Ok(());
            }
            // In a conflict somebody else has changed one of them: look again.
            self.commit_or_conflict(batch).await?;
        }
    }
}
