//! Roles, and who has them.

use axum::{
    extract::{Path, State},
    http::Method,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Admin, Answer,
    body::{JsonOf, Representation},
    created, done, shown,
};
use crate::{
    identity::admin::{AdminError, NamedRole},
    oidc::Oidc,
};

/// Keycloak's name for what holds roles; ours has one realm, whose id is its name's.
const REALM: &str = "master";

/// A role as it is sent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct RoleRepresentation {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    #[serde(rename = "composite")]
    _composite: Value,
    #[serde(rename = "composites")]
    _composites: Value,
    #[serde(rename = "clientRole")]
    _client_role: Value,
    #[serde(rename = "containerId")]
    _container: Value,
    #[serde(rename = "attributes")]
    _attributes: Value,
    #[serde(rename = "scopeParamRequired")]
    _scope: Value,
}

impl Representation for RoleRepresentation {
    const NAME: &'static str = "RoleRepresentation";
}

impl Representation for Vec<RoleRepresentation> {
    const NAME: &'static str = "RoleRepresentation";
}

/// Ids and names of roles that were sent.
pub(super) fn pairs(roles: Vec<RoleRepresentation>) -> Vec<(Option<String>, Option<String>)> {
    roles.into_iter().map(|role| (role.id, role.name)).collect()
}

/// Whether a role is shown in a list, where it tells less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Yes,
    No,
}

/// A role as it is shown.
pub(super) fn role(role: &NamedRole, listed: Listed) -> Value {
    let mut shown = json!({
        "id": role.id, "name": role.name, "composite": role.is_composite(), "clientRole": false, "containerId": REALM,
    });
    if !role.description.is_empty() {
        shown["description"] = role.description.as_str().into();
    }
    if listed == Listed::No {
        shown["attributes"] = json!({});
    }
    shown
}

fn listed(roles: &[NamedRole]) -> Answer {
    shown(roles.iter().map(|one| role(one, Listed::Yes)).collect::<Vec<_>>())
}

pub(super) async fn list(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    let mut roles = oidc.identity.roles().await?;
    if let Some(text) = admin.text("search") {
        let text = text.to_lowercase();
        roles.retain(|role| role.name.to_lowercase().contains(&text));
    }
    let roles: Vec<NamedRole> = admin.part_of(roles.into_iter()).collect();
    listed(&roles)
}

pub(super) async fn show(State(oidc): State<Oidc>, Path(name): Path<String>) -> Answer {
    shown(role(&oidc.identity.role(&name).await?, Listed::No))
}

pub(super) async fn create(State(oidc): State<Oidc>, admin: Admin, JsonOf(body): JsonOf<RoleRepresentation>) -> Answer {
    let name = body.name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| AdminError::Invalid("Role name is missing".to_owned()))?;
    oidc.identity.create_role(&name, body.description.as_deref().unwrap_or_default()).await?;
    created(&format!("{}/roles/{}", admin.base, crate::oidc::form::percent_encoded(&name)))
}

pub(super) async fn delete(State(oidc): State<Oidc>, Path(name): Path<String>) -> Answer {
    oidc.identity.delete_role(&name).await?;
    done()
}

pub(super) async fn of_user(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    listed(&oidc.identity.own_roles(&id).await?)
}

pub(super) async fn all_of_user(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    let roles = oidc.identity.own_roles(&id).await?;
    shown(json!({"realmMappings": roles.iter().map(|one| role(one, Listed::Yes)).collect::<Vec<_>>()}))
}

pub(super) async fn effective(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    listed(&oidc.identity.effective_roles(&id).await?)
}

/// `POST` gives roles, `DELETE` takes them.
pub(super) async fn change_of_user(
    State(oidc): State<Oidc>,
    method: Method,
    admin: Admin,
    Path(id): Path<String>,
    JsonOf(body): JsonOf<Vec<RoleRepresentation>>,
) -> Answer {
    oidc.identity.change_roles(&admin.caller, &id, &pairs(body), method == Method::POST).await?;
    done()
}
