//! Names of roles and groups, and what they give (northbound contract, tokens and tenancy).

/// May do everything with users, groups and clients.
pub(super) const ADMIN: &str = "admin";
/// Roles that every user has.
pub(super) const EVERYBODY: [&str; 3] = ["default-roles-master", "offline_access", "uma_authorization"];
/// Role of those who may fetch releases; every node has it.
pub(super) const RELEASES: &str = "rs-access-r";
/// Group of those who manage organisations.
pub(super) const ORG_ADMINS: &str = "org-admin-group";

/// Group of those who manage hosts of a project.
pub(super) fn host_managers(project: &str) -> String {
    format!("{project}_Host-Manager-Group")
}

/// Group of those who manage the projects of an organisation.
pub(super) fn project_managers(org: &str) -> String {
    format!("{org}_Project-Manager-Group")
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

/// Roles that come with a group. `org_of` tells the organisation of a project.
pub(super) fn of_group(group: &str, org_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    if group == ORG_ADMINS {
        return ["read", "write", "update", "delete"].map(|right| format!("org-{right}-role")).to_vec();
    }
    let Some((uuid, kind)) = group.split_once('_') else { return Vec::new() };
    let own = |roles: &[&str]| -> Vec<String> { roles.iter().map(|role| format!("{uuid}_{role}")).collect() };
    let (mut roles, of_project) = match kind {
        "Host-Manager-Group" => (own(&["im-r", "im-rw", "en-ob"]), true),
        "Edge-Manager-Group" | "Edge-Operator-Group" => (own(&["im-r"]), true),
        "Edge-Onboarding-Group" => (own(&["en-ob"]), false),
        "Edge-Node-M2M-Service-Account" => (own(&["en-agent-rw"]), false),
        "Project-Manager-Group" => {
            (own(&["project-read-role", "project-write-role", "project-update-role", "project-delete-role"]), false)
        }
        _ => return Vec::new(),
    };
    if let Some(org) = org_of(uuid).filter(|_| of_project) {
        roles.push(member(&org, uuid));
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_give_their_roles() {
        let org_of = |project: &str| (project == "p1").then(|| "o1".to_owned());
        for (group, expected) in [
            ("p1_Host-Manager-Group", &["p1_im-r", "p1_im-rw", "p1_en-ob", "o1_p1_m"][..]),
            ("p1_Edge-Operator-Group", &["p1_im-r", "o1_p1_m"]),
            ("p2_Edge-Operator-Group", &["p2_im-r"]),
            ("p1_Nobody-Group", &[]),
            ("Host-Manager-Group", &[]),
        ] {
            assert_eq!(of_group(group, org_of), expected, "{group}");
        }
        assert_eq!(of_group(&project_managers("o1"), org_of).len(), 4);
    }
}
