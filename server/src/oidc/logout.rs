//! Logging out: by a program with its refresh token, or by a browser with its id token.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    Oidc,
    authorize::sent,
    form::{Fields, Form},
    page::Page,
    unkept,
};
use crate::identity::OAuthError;

/// `POST …/logout`.
pub(super) async fn by_form(State(oidc): State<Oidc>, form: Form) -> Result<Response, OAuthError> {
    if let Some(token) = form.get("refresh_token") {
        oidc.identity.log_out(&form.client(), token).await?;
        return Ok(unkept(StatusCode::NO_CONTENT.into_response()));
    }
    by_browser(&oidc, &|name| form.get(name)).await
}

/// `GET …/logout`.
pub(super) async fn by_address(State(oidc): State<Oidc>, uri: Uri) -> Result<Response, OAuthError> {
    match Fields::of_query(&uri) {
        Ok(fields) => by_browser(&oidc, &|name| fields.get(name)).await,
        Err(error) => Ok(page(StatusCode::BAD_REQUEST, &error.told())),
    }
}

/// A browser goes back only to an address of the client that the id token was made for.
async fn by_browser<'a>(oidc: &Oidc, get: &(dyn Fn(&str) -> Option<&'a str> + Sync)) -> Result<Response, OAuthError> {
    let (hint, redirect) = (get("id_token_hint"), get("post_logout_redirect_uri"));
    let client = match (hint, get("client_id")) {
        (Some(hint), _) => match oidc.identity.client_of_hint(hint)? {
            Some(client) => Some(client),
            None => return Ok(page(StatusCode::BAD_REQUEST, "Invalid parameter: id_token_hint is no id token of this server.")),
        },
        (None, client) => client.map(str::to_owned),
    };
    if let Some(redirect) = redirect {
        let own = oidc.names.web_addresses();
        let known = match &client {
            Some(client) => oidc.identity.may_return_to(client, redirect, &own).await?,
            None => false,
        };
        if !known {
            return Ok(page(StatusCode::BAD_REQUEST, "Invalid redirect uri"));
        }
    }
    let Some(hint) = hint else {
        return Ok(page(StatusCode::OK, "To log out, use the program that logged in, such as emtctl logout."));
    };
    oidc.identity.log_out_by_hint(hint).await?;
    let Some(redirect) = redirect else { return Ok(page(StatusCode::OK, "You are logged out.")) };
    let state: Vec<(&str, &str)> = get("state").map(|state| ("state", state)).into_iter().collect();
    Ok(sent(redirect, false, &state))
}

fn page(status: StatusCode, text: &str) -> Response {
    let mut page = Page::new(status, "Log out").text(text).into_response();
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}
