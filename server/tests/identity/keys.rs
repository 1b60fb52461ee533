//! Keys take turns without anybody being thrown out.

use axum::{body::Body, extract::Request, http::header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use emt_api::filter::Expr;
use emt_server::{
    clock::{Clock, Randomness},
    identity::{Identity, records::SigningKey},
    store::StoreExt,
};
use serde_json::Value as Json;

use crate::support::{PASSWORD, SATURDAY_MS, Server};

async fn form(server: &Server, form: &str) -> (u16, Json) {
    let request = Request::post("/realms/master/protocol/openid-connect/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let answer = server.call(request).await;
    (answer.status, answer.json())
}

async fn login(server: &Server, scope: &str) -> (String, String) {
    let wanted = format!("grant_type=password&client_id=system-client&username=admin&password={PASSWORD}&scope={scope}");
    let (status, tokens) = form(server, &wanted).await;
    assert_eq!(status, 200, "{tokens}");
    let text = |key: &str| tokens[key].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(server: &Server, token: &str) -> u16 {
    form(server, &format!("grant_type=refresh_token&client_id=system-client&refresh_token={token}")).await.0
}

fn key_of(token: &str) -> String {
    let header: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn shown(server: &Server) -> Vec<String> {
    let keys = server.identity.jwks().unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn kept(server: &Server) -> usize {
    server.store.load_all::<SigningKey>("", Expr::everything()).await.unwrap().len()
}

#[tokio::test]
async fn old_keys_verify_until_the_last_of_their_tokens_has_expired() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (access, refresh_token) = login(&server, "openid").await;
    let (_, offline) = login(&server, "offline_access").await;
    let old = key_of(&access);
    assert_eq!(shown(&server), [old.as_str()]);
    server.identity.rotate_keys().await.unwrap();
    let (younger, _) = login(&server, "openid").await;
    let new = key_of(&younger);
    assert_ne!(new, old);
    assert_eq!(shown(&server), [new.as_str(), old.as_str()], "the one that signs first");
    for token in [&access, &younger] {
        assert_eq!(server.request_as(token, "GET", "regions", None).await.0, 200);
    }
    assert_eq!(refresh(&server, &refresh_token).await, 200);

    // What is in use is what is kept: a server that starts now knows both.
    let again = Identity::open(server.store.clone(), Clock::System, Randomness::System).await.unwrap();
    assert_eq!(again.jwks().unwrap(), server.identity.jwks().unwrap());

    server.pass(3599);
    server.identity.purge().await.unwrap();
    assert_eq!(server.request_as(&access, "GET", "regions", None).await.0, 200);
    server.pass(62);
    server.identity.purge().await.unwrap();
    assert_eq!(shown(&server), [new.as_str()]);
    assert_eq!(refresh(&server, &refresh_token).await, 200, "refresh tokens live longer");
    server.pass(5400);
    server.identity.purge().await.unwrap();
    assert_eq!(refresh(&server, &refresh_token).await, 400);
    assert_eq!(kept(&server).await, 3, "an offline login needs the old secret");
    assert_eq!(refresh(&server, &offline).await, 200);
    server.pass(32 * 86_400);
    server.identity.purge().await.unwrap();
    assert_eq!(refresh(&server, &offline).await, 400, "nobody used it");
    server.identity.purge().await.unwrap();
    assert_eq!(kept(&server).await, 2);
}

#[tokio::test]
async fn keys_are_replaced_when_they_are_old() {
    let server = Server::start_at(SATURDAY_MS).await;
    server.identity.rotate_keys().await.unwrap();
    let first = shown(&server);
    for (days, passed, replaced) in [(90, 89, false), (0, 1000, false), (90, 1, true), (90, 89, false)] {
        server.pass(passed * 86_400);
        assert_eq!(server.identity.rotate_keys_after(days).await.unwrap(), replaced, "{days} {passed}");
    }
    assert_ne!(shown(&server)[0], first[0]);
}
