//! What administrators do, and what it does to those it is done to.

use emt_api::value::Json as List;
use emt_server::identity::records::Client;
use emt_server::store::{Batch, StoreExt};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::support::{PASSWORD, PROJECT, SATURDAY_MS, Server};

const ADMIN: &str = "/admin/realms/master";
const NEW: &str = "Another-Passw0rd";

/// One call that must have this status; its JSON.
async fn call(server: &Server, method: &str, path: &str, body: Json, status: u16) -> Json {
    let body = (!body.is_null()).then(|| body.to_string());
    let (found, text) = server.request(method, &format!("{ADMIN}/{path}"), body).await;
    assert_eq!(found, status, "{method} {path}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

async fn user(server: &Server, name: &str) -> String {
    let found = call(server, "GET", &format!("users?username={name}&exact=true"), Json::Null, 200).await;
    found[0]["id"].as_str().unwrap().to_owned()
}

async fn form(server: &Server, path: &str, form: &str) -> (u16, Json) {
    let request = axum::extract::Request::post(format!("/realms/master/protocol/openid-connect/{path}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(form.to_owned()))
        .unwrap();
    let answer = server.call(request).await;
    (answer.status, answer.json())
}

async fn password(server: &Server, name: &str, password: &str) -> u16 {
    form(server, "token", &format!("grant_type=password&client_id=system-client&username={name}&password={password}")).await.0
}

/// What `orch-cli create user`, `set user`, `get user`, `list groups` and `delete user` send, in their order.
#[tokio::test]
async fn a_user_from_the_first_to_the_last_day() {
    let server = Server::start_at(SATURDAY_MS).await;
    let body =
        json!({"username": "Carol", "email": "Carol@Edge.example", "firstName": "Carol", "lastName": "C", "enabled": true});
    call(&server, "POST", "users", body, 201).await;
    let id = user(&server, "carol").await;
    let reset = |value: &str, temporary: bool| json!({"type": "password", "value": value, "temporary": temporary});
    call(&server, "PUT", &format!("users/{id}/reset-password"), reset(NEW, false), 204).await;
    let token = server.login("carol", NEW).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 403);

    let groups = call(&server, "GET", "groups?max=1000", Json::Null, 200).await;
    let wanted = format!("{}_Host-Manager-Group", server.project);
    let group = groups.as_array().unwrap().iter().find(|group| group["name"] == wanted.as_str()).unwrap()["id"].clone();
    let group = group.as_str().unwrap();
    call(&server, "PUT", &format!("users/{id}/groups/{group}"), Json::Null, 204).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 200, "with the token in hand");
    call(&server, "DELETE", &format!("users/{id}/groups/{group}"), Json::Null, 204).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 403);

    let role = call(&server, "GET", &format!("roles/{}_im-r", server.project), Json::Null, 200).await;
    call(&server, "POST", &format!("users/{id}/role-mappings/realm"), json!([role]), 204).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 200);
    let own = call(&server, "GET", &format!("users/{id}/role-mappings/realm"), Json::Null, 200).await;
    assert_eq!(own.as_array().unwrap().len(), 2);
    call(&server, "DELETE", &format!("users/{id}/role-mappings/realm"), json!([role]), 204).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 403);

    // A new password ends what was done with the old one; a temporary one lets nobody in.
    assert_eq!(server.request_as(&token, "GET", "/v1/orchestrator", None).await.0, 200);
    call(&server, "PUT", &format!("users/{id}/reset-password"), reset(PASSWORD, false), 204).await;
    assert_eq!(server.request_as(&token, "GET", "/v1/orchestrator", None).await.0, 401);
    assert_eq!((password(&server, "carol", NEW).await, password(&server, "carol", PASSWORD).await), (401, 200));
    call(&server, "PUT", &format!("users/{id}/reset-password"), reset(NEW, true), 204).await;
    assert_eq!(password(&server, "carol", NEW).await, 400);

    call(&server, "PUT", &format!("users/{id}"), json!({"requiredActions": []}), 204).await;
    let token = server.login("carol", NEW).await;
    call(&server, "PUT", &format!("users/{id}"), json!({"enabled": false}), 204).await;
    assert_eq!(server.request_as(&token, "GET", "/v1/orchestrator", None).await.0, 401);
    call(&server, "PUT", &format!("users/{id}"), json!({"enabled": true}), 204).await;
    assert_eq!(server.request_as(&token, "GET", "/v1/orchestrator", None).await.0, 401, "that login has ended");
    let token = server.login("carol", NEW).await;
    let sessions = call(&server, "GET", &format!("users/{id}/sessions"), Json::Null, 200).await;
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    call(&server, "POST", &format!("users/{id}/logout"), Json::Null, 204).await;
    assert_eq!(server.request_as(&token, "GET", "/v1/orchestrator", None).await.0, 401);
    call(&server, "DELETE", &format!("users/{id}"), Json::Null, 204).await;
    assert_eq!(password(&server, "carol", NEW).await, 401);
}

/// What an onboarding service does for a node, as upstream's does it.
#[tokio::test]
async fn a_node_is_onboarded_by_the_admin_api() {
    let server = Server::start_at(SATURDAY_MS).await;
    let uuid = uuid::Uuid::new_v4().to_string();
    let client = json!({
        "clientId": format!("edgenode-{uuid}"), "name": "Edge Node", "enabled": true, "publicClient": false,
        "serviceAccountsEnabled": true, "standardFlowEnabled": false, "directAccessGrantsEnabled": false,
    });
    call(&server, "POST", "clients", client, 201).await;
    let client = call(&server, "GET", &format!("clients?clientId=edgenode-{uuid}"), Json::Null, 200).await[0].clone();
    let client = format!("clients/{}", client["id"].as_str().unwrap());
    let secret = call(&server, "GET", &format!("{client}/client-secret"), Json::Null, 200).await["value"].clone();
    let account = call(&server, "GET", &format!("{client}/service-account-user"), Json::Null, 200).await["id"].clone();
    let groups = call(&server, "GET", "groups?search=Edge-Node-M2M", Json::Null, 200).await;
    let membership = format!("users/{}/groups/{}", account.as_str().unwrap(), groups[0]["id"].as_str().unwrap());
    call(&server, "PUT", &membership, Json::Null, 204).await;
    let login = |secret: &str| format!("grant_type=client_credentials&client_id=edgenode-{uuid}&client_secret={secret}");
    let (status, tokens) = form(&server, "token", &login(secret.as_str().unwrap())).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let caller = server.identity.authenticate(Some(&format!("Bearer {token}"))).await.unwrap();
    assert_eq!((caller.node_uuid(), caller.node_project()), (Some(uuid.as_str()), Some(server.project.as_str())));
    assert!(caller.is_agent_of(&server.project));

    let new = call(&server, "POST", &format!("{client}/client-secret"), Json::Null, 200).await["value"].clone();
    assert_eq!(form(&server, "token", &login(secret.as_str().unwrap())).await.0, 401);
    assert_eq!(form(&server, "token", &login(new.as_str().unwrap())).await.0, 200);
    call(&server, "DELETE", &client, Json::Null, 204).await;
    assert!(server.identity.authenticate(Some(&format!("Bearer {token}"))).await.is_err());
}

#[tokio::test]
async fn groups_and_roles_that_are_made() {
    let server = Server::start_at(SATURDAY_MS).await;
    call(&server, "POST", "groups", json!({"name": "night shift"}), 201).await;
    call(&server, "POST", "roles", json!({"name": "watcher", "description": "watches"}), 201).await;
    let group = call(&server, "GET", "groups?search=night", Json::Null, 200).await[0]["id"].as_str().unwrap().to_owned();
    let watcher = call(&server, "GET", "roles/watcher", Json::Null, 200).await;
    assert_eq!(watcher["description"], "watches");
    let reads = call(&server, "GET", &format!("roles/{}_im-r", server.project), Json::Null, 200).await;
    call(&server, "POST", &format!("groups/{group}/role-mappings/realm"), json!([watcher, reads]), 204).await;
    server.user("owl", |_| {}).await;
    let owl = user(&server, "owl").await;
    call(&server, "PUT", &format!("users/{owl}/groups/{group}"), Json::Null, 204).await;
    let token = server.login("owl", PASSWORD).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 200);
    let members = call(&server, "GET", &format!("groups/{group}/members"), Json::Null, 200).await;
    assert_eq!(members[0]["username"], "owl");
    call(&server, "DELETE", "roles/watcher", Json::Null, 204).await;
    let roles = call(&server, "GET", &format!("groups/{group}/role-mappings/realm"), Json::Null, 200).await;
    assert_eq!(roles.as_array().unwrap().len(), 1);
    call(&server, "DELETE", &format!("groups/{group}"), Json::Null, 204).await;
    assert_eq!(server.request_as(&token, "GET", "regions", None).await.0, 403);
    assert_eq!(call(&server, "GET", &format!("users/{owl}/groups"), Json::Null, 200).await, json!([]));
    // What follows from projects is not made, changed or deleted by hand.
    let known = call(&server, "GET", "groups?search=Host-Manager", Json::Null, 200).await[0].clone();
    let id = known["id"].as_str().unwrap();
    call(&server, "DELETE", &format!("groups/{id}"), Json::Null, 400).await;
    call(&server, "POST", &format!("groups/{id}/role-mappings/realm"), json!([reads]), 400).await;
    call(&server, "POST", "groups", json!({"name": known["name"]}), 409).await;
    call(&server, "DELETE", "roles/admin", Json::Null, 400).await;
    let later = "99999999-0000-4000-8000-000000000000_im-rw";
    call(&server, "POST", "roles", json!({"name": later}), 409).await;
    assert_eq!(server.ok("GET", &format!("/v1/projects/{PROJECT}"), Json::Null).await["spec"]["description"], "");
}

#[tokio::test]
async fn nobody_makes_themselves_an_administrator() {
    let server = Server::start_at(SATURDAY_MS).await;
    let mut client = Client {
        secret_sha256: hex::encode(Sha256::digest("s")),
        service_account: uuid::Uuid::new_v4().to_string(),
        admin_roles: List(vec!["manage-users".to_owned()]),
        ..Client::default()
    };
    "helpdesk".clone_into(&mut client.meta.id);
    client.meta.revision = 1;
    let account = client.service_account.clone();
    server.store.commit(Batch::default().insert(client)).await.unwrap();
    let tokens = form(&server, "token", "grant_type=client_credentials&client_id=helpdesk&client_secret=s").await.1;
    let helpdesk = tokens["access_token"].as_str().unwrap().to_owned();
    let (admin, role) = (user(&server, "admin").await, call(&server, "GET", "roles/admin", Json::Null, 200).await);
    call(&server, "POST", "groups", json!({"name": "bosses"}), 201).await;
    let bosses = call(&server, "GET", "groups?search=bosses", Json::Null, 200).await[0]["id"].as_str().unwrap().to_owned();
    call(&server, "POST", &format!("groups/{bosses}/role-mappings/realm"), json!([role]), 204).await;
    let reset = json!({"type": "password", "value": NEW, "temporary": false});
    let member = json!({"username": "mallory", "enabled": true, "groups": ["/bosses"]});
    for (method, path, body) in [
        ("POST", format!("users/{account}/role-mappings/realm"), json!([role])),
        ("PUT", format!("users/{account}/groups/{bosses}"), Json::Null),
        ("POST", format!("groups/{bosses}/role-mappings/realm"), json!([])),
        ("DELETE", format!("groups/{bosses}"), Json::Null),
        ("PUT", format!("users/{admin}/reset-password"), reset),
        ("PUT", format!("users/{admin}"), json!({"enabled": false})),
        ("DELETE", format!("users/{admin}"), Json::Null),
        ("DELETE", format!("users/{admin}/role-mappings/realm"), json!([role])),
        ("POST", "users".to_owned(), member),
    ] {
        let body = (!body.is_null()).then(|| body.to_string());
        let (status, text) = server.request_as(&helpdesk, method, &format!("{ADMIN}/{path}"), body).await;
        assert_eq!(status, 403, "{method} {path}: {text}");
    }
    // The last administrator stays one.
    for (method, path, body) in [
        ("DELETE", format!("users/{admin}"), Json::Null),
        ("PUT", format!("users/{admin}"), json!({"enabled": false})),
        ("DELETE", format!("users/{admin}/role-mappings/realm"), json!([role])),
    ] {
        let told = call(&server, method, &path, body, 400).await;
        assert!(told["errorMessage"].as_str().unwrap().contains("last administrator"), "{told}");
    }
    server.user("deputy", |user| user.roles = List(vec!["admin".to_owned()])).await;
    call(&server, "DELETE", &format!("users/{admin}/role-mappings/realm"), json!([role]), 204).await;
    assert_eq!(server.request("GET", &format!("{ADMIN}/users"), None).await.0, 403, "from now on");
}

#[tokio::test]
async fn wrong_passwords_are_counted_by_person() {
    let server = Server::start_at(SATURDAY_MS).await;
    let id = server.user("clumsy", |user| user.email = "clumsy@edge.example".to_owned()).await.meta.id;
    for attempt in 0..30 {
        let name = if attempt % 2 == 0 { "clumsy" } else { "clumsy%40edge.example" };
        assert_eq!(password(&server, name, "wrong").await, 401);
    }
    let lock = format!("attack-detection/brute-force/users/{id}");
    let told = call(&server, "GET", &lock, Json::Null, 200).await;
    assert_eq!((&told["disabled"], &told["numFailures"]), (&json!(true), &json!(30)));
    assert_eq!(password(&server, "clumsy", PASSWORD).await, 401, "the right one as well, and nothing tells");
    call(&server, "DELETE", &lock, Json::Null, 204).await;
    assert_eq!(password(&server, "clumsy", PASSWORD).await, 200);
    assert_eq!(call(&server, "GET", &lock, Json::Null, 200).await["numFailures"], 0);
    let users = server.store.load_all::<emt_server::identity::records::User>("", emt_api::filter::Expr::everything()).await;
    assert_eq!(users.unwrap().len(), 2);
}
