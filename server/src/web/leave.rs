//! Signing out: here, and where another issuer has signed somebody in.

use askama::Template;
use axum::{
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Uri},
    response::{IntoResponse, Response},
};

use super::{
    Failure, Page, Web, mask,
    session::{COOKIE, cookie, set_cookie},
};
use crate::{identity::Farewell, oidc::percent_encoded};

/// Sends the browser on by itself. A redirect after a form would be held against the page's policy for forms, wherever the
/// issuer sends the browser from there.
const REFRESH: HeaderName = HeaderName::from_static("refresh");

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'a> {
    /// The issuer, and the address where it ends its own login; "" for none.
    issuer: &'a str,
    place: &'a str,
}

/// `POST /ui/sign-out`. It asks nobody whether the login is still good, so that it also works while an issuer is away.
pub(super) async fn sign_out(
    State(site): State<Web>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<axum::Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let axum::Form(fields) = form.map_err(|_| Failure::foreign_form())?;
    let token = fields.iter().find(|(key, _)| key == "form").map_or("", |(_, value)| value.as_str());
    let kept = cookie(&headers, COOKIE).filter(|kept| mask::is_of(kept, token)).ok_or_else(Failure::foreign_form)?;
    let farewell = site.rest.identity.end_browsing(kept).await?;
    let base = site.names.asked(&uri, &headers).unwrap_or_else(|| site.names.home());
    let place = farewell.as_ref().map(|farewell| place(farewell, &base)).unwrap_or_default();
    let issuer = site.rest.identity.external_issuer().unwrap_or_default();
    let mut response = Page::new("Signed out", &SignedOut { issuer, place: &place })?.for_nobody().into_response();
    set_cookie(&mut response, COOKIE, "", 0);
    if let Some(Farewell { id_token, .. }) = &farewell
        && let Ok(refresh) = HeaderValue::from_str(&format!("0;url={place}&id_token_hint={}", percent_encoded(id_token)))
    {
        response.headers_mut().insert(REFRESH, refresh);
    }
    Ok(response)
}

/// Where the issuer signs somebody out and sends the browser back (OpenID Connect RP-Initiated Logout, 2), without the token that
/// says who: the page must not have it.
fn place(farewell: &Farewell, base: &str) -> String {
    let mark = if farewell.place.contains('?') { '&' } else { '?' };
    let back = format!("{base}/ui/");
    format!(
        "{}{mark}client_id={}&post_logout_redirect_uri={}",
        farewell.place,
        percent_encoded(&farewell.client),
        percent_encoded(&back)
    )
}
