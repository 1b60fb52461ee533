//! The roles that somebody has at this moment: their own, those of their groups, and everybody's, as far as what they are
//! roles in is still there.

use std::collections::HashMap;

use emt_api::{filter::Expr, id};

use super::{
    Identity, IdentityError, SERVER,
    caller::{Caller, Node},
    enrolment::NODE_CLIENT,
    records::{Client, Group, Org, ProjectRecord, User},
    roles::{self, Owner},
};
use crate::store::{Store, StoreError, StoreExt};

impl Identity {
    /// The roles of a user.
    pub(super) async fn roles_of(&self, user: &User) -> Result<Vec<String>, IdentityError> {
        Ok(Rights::new(self.store()).effective(&user.roles.0, &user.member_of.0).await?)
    }

    /// The roles of a client that acts by itself.
    pub(super) async fn roles_of_client(&self, client: &Client) -> Result<Vec<String>, IdentityError> {
        let mut own = client.roles.0.clone();
        if !client.node_project.is_empty() {
            own.push(roles::agent(&client.node_project));
            own.push(roles::RELEASES.to_owned());
        }
        Ok(Rights::new(self.store()).effective(&own, &client.member_of.0).await?)
    }

    /// A client that acts by itself.
    pub(super) async fn client_caller(&self, client: &Client) -> Result<Caller, IdentityError> {
        let roles = self.roles_of_client(client).await?;
        let node = if client.node_uuid.is_empty() {
            node_of(&client.meta.id, &roles)
        } else {
            Some(Node { project: client.node_project.clone(), uuid: client.node_uuid.clone() })
        };
        Ok(Caller {
            subject: client.service_account.clone(),
            username: format!("service-account-{}", client.meta.id),
            roles,
            admin_roles: client.admin_roles.0.clone(),
            node,
            login: String::new(),
        })
    }

    /// Those of the roles in a token of another issuer that are roles in something that is there.
    pub(super) async fn settled(&self, own: &[String]) -> Result<Vec<String>, IdentityError> {
        Ok(Rights::new(self.store()).effective(own, &[]).await?)
    }
}

/// A client with the name of a node's client that has the role of one project's nodes is that node.
pub(super) fn node_of(client: &str, roles: &[String]) -> Option<Node> {
    let uuid = client.strip_prefix(NODE_CLIENT).filter(|uuid| id::is_uuid(uuid))?;
    let mut projects = roles.iter().filter_map(|role| roles::project_of_agent(role));
    let project = projects.next()?.to_owned();
    projects.next().is_none().then(|| Node { project, uuid: uuid.to_ascii_lowercase() })
}

/// What a UUID in a role's name stands for.
#[derive(Clone)]
enum Tenant {
    Org,
    Project { org: String },
}

struct Rights<'a> {
    store: &'a dyn Store,
    known: HashMap<String, Option<Tenant>>,
}

impl<'a> Rights<'a> {
    fn new(store: &'a dyn Store) -> Self {
        Self { store, known: HashMap::new() }
    }

    async fn effective(&mut self, own: &[String], groups: &[String]) -> Result<Vec<String>, StoreError> {
        let mut all = own.to_vec();
        all.extend(roles::EVERYBODY.map(str::to_owned));
        for group in groups {
            if let Some(known) = roles::group(group) {
                let org = match self.tenant(known.owner).await? {
                    Some(Tenant::Project { org }) => Some(org),
                    _ => None,
                };
                all.extend(known.roles(org.as_deref()));
            } else {
                let made = self.store.load_all::<Group>(SERVER, Expr::is("name", group.as_str())).await?;
                all.extend(made.into_iter().flat_map(|group| group.roles.0));
            }
        }
        all.sort();
        all.dedup();
        let mut settled = Vec::with_capacity(all.len());
        for role in all {
            if self.is_settled(&role).await? {
                settled.push(role);
            }
        }
        Ok(settled)
    }

    /// Whether what a role is one in is there. A project that is being deleted is not.
    async fn is_settled(&mut self, role: &str) -> Result<bool, StoreError> {
        let owner = roles::owner(role);
        Ok(match (owner, self.tenant(owner).await?) {
            (Owner::Server, _) | (Owner::Org(_), Some(Tenant::Org)) | (Owner::Project(_), Some(Tenant::Project { .. })) => true,
            (Owner::Org(_) | Owner::Project(_), _) => false,
        })
    }

    async fn tenant(&mut self, owner: Owner<'_>) -> Result<Option<Tenant>, StoreError> {
        let (Owner::Org(uuid) | Owner::Project(uuid)) = owner else { return Ok(None) };
        if let Some(known) = self.known.get(uuid) {
            return Ok(known.clone());
        }
        let project = self.store.load::<ProjectRecord>(SERVER, uuid).await?;
        let found = match project {
            Some(project) if project.deleting == 0 => Some(Tenant::Project { org: project.org }),
            Some(_) => None,
            None => self.store.load::<Org>(SERVER, uuid).await?.map(|_| Tenant::Org),
        };
        self.known.insert(uuid.to_owned(), found.clone());
        Ok(found)
    }
}
