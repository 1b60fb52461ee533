//! Signing in: an authorization code with PKCE at the server's own identity side or another issuer, and a cookie for what comes
//! of it.

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Failure, ROOT, Site, Web, is_own_address};
use crate::{
    identity::{CameBack, OAuthError, WEB_CLIENT, nonce_of},
    oidc::{AUTHORIZE, CALLBACK, percent_decoded, percent_encoded},
    rest,
};

/// Cookie of a browser that is signed in.
pub(super) const COOKIE: &str = "__Host-emt";
/// Cookie of a browser that is on its way to sign in: state, verifier, and where it wants to go.
const WAY: &str = "__Host-emt-sign-in";
/// How long somebody may take to sign in, in seconds.
const PATIENCE: u32 = 1800;
/// Random bytes of what a browser keeps.
const RANDOM: usize = 32;

/// `/`: browsers are sent to the pages; for programs there is nothing here, as ever.
pub(super) async fn root(request: Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if request.method().is_safe() && accepts.split(',').any(|kind| kind.trim().starts_with("text/html")) {
        return Redirect::to(ROOT).into_response();
    }
    rest::no_such_path(request.method().clone()).await
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

pub(super) fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: i64) {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    if let Ok(text) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, text);
    }
}

/// A page of ours, or the first one: nobody is sent elsewhere.
pub(super) fn page_of_ours(asked: &str) -> &str {
    if is_own_address(asked) { asked } else { ROOT }
}

/// Random text that a browser keeps.
pub(super) fn drawn(site: &Site) -> String {
    let mut bytes = [0; RANDOM];
    site.random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// `GET /ui/sign-in?next=…`: sends the browser to sign in.
pub(super) async fn sign_in(
    State(site): State<Web>,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    // Cookies hold for the name that was asked, so that all of it happens under one.
    let Some(base) = site.names.asked(&uri, &headers) else {
        return Err(Failure::Elsewhere(format!("{}{ROOT}", site.names.home())));
    };
    let next = page_of_ours(parameter(&query, "next").unwrap_or(ROOT));
    let (state, verifier) = (drawn(&site), drawn(&site));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let there = site.rest.identity.external_sign_in().await?;
    let (place, client) = there.unwrap_or_else(|| (AUTHORIZE.to_owned(), WEB_CLIENT.to_owned()));
    let place = format!(
        "{place}{}client_id={}&response_type=code&scope=openid&redirect_uri={}&state={state}&nonce={}&code_challenge={challenge}&\
         code_challenge_method=S256",
        if place.contains('?') { '&' } else { '?' },
        percent_encoded(&client),
        percent_encoded(&format!("{base}{CALLBACK}")),
        nonce_of(&verifier),
    );
    let mut response = Redirect::to(&place).into_response();
    let way = format!("{state}.{verifier}.{}", percent_encoded(next));
    set_cookie(&mut response, WAY, &way, PATIENCE.into());
    Ok(response)
}

/// `GET /ui/callback`: the browser comes back from signing in.
pub(super) async fn callback(
    State(site): State<Web>,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let base = site.names.asked(&uri, &headers).unwrap_or_else(|| site.names.home());
    let mut way = cookie(&headers, WAY).unwrap_or_default().splitn(3, '.');
    let (state, verifier, next) =
        (way.next().unwrap_or_default(), way.next().unwrap_or_default(), way.next().unwrap_or_default());
    let came = parameter(&query, "state").unwrap_or_default();
    if state.is_empty() || !bool::from(state.as_bytes().ct_eq(came.as_bytes())) {
        return Err(failed("The sign-in was begun in another window or browser, or too long ago."));
    }
    if let Some(error) = parameter(&query, "error") {
        return Err(failed(parameter(&query, "error_description").unwrap_or(error)));
    }
    let (callback, issuer, code) = (format!("{base}{CALLBACK}"), format!("{base}/realms/master"), parameter(&query, "code"));
    let identity = &site.rest.identity;
    let began = if identity.external_issuer().is_none() {
        identity.begin_browsing(code, &callback, verifier, &issuer).await
    } else {
        let (issuer, nonce) = (parameter(&query, "iss"), nonce_of(verifier));
        let back = CameBack { code, issuer, redirect_uri: &callback, verifier, nonce: &nonce };
        identity.begin_external_browsing(&back).await
    };
    let began = began.map_err(|error| match error {
        OAuthError::Told { description, .. } => failed(&format!("{description}.")),
        OAuthError::Failed(error) => error.into(),
    })?;
    if let Some(before) = cookie(&headers, COOKIE) {
        site.rest.identity.end_browsing(before).await?;
    }
    let next = percent_decoded(next);
    let mut response = Redirect::to(page_of_ours(&next)).into_response();
    set_cookie(&mut response, WAY, "", 0);
    set_cookie(&mut response, COOKIE, &began.cookie, began.ends - site.clock.now());
    Ok(response)
}

fn failed(why: &str) -> Failure {
    Failure::told(StatusCode::BAD_REQUEST, "You are not signed in", why, "Begin again at the overview.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (asked, sent) in [
            ("/ui/p/shops/hosts?view=failing", "/ui/p/shops/hosts?view=failing"),
            ("/ui", "/ui"),
            ("https://evil.example/ui", "/ui"),
            ("//evil.example/ui", "/ui"),
            ("/\\evil.example", "/ui"),
            ("/ui\\@evil.example", "/ui"),
            ("/uix", "/ui"),
            ("/ui/a\r\nSet-Cookie: x", "/ui"),
            ("", "/ui"),
        ] {
            assert_eq!(page_of_ours(asked), sent, "{asked:?}");
        }
    }

    #[test]
    fn cookies_are_told_apart() {
        let headers: HeaderMap =
            [(header::COOKIE, HeaderValue::from_static("a=1; __Host-emt-sign-in=x.y; __Host-emt=z"))].into_iter().collect();
        assert_eq!((cookie(&headers, COOKIE), cookie(&headers, WAY), cookie(&headers, "b")), (Some("z"), Some("x.y"), None));
    }
}
