//! Groups, and who is in them.

use axum::{
    extract::{Path, State},
    http::Method,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Admin, Answer, MANAGE_USERS,
    body::{JsonOf, Representation},
    created, done,
    roles::{Listed, RoleRepresentation, pairs, role},
    shown,
    users::brief_user,
};
use crate::{
    identity::admin::{AdminError, NamedGroup, NamedRole},
    oidc::Oidc,
};

/// A group as it is sent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct GroupRepresentation {
    name: Option<String>,
    #[serde(rename = "id")]
    _id: Value,
    #[serde(rename = "path")]
    _path: Value,
    #[serde(rename = "parentId")]
    _parent: Value,
    #[serde(rename = "description")]
    _description: Value,
    #[serde(rename = "attributes")]
    _attributes: Value,
    #[serde(rename = "realmRoles")]
    _roles: Value,
    #[serde(rename = "clientRoles")]
    _client_roles: Value,
    #[serde(rename = "subGroups")]
    _sub: Value,
    #[serde(rename = "subGroupCount")]
    _count: Value,
    #[serde(rename = "access")]
    _access: Value,
}

impl Representation for GroupRepresentation {
    const NAME: &'static str = "GroupRepresentation";
}

async fn found(oidc: &Oidc, admin: &Admin) -> Result<Vec<NamedGroup>, AdminError> {
    let mut groups = oidc.identity.groups().await?;
    if let Some(text) = admin.text("search") {
        let exact = admin.truth("exact").unwrap_or(false);
        let lower = text.to_lowercase();
        groups.retain(|group| if exact { group.name == text } else { group.name.to_lowercase().contains(&lower) });
    }
    Ok(groups)
}

pub(super) async fn list(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    let groups = found(&oidc, &admin).await?;
    shown(admin.part_of(groups.iter().map(|group| item(group, &admin))).collect::<Vec<_>>())
}

pub(super) async fn count(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    shown(json!({"count": found(&oidc, &admin).await?.len()}))
}

pub(super) async fn show(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    let group = oidc.identity.group(&id).await.map_err(by_id)?;
    let mut whole = item(&group, &admin);
    whole.insert("attributes".to_owned(), json!({}));
    whole.insert("realmRoles".to_owned(), json!(group.roles));
    whole.insert("clientRoles".to_owned(), json!({}));
    shown(whole)
}

pub(super) async fn create(State(oidc): State<Oidc>, admin: Admin, JsonOf(body): JsonOf<GroupRepresentation>) -> Answer {
    let name = body.name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| AdminError::Invalid("Group name is missing".to_owned()))?;
    let group = oidc.identity.create_group(&name).await?;
    created(&format!("{}/groups/{}", admin.base, group.id))
}

pub(super) async fn delete(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    oidc.identity.delete_group(&admin.caller, &id).await?;
    done()
}

pub(super) async fn members(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    let (first, max) = admin.part();
    let members = oidc.identity.members(&id, first, max).await?;
    shown(members.iter().map(brief_user).collect::<Vec<_>>())
}

pub(super) async fn roles(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    let group = oidc.identity.group(&id).await.map_err(by_id)?;
    shown(group.roles.iter().map(|name| role(&NamedRole::called(name), Listed::Yes)).collect::<Vec<_>>())
}

/// `POST` gives roles, `DELETE` takes them.
pub(super) async fn change_roles(
    State(oidc): State<Oidc>,
    method: Method,
    admin: Admin,
    Path(id): Path<String>,
    JsonOf(body): JsonOf<Vec<RoleRepresentation>>,
) -> Answer {
    oidc.identity.change_group_roles(&admin.caller, &id, &pairs(body), method == Method::POST).await?;
    done()
}

pub(super) async fn of_user(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    let groups = oidc.identity.groups_of(&id).await?;
    let item =
        |group: &NamedGroup| json!({"id": group.id, "name": group.name, "path": format!("/{}", group.name), "subGroups": []});
    shown(admin.part_of(groups.iter().map(item)).collect::<Vec<_>>())
}

/// `PUT` lets a user into a group, `DELETE` out.
pub(super) async fn change_membership(
    State(oidc): State<Oidc>,
    method: Method,
    admin: Admin,
    Path((id, group)): Path<(String, String)>,
) -> Answer {
    oidc.identity.change_membership(&admin.caller, &id, &group, method == Method::PUT).await?;
    done()
}

fn item(group: &NamedGroup, admin: &Admin) -> Map<String, Value> {
    let manage = admin.may(MANAGE_USERS);
    let item = json!({
        "id": group.id, "name": group.name, "path": format!("/{}", group.name), "subGroupCount": 0, "subGroups": [],
        "access": {"view": true, "viewMembers": true, "manageMembers": manage, "manage": manage, "manageMembership": manage},
    });
    if let Value::Object(item) = item { item } else { Map::new() }
}

fn by_id(error: AdminError) -> AdminError {
    match error {
        AdminError::NotFound(_) => AdminError::NotFound("Could not find group by id"),
        other => other,
    }
}
