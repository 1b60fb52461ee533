//! Logging in and out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::Form,
    http::{Response, header},
    routing::{get, post},
};
use emt_client::{Error, Oidc, Tokens};
use serde_json::json;
use support::{Fake, json};

type Fields = Vec<(String, String)>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// What a device is told each time that it asks, last first.
#[derive(Clone, Default)]
struct Device(Arc<Mutex<Vec<&'static str>>>);

impl Device {
    fn told(answers: &[&'static str]) -> Self {
        Self(Arc::new(Mutex::new(answers.iter().rev().copied().collect())))
    }

    fn ask(&self) -> Option<&'static str> {
        self.0.lock().unwrap().pop()
    }
}

async fn realm() -> (Fake, Oidc) {
    realm_for(Device::default()).await
}

/// A realm whose user is `admin` with the password `right`; `busy` finds the server busy.
async fn realm_for(device: Device) -> (Fake, Oidc) {
    let token = async move |Form(fields): Form<Fields>| {
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
            "urn:ietf:params:oauth:grant-type:device_code" => match device.ask() {
                Some("granted") => json(200, &granted),
                Some("busy") => refused(503, "temporarily_unavailable", "the server cannot do this now"),
                Some(error) => refused(400, error, "as it is told"),
                None => panic!("asked again after an answer"),
            },
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
    let begin = async |Form(fields): Form<Fields>| {
        assert_eq!((field(&fields, "client_id"), field(&fields, "scope")), ("system-client", "openid profile email groups"));
        json(
            200,
            &json!({
                "device_code": "secret", "user_code": "BCDF-GHJK", "verification_uri": "https://keycloak/device",
                "verification_uri_complete": "https://keycloak/device?user_code=BCDF-GHJK", "expires_in": 600, "interval": 3,
            }),
        )
    };
    let info =
        async |headers: axum::http::HeaderMap| match headers.get(header::AUTHORIZATION).map(axum::http::HeaderValue::as_bytes) {
            Some(b"Bearer access") => json(200, &json!({"sub": "1", "preferred_username": "admin"})),
            _ => json(401, &json!({})),
        };
    // The document names the endpoints, which are the server's own.
    let routes = Router::new()
        .route(
            "/realms/master/.well-known/openid-configuration",
            get(async |headers: axum::http::HeaderMap, uri: axum::http::Uri| {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
                let host = host.or_else(|| uri.authority().map(ToString::to_string)).unwrap();
                let at = |path: &str| format!("https://{host}/{path}");
                json(
                    200,
                    &json!({
                        "token_endpoint": at("token"), "end_session_endpoint": at("logout"),
                        "device_authorization_endpoint": at("device"), "userinfo_endpoint": at("userinfo"),
                    }),
                )
            }),
        )
        .route("/token", post(token))
        .route("/device", post(begin))
        .route("/userinfo", get(info))
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

/// How a login by a device ends that is told these answers, and how long it waits between them, in seconds.
async fn by_device(answers: &[&'static str]) -> (Result<Tokens, Error>, Vec<u64>) {
    let device = Device::told(answers);
    let (_fake, oidc) = realm_for(device.clone()).await;
    let login = oidc.begin_device().await.unwrap();
    assert_eq!((login.code(), login.address()), ("BCDF-GHJK", "https://keycloak/device"));
    assert_eq!(login.whole_address(), Some("https://keycloak/device?user_code=BCDF-GHJK"));
    assert_eq!((login.lives(), login.interval()), (Duration::from_mins(10), Duration::from_secs(3)));
    let waits = Mutex::new(Vec::new());
    let tokens = oidc
        .by_device(&login, |wait| {
            waits.lock().unwrap().push(wait.as_secs());
            std::future::ready(())
        })
        .await;
    assert_eq!(device.ask(), None, "it asks until there is an answer");
    (tokens, waits.into_inner().unwrap())
}

#[tokio::test]
async fn a_device_asks_as_often_as_it_is_told() {
    let (tokens, waits) =
        by_device(&["authorization_pending", "slow_down", "authorization_pending", "busy", "authorization_pending", "granted"])
            .await;
    assert_eq!(tokens.unwrap().access.as_str(), "access");
    // As told; five more each time that it was too often; twice as long where nobody had time.
    assert_eq!(waits, [3, 8, 8, 16, 16]);
}

#[tokio::test]
async fn a_device_is_told_how_it_ended() {
    let (refused, waits) = by_device(&["authorization_pending", "access_denied"]).await;
    assert!(matches!(refused, Err(Error::Denied)));
    assert_eq!(waits, [3]);
    let (late, _) = by_device(&["expired_token"]).await;
    assert!(matches!(late, Err(Error::Expired)));
    let (other, _) = by_device(&["invalid_grant"]).await;
    assert!(matches!(other, Err(Error::Login(text)) if text == "as it is told"));
}

#[tokio::test]
async fn not_every_server_lets_devices_in() {
    let document = async || json(200, &json!({"token_endpoint": "https://localhost/token"}));
    let fake = Fake::serve(Router::new().route("/realms/master/.well-known/openid-configuration", get(document))).await;
    let oidc = Oidc::discover(fake.http(), fake.base.join("/realms/master").unwrap().as_str()).await.unwrap();
    assert!(matches!(oidc.begin_device().await, Err(Error::NoDeviceLogin(_))));
}

#[tokio::test]
async fn who_has_logged_in() {
    let (_fake, oidc) = realm().await;
    assert_eq!(oidc.username("access").await.unwrap(), "admin");
    assert!(matches!(oidc.username("other").await, Err(Error::Nonsense { .. })));
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
