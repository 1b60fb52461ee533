//! Keycloak's admin REST API, as far as programs of the Edge Orchestrator use it: users, groups, roles, clients.

mod body;
mod clients;
mod groups;
mod roles;
mod users;

use axum::{
    Json, Router,
    extract::FromRequestParts,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Oidc, form::Fields, names::Base, unkept};
use crate::{
    identity::{Caller, admin::AdminError},
    rest,
};

/// Where it is.
const ADMIN: &str = "/admin/realms/master";
/// How many items of a list are shown if nothing is said.
const PAGE: u64 = 100;
/// Rights over users, any of which is enough to see them, and to change them.
const SEE_USERS: &[&str] = &["view-users", "manage-users"];
const MANAGE_USERS: &[&str] = &["manage-users"];
/// Rights to see roles.
const SEE_ROLES: &[&str] = &["view-realm", "view-users", "manage-users", "manage-realm"];
const MANAGE_REALM: &[&str] = &["manage-realm"];
/// Rights over clients.
const SEE_CLIENTS: &[&str] = &["view-clients", "manage-clients"];
const MANAGE_CLIENTS: &[&str] = &["manage-clients"];
const CREATE_CLIENTS: &[&str] = &["create-client", "manage-clients"];

/// All routes. Paths that take a role of a user take one of a service account as well.
pub(super) fn router() -> Router<Oidc> {
    let users = Router::new()
        .route("/users", get(users::list).post(users::create).fallback(not_allowed))
        .route("/users/count", get(users::count).fallback(not_allowed))
        .route("/users/{id}", get(users::show).put(users::change).delete(users::delete).fallback(not_allowed))
        .route("/users/{id}/reset-password", put(users::reset_password).fallback(not_allowed))
        .route("/users/{id}/credentials", get(users::credentials).fallback(not_allowed))
        .route("/users/{id}/sessions", get(users::sessions).fallback(not_allowed))
        .route("/users/{id}/logout", post(users::log_out).fallback(not_allowed))
        .route("/users/{id}/groups", get(groups::of_user).fallback(not_allowed))
        .route("/users/{id}/groups/{group}", put(groups::join).delete(groups::leave).fallback(not_allowed))
        .route("/users/{id}/role-mappings", get(roles::all_of_user).fallback(not_allowed))
        .route("/users/{id}/role-mappings/realm", get(roles::of_user).post(roles::give).delete(roles::take).fallback(not_allowed))
        .route("/users/{id}/role-mappings/realm/composite", get(roles::effective).fallback(not_allowed))
        .route("/sessions/{id}", axum::routing::delete(users::end_session).fallback(not_allowed))
        .route(
            "/attack-detection/brute-force/users/{id}",
            get(users::failures).delete(users::forget_failures).fallback(not_allowed),
        );
    let others = Router::new()
        .route("/groups", get(groups::list).post(groups::create).fallback(not_allowed))
        .route("/groups/count", get(groups::count).fallback(not_allowed))
        .route("/groups/{id}", get(groups::show).delete(groups::delete).fallback(not_allowed))
        .route("/groups/{id}/members", get(groups::members).fallback(not_allowed))
        .route(
            "/groups/{id}/role-mappings/realm",
            get(groups::roles).post(groups::give).delete(groups::take).fallback(not_allowed),
        )
        .route("/roles", get(roles::list).post(roles::create).fallback(not_allowed))
        .route("/roles/{name}", get(roles::show).delete(roles::delete).fallback(not_allowed))
        .route("/clients", get(clients::list).post(clients::create).fallback(not_allowed))
        .route("/clients/{id}", get(clients::show).put(clients::change).delete(clients::delete).fallback(not_allowed))
        .route("/clients/{id}/client-secret", get(clients::secret).post(clients::new_secret).fallback(not_allowed))
        .route("/clients/{id}/service-account-user", get(clients::account).fallback(not_allowed))
        .route("/keys/rotate", post(rotate_keys).fallback(not_allowed));
    Router::new()
        .nest(ADMIN, users.merge(others))
        .route("/admin/realms/master/{*path}", get(super::not_found).fallback(super::not_found))
        .route("/admin/realms/{realm}", get(no_realm).fallback(no_realm))
        .route("/admin/realms/{realm}/{*path}", get(no_realm).fallback(no_realm))
}

/// `POST …/keys/rotate`, ours: new keys sign from now on.
async fn rotate_keys(axum::extract::State(oidc): axum::extract::State<Oidc>, admin: Admin) -> Answer {
    admin.may(MANAGE_REALM)?;
    oidc.identity.rotate_keys().await.map_err(AdminError::from)?;
    tracing::info!(by = admin.caller.username(), "new keys sign tokens from now on");
    done()
}

type Answer = Result<Response, Refused>;

/// A caller with a valid token, and what the address says.
pub(super) struct Admin {
    caller: std::sync::Arc<Caller>,
    query: Fields,
    base: String,
}

impl FromRequestParts<Oidc> for Admin {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, oidc: &Oidc) -> Result<Self, Refused> {
        let Ok(Base(base)) = Base::from_request_parts(parts, oidc).await;
        let caller = oidc.identity.authenticate(rest::authorization(&parts.headers)).await;
        let caller = caller
            .map_err(|error| if error.is_unauthenticated() { Refused::Unauthenticated } else { Refused::Admin(error.into()) })?;
        tracing::Span::current().record("user", caller.username());
        let query = Fields::of_query(&parts.uri)
            .map_err(|_| Refused::Admin(AdminError::Refused("a query parameter is there twice".to_owned())))?;
        Ok(Self { caller, query, base: format!("{base}{ADMIN}") })
    }
}

impl Admin {
    /// Refuses those who have none of these rights.
    fn may(&self, rights: &[&str]) -> Result<(), Refused> {
        if self.caller.has_right(rights) { Ok(()) } else { Err(Refused::Admin(AdminError::Forbidden)) }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.query.get(name).map(str::to_owned)
    }

    fn truth(&self, name: &str) -> Option<bool> {
        self.query.get(name).map(|value| value == "true")
    }

    /// Which part of a list is wanted: first item and how many.
    fn part(&self) -> (u64, u64) {
        let number = |name| self.query.get(name).and_then(|value| value.parse::<i64>().ok());
        let first = number("first").and_then(|first| u64::try_from(first).ok()).unwrap_or(0);
        // -1 stands for all.
        let max = number("max").map_or(PAGE, |max| u64::try_from(max).unwrap_or(1_000_000));
        (first, max)
    }

    /// That part of a list that is read whole.
    fn part_of<T>(&self, all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let (first, max) = self.part();
        let whole = |number| usize::try_from(number).unwrap_or(usize::MAX);
        all.skip(whole(first)).take(if self.query.get("max").is_none() { usize::MAX } else { whole(max) })
    }
}

/// Why a call is refused.
pub(super) enum Refused {
    Unauthenticated,
    Admin(AdminError),
    /// The body is of another type.
    Type,
    /// The body cannot be read.
    Broken,
    /// The body has a field that is not known.
    Unknown(String),
}

impl From<AdminError> for Refused {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Unauthenticated => (401, json!({"error": "HTTP 401 Unauthorized"})),
            Self::Type => (415, json!({"error": "The content-type header value did not match the value in @Consumes"})),
            Self::Broken => (400, json!({"error": "invalid_request", "error_description": "Cannot parse the JSON"})),
            Self::Unknown(text) => (400, json!({"error": text})),
            Self::Admin(error) => told(error),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        unkept((status, Json(body)).into_response())
    }
}

fn told(error: AdminError) -> (u16, Value) {
    match error {
        AdminError::Forbidden => (403, json!({"error": "HTTP 403 Forbidden"})),
        AdminError::NotFound(text) => (404, json!({"error": text})),
        AdminError::Taken(text) => (409, json!({"errorMessage": text})),
        AdminError::Invalid(text) => (400, json!({"errorMessage": text})),
        AdminError::Refused(text) => (400, json!({"error": text})),
        AdminError::Field { field, message, params } => (400, json!({"field": field, "errorMessage": message, "params": params})),
        AdminError::Weak(weak) => (400, json!({"error": weak.error, "error_description": weak.description})),
        AdminError::Failed(error) => {
            tracing::error!(%error, "identity failed");
            (503, json!({"error": "the server cannot do this now; its log tells more"}))
        }
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the end of handlers")]
fn shown(value: impl Serialize) -> Answer {
    Ok(unkept(Json(value).into_response()))
}

#[allow(clippy::unnecessary_wraps, reason = "the end of handlers")]
fn done() -> Answer {
    Ok(unkept(StatusCode::NO_CONTENT.into_response()))
}

/// 201 with the address of what was made.
#[allow(clippy::unnecessary_wraps, reason = "the end of handlers")]
fn created(address: &str) -> Answer {
    let mut response = unkept(StatusCode::CREATED.into_response());
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

async fn not_allowed(method: Method) -> Response {
    tracing::debug!(%method, "not served");
    (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"error": "HTTP 405 Method Not Allowed"}))).into_response()
}

async fn no_realm() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "Realm not found."}))).into_response()
}
