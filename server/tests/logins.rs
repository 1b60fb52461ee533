//! How long logins last, and what ends them.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use axum::{body::Body, extract::Request};
use emt_api::filter::Expr;
use emt_server::{
    identity::records::{Session, User},
    store::StoreExt,
};
use serde_json::{Value as Json, json};
use support::{PASSWORD, PROJECT, SATURDAY_MS, Server};

const PROTOCOL: &str = "/realms/master/protocol/openid-connect";

async fn post(server: &Server, endpoint: &str, form: String) -> Json {
    let request = Request::post(format!("{PROTOCOL}/{endpoint}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("client_id=system-client&{form}")))
        .unwrap();
    server.call(request).await.json()
}

async fn log_in(server: &Server, username: &str, scope: &str) -> Json {
    post(server, "token", format!("grant_type=password&username={username}&password={PASSWORD}&scope={scope}")).await
}

async fn refresh(server: &Server, tokens: &Json) -> Json {
    post(server, "token", format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap())).await
}

#[tokio::test]
async fn no_token_outlives_its_login() {
    let server = Server::start_at(SATURDAY_MS).await;
    let mut tokens = log_in(&server, "admin", "openid").await;
    // Refreshed just before it would have been idle too long, until the end of the login is near.
    for _ in 0..8 {
        server.pass(5000);
        tokens = refresh(&server, &tokens).await;
    }
    let last = refresh(&server, &tokens).await;
    assert_eq!((&last["expires_in"], &last["refresh_expires_in"]), (&json!(3200), &json!(3200)));
    server.pass(3200);
    assert_eq!(refresh(&server, &last).await["error_description"], "Token is not active");
    let access = last["access_token"].as_str().unwrap();
    assert!(server.identity.authenticate(Some(&format!("Bearer {access}"))).await.is_err());
    server.identity.purge().await.unwrap();
    assert_eq!(server.store.load_all::<Session>("", Expr::everything()).await.unwrap(), []);
}

#[tokio::test]
async fn an_offline_login_lasts_as_long_as_it_is_used() {
    const DAY: i64 = 86_400;
    let server = Server::start_at(SATURDAY_MS).await;
    let tokens = log_in(&server, "admin", "openid+offline_access").await;
    for days in [29, 29, 1, 29] {
        server.pass(days * DAY);
        server.identity.purge().await.unwrap();
        let answer = refresh(&server, &tokens).await;
        assert_eq!(answer["refresh_expires_in"], 0, "after {days} days more: {answer}");
    }
    server.pass(32 * DAY);
    assert_eq!(refresh(&server, &tokens).await["error_description"], "Offline user session not found");
}

#[tokio::test]
async fn a_browser_logs_out_only_the_login_that_it_proves() {
    let server = Server::start_at(SATURDAY_MS).await;
    let tokens = log_in(&server, "admin", "openid").await;
    let text = |key: &str| tokens[key].as_str().unwrap();
    for (query, status) in [
        (format!("?id_token_hint={}", text("access_token")), 400),
        ("?id_token_hint=garbage".to_owned(), 400),
        (format!("?id_token_hint={}&post_logout_redirect_uri=https%3A%2F%2Fevil.example", text("id_token")), 400),
        ("?id_token_hint=%FF".to_owned(), 400),
        (String::new(), 200),
    ] {
        let request = Request::get(format!("{PROTOCOL}/logout{query}")).body(Body::empty()).unwrap();
        assert_eq!(server.call(request).await.status, status, "{query}");
    }
    assert!(refresh(&server, &tokens).await.get("access_token").is_some(), "it goes on");
    let request = Request::get(format!("{PROTOCOL}/logout?id_token_hint={}", text("id_token"))).body(Body::empty()).unwrap();
    assert_eq!(server.call(request).await.status, 200);
    assert_eq!(refresh(&server, &tokens).await["error_description"], "Session not active");
}

/// Whatever is remembered of a token, what is taken away is gone with the next request.
#[tokio::test]
async fn what_is_taken_away_is_gone_at_once() {
    let server = Server::start_at(SATURDAY_MS).await;
    let group = format!("{}_Host-Manager-Group", server.project);
    let user = server.user("alice", |user| user.member_of.0 = vec![group.clone()]).await;
    let path = format!("/v1/projects/{PROJECT}/compute/os");
    let id = user.meta.id.as_str();

    let tokens = log_in(&server, "alice", "openid").await;
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let get = async || server.request_as(&access, "GET", &path, None).await.0;
    for _ in 0..2 {
        assert_eq!(get().await, 200);
    }
    server.change::<User>(id, |user| user.member_of.0.clear()).await;
    assert_eq!(get().await, 403, "no longer in the group");
    server.change::<User>(id, |user| user.member_of.0.push(group.clone())).await;
    assert_eq!(get().await, 200, "in it again, with the same token");
    server.change::<User>(id, |user| user.enabled = false).await;
    assert_eq!(get().await, 401, "the account is off");
    server.change::<User>(id, |user| user.enabled = true).await;
    assert_eq!(get().await, 200);
    post(&server, "revoke", format!("token={access}")).await;
    assert_eq!(get().await, 401, "the token is revoked");

    let tokens = log_in(&server, "alice", "openid").await;
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let get = async || server.request_as(&access, "GET", &path, None).await.0;
    assert_eq!(get().await, 200);
    post(&server, "logout", format!("refresh_token={}", tokens["refresh_token"].as_str().unwrap())).await;
    assert_eq!(get().await, 401, "logged out");

    let tokens = log_in(&server, "alice", "openid").await;
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.request_as(&access, "GET", &path, None).await.0, 200);
    server.pass(3600);
    assert_eq!(server.request_as(&access, "GET", &path, None).await.0, 401, "expired");
}

#[tokio::test]
async fn a_project_is_usable_at_once_by_whoever_made_it() {
    let server = Server::start_at(SATURDAY_MS).await;
    assert_eq!(server.request("GET", "/v1/projects/new/compute/os", None).await.0, 403);
    server.ok("PUT", "/v1/projects/new", json!({"description": "made now"})).await;
    let region = server.ok("POST", "/v1/projects/new/regions", json!({"name": "here"})).await;
    assert_eq!(region["name"], "here");
    let again = server.ok("PUT", "/v1/projects/new", json!({"description": "changed"})).await;
    assert!(again["message"].is_string());
    assert_eq!(server.ok("GET", "/v1/projects/new", Json::Null).await["spec"]["description"], "changed");
    assert_eq!(server.ok("GET", "/v1/projects/new/regions", Json::Null).await["totalElements"], 1);
}
