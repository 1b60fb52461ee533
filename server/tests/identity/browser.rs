//! Logins with a browser: what the pages let through, and what they do not.

use axum::{body::Body, extract::Request, http::header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::support::{
    Answer, PASSWORD, SATURDAY_MS, Server,
    oidc::{claims, encoded, pairs},
};

const HOST: &str = "emt.localhost:8443";
const BACK: &str = "https://emt.localhost:8443/ui/callback";
const VERIFIER: &str = "a-verifier-of-some-length-for-the-code-challenge";
const NEW: &str = "Another-Passw0rd";

async fn get(server: &Server, path: &str) -> Answer {
    server.call(Request::get(path.replace(' ', "%20")).header(header::HOST, HOST).body(Body::empty()).unwrap()).await
}

async fn post(server: &Server, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let values: Vec<Json> = fields.iter().map(|(_, value)| (*value).into()).collect();
    let form = encoded(fields.iter().map(|(name, _)| *name).zip(&values), &str::to_owned);
    let request = Request::post(path)
        .header(header::HOST, HOST)
        .header(header::COOKIE, cookie)
        .header(header::ORIGIN, "https://emt.localhost:8443")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    server.call(request).await
}

/// The sign-in page for the pages of the server itself: its ticket and its cookie.
async fn page(server: &Server, more: &str) -> (Answer, String, String) {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let query = format!(
        "client_id=webui-client&response_type=code&redirect_uri={BACK}&scope=openid&state=s t&code_challenge={challenge}&\
         code_challenge_method=S256{more}"
    );
    let answer = get(server, &format!("/realms/master/protocol/openid-connect/auth?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let ticket = text.split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    (answer, ticket, cookie)
}

const SIGN_IN: &str = "/realms/master/login-actions/authenticate";

async fn sign_in(server: &Server, cookie: &str, ticket: &str, username: &str, password: &str) -> Answer {
    post(server, SIGN_IN, cookie, &[("ticket", ticket), ("username", username), ("password", password)]).await
}

#[tokio::test]
async fn the_pages_of_the_server_log_in_and_out() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (shown, ticket, cookie) = page(&server, "&response_mode=fragment").await;
    let policy = shown.header("content-security-policy");
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https://emt.localhost:8443;", "style-src 'sha256-"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    let set = shown.header("set-cookie");
    assert!(["Secure", "HttpOnly", "SameSite=Strict"].iter().all(|part| set.contains(part)), "{set}");
    assert!(!shown.text().contains("<script"));
    let answer = sign_in(&server, &cookie, &ticket, "admin", PASSWORD).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let place = answer.header("location");
    assert!(place.starts_with(&format!("{BACK}#state=s+t&")), "{place}");
    let code = pairs(place).into_iter().find(|(name, _)| name == "code").unwrap().1;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "webui-client"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = post(&server, "/realms/master/protocol/openid-connect/token", "", &fields).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    assert_eq!(tokens.header("access-control-allow-origin"), "https://emt.localhost:8443");
    let tokens = tokens.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims(access)["auth_time"], server.now());
    assert_eq!(server.request_as(access, "GET", "regions", None).await.0, 200);

    let hint = tokens["id_token"].as_str().unwrap();
    let out = |back: &str| {
        format!("/realms/master/protocol/openid-connect/logout?id_token_hint={hint}&post_logout_redirect_uri={back}")
    };
    assert_eq!(get(&server, &out("https://evil.example/")).await.status, 400);
    assert_eq!(server.request_as(access, "GET", "regions", None).await.0, 200, "nothing ended");
    let answer = get(&server, &format!("{}&state=x", out("https://emt.localhost:8443/ui/"))).await;
    assert_eq!((answer.status, answer.header("location")), (302, "https://emt.localhost:8443/ui/?state=x"));
    assert_eq!(server.request_as(access, "GET", "regions", None).await.0, 401);
}

#[tokio::test]
async fn sign_in_pages_are_for_one_browser_and_some_time() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (_, ticket, cookie) = page(&server, "").await;
    let (_, other, _) = page(&server, "").await;
    let refresh = {
        let form = [("grant_type", "password"), ("client_id", "system-client"), ("username", "admin"), ("password", PASSWORD)];
        post(&server, "/realms/master/protocol/openid-connect/token", "", &form).await.json()["refresh_token"].clone()
    };
    for (fault, cookie, ticket) in [
        ("no cookie", "", ticket.as_str()),
        ("another's cookie", "EMT_SIGN_IN=guess", &ticket),
        ("another page", &cookie, &other),
        ("a token that is no ticket", &cookie, refresh.as_str().unwrap()),
        ("garbage", &cookie, "garbage"),
    ] {
        let answer = sign_in(&server, cookie, ticket, "admin", PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{fault}");
    }
    let form = [("grant_type", "refresh_token"), ("client_id", "system-client"), ("refresh_token", ticket.as_str())];
    let answer = post(&server, "/realms/master/protocol/openid-connect/token", "", &form).await;
    assert_eq!(answer.status, 400, "a ticket is no refresh token");
    let answer = sign_in(&server, &cookie, &ticket, "admin<b>", "wrong").await;
    assert!(answer.status == 200 && answer.text().contains("Invalid user credentials"), "{}", answer.text());
    assert!(!answer.text().contains("<b>"), "what was typed is shown, and does nothing");
    server.pass(1801);
    assert_eq!(sign_in(&server, &cookie, &ticket, "admin", PASSWORD).await.status, 400, "too old");
}

#[tokio::test]
async fn addresses_to_go_back_to_are_compared_exactly() {
    let server = Server::start_at(SATURDAY_MS).await;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    for (back, status) in [
        (BACK, 200),
        ("https://web-ui.emt.localhost:8443/ui/callback", 200),
        ("https://emt.localhost:8443/ui/callback/", 400),
        ("https://emt.localhost:8443/ui/callback?x=1", 400),
        ("https://emt.localhost:8443/ui/../ui/callback", 400),
        ("https://EMT.localhost:8443/ui/callback", 400),
        ("http://emt.localhost:8443/ui/callback", 400),
        ("https://emt.localhost:8443@evil.example/ui/callback", 400),
        ("https://evil.example/", 400),
    ] {
        let query = format!(
            "client_id=webui-client&response_type=code&redirect_uri={back}&code_challenge={challenge}&code_challenge_method=S256"
        );
        let query = query.replace("?x", "%3Fx");
        let answer = get(&server, &format!("/realms/master/protocol/openid-connect/auth?{query}")).await;
        assert_eq!((answer.status, answer.header("location")), (status, ""), "{back}");
    }
}

#[tokio::test]
async fn a_temporary_password_is_changed_by_its_owner() {
    let server = Server::start_at(SATURDAY_MS).await;
    server.user("temporary", |user| user.temporary_password = true).await;
    let (_, ticket, cookie) = page(&server, "").await;
    let answer = sign_in(&server, &cookie, &ticket, "temporary", PASSWORD).await;
    assert!(answer.status == 200 && answer.text().contains("/realms/master/account"), "{}", answer.text());
    let change = async |password: &str, new: &str, again: &str| {
        let fields = [("username", "temporary"), ("password", password), ("new", new), ("again", again)];
        post(&server, "/realms/master/account", "", &fields).await
    };
    for (password, new, again, status, text) in [
        ("wrong", NEW, NEW, 400, "Invalid user credentials"),
        (PASSWORD, NEW, PASSWORD, 400, "differently"),
        (PASSWORD, "short", "short", 400, "Invalid password"),
        (PASSWORD, NEW, NEW, 200, "is changed"),
        (PASSWORD, NEW, NEW, 400, "Invalid user credentials"),
    ] {
        let answer = change(password, new, again).await;
        assert!(answer.status == status && answer.text().contains(text), "{status} {text}: {}", answer.text());
    }
    server.login("temporary", NEW).await;
}

#[tokio::test]
async fn a_device_is_let_in_once_by_who_knows_the_password() {
    let server = Server::start_at(SATURDAY_MS).await;
    let start = async || {
        let fields = [("client_id", "system-client"), ("scope", "openid nosuch")];
        let answer = post(&server, "/realms/master/protocol/openid-connect/auth/device", "", &fields).await;
        let answer = answer.json();
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        (text("device_code"), text("user_code"))
    };
    let poll = async |code: &str| {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let fields = [("grant_type", grant), ("client_id", "system-client"), ("device_code", code)];
        post(&server, "/realms/master/protocol/openid-connect/token", "", &fields).await
    };
    let answer = async |code: &str, password: &str, answer: &str| {
        let fields = [("user_code", code), ("username", "admin"), ("password", password), ("answer", answer)];
        post(&server, "/realms/master/device", "", &fields).await.text()
    };
    let (device, typed) = start().await;
    let page = get(&server, &format!("/realms/master/device?user_code={}", typed.to_lowercase())).await.text();
    assert!(page.contains(&typed) && page.contains("system-client"), "{page}");
    assert!(answer("BCDF-GHJK", PASSWORD, "approve").await.contains("not known"));
    assert!(answer(&typed, "wrong", "approve").await.contains("Invalid user credentials"));
    assert_eq!(poll(&device).await.json()["error"], "authorization_pending");
    assert!(answer(&typed, PASSWORD, "approve").await.contains("is connected"));
    assert!(answer(&typed, PASSWORD, "approve").await.contains("not known"), "one answer only");
    assert!(answer(&typed, "", "deny").await.contains("not known"));
    let tokens = poll(&device).await;
    assert_eq!((tokens.status, tokens.json()["scope"].as_str()), (200, Some("roles openid basic profile email")));
    assert_eq!(poll(&device).await.json()["error"], "invalid_grant");

    // Whoever let it in changes the password: the device is out, also one that has not come back for its tokens yet.
    let (device, typed) = start().await;
    assert!(answer(&typed, PASSWORD, "approve").await.contains("is connected"));
    let fields = [("username", "admin"), ("password", PASSWORD), ("new", NEW), ("again", NEW)];
    assert_eq!(post(&server, "/realms/master/account", "", &fields).await.status, 200);
    assert_eq!(poll(&device).await.json()["error"], "invalid_grant");
    let access = tokens.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.request_as(&access, "GET", "regions", None).await.0, 401);
}
