//! Enrolment: one token, one node, once; and what ends a node's credentials.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use emt_api::{filter::Expr, maintmgr::update_status::StatusType};
use emt_server::{
    identity::records::{Client, EnrolmentToken},
    store::StoreExt,
};
use serde_json::{Value as Json, json};
use support::{
    SATURDAY_MS, Server,
    southbound::{Metadata, report},
};
use tonic::Code;

const UUID: &str = "0A1B2C3D-1111-4222-8333-444455556666";

async fn registered(server: &Server) -> (String, String) {
    let body = json!({"name": "till", "uuid": UUID});
    let host = server.ok("POST", "compute/hosts/register?enrolment=true", body).await;
    let text = |key: &str| host[key].as_str().unwrap().to_owned();
    (text("resourceId"), text("enrolmentToken"))
}

async fn report_code(server: &Server, token: &str) -> Code {
    let outcome = server.report(report(UUID, StatusType::UpToDate, "", ""), &Metadata::token(token)).await;
    outcome.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok)
}

async fn token_of(server: &Server, credentials: &Json) -> Option<String> {
    let (_, answer) = server.node_login(credentials).await;
    answer["access_token"].as_str().map(str::to_owned)
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_token_becomes_credentials_of_one_node() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (host, token) = registered(&server).await;
    let (status, text) = server.redeem(&token, UUID).await;
    assert_eq!(status, 200, "{text}");
    let credentials = json(&text);
    assert_eq!(credentials["clientId"], format!("edgenode-{}", UUID.to_lowercase()));
    assert_eq!(credentials["clientSecret"].as_str().unwrap().len(), 32);
    assert_eq!(credentials["projectId"], server.project.as_str());
    let address = credentials["tokenUrl"].as_str().unwrap();
    assert_eq!(address, "https://emt.localhost:8443/realms/master/protocol/openid-connect/token");
    let shown = server.ok("GET", &format!("compute/hosts/{host}"), Json::Null).await;
    assert_eq!((&shown["currentState"], &shown["onboardingStatus"]), (&json!("HOST_STATE_ONBOARDED"), &json!("Onboarded")));
    let token = token_of(&server, &credentials).await.unwrap();
    assert_eq!(report_code(&server, &token).await, Code::Ok);

    // What is kept of token and secret is a hash.
    let kept = format!(
        "{:?} {:?}",
        server.store.load_all::<EnrolmentToken>("", Expr::everything()).await.unwrap(),
        server.store.load_all::<Client>("", Expr::everything()).await.unwrap()
    );
    assert!(!kept.contains(&token) && !kept.contains(credentials["clientSecret"].as_str().unwrap()));
}

#[tokio::test]
async fn a_token_is_used_once_but_a_lost_answer_is_made_good() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (_, token) = registered(&server).await;
    let first = json(&server.redeem(&token, UUID).await.1);
    let old = token_of(&server, &first).await.unwrap();
    server.pass(600);
    let second = json(&server.redeem(&token, &UUID.to_lowercase()).await.1);
    assert_ne!(first["clientSecret"], second["clientSecret"]);
    assert_eq!(server.node_login(&first).await.0, 401, "the earlier credentials have ended");
    assert_eq!(report_code(&server, &old).await, Code::Unauthenticated, "and so have their tokens");
    let new = token_of(&server, &second).await.unwrap();
    assert_eq!(report_code(&server, &new).await, Code::Ok);
    server.pass(1);
    let (status, text) = server.redeem(&token, UUID).await;
    assert!(status == 401 && text.contains("was used already") && text.contains("register the host again"), "{status} {text}");
    assert_eq!(report_code(&server, &new).await, Code::Ok, "a refused exchange ends nothing");
}

#[tokio::test]
async fn tokens_expire() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (_, token) = registered(&server).await;
    server.pass(24 * 3600);
    let (status, text) = server.redeem(&token, UUID).await;
    assert!(status == 401 && text.contains("has expired"), "{status} {text}");
    server.identity.purge().await.unwrap();
    assert_eq!(server.store.load_all::<EnrolmentToken>("", Expr::everything()).await.unwrap(), []);
    let (status, text) = server.redeem(&token, UUID).await;
    assert!(status == 401 && text.contains("not known"), "{status} {text}");
}

#[tokio::test]
async fn what_is_no_token_of_this_node_is_refused() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (host, token) = registered(&server).await;
    let other = uuid::Uuid::new_v4().to_string();
    for (token, uuid, status, words) in [
        (token.as_str(), other.as_str(), 401, "belongs to another host"),
        ("emt-garbage", UUID, 401, "not known"),
        ("", UUID, 401, "not known"),
        (&token, "no-uuid", 400, "a UUID"),
        (&token, "", 400, "a UUID"),
    ] {
        let (found, text) = server.redeem(token, uuid).await;
        assert!(found == status && text.contains(words), "{token} {uuid}: {found} {text}");
    }
    let shown = server.ok("GET", &format!("compute/hosts/{host}"), Json::Null).await;
    assert_eq!(shown["currentState"], "HOST_STATE_UNSPECIFIED", "nothing has happened to the host");
    assert_eq!(server.redeem(&token, UUID).await.0, 200, "nor to the token");
    for body in ["", "{}", "[]", "{\"token\":1,\"uuid\":2}", "{\"token\":\"a\",\"uuid\":\"b\",\"more\":1}", "no json"] {
        let (status, text) = server.request("POST", "/v1/enrol", Some(body.to_owned())).await;
        assert_eq!(status, 400, "{body}: {text}");
    }
}

#[tokio::test]
async fn a_registered_host_gets_a_new_token_and_the_old_one_ends() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (host, old) = registered(&server).await;
    let path = format!("compute/hosts/{host}/register?enrolment=true");
    let again = server.ok("PATCH", &path, json!({"autoOnboard": true})).await;
    let new = again["enrolmentToken"].as_str().unwrap();
    assert_eq!(server.redeem(&old, UUID).await.0, 401);
    let credentials = json(&server.redeem(new, UUID).await.1);
    let token = token_of(&server, &credentials).await.unwrap();
    // A node that is enrolled stays so until the next token is exchanged.
    let again = server.ok("PATCH", &path, json!({"autoOnboard": true})).await;
    assert_eq!(report_code(&server, &token).await, Code::Ok);
    assert_eq!(server.redeem(again["enrolmentToken"].as_str().unwrap(), UUID).await.0, 200);
    assert_eq!(report_code(&server, &token).await, Code::Unauthenticated);

    let bare = server.ok("POST", "compute/hosts/register", json!({"name": "bare", "serialNumber": "SN00001"})).await;
    let path = format!("compute/hosts/{}/register?enrolment=true", bare["resourceId"].as_str().unwrap());
    for (method, path) in [("PATCH", path.as_str()), ("POST", "compute/hosts/register?enrolment=true")] {
        let (status, text) =
            server.request(method, path, Some(json!({"name": "b", "serialNumber": "SN00002"}).to_string())).await;
        assert!(status == 400 && text.contains("needs the host's uuid"), "{status} {text}");
    }
    assert_eq!(server.ok("GET", "compute/hosts", Json::Null).await["totalElements"], 2, "nothing was half done");
}

#[tokio::test]
async fn deletion_and_invalidation_end_credentials_at_once() {
    for (method, tail, code) in [("DELETE", "", Code::NotFound), ("PUT", "/invalidate", Code::Unauthenticated)] {
        for reported in [false, true] {
            let server = Server::start_at(SATURDAY_MS).await;
            let (host, token) = registered(&server).await;
            let credentials = json(&server.redeem(&token, UUID).await.1);
            let access = token_of(&server, &credentials).await.unwrap();
            if reported {
                assert_eq!(report_code(&server, &access).await, Code::Ok);
            }
            server.ok(method, &format!("compute/hosts/{host}{tail}"), Json::Null).await;
            assert_eq!(report_code(&server, &access).await, code, "{method}, reported before: {reported}");
            let (status, answer) = server.node_login(&credentials).await;
            assert_eq!((status, &answer["error"]), (401, &json!("invalid_client")), "{method}");
            let (status, text) = server.redeem(&token, UUID).await;
            assert_eq!(status, 401, "{method}: {text}");
            let instances = server.ok("GET", "compute/instances", Json::Null).await;
            assert_eq!(instances["totalElements"], u8::from(reported), "{method}: the refused report has made nothing");
            let path = format!("/files-edge-orch/{}/{}/x", server.project, "a".repeat(64));
            assert_eq!(server.request_as(&access, "GET", &path, None).await.0, 401, "{method}: no image either");
        }
    }
}

#[tokio::test]
async fn trust_that_was_withdrawn_is_not_won_back_by_an_old_token() {
    let server = Server::start_at(SATURDAY_MS).await;
    let (host, token) = registered(&server).await;
    let credentials = server.redeem(&token, UUID).await;
    assert_eq!(credentials.0, 200);
    server.ok("PUT", &format!("compute/hosts/{host}/invalidate"), Json::Null).await;
    // An exchange that was under way when the operator withdrew trust ends here.
    let late = server.identity.issue_enrolment_token(&server.project, &host, UUID).await.unwrap();
    let (status, text) = server.redeem(&late, UUID).await;
    assert!(status == 401 && text.contains("withdrawn trust"), "{status} {text}");
    let clients = server.store.load_all::<Client>("", Expr::everything()).await.unwrap();
    assert!(clients.iter().all(|client| client.node_uuid.is_empty()), "no credentials are left: {clients:?}");
}
