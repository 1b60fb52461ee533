//! A browser logs in for a client: the authorization endpoint and the sign-in page.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    Oidc,
    form::{Fields, Form, percent_encoded},
    names::Base,
    page::{Page, field},
};
use crate::identity::{Asked, Authorization, NotAsked, OAuthError, WEB_CLIENT, origin_of};

/// Where the sign-in page is sent to.
pub(super) const SIGN_IN: &str = "/realms/master/login-actions/authenticate";
/// Where clients send browsers to sign in.
pub(crate) const AUTHORIZE: &str = "/realms/master/protocol/openid-connect/auth";
/// Cookie that binds a sign-in page to the browser it was shown in.
const COOKIE: &str = "EMT_SIGN_IN";

/// `GET …/auth`.
pub(super) async fn ask(State(oidc): State<Oidc>, base: Base, uri: Uri) -> Response {
    let fields = match Fields::of_query(&uri) {
        Ok(fields) => fields,
        Err(error) => return told(&error.told()),
    };
    let get = |name| fields.get(name);
    let asked = Asked {
        client_id: get("client_id"),
        redirect_uri: get("redirect_uri"),
        response_type: get("response_type"),
        response_mode: get("response_mode"),
        scope: get("scope"),
        state: get("state"),
        nonce: get("nonce"),
        code_challenge: get("code_challenge"),
        code_challenge_method: get("code_challenge_method"),
        prompt: get("prompt"),
    };
    let mut own = oidc.names.web_addresses();
    own.push(base.own_callback());
    match oidc.identity.check_authorization(&asked, &own).await {
        Ok(authorization) => page(&oidc, &authorization, "", None),
        Err(NotAsked::Told(text)) => told(text),
        Err(NotAsked::Failed(error)) => told(&error.told()),
        Err(NotAsked::Sent { redirect_uri, fragment, state, error, description }) => {
            let mut answer = vec![("error", error)];
            if !description.is_empty() {
                answer.push(("error_description", &description));
            }
            answer.extend(state.as_deref().map(|state| ("state", state)));
            let issuer = base.issuer();
            answer.push(("iss", &issuer));
            sent(&redirect_uri, fragment, &answer)
        }
    }
}

/// `POST` of the sign-in page.
pub(super) async fn sign_in(State(oidc): State<Oidc>, base: Base, headers: HeaderMap, form: Form) -> Response {
    let ticket = form.get("ticket").unwrap_or_default();
    let asked = match oidc.identity.read_ticket(ticket, cookie(&headers).unwrap_or_default()) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            return told("This page is too old, or was opened in another browser. Go back to the program and start again.");
        }
        Err(error) => return told(&error.told()),
    };
    let username = form.get("username").unwrap_or_default();
    match oidc.identity.sign_in(&asked, username, form.secret("password").unwrap_or_default()).await {
        Ok((session, code)) => {
            let issuer = base.issuer();
            let mut answer: Vec<(&str, &str)> = asked.state.as_deref().map(|state| ("state", state)).into_iter().collect();
            answer.extend([("session_state", session.as_str()), ("iss", &issuer), ("code", &code)]);
            sent(&asked.redirect_uri, asked.fragment, &answer)
        }
        Err(error) => page(&oidc, &asked, username, Some(&refusal(error))),
    }
}

/// Why somebody is not let in, in a person's words.
pub(super) fn refusal(error: OAuthError) -> String {
    match error.told() {
        text if text == "Account is not fully set up" => {
            "Your password is temporary: choose one of your own at /realms/master/account first.".to_owned()
        }
        text => format!("{text}."),
    }
}

fn page(oidc: &Oidc, asked: &Authorization, username: &str, error: Option<&str>) -> Response {
    let (ticket, browser) = match oidc.identity.sign_in_ticket(asked) {
        Ok(made) => made,
        Err(error) => return told(&error.told()),
    };
    let fields = [
        field("hidden", "ticket", "", &ticket),
        field("text", "username", "User name", username),
        field("password", "password", "Password", ""),
    ];
    let page = Page::new(StatusCode::OK, "Sign in")
        .text(&match asked.client.as_str() {
            WEB_CLIENT => "Sign in to see your fleet.".to_owned(),
            client => format!("{client} asks you to sign in."),
        })
        .error(error)
        .form(SIGN_IN, &fields, &[("yes", "Sign in")])
        .leads_to(origin_of(&asked.redirect_uri).unwrap_or_default());
    let mut response = page.into_response();
    let cookie = format!("{COOKIE}={browser}; Path=/realms/master; Max-Age=1800; Secure; HttpOnly; SameSite=Strict");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The text that the browser was given with the page.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn told(text: &str) -> Response {
    Page::new(StatusCode::BAD_REQUEST, "Sign in").error(Some(text)).into_response()
}

/// Sends the browser back to the client.
pub(super) fn sent(redirect_uri: &str, fragment: bool, answer: &[(&str, &str)]) -> Response {
    let pairs: Vec<String> = answer.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    let mark = match (fragment, redirect_uri.contains('?')) {
        (true, _) => '#',
        (false, true) => '&',
        (false, false) => '?',
    };
    let mark = if pairs.is_empty() { String::new() } else { mark.to_string() };
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, must-revalidate, max-age=0"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    match HeaderValue::from_str(&format!("{redirect_uri}{mark}{}", pairs.join("&"))) {
        Ok(location) => {
            headers.insert(header::LOCATION, location);
            response
        }
        Err(_) => told("The address to go back to cannot be used."),
    }
}
