//! Projects: made by those who may, usable by whoever made them at once.

use emt_api::filter::Expr;
use emt_api::value::Json;

use super::{
    Act, Caller, Identity, IdentityError, Project, SERVER,
    records::{ORG, Org, ProjectRecord, User},
    roles,
};
use crate::store::{Batch, Change, StoreError, StoreExt};

/// How often a change is tried again because somebody else was faster.
pub(super) const ATTEMPTS: usize = 8;

/// What an organisation or a project is to be.
#[derive(Debug, Clone)]
pub struct Put {
    /// Free text.
    pub description: String,
    /// Whether one that is there already is changed; else it is refused.
    pub update: bool,
}

impl Identity {
    /// The project with a name, unless it is being deleted.
    pub async fn project_named(&self, name: &str) -> Result<Option<Project>, IdentityError> {
        Ok(self.named(name).await?.filter(|project| project.deleting == 0).map(Project::from))
    }

    /// The project with a UUID, unless it is being deleted.
    pub async fn project(&self, uuid: &str) -> Result<Option<Project>, IdentityError> {
        let found = self.store().load::<ProjectRecord>(SERVER, uuid).await?;
        Ok(found.filter(|project| project.deleting == 0).map(Project::from))
    }

    /// The projects that a caller may see, by name; also those that are being deleted.
    pub async fn projects_of(&self, caller: &Caller) -> Result<Vec<Project>, IdentityError> {
        let all = self.store().load_all::<ProjectRecord>(SERVER, Expr::everything()).await?;
        let seen = all.into_iter().filter(|project| !project.name.is_empty() && is_visible(caller, project));
        let mut seen: Vec<Project> = seen.map(Project::from).collect();
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(seen)
    }

    /// One project that a caller may see.
    pub async fn project_of(&self, caller: &Caller, name: &str) -> Result<Project, IdentityError> {
        Ok(self.visible(caller, name).await?.into())
    }

    /// Makes a project, or changes the description of the one with this name. Whoever makes it becomes its host manager,
    /// with the token in hand.
    pub async fn put_project(&self, caller: &Caller, name: &str, put: &Put) -> Result<Project, IdentityError> {
        check_name("project", name)?;
        check_description(&put.description)?;
        for _ in 0..ATTEMPTS {
            let (batch, project) = match self.named(name).await? {
                None => self.making(caller, name, &put.description).await?,
                Some(project) if !caller.may_with_projects(Act::Update, &project.org) => return Err(forbidden()),
                Some(project) if project.deleting != 0 => {
                    return Err(IdentityError::Taken(format!("project {name} is being deleted: try again when it is gone")));
                }
                Some(_) if !put.update => return Err(IdentityError::Taken(format!("project {name} exists already"))),
                Some(project) if project.description == put.description => return Ok(project.into()),
                Some(mut project) => {
                    project.description.clone_from(&put.description);
                    (Batch::default().update(project.clone()), project)
                }
            };
            match self.store().commit(batch).await {
                Ok(()) => return Ok(project.into()),
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. } | StoreError::Missing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    async fn making(&self, caller: &Caller, name: &str, description: &str) -> Result<(Batch, ProjectRecord), IdentityError> {
        let mut orgs = self.store().load_all::<Org>(SERVER, Expr::everything()).await?;
        orgs.sort_by_key(|org| org.meta.created_ms);
        let any = !orgs.is_empty();
        // Of several that the caller may use, the oldest.
        let org = orgs.into_iter().find(|org| caller.may_with_projects(Act::Write, &org.meta.id));
        let Some(org) = org else {
            return Err(if any || !caller.is_admin() {
                forbidden()
            } else {
                IdentityError::Taken("there is no organisation to own the project: make one first".to_owned())
            });
        };
        let (name, description) = (name.to_owned(), description.to_owned());
        let mut project = ProjectRecord { name, description, org: org.meta.id.clone(), ..ProjectRecord::default() };
        self.name(&mut project, self.uuid());
        let owned = Change::RequireExists { spec: &ORG, project: SERVER.to_owned(), id: org.meta.id };
        let mut batch = Batch::default().with(owned).insert(project.clone());
        if let Some(mut user) = self.store().load::<User>(SERVER, caller.subject()).await? {
            let Json(groups) = &mut user.member_of;
            groups.push(roles::host_managers(&project.meta.id));
            batch = batch.update(user);
        }
        Ok((batch, project))
    }

    /// The record that a caller may see under a name.
    pub(super) async fn visible(&self, caller: &Caller, name: &str) -> Result<ProjectRecord, IdentityError> {
        let found = self.named(name).await?.filter(|project| is_visible(caller, project));
        found.ok_or_else(|| IdentityError::NotFound(format!("project {name} not found")))
    }

    async fn named(&self, name: &str) -> Result<Option<ProjectRecord>, IdentityError> {
        if name.is_empty() {
            return Ok(None);
        }
        Ok(self.store().load_all::<ProjectRecord>(SERVER, Expr::is("name", name)).await?.pop())
    }
}

fn is_visible(caller: &Caller, project: &ProjectRecord) -> bool {
    caller.is_member(&project.meta.id) || caller.may_with_projects(Act::Read, &project.org)
}

pub(super) fn forbidden() -> IdentityError {
    IdentityError::Forbidden("Forbidden".to_owned())
}

pub(super) fn busy() -> IdentityError {
    IdentityError::Taken("others change the same at this moment; try again".to_owned())
}

pub(super) fn check_description(description: &str) -> Result<(), IdentityError> {
    if description.len() > 1000 {
        return Err(IdentityError::Invalid("the description is longer than 1000 bytes".to_owned()));
    }
    Ok(())
}

/// Names stand in addresses and are read aloud: letters, digits and a few marks, at most 63.
pub(super) fn check_name(kind: &str, name: &str) -> Result<(), IdentityError> {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let plain = bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
    if plain && bytes.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) {
        return Ok(());
    }
    Err(IdentityError::Invalid(format!(
        "{name:?} is no {kind} name: use at most 63 letters, digits, hyphens, dots and underscores, a letter or digit at both ends"
    )))
}
