//! Logging out: by a program with its refresh token, or by a browser with its id token.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{Oidc, form::Form, unkept};
use crate::identity::OAuthError;

/// `POST …/logout`.
pub(super) async fn by_form(State(oidc): State<Oidc>, form: Form) -> Result<Response, OAuthError> {
    if let Some(token) = form.get("refresh_token") {
        oidc.identity.log_out(&form.client(), token).await?;
        return Ok(unkept(StatusCode::NO_CONTENT.into_response()));
    }
    by_browser(&oidc, form.get("id_token_hint"), form.get("post_logout_redirect_uri")).await
}

/// What a browser brings along.
#[derive(Deserialize)]
pub(super) struct Visit {
    id_token_hint: Option<String>,
    post_logout_redirect_uri: Option<String>,
}

/// `GET …/logout`.
pub(super) async fn by_address(
    State(oidc): State<Oidc>,
    visit: Result<Query<Visit>, QueryRejection>,
) -> Result<Response, OAuthError> {
    let Ok(Query(visit)) = visit else { return Ok(page(StatusCode::BAD_REQUEST, "The address cannot be read.")) };
    by_browser(&oidc, visit.id_token_hint.as_deref(), visit.post_logout_redirect_uri.as_deref()).await
}

async fn by_browser(oidc: &Oidc, hint: Option<&str>, redirect: Option<&str>) -> Result<Response, OAuthError> {
    if redirect.is_some() {
        return Ok(page(StatusCode::BAD_REQUEST, "Invalid redirect uri: no client has registered one."));
    }
    match hint {
        None => Ok(page(StatusCode::OK, "To log out, use the program that logged in: <code>emtctl logout</code>.")),
        Some(hint) if oidc.identity.log_out_by_hint(hint).await? => Ok(page(StatusCode::OK, "You are logged out.")),
        Some(_) => Ok(page(StatusCode::BAD_REQUEST, "Invalid parameter: id_token_hint is no id token of this server.")),
    }
}

fn page(status: StatusCode, text: &str) -> Response {
    let page = format!("<!doctype html><html lang=\"en\"><title>Log out</title><p>{text}</p></html>\n");
    unkept((status, [(header::CONTENT_TYPE, "text/html;charset=utf-8")], page).into_response())
}
