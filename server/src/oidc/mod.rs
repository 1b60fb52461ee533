//! OpenID Connect as clients of a Keycloak realm know it: the same paths, answers and error texts.

mod account;
mod admin;
mod authorize;
mod cors;
mod device;
mod form;
mod logout;
mod metadata;
mod names;
mod page;
mod token;
mod user;

use std::sync::Arc;

use axum::{
    Json, Router,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

pub use self::{
    admin::{AdminCall, calls as admin_calls},
    names::IssuerNames,
};
pub(crate) use self::{
    authorize::AUTHORIZE,
    form::{percent_decoded, percent_encoded},
    names::CALLBACK,
};
use crate::identity::{Identity, OAuthError};

/// Where the realm's protocol endpoints are.
const PROTOCOL: &str = "/realms/master/protocol/openid-connect";

#[derive(Clone)]
struct Oidc {
    identity: Identity,
    names: Arc<IssuerNames>,
}

/// All routes of identity.
pub fn router(identity: Identity, names: IssuerNames) -> Router {
    if let Some(issuer) = identity.external_issuer() {
        return elsewhere(issuer);
    }
    let protocol = Router::new()
        .route("/token", post(token::token).fallback(not_allowed))
        .route("/token/introspect", post(token::introspect).fallback(not_allowed))
        .route("/auth", get(authorize::ask).fallback(not_allowed))
        .route("/auth/device", post(device::start).get(device::page).fallback(not_allowed))
        .route("/certs", get(metadata::certs).fallback(not_allowed))
        .route("/logout", post(logout::by_form).get(logout::by_address).fallback(not_allowed))
        .route("/revoke", post(token::revoke).fallback(not_allowed))
        .route("/userinfo", get(user::info).post(user::info).fallback(not_allowed));
    let documents = Router::new()
        .route("/realms/master", get(metadata::realm).fallback(not_found))
        .route("/realms/master/.well-known/openid-configuration", get(metadata::discovery).fallback(not_found))
        .route("/realms/master/.well-known/oauth-authorization-server", get(metadata::discovery).fallback(not_found))
        .route("/.well-known/oauth-authorization-server/realms/master", get(metadata::discovery).fallback(not_found))
        .layer(middleware::from_fn(cors::readable));
    let oidc = Oidc { identity, names: Arc::new(names) };
    documents
        .nest(PROTOCOL, protocol)
        .merge(admin::router(&oidc))
        .route(authorize::SIGN_IN, post(authorize::sign_in).fallback(not_allowed))
        .route("/realms/master/device", get(device::page).post(device::answer).fallback(not_allowed))
        .route("/realms/master/account", get(account::page).post(account::change).fallback(not_allowed))
        .route("/realms/master/{*path}", get(not_found).fallback(not_found))
        .route("/realms/{realm}/{*path}", get(no_realm).fallback(no_realm))
        .with_state(oidc)
}

/// For a server that takes the tokens of another issuer: whoever comes here is told where to go.
fn elsewhere(issuer: &str) -> Router {
    let description = format!("tokens, users and clients of this server are at {issuer}");
    let told = move || {
        let answer = json!({"error": "HTTP 404 Not Found", "error_description": description});
        std::future::ready((StatusCode::NOT_FOUND, Json(answer)))
    };
    let paths = ["/realms/{*path}", "/admin/realms/{*path}", "/.well-known/oauth-authorization-server/{*path}"];
    paths.into_iter().fold(Router::new(), |router, path| router.route(path, axum::routing::any(told.clone())))
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "HTTP 404 Not Found"}))).into_response()
}

async fn no_realm() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "Realm does not exist"}))).into_response()
}

async fn not_allowed(method: Method, headers: HeaderMap) -> Response {
    if method == Method::OPTIONS
        && let Some(answer) = cors::preflight(&headers)
    {
        return answer;
    }
    (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"error": "HTTP 405 Method Not Allowed"}))).into_response()
}

/// Answers with tokens or about them must not be kept by anybody on the way.
fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

impl OAuthError {
    /// What a person is told.
    fn told(self) -> String {
        match self {
            Self::Told { description, .. } => description,
            Self::Failed(error) => {
                tracing::error!(%error, "identity failed");
                "The server cannot do this now; its log tells more.".to_owned()
            }
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::Told { status, error, description } => (status, error, description),
            Self::Failed(error) => {
                tracing::error!(%error, "identity failed");
                (503, "temporarily_unavailable", "the server cannot do this now; its log tells more".to_owned())
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        unkept((status, Json(json!({"error": error, "error_description": description}))).into_response())
    }
}
