//! The page where people change their own password, also one that was given to them for a start.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    Oidc,
    form::Form,
    page::{Page, field},
};
use crate::identity::NotChanged;

const PAGE: &str = "/realms/master/account";
const TITLE: &str = "Change your password";

/// `GET /realms/master/account`.
pub(super) async fn page() -> Response {
    form(StatusCode::OK, "", None)
}

/// `POST` of the page.
pub(super) async fn change(State(oidc): State<Oidc>, sent: Form) -> Response {
    let username = sent.get("username").unwrap_or_default();
    let (password, new) = (sent.secret("password").unwrap_or_default(), sent.secret("new").unwrap_or_default());
    if sent.get("again") != Some(new.as_str()) {
        return form(StatusCode::BAD_REQUEST, username, Some("The new password was typed differently the second time."));
    }
    match oidc.identity.change_password(username, password, new).await {
        Ok(()) => {
            let text = "Your password is changed. All your logins have ended: log in again where you need to.";
            Page::new(StatusCode::OK, TITLE).text(text).into_response()
        }
        Err(NotChanged::Weak(weak)) => form(StatusCode::BAD_REQUEST, username, Some(weak.description)),
        Err(NotChanged::Refused(error)) => form(StatusCode::BAD_REQUEST, username, Some(&format!("{}.", error.told()))),
    }
}

fn form(status: StatusCode, username: &str, error: Option<&str>) -> Response {
    let fields = [
        field("text", "username", "User name", username),
        field("password", "password", "Password so far", ""),
        field("password", "new", "New password", ""),
        field("password", "again", "New password again", ""),
    ];
    Page::new(status, TITLE).error(error).form(PAGE, &fields, &[("yes", "Change")]).into_response()
}
