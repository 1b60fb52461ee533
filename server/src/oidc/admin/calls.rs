//! All calls, each with the rights of which one is needed: the routes and the tests of authorisation are made from this table.

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};

use super::{clients, groups, roles, rotate_keys, users};
use crate::oidc::Oidc;

/// Rights over users, any of which is enough to see them, and to change them.
const SEE_USERS: &[&str] = &["view-users", "manage-users"];
pub(super) const MANAGE_USERS: &[&str] = &["manage-users"];
/// Rights to see roles.
const SEE_ROLES: &[&str] = &["view-realm", "view-users", "manage-users", "manage-realm"];
const MANAGE_REALM: &[&str] = &["manage-realm"];
/// Rights over clients.
const SEE_CLIENTS: &[&str] = &["view-clients", "manage-clients"];
pub(super) const MANAGE_CLIENTS: &[&str] = &["manage-clients"];
const CREATE_CLIENTS: &[&str] = &["create-client", "manage-clients"];

/// One method at one path.
pub struct AdminCall {
    /// The method.
    pub method: Method,
    /// Template of its path below the realm, such as `/users/{id}`.
    pub path: &'static str,
    /// Rights, any of which is enough.
    pub rights: &'static [&'static str],
    pub(super) handler: MethodRouter<Oidc>,
}

/// All of them. Paths that take a role of a user take one of a service account as well.
pub fn calls() -> Vec<AdminCall> {
    vec![
        get("/users", SEE_USERS, users::list),
        post("/users", MANAGE_USERS, users::create),
        get("/users/count", SEE_USERS, users::count),
        get("/users/{id}", SEE_USERS, users::show),
        put("/users/{id}", MANAGE_USERS, users::change),
        delete("/users/{id}", MANAGE_USERS, users::delete),
        put("/users/{id}/reset-password", MANAGE_USERS, users::reset_password),
        get("/users/{id}/credentials", SEE_USERS, users::credentials),
        get("/users/{id}/sessions", SEE_USERS, users::sessions),
        post("/users/{id}/logout", MANAGE_USERS, users::log_out),
        get("/users/{id}/groups", SEE_USERS, groups::of_user),
        put("/users/{id}/groups/{group}", MANAGE_USERS, groups::change_membership),
        delete("/users/{id}/groups/{group}", MANAGE_USERS, groups::change_membership),
        get("/users/{id}/role-mappings", SEE_USERS, roles::all_of_user),
        get("/users/{id}/role-mappings/realm", SEE_USERS, roles::of_user),
        post("/users/{id}/role-mappings/realm", MANAGE_USERS, roles::change_of_user),
        delete("/users/{id}/role-mappings/realm", MANAGE_USERS, roles::change_of_user),
        get("/users/{id}/role-mappings/realm/composite", SEE_USERS, roles::effective),
        delete("/sessions/{id}", MANAGE_USERS, users::end_session),
        get("/attack-detection/brute-force/users/{id}", SEE_USERS, users::failures),
        delete("/attack-detection/brute-force/users/{id}", MANAGE_USERS, users::forget_failures),
        get("/groups", SEE_USERS, groups::list),
        post("/groups", MANAGE_USERS, groups::create),
        get("/groups/count", SEE_USERS, groups::count),
        get("/groups/{id}", SEE_USERS, groups::show),
        delete("/groups/{id}", MANAGE_USERS, groups::delete),
        get("/groups/{id}/members", SEE_USERS, groups::members),
        get("/groups/{id}/role-mappings/realm", SEE_USERS, groups::roles),
        post("/groups/{id}/role-mappings/realm", MANAGE_USERS, groups::change_roles),
        delete("/groups/{id}/role-mappings/realm", MANAGE_USERS, groups::change_roles),
        get("/roles", SEE_ROLES, roles::list),
        post("/roles", MANAGE_REALM, roles::create),
        get("/roles/{name}", SEE_ROLES, roles::show),
        delete("/roles/{name}", MANAGE_REALM, roles::delete),
        get("/clients", SEE_CLIENTS, clients::list),
        post("/clients", CREATE_CLIENTS, clients::create),
        get("/clients/{id}", SEE_CLIENTS, clients::show),
        put("/clients/{id}", MANAGE_CLIENTS, clients::change),
        delete("/clients/{id}", MANAGE_CLIENTS, clients::delete),
        get("/clients/{id}/client-secret", MANAGE_CLIENTS, clients::secret),
        post("/clients/{id}/client-secret", MANAGE_CLIENTS, clients::new_secret),
        get("/clients/{id}/service-account-user", SEE_CLIENTS, clients::account),
        post("/keys/rotate", MANAGE_REALM, rotate_keys),
    ]
}

type Rights = &'static [&'static str];

fn get<H: Handler<T, Oidc>, T: 'static>(path: &'static str, rights: Rights, handler: H) -> AdminCall {
    AdminCall { method: Method::GET, path, rights, handler: on(MethodFilter::GET, handler) }
}

fn post<H: Handler<T, Oidc>, T: 'static>(path: &'static str, rights: Rights, handler: H) -> AdminCall {
    AdminCall { method: Method::POST, path, rights, handler: on(MethodFilter::POST, handler) }
}

fn put<H: Handler<T, Oidc>, T: 'static>(path: &'static str, rights: Rights, handler: H) -> AdminCall {
    AdminCall { method: Method::PUT, path, rights, handler: on(MethodFilter::PUT, handler) }
}

fn delete<H: Handler<T, Oidc>, T: 'static>(path: &'static str, rights: Rights, handler: H) -> AdminCall {
    AdminCall { method: Method::DELETE, path, rights, handler: on(MethodFilter::DELETE, handler) }
}
