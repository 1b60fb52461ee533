//! Projects: made by those who may, usable by whoever made them at once.

use emt_api::filter::Expr;
use emt_api::value::Json;

use super::{
    Caller, Identity, IdentityError, SERVER,
    records::{Org, ProjectRecord, User},
    roles,
};
use crate::store::{Batch, StoreError, StoreExt};

/// How often a change is tried again because somebody else was faster.
const ATTEMPTS: usize = 8;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// UUID: names of roles are built from it.
    pub uuid: String,
    /// Name in addresses.
    pub name: String,
    /// Free text.
    pub description: String,
    created_ms: i64,
}

impl Project {
    /// When it was made, epoch seconds.
    pub fn created_seconds(&self) -> i64 {
        self.created_ms.div_euclid(1000)
    }
}

impl From<ProjectRecord> for Project {
    fn from(record: ProjectRecord) -> Self {
        Self { uuid: record.meta.id, name: record.name, description: record.description, created_ms: record.meta.created_ms }
    }
}

impl Identity {
    /// The project with a name.
    pub async fn project_named(&self, name: &str) -> Result<Option<Project>, IdentityError> {
        let found = self.store().load_all::<ProjectRecord>(SERVER, Expr::is("name", name)).await?;
        Ok(found.into_iter().next().map(Project::from))
    }

    /// The project with a UUID.
    pub async fn project(&self, uuid: &str) -> Result<Option<Project>, IdentityError> {
        Ok(self.store().load::<ProjectRecord>(SERVER, uuid).await?.map(Project::from))
    }

    /// The projects that a caller may see, by name.
    pub async fn projects_of(&self, caller: &Caller) -> Result<Vec<Project>, IdentityError> {
        let all = self.store().load_all::<ProjectRecord>(SERVER, Expr::everything()).await?;
        let mut seen: Vec<Project> = all
            .into_iter()
            .filter(|project| caller.may_administer_projects() || caller.is_member(&project.meta.id))
            .map(Project::from)
            .collect();
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(seen)
    }

    /// Makes a project, or changes the description of the one with this name. Whoever makes it becomes its host manager,
    /// with the token in hand.
    pub async fn create_project(&self, caller: &Caller, name: &str, description: &str) -> Result<Project, IdentityError> {
        check_name(name)?;
        if description.len() > 1000 {
            return Err(IdentityError::Invalid("the description is longer than 1000 bytes".to_owned()));
        }
        if !caller.may_administer_projects() {
            return Err(IdentityError::Forbidden("Forbidden".to_owned()));
        }
        for _ in 0..ATTEMPTS {
            let existing = self.store().load_all::<ProjectRecord>(SERVER, Expr::is("name", name)).await?.into_iter().next();
            let (batch, project) = match existing {
                Some(project) if project.description == description => return Ok(project.into()),
                Some(mut project) => {
                    description.clone_into(&mut project.description);
                    (Batch::default().update(project.clone()), project)
                }
                None => self.making(caller, name, description).await?,
            };
            match self.store().commit(batch).await {
                Ok(()) => return Ok(project.into()),
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(IdentityError::Invalid("too many changes of projects at once; try again".to_owned()))
    }

    async fn making(&self, caller: &Caller, name: &str, description: &str) -> Result<(Batch, ProjectRecord), IdentityError> {
        let org = self.store().load_all::<Org>(SERVER, Expr::everything()).await?.into_iter().next();
        let org = org.ok_or_else(|| IdentityError::Invalid("there is no organisation to own the project".to_owned()))?;
        let (name, description) = (name.to_owned(), description.to_owned());
        let mut project = ProjectRecord { name, description, org: org.meta.id, ..ProjectRecord::default() };
        self.name(&mut project, self.uuid());
        let mut batch = Batch::default().insert(project.clone());
        if let Some(mut user) = self.store().load::<User>(SERVER, caller.subject()).await? {
            let Json(groups) = &mut user.member_of;
            groups.push(roles::host_managers(&project.meta.id));
            batch = batch.update(user);
        }
        Ok((batch, project))
    }
}

/// Names stand in addresses and are read aloud: lower-case letters, digits and hyphens, at most 63.
pub(super) fn check_name(name: &str) -> Result<(), IdentityError> {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let plain = bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
    if plain && bytes.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) {
        return Ok(());
    }
    Err(IdentityError::Invalid(format!(
        "{name:?} is no project name: use at most 63 letters, digits, hyphens, dots and underscores, a letter or digit at both ends"
    )))
}
