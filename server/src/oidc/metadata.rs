//! What clients read before they log in.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Oidc, names::Base};
use crate::identity::OAuthError;

type Cache = [(HeaderName, &'static str); 1];
const NO_CACHE: Cache = [(header::CACHE_CONTROL, "no-cache")];
const NO_STORE: Cache = [(header::CACHE_CONTROL, "no-cache, must-revalidate, no-transform, no-store")];

/// The discovery document. It names what is served, and nothing else.
pub(super) async fn discovery(base: Base) -> (Cache, Json<Value>) {
    let issuer = base.issuer();
    let at = |path: &str| format!("{issuer}/protocol/openid-connect/{path}");
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "introspection_endpoint": at("token/introspect"),
        "device_authorization_endpoint": at("auth/device"),
        "userinfo_endpoint": at("userinfo"),
        "end_session_endpoint": at("logout"),
        "revocation_endpoint": at("revoke"),
        "jwks_uri": at("certs"),
        "grant_types_supported": [
            "authorization_code", "client_credentials", "password", "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["PS512"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": ["openid", "roles", "basic", "profile", "email", "groups", "offline_access"],
        "claims_supported":
            ["iss", "sub", "aud", "exp", "iat", "name", "given_name", "family_name", "preferred_username", "email", "azp"],
    });
    (NO_STORE, Json(document))
}

/// The public keys.
pub(super) async fn certs(State(oidc): State<Oidc>) -> Result<Response, OAuthError> {
    Ok((NO_CACHE, Json(oidc.identity.jwks()?)).into_response())
}

/// The realm's page, which older adapters read.
pub(super) async fn realm(State(oidc): State<Oidc>, base: Base) -> Result<Response, OAuthError> {
    let issuer = base.issuer();
    let page = json!({
        "realm": "master",
        "public_key": oidc.identity.public_key()?,
        "token-service": format!("{issuer}/protocol/openid-connect"),
        "account-service": format!("{issuer}/account"),
        "tokens-not-before": 0,
    });
    Ok((NO_CACHE, Json(page)).into_response())
}
