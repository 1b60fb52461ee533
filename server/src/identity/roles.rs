//! Names of roles and groups, and what they give (northbound contract, tokens and tenancy).

use emt_api::id;

/// May do everything with users, groups and clients.
pub(super) const ADMIN: &str = "admin";
/// Role that holds those that every user has.
pub(super) const DEFAULT: &str = "default-roles-master";
/// Roles that every user has.
pub(super) const EVERYBODY: [&str; 3] = [DEFAULT, "offline_access", "uma_authorization"];
/// Role of those who may fetch releases; every node has it.
pub(super) const RELEASES: &str = "rs-access-r";
/// Group of those who manage organisations.
pub(super) const ORG_ADMINS: &str = "org-admin-group";
/// Roles that belong to no organisation and no project.
const OF_SERVER: [&str; 10] = [
    ADMIN,
    "create-realm",
    DEFAULT,
    "offline_access",
    "uma_authorization",
    RELEASES,
    "org-read-role",
    "org-write-role",
    "org-update-role",
    "org-delete-role",
];
/// Roles in the projects of an organisation; its UUID and an underscore come before.
const OF_ORG: [&str; 4] = ["project-read-role", "project-write-role", "project-update-role", "project-delete-role"];
/// Roles in a project; its UUID and an underscore come before.
const OF_PROJECT: [&str; 4] = ["im-r", "im-rw", "en-agent-rw", "en-ob"];
/// Group of those who manage the projects of an organisation.
const PROJECT_MANAGERS: &str = "Project-Manager-Group";
/// Groups of a project: name, roles in the project, whether its members are members of the project.
const GROUPS_OF_PROJECT: [(&str, &[&str], bool); 5] = [
    ("Edge-Manager-Group", &["im-r"], true),
    ("Edge-Node-M2M-Service-Account", &["en-agent-rw"], false),
    ("Edge-Onboarding-Group", &["en-ob"], false),
    ("Edge-Operator-Group", &["im-r"], true),
    (HOST_MANAGERS, &["im-r", "im-rw", "en-ob"], true),
];
const HOST_MANAGERS: &str = "Host-Manager-Group";
const NODES: &str = "Edge-Node-M2M-Service-Account";

/// Group of those who manage hosts of a project.
pub(super) fn host_managers(project: &str) -> String {
    format!("{project}_{HOST_MANAGERS}")
}

/// Group of those who manage the projects of an organisation.
pub(super) fn project_managers(org: &str) -> String {
    format!("{org}_{PROJECT_MANAGERS}")
}

/// Role of a project's nodes.
pub(super) fn agent(project: &str) -> String {
    format!("{project}_en-agent-rw")
}

/// The project whose nodes have a role.
pub(super) fn project_of_agent(role: &str) -> Option<&str> {
    role.strip_suffix("_en-agent-rw")
}

/// Role that makes somebody a member of a project.
pub(super) fn member(org: &str, project: &str) -> String {
    format!("{org}_{project}_m")
}

/// What a role or group belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    /// The whole server.
    Server,
    /// The organisation with this UUID.
    Org(&'a str),
    /// The project with this UUID.
    Project(&'a str),
}

/// What a role belongs to, told by its name.
pub(super) fn owner(role: &str) -> Owner<'_> {
    let Some((uuid, kind)) = role.split_once('_').filter(|(uuid, _)| id::is_uuid(uuid)) else { return Owner::Server };
    if let Some(project) = kind.strip_suffix("_m").filter(|project| id::is_uuid(project)) {
        return Owner::Project(project);
    }
    if OF_PROJECT.contains(&kind) {
        return Owner::Project(uuid);
    }
    if OF_ORG.contains(&kind) { Owner::Org(uuid) } else { Owner::Server }
}

/// A group that follows from an organisation or a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownGroup<'a> {
    /// What it belongs to.
    pub(super) owner: Owner<'a>,
    kind: &'a str,
}

/// The group with a name, if it is one of those that are always there. Whether its owner exists is not looked at.
pub(super) fn group(name: &str) -> Option<KnownGroup<'_>> {
    if name == ORG_ADMINS {
        return Some(KnownGroup { owner: Owner::Server, kind: name });
    }
    let (uuid, kind) = name.split_once('_').filter(|(uuid, _)| id::is_uuid(uuid))?;
    if kind == PROJECT_MANAGERS {
        return Some(KnownGroup { owner: Owner::Org(uuid), kind });
    }
    GROUPS_OF_PROJECT.iter().any(|(known, ..)| *known == kind).then_some(KnownGroup { owner: Owner::Project(uuid), kind })
}

impl KnownGroup<'_> {
    /// The roles that come with it; `org`: of the project that it belongs to.
    pub(super) fn roles(&self, org: Option<&str>) -> Vec<String> {
        match self.owner {
            Owner::Server => ["read", "write", "update", "delete"].map(|right| format!("org-{right}-role")).to_vec(),
            Owner::Org(uuid) => OF_ORG.map(|role| format!("{uuid}_{role}")).to_vec(),
            Owner::Project(uuid) => {
                let Some((_, own, members)) = GROUPS_OF_PROJECT.iter().find(|(kind, ..)| *kind == self.kind) else {
                    return Vec::new();
                };
                let mut roles: Vec<String> = own.iter().map(|role| format!("{uuid}_{role}")).collect();
                if self.kind == NODES {
                    roles.push(RELEASES.to_owned());
                }
                roles.extend(org.filter(|_| *members).map(|org| member(org, uuid)));
                roles
            }
        }
    }
}

/// Groups that are always there, given the UUIDs of all organisations and projects.
pub(super) fn all_groups<'a>(
    orgs: impl Iterator<Item = &'a str>,
    projects: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = String> {
    std::iter::once(ORG_ADMINS.to_owned())
        .chain(orgs.map(project_managers))
        .chain(projects.flat_map(|project| GROUPS_OF_PROJECT.iter().map(move |(kind, ..)| format!("{project}_{kind}"))))
}

/// Roles that are always there, given the UUIDs of all organisations, and of all projects with the organisation of each.
pub(super) fn all_roles<'a>(
    orgs: impl Iterator<Item = &'a str>,
    projects: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = String> {
    let of_project = |(project, org): (&str, &str)| {
        let own = OF_PROJECT.iter().map(|role| format!("{project}_{role}"));
        own.chain(std::iter::once(member(org, project))).collect::<Vec<_>>()
    };
    OF_SERVER
        .iter()
        .map(|role| (*role).to_owned())
        .chain(orgs.flat_map(|org| OF_ORG.iter().map(move |role| format!("{org}_{role}"))))
        .chain(projects.flat_map(of_project))
}

#[cfg(test)]
mod tests {
    use super::*;

    const O: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    const P: &str = "11111111-2222-4333-8444-555555555555";

    fn filled(text: &str) -> String {
        text.replace('P', P).replace('O', O)
    }

    #[test]
    fn groups_give_their_roles() {
        for (name, org, expected) in [
            (format!("{P}_Host-Manager-Group"), Some(O), "P_im-r P_im-rw P_en-ob O_P_m"),
            (format!("{P}_Edge-Operator-Group"), Some(O), "P_im-r O_P_m"),
            (format!("{P}_Edge-Operator-Group"), None, "P_im-r"),
            (format!("{P}_Edge-Node-M2M-Service-Account"), Some(O), "P_en-agent-rw rs-access-r"),
            (
                format!("{O}_Project-Manager-Group"),
                None,
                "O_project-read-role O_project-write-role O_project-update-role O_project-delete-role",
            ),
            (ORG_ADMINS.to_owned(), None, "org-read-role org-write-role org-update-role org-delete-role"),
        ] {
            assert_eq!(group(&name).unwrap().roles(org).join(" "), filled(expected), "{name}");
        }
        for name in [format!("{P}_Nobody-Group"), "Host-Manager-Group".to_owned(), "x_Host-Manager-Group".to_owned()] {
            assert_eq!(group(&name), None, "{name}");
        }
    }

    #[test]
    fn roles_tell_what_they_belong_to() {
        for (role, expected) in [
            ("P_im-rw", Owner::Project(P)),
            ("O_P_m", Owner::Project(P)),
            ("P_en-agent-rw", Owner::Project(P)),
            ("O_project-read-role", Owner::Org(O)),
            ("admin", Owner::Server),
            ("x_im-rw", Owner::Server),
            ("P_other", Owner::Server),
        ] {
            assert_eq!(owner(&filled(role)), expected, "{role}");
        }
    }

    #[test]
    fn every_role_of_a_group_is_a_role() {
        let roles: Vec<String> = all_roles([O].into_iter(), [(P, O)].into_iter()).collect();
        for name in all_groups([O].into_iter(), [P].into_iter()) {
            for role in group(&name).unwrap().roles(Some(O)) {
                assert!(roles.contains(&role), "{role} of {name}");
            }
        }
    }
}
