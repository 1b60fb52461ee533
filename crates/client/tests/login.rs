//! Logging in and out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use axum::{
    Router,
    extract::Form,
    http::{Response, header},
    routing::{get, post},
};
use emt_client::{Error, Oidc};
use serde_json::json;
use support::{Fake, json};

type Fields = Vec<(String, String)>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// A realm whose user is `admin` with the password `right`; `busy` finds the server busy.
async fn realm() -> (Fake, Oidc) {
    let token = async |Form(fields): Form<Fields>| {
        assert_eq!(field(&fields, "client_id"), "system-client");
        let refused = |status, error: &str, text: &str| json(status, &json!({"error": error, "error_description": text}));
        let granted = json!({"access_token": "access", "refresh_token": "next", "expires_in": 3600, "token_type": "Bearer"});
        match field(&fields, "grant_type") {
            "password" => {
                assert_eq!(field(&fields, "scope"), "openid profile email groups");
                match (field(&fields, "username"), field(&fields, "password")) {
                    ("admin", "right") => json(200, &granted),
                    ("busy", _) => refused(503, "temporarily_unavailable", "the server cannot do this now"),
                    ("page", _) => {
                        Response::builder().status(200).header(header::CONTENT_TYPE, "text/html").body("<html>".into()).unwrap()
                    }
                    _ => refused(401, "invalid_grant", "Invalid user credentials"),
                }
            }
            "refresh_token" if field(&fields, "refresh_token") == "good" => {
                json(200, &json!({"access_token": "access", "expires_in": 60, "token_type": "bearer"}))
            }
            _ => refused(400, "invalid_grant", "Session not active"),
        }
    };
    let logout = async |Form(fields): Form<Fields>| match field(&fields, "refresh_token") {
        "good" => json(204, &json!({})),
        "busy" => json(503, &json!({})),
        _ => json(400, &json!({"error": "invalid_grant"})),
    };
    // The document names the endpoints, which are the server's own.
    let routes = Router::new()
        .route(
            "/realms/master/.well-known/openid-configuration",
            get(async |headers: axum::http::HeaderMap, uri: axum::http::Uri| {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
                let host = host.or_else(|| uri.authority().map(ToString::to_string)).unwrap();
                let at = |path: &str| format!("https://{host}/{path}");
                json(200, &json!({"token_endpoint": at("token"), "end_session_endpoint": at("logout")}))
            }),
        )
        .route("/token", post(token))
        .route("/logout", post(logout));
    let fake = Fake::serve(routes).await;
    let issuer = fake.base.join("/realms/master").unwrap();
    let oidc = Oidc::discover(fake.http(), issuer.as_str()).await.unwrap();
    (fake, oidc)
}

#[tokio::test]
async fn by_password() {
    let (_fake, oidc) = realm().await;
    let tokens = oidc.by_password("admin", "right").await.unwrap();
    assert_eq!((tokens.access.as_str(), tokens.lives.as_secs()), ("access", 3600));
    assert_eq!(tokens.refresh.as_ref().map(|token| token.as_str()), Some("next"));
    let refused = oidc.by_password("admin", "wrong").await.err().unwrap();
    assert!(matches!(&refused, Error::Login(text) if text == "Invalid user credentials"), "{refused:?}");
    let busy = oidc.by_password("busy", "right").await.err().unwrap();
    assert!(busy.is_passing(), "a busy server has not refused anybody: {busy:?}");
    let page = oidc.by_password("page", "right").await.err().unwrap();
    assert!(matches!(page, Error::Nonsense { .. }), "{page:?}");
}

#[tokio::test]
async fn by_refresh_token() {
    let (_fake, oidc) = realm().await;
    let tokens = oidc.by_refresh_token("good").await.unwrap();
    assert!(tokens.refresh.is_none(), "not every server rotates them");
    let ended = oidc.by_refresh_token("old").await.err().unwrap();
    assert!(matches!(&ended, Error::Login(text) if text == "Session not active"), "{ended:?}");
}

#[tokio::test]
async fn logging_out() {
    let (_fake, oidc) = realm().await;
    oidc.log_out("good").await.unwrap();
    oidc.log_out("ended already").await.unwrap();
    assert!(oidc.log_out("busy").await.is_err());
}

#[tokio::test]
async fn what_is_no_identity_server_is_told() {
    let fake = Fake::serve(Router::new()).await;
    let error = Oidc::discover(fake.http(), fake.base.join("/realms/master").unwrap().as_str()).await.err().unwrap();
    assert!(matches!(&error, Error::Nonsense { reason, .. } if reason.contains("404")), "{error:?}");
}
