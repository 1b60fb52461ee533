//! Keycloak's admin REST API, as far as programs of the Edge Orchestrator use it: users, groups, roles, clients.

mod body;
mod calls;
mod clients;
mod groups;
mod roles;
mod users;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use serde::Serialize;
use serde_json::{Value, json};

pub use self::calls::{AdminCall, calls};
use self::calls::{MANAGE_CLIENTS, MANAGE_USERS};
use super::{Oidc, form::Fields, names::Base, unkept};
use crate::{
    identity::{Caller, admin::AdminError},
    rest,
};

/// Where it is.
const ADMIN: &str = "/admin/realms/master";
/// How many items of a list are shown if nothing is said.
const PAGE: u64 = 100;
/// All routes.
pub(super) fn router(oidc: &Oidc) -> Router<Oidc> {
    let mut paths: BTreeMap<&str, MethodRouter<Oidc>> = BTreeMap::new();
    for call in calls() {
        let admitted = middleware::from_fn_with_state((oidc.clone(), call.rights), admitted);
        let methods = paths.remove(call.path).unwrap_or_default();
        paths.insert(call.path, methods.merge(call.handler.route_layer(admitted)));
    }
    let all = paths.into_iter().fold(Router::new(), |all, (path, methods)| all.route(path, methods.fallback(not_allowed)));
    Router::new()
        .nest(ADMIN, all)
        .route("/admin/realms/master/{*path}", get(super::not_found).fallback(super::not_found))
        .route("/admin/realms/{realm}", get(no_realm).fallback(no_realm))
        .route("/admin/realms/{realm}/{*path}", get(no_realm).fallback(no_realm))
}

/// Lets those in who have one of the rights.
async fn admitted(
    State((oidc, rights)): State<(Oidc, &'static [&'static str])>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let caller = oidc.identity.authenticate(rest::authorization(request.headers())).await;
    let caller = caller
        .map_err(|error| if error.is_unauthenticated() { Refused::Unauthenticated } else { Refused::Admin(error.into()) })?;
    tracing::Span::current().record("user", caller.username());
    if !caller.has_right(rights) {
        return Err(Refused::Admin(AdminError::Forbidden));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// `POST …/keys/rotate`, ours: new keys sign from now on.
async fn rotate_keys(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    oidc.identity.rotate_keys().await.map_err(AdminError::from)?;
    tracing::info!(by = admin.caller.username(), "new keys sign tokens from now on");
    done()
}

type Answer = Result<Response, Refused>;

/// Who was let in, and what the address says.
pub(super) struct Admin {
    caller: Arc<Caller>,
    query: Fields,
    base: String,
}

impl FromRequestParts<Oidc> for Admin {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, oidc: &Oidc) -> Result<Self, Refused> {
        let Ok(Base(base)) = Base::from_request_parts(parts, oidc).await;
        let caller = parts.extensions.get::<Arc<Caller>>().cloned().ok_or(Refused::Unauthenticated)?;
        let query = Fields::of_query(&parts.uri)
            .map_err(|_| Refused::Admin(AdminError::Refused("a query parameter is there twice".to_owned())))?;
        Ok(Self { caller, query, base: format!("{base}{ADMIN}") })
    }
}

impl Admin {
    /// Whether the caller has one of these rights.
    fn may(&self, rights: &[&str]) -> bool {
        self.caller.has_right(rights)
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
