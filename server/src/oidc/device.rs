//! Logins on devices without a browser: what the device asks, and the page where a person answers.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    Oidc,
    authorize::refusal,
    form::{Fields, Form},
    names::Base,
    page::{Page, field},
};
use crate::identity::OAuthError;

/// The page's address.
const PAGE: &str = "/realms/master/device";
const TITLE: &str = "Connect a device";
const UNKNOWN: &str = "This code is not known, or its time is over. Check it, or start again on the device.";

/// `POST …/auth/device`.
pub(super) async fn start(State(oidc): State<Oidc>, base: Base, form: Form) -> Result<Response, OAuthError> {
    let scope = form.get("scope").unwrap_or_default();
    let start = oidc.identity.start_device(&form.client(), scope, &base.issuer()).await?;
    let mut response = Json(start).into_response();
    let unkept = HeaderValue::from_static("no-store, must-revalidate, max-age=0");
    response.headers_mut().insert(header::CACHE_CONTROL, unkept);
    Ok(response)
}

/// `GET /realms/master/device`, with the code in the address or not.
pub(super) async fn page(State(oidc): State<Oidc>, uri: Uri) -> Response {
    match Fields::of_query(&uri).map(|fields| fields.get("user_code").map(str::to_owned)) {
        Ok(Some(code)) => consent(&oidc, &code, "", None).await,
        Ok(None) => enter("", None),
        Err(error) => enter("", Some(&error.told())),
    }
}

/// `POST` of the page: a code, or an answer to the question for it.
pub(super) async fn answer(State(oidc): State<Oidc>, form: Form) -> Response {
    let (code, username) = (form.get("user_code").unwrap_or_default(), form.get("username").unwrap_or_default());
    let done = match form.get("answer") {
        Some("approve") => {
            let password = form.secret("password").unwrap_or_default();
            let text = "The device is connected. You can close this page.";
            oidc.identity.approve_device(code, username, password).await.map(|done| (done, text))
        }
        Some("deny") => oidc.identity.deny_device(code).await.map(|done| (done, "The device was refused.")),
        _ => return consent(&oidc, code, "", None).await,
    };
    match done {
        Ok((true, text)) => Page::new(StatusCode::OK, TITLE).text(text).into_response(),
        Ok((false, _)) => enter(code, Some(UNKNOWN)),
        Err(error) => consent(&oidc, code, username, Some(&refusal(error))).await,
    }
}

fn enter(code: &str, error: Option<&str>) -> Response {
    Page::new(StatusCode::OK, TITLE)
        .text("Type the code that the device shows.")
        .error(error)
        .form(PAGE, &[field("text", "user_code", "Code", code)], &[("continue", "Continue")])
        .into_response()
}

async fn consent(oidc: &Oidc, code: &str, username: &str, error: Option<&str>) -> Response {
    let waiting = match oidc.identity.waiting_device(code).await {
        Ok(Some(waiting)) => waiting,
        Ok(None) => return enter(code, Some(UNKNOWN)),
        Err(error) => return enter(code, Some(&error.told())),
    };
    let fields = [
        field("hidden", "user_code", "", &waiting.code),
        field("text", "username", "User name", username),
        field("password", "password", "Password", ""),
    ];
    Page::new(StatusCode::OK, TITLE)
        .text(&format!(
            "The program {} with the code {} asks to act in your name. Agree only if you have started it yourself and it shows \
             this code.",
            waiting.client, waiting.code
        ))
        .error(error)
        .form(PAGE, &fields, &[("approve", "Sign in and agree")])
        .form(PAGE, &[field("hidden", "user_code", "", &waiting.code)], &[("deny", "Refuse")])
        .into_response()
}
