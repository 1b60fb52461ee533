//! Tokens are given and taken back.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{Oidc, cors, form::Form, names::Base, unkept};
use crate::{http::Peer, identity::OAuthError};

/// Grant of a device without a browser (RFC 8628, 3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `POST …/token`.
pub(super) async fn token(
    State(oidc): State<Oidc>,
    base: Base,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, OAuthError> {
    let (client, issuer) = (form.client(), base.issuer());
    let scope = form.get("scope").unwrap_or_default();
    let identity = &oidc.identity;
    let tokens = match form.get("grant_type") {
        None => return Err(OAuthError::new(400, "invalid_request", "Missing form parameter: grant_type")),
        Some("password") => identity.by_password(&client, form.get("username"), form.secret("password"), scope, &issuer).await?,
        Some("refresh_token") => identity.by_refresh_token(&client, form.get("refresh_token"), scope, &issuer).await?,
        Some("authorization_code") => {
            let (code, redirect_uri, verifier) = (form.get("code"), form.get("redirect_uri"), form.get("code_verifier"));
            identity.by_code(&client, code, redirect_uri, verifier, &issuer).await?
        }
        Some(DEVICE_CODE) => identity.by_device_code(&client, form.get("device_code"), &issuer).await?,
        Some("client_credentials") => {
            identity.by_client_credentials(&client, scope, &issuer, peer.map(|Extension(Peer(peer))| peer)).await?
        }
        Some(_) => return Err(OAuthError::new(400, "unsupported_grant_type", "Unsupported grant_type")),
    };
    let mut response = unkept(Json(tokens).into_response());
    if let (Some(origin), Some(id)) = (headers.get(header::ORIGIN), &client.id)
        && let Ok(named) = origin.to_str()
        && identity.may_read(id, named, &oidc.names.web_addresses()).await?
    {
        cors::allow(&mut response, origin.clone());
    }
    Ok(response)
}

/// `POST …/token/introspect`.
pub(super) async fn introspect(State(oidc): State<Oidc>, form: Form) -> Result<Response, OAuthError> {
    let told = oidc.identity.introspect(&form.client(), form.get("token")).await?;
    Ok(unkept(Json(told).into_response()))
}

/// `POST …/revoke`.
pub(super) async fn revoke(State(oidc): State<Oidc>, form: Form) -> Result<Response, OAuthError> {
    if oidc.identity.revoke(&form.client(), form.get("token")).await? {
        return Ok(unkept(StatusCode::OK.into_response()));
    }
    // Garbage is told, but is no error (RFC 7009, 2.2).
    Ok(unkept(Json(json!({"error": "invalid_token", "error_description": "Invalid token"})).into_response()))
}
