//! Tokens are given and taken back.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{Oidc, form::Form, names::Base, unkept};
use crate::identity::OAuthError;

/// `POST …/token`.
pub(super) async fn token(State(oidc): State<Oidc>, base: Base, form: Form) -> Result<Response, OAuthError> {
    let (client, issuer) = (form.client(), base.issuer());
    let scope = form.get("scope").unwrap_or_default();
    let identity = &oidc.identity;
    let tokens = match form.get("grant_type") {
        None => return Err(OAuthError::new(400, "invalid_request", "Missing form parameter: grant_type")),
        Some("password") => identity.by_password(&client, form.get("username"), form.secret("password"), scope, &issuer).await?,
        Some("refresh_token") => identity.by_refresh_token(&client, form.get("refresh_token"), scope, &issuer).await?,
        Some("client_credentials") => identity.by_client_credentials(&client, scope, &issuer).await?,
        Some(_) => return Err(OAuthError::new(400, "unsupported_grant_type", "Unsupported grant_type")),
    };
    Ok(unkept(Json(tokens).into_response()))
}

/// `POST …/revoke`.
pub(super) async fn revoke(State(oidc): State<Oidc>, form: Form) -> Result<Response, OAuthError> {
    if oidc.identity.revoke(&form.client(), form.get("token")).await? {
        return Ok(unkept(StatusCode::OK.into_response()));
    }
    // Garbage is told, but is no error (RFC 7009, 2.2).
    Ok(unkept(Json(json!({"error": "invalid_token", "error_description": "Invalid token"})).into_response()))
}
