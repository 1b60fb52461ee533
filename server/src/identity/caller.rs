//! Who asks, and what they may do.

use super::roles;

/// Who asks, with the roles they have now.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    pub(super) subject: String,
    pub(super) username: String,
    pub(super) roles: Vec<String>,
    /// Rights over users and clients beside the role `admin`.
    pub(super) admin_roles: Vec<String>,
    pub(super) node: Option<Node>,
    /// Id of the login that the token was given for; "" for programs, nodes, and people of another issuer.
    pub(super) login: String,
}

/// The host that a caller speaks for.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) project: String,
    pub(super) uuid: String,
}

/// What is done with an organisation or a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Seen.
    Read,
    /// Made.
    Write,
    /// Changed.
    Update,
    /// Deleted.
    Delete,
}

impl Act {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Caller {
    /// UUID of the user.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Name of the user, or of the client that acts by itself.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The roles, by name.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Whether resources of a project may be read.
    pub fn can_read(&self, project: &str) -> bool {
        self.has_in(project, "im-r") || self.can_write(project)
    }

    /// Whether resources of a project may be written.
    pub fn can_write(&self, project: &str) -> bool {
        self.has_in(project, "im-rw")
    }

    /// Whether the project is known to the caller by its name.
    pub fn is_member(&self, project: &str) -> bool {
        let tail = format!("_{project}_m");
        self.roles.iter().any(|role| role.ends_with(&tail)) || self.can_read(project)
    }

    /// UUID of the project whose resources the caller may read or write, if it is one only.
    pub fn only_project(&self) -> Option<&str> {
        let of_role = |role: &'_ String| role.strip_suffix("_im-r").or_else(|| role.strip_suffix("_im-rw")).map(str::len);
        let mut projects = self.roles.iter().filter_map(|role| role.get(..of_role(role)?));
        let first = projects.next()?;
        projects.all(|project| project == first).then_some(first)
    }

    /// UUID of the one host that the caller speaks for.
    pub fn node_uuid(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.uuid.as_str())
    }

    /// UUID of the project of that host.
    pub fn node_project(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.project.as_str())
    }

    /// Whether the caller is a node of a project.
    pub fn is_agent_of(&self, project: &str) -> bool {
        self.node_project() == Some(project) && self.has(&roles::agent(project))
    }

    /// Whether something may be done with organisations.
    pub fn may_with_orgs(&self, act: Act) -> bool {
        self.is_admin() || self.has(&format!("org-{}-role", act.word()))
    }

    /// Whether something may be done with the projects of an organisation.
    pub fn may_with_projects(&self, act: Act, org: &str) -> bool {
        self.is_admin() || self.has(&format!("{org}_project-{}-role", act.word()))
    }

    /// Whether the caller may do everything that is done with users, clients, organisations and projects.
    pub fn is_admin(&self) -> bool {
        self.has(roles::ADMIN)
    }

    /// Whether one of these rights over users or clients is the caller's.
    pub fn has_right(&self, rights: &[&str]) -> bool {
        self.is_admin() || self.admin_roles.iter().any(|own| own == "realm-admin" || rights.contains(&own.as_str()))
    }

    fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    fn has_in(&self, project: &str, role: &str) -> bool {
        self.roles.iter().any(|own| own.strip_prefix(project).and_then(|rest| rest.strip_prefix('_')) == Some(role))
    }
}
