//! Organisations: they own projects.

use emt_api::{
    filter::{Expr, Path, Test},
    value::Json,
};

use super::{
    Act, Caller, Identity, IdentityError, Organisation, SERVER,
    projects::{ATTEMPTS, Put, busy, check_description, check_name, forbidden},
    records::{Org, PROJECT, User},
    roles,
};
use crate::store::{Batch, Change, StoreError, StoreExt};

impl Identity {
    /// All organisations, by name.
    pub async fn orgs(&self, caller: &Caller) -> Result<Vec<Organisation>, IdentityError> {
        allowed(caller, Act::Read)?;
        let mut all: Vec<_> = self.store().load_all::<Org>(SERVER, Expr::everything()).await?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all.into_iter().map(Organisation::from).collect())
    }

    /// One organisation.
    pub async fn org(&self, caller: &Caller, name: &str) -> Result<Organisation, IdentityError> {
        allowed(caller, Act::Read)?;
        self.org_named(name).await?.map(Organisation::from).ok_or_else(|| not_found(name))
    }

    /// Makes an organisation, or changes its description. Whoever makes it manages its projects, with the token in hand.
    pub async fn put_org(&self, caller: &Caller, name: &str, put: &Put) -> Result<Organisation, IdentityError> {
        check_name("organisation", name)?;
        check_description(&put.description)?;
        for _ in 0..ATTEMPTS {
            let found = self.org_named(name).await?;
            // Before anything is told of what is there.
            allowed(caller, if found.is_some() && put.update { Act::Update } else { Act::Write })?;
            let (batch, org) = match found {
                Some(_) if !put.update => return Err(IdentityError::Taken(format!("org {name} exists already"))),
                Some(mut org) => {
                    if org.description == put.description {
                        return Ok(org.into());
                    }
                    org.description.clone_from(&put.description);
                    (Batch::default().update(org.clone()), org)
                }
                None => {
                    let mut org = Org { name: name.to_owned(), description: put.description.clone(), ..Org::default() };
                    self.name(&mut org, self.uuid());
                    let mut batch = Batch::default().insert(org.clone());
                    if let Some(mut user) = self.store().load::<User>(SERVER, caller.subject()).await? {
                        let Json(groups) = &mut user.member_of;
                        groups.push(roles::project_managers(&org.meta.id));
                        batch = batch.update(user);
                    }
                    (batch, org)
                }
            };
            match self.store().commit(batch).await {
                Ok(()) => return Ok(org.into()),
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    /// Deletes an organisation that owns no project.
    pub async fn delete_org(&self, caller: &Caller, name: &str) -> Result<(), IdentityError> {
        allowed(caller, Act::Delete)?;
        let org = self.org_named(name).await?.ok_or_else(|| not_found(name))?;
        let named = Expr::Not(Box::new(Expr::Test(Path { steps: Vec::new(), column: "name" }, Test::Empty)));
        let owned = Expr::is("org", org.meta.id.as_str()).and(named);
        let none = Change::RequireNone { spec: &PROJECT, project: SERVER.to_owned(), filter: owned };
        match self.store().commit(Batch::default().with(none).delete(&org)).await {
            Ok(()) => self.forget_grants(&org.meta.id).await,
            Err(StoreError::InUse { count, .. }) => {
                Err(IdentityError::Taken(format!("org {name} still owns {count} projects: delete them first")))
            }
            Err(StoreError::Conflict { .. }) => Err(busy()),
            Err(error) => Err(error.into()),
        }
    }

    async fn org_named(&self, name: &str) -> Result<Option<Org>, IdentityError> {
        Ok(self.store().load_all::<Org>(SERVER, Expr::is("name", name)).await?.pop())
    }
}

fn allowed(caller: &Caller, act: Act) -> Result<(), IdentityError> {
    if caller.may_with_orgs(act) { Ok(()) } else { Err(forbidden()) }
}

fn not_found(name: &str) -> IdentityError {
    IdentityError::NotFound(format!("org {name} not found"))
}
