//! Groups and roles: those that follow from organisations and projects, and those that administrators have made.

use emt_api::{
    filter::{Expr, Path, Test},
    value::Json,
};
use sha2::{Digest, Sha256};

use super::{Account, AdminError, fields};
use crate::{
    identity::{
        Caller, Identity, SERVER,
        projects::ATTEMPTS,
        records::{CLIENT, Group, Org, ProjectRecord, Role, USER, User},
        roles::{self, DEFAULT},
    },
    store::{Batch, Query, StoreError, StoreExt},
};

const NO_GROUP: AdminError = AdminError::NotFound("Group not found");
const NO_ROLE: AdminError = AdminError::NotFound("Could not find role");

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGroup {
    /// UUID; the same for the same name.
    pub id: String,
    /// Name.
    pub name: String,
    /// Roles that come with it.
    pub roles: Vec<String>,
    is_made: bool,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRole {
    /// UUID; the same for the same name.
    pub id: String,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    is_made: bool,
}

impl NamedRole {
    /// A role by its name, whether or not it is there.
    pub fn called(name: &str) -> Self {
        let description = match name {
            DEFAULT => "${role_default-roles}",
            "admin" => "${role_admin}",
            "create-realm" => "${role_create-realm}",
            "offline_access" => "${role_offline-access}",
            "uma_authorization" => "${role_uma_authorization}",
            _ => "",
        };
        let description = description.to_owned();
        Self { id: uuid_of("role", name), name: name.to_owned(), description, is_made: false }
    }

    /// Whether it holds other roles.
    pub fn is_composite(&self) -> bool {
        self.name == DEFAULT
    }
}

/// A UUID that follows from a name, so that what follows from a project needs not be kept.
pub(super) fn uuid_of(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\0{name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let builder = uuid::Builder::from_bytes(bytes).with_variant(uuid::Variant::RFC4122).with_version(uuid::Version::Custom);
    builder.into_uuid().to_string()
}

impl Identity {
    /// All groups, by name.
    pub async fn groups(&self) -> Result<Vec<NamedGroup>, AdminError> {
        let (orgs, projects) = self.tenants().await?;
        let orgs = orgs.iter().map(|org| org.meta.id.as_str());
        let of_project = |uuid: &str| projects.iter().find(|project| project.meta.id == uuid).map(|project| project.org.as_str());
        let known = roles::all_groups(orgs, projects.iter().map(|project| project.meta.id.as_str())).map(|name| {
            let org = name.split_once('_').and_then(|(uuid, _)| of_project(uuid));
            let roles = roles::group(&name).map(|group| group.roles(org)).unwrap_or_default();
            NamedGroup { id: uuid_of("group", &name), roles, is_made: false, name }
        });
        let made = self.store().load_all::<Group>(SERVER, Expr::everything()).await?;
        let made =
            made.into_iter().map(|group| NamedGroup { id: group.meta.id, name: group.name, roles: group.roles.0, is_made: true });
        let mut all: Vec<NamedGroup> = known.chain(made).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// One group.
    pub async fn group(&self, id: &str) -> Result<NamedGroup, AdminError> {
        self.groups().await?.into_iter().find(|group| group.id == id).ok_or(NO_GROUP)
    }

    /// The people in a group, by name.
    pub async fn members(&self, id: &str, first: u64, max: u64) -> Result<Vec<User>, AdminError> {
        let group = self.group(id).await.map_err(|_| AdminError::NotFound("Could not find group by id"))?;
        let query = Query {
            order: vec![("username", false)],
            offset: first,
            limit: Some(max),
            ..Query::all(&USER, SERVER).filter(lists("member_of", &group.name))
        };
        let found = self.store().find(query).await?.rows;
        Ok(found.into_iter().map(emt_api::record::Record::from_row).collect())
    }

    /// Makes a group without roles.
    pub async fn create_group(&self, name: &str) -> Result<NamedGroup, AdminError> {
        fields::label("group", name)?;
        let taken = || AdminError::Taken(format!("Top level group named '{name}' already exists."));
        if self.groups().await?.iter().any(|group| group.name == name) || roles::group(name).is_some() {
            return Err(taken());
        }
        let mut group = Group { name: name.to_owned(), ..Group::default() };
        self.name(&mut group, uuid_of("group", name));
        let id = group.meta.id.clone();
        match self.store().commit(Batch::default().insert(group)).await {
            Ok(()) => Ok(NamedGroup { id, name: name.to_owned(), roles: Vec::new(), is_made: true }),
            Err(StoreError::IdTaken { .. } | StoreError::Duplicate { .. }) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a group that was made, and takes everybody out of it.
    pub async fn delete_group(&self, caller: &Caller, id: &str) -> Result<(), AdminError> {
        let group = self.group(id).await.map_err(|_| AdminError::NotFound("Could not find group by id"))?;
        Self::check_group(caller, &group)?;
        if !group.is_made {
            return Err(AdminError::Invalid(format!(
                "group {} follows from a project or an organisation: delete that",
                group.name
            )));
        }
        self.forget::<Group>(id).await?;
        self.take_from_all("member_of", &group.name).await
    }

    /// Gives or takes the roles of a group that was made.
    pub async fn change_group_roles(
        &self,
        caller: &Caller,
        id: &str,
        asked: &[(Option<String>, Option<String>)],
        give: bool,
    ) -> Result<(), AdminError> {
        let group = self.group(id).await?;
        let names = self.named_roles(caller, asked).await?;
        Self::check_group(caller, &group)?;
        if !group.is_made {
            return Err(AdminError::Invalid(format!(
                "the roles of group {} follow from a project or an organisation",
                group.name
            )));
        }
        for _ in 0..ATTEMPTS {
            let mut record: Group = self.store().load(SERVER, id).await?.ok_or(NO_GROUP)?;
            change(&mut record.roles.0, &names, give);
            if !self.commit_or_conflict(Batch::default().update(record)).await? {
                return Ok(());
            }
        }
        Err(crate::identity::projects::busy().into())
    }

    /// Whether a caller may do something with a group: one that makes administrators is theirs only.
    pub(super) fn check_group(caller: &Caller, group: &NamedGroup) -> Result<(), AdminError> {
        if caller.is_admin() || !group.roles.iter().any(|role| role == roles::ADMIN) {
            Ok(())
        } else {
            Err(AdminError::Forbidden)
        }
    }

    /// All roles.
    pub async fn roles(&self) -> Result<Vec<NamedRole>, AdminError> {
        let (orgs, projects) = self.tenants().await?;
        let orgs = orgs.iter().map(|org| org.meta.id.as_str());
        let projects = projects.iter().map(|project| (project.meta.id.as_str(), project.org.as_str()));
        let known = roles::all_roles(orgs, projects).map(|name| NamedRole::called(&name));
        let made = self.store().load_all::<Role>(SERVER, Expr::everything()).await?;
        let made = made.into_iter().map(|role| NamedRole {
            description: role.description,
            is_made: true,
            ..NamedRole::called(&role.name)
        });
        Ok(known.chain(made).collect())
    }

    /// One role.
    pub async fn role(&self, name: &str) -> Result<NamedRole, AdminError> {
        self.roles().await?.into_iter().find(|role| role.name == name).ok_or(NO_ROLE)
    }

    /// Makes a role.
    pub async fn create_role(&self, name: &str, description: &str) -> Result<(), AdminError> {
        fields::label("role", name)?;
        let taken = || AdminError::Taken(format!("Role with name {name} already exists"));
        if self.role(name).await.is_ok() || roles::owner(name) != roles::Owner::Server {
            return Err(taken());
        }
        let mut role = Role { name: name.to_owned(), description: description.to_owned(), ..Role::default() };
        self.name(&mut role, uuid_of("role", name));
        match self.store().commit(Batch::default().insert(role)).await {
            Ok(()) => Ok(()),
            Err(StoreError::IdTaken { .. } | StoreError::Duplicate { .. }) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a role that was made, and takes it from everybody.
    pub async fn delete_role(&self, name: &str) -> Result<(), AdminError> {
        let role = self.role(name).await?;
        if !role.is_made {
            return Err(AdminError::Invalid(format!(
                "role {name} is always there, or follows from a project or an organisation"
            )));
        }
        self.forget::<Role>(&role.id).await?;
        for mut group in self.store().load_all::<Group>(SERVER, lists("roles", name)).await? {
            group.roles.0.retain(|own| own != name);
            self.commit_or_conflict(Batch::default().update(group)).await?;
        }
        self.take_from_all("roles", name).await
    }

    /// The names of roles that are meant: each by id and name together. Nobody gives or takes the role of administrators but
    /// they themselves.
    pub(super) async fn named_roles(
        &self,
        caller: &Caller,
        asked: &[(Option<String>, Option<String>)],
    ) -> Result<Vec<String>, AdminError> {
        let missing = || AdminError::NotFound("Role not found");
        let known = self.roles().await?;
        let mut names = Vec::with_capacity(asked.len());
        for (id, name) in asked {
            let role = known.iter().find(|role| id.as_ref() == Some(&role.id) && name.as_ref() == Some(&role.name));
            let role = role.ok_or_else(missing)?;
            if role.name == roles::ADMIN && !caller.is_admin() {
                return Err(AdminError::Forbidden);
            }
            names.push(role.name.clone());
        }
        Ok(names)
    }

    /// Takes a group or role from everybody who has it.
    async fn take_from_all(&self, column: &'static str, name: &str) -> Result<(), AdminError> {
        let take = |groups: &mut Json<Vec<String>>, own: &mut Json<Vec<String>>| {
            let list = if column == "roles" { own } else { groups };
            list.0.retain(|listed| listed != name);
        };
        loop {
            let mut batch = Batch::default();
            for spec in [&USER, &CLIENT] {
                let query = Query::all(spec, SERVER).filter(lists(column, name)).limit(500);
                for row in self.store().find(query).await?.rows {
                    batch = match Account::of_row(row) {
                        Account::Person(mut user) => {
                            take(&mut user.member_of, &mut user.roles);
                            batch.update(*user)
                        }
                        Account::Service(mut client) => {
                            take(&mut client.member_of, &mut client.roles);
                            batch.update(*client)
                        }
                    };
                }
            }
            if batch.changes.is_empty() {
                return Ok(());
            }
            self.commit_or_conflict(batch).await?;
        }
    }

    async fn tenants(&self) -> Result<(Vec<Org>, Vec<ProjectRecord>), AdminError> {
        let orgs = self.store().load_all::<Org>(SERVER, Expr::everything()).await?;
        let mut projects = self.store().load_all::<ProjectRecord>(SERVER, Expr::everything()).await?;
        projects.retain(|project| project.deleting == 0);
        Ok((orgs, projects))
    }
}

/// Adds names to a list or takes them from it; what is so already stays so.
pub(super) fn change(list: &mut Vec<String>, names: &[String], give: bool) {
    list.retain(|own| !names.contains(own));
    if give {
        list.extend(names.iter().filter(|name| *name != DEFAULT).cloned());
    }
}

/// Records whose list in a column holds a name.
pub(super) fn lists(column: &'static str, name: &str) -> Expr {
    let item = serde_json::Value::from(name).to_string();
    // A star in a name would stand for anything: that is found as well, and nobody is hurt by it.
    Expr::Test(Path { steps: Vec::new(), column }, Test::Like(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_change_once() {
        let mut list = vec!["a".to_owned()];
        change(&mut list, &["b".to_owned(), DEFAULT.to_owned()], true);
        change(&mut list, &["b".to_owned()], true);
        assert_eq!(list, ["a", "b"]);
        change(&mut list, &["a".to_owned(), "c".to_owned()], false);
        assert_eq!(list, ["b"]);
    }

    #[test]
    fn ids_follow_from_names() {
        assert_eq!(uuid_of("role", "x"), uuid_of("role", "x"));
        assert_ne!(uuid_of("role", "x"), uuid_of("group", "x"));
        assert!(emt_api::id::is_uuid(&uuid_of("role", "x")));
    }
}
