//! Adoption: a host that was provisioned elsewhere, and its agent with credentials that an operator has carried there.

use emt_api::{hostmgr::InstanceStatus, maintmgr::update_status::StatusType};
use serde_json::{Value as Json, json};
use tonic::Code;

use crate::{
    node::{V1, V2, id, os},
    old_agent::OldAgent,
    support::{
        SATURDAY_MS, Server,
        southbound::{Metadata, heartbeat, report},
    },
};

/// A registered host and two OS resources.
struct Orphan {
    server: Server,
    uuid: String,
    host: String,
    v1: String,
    v2: String,
}

impl Orphan {
    async fn registered() -> Self {
        let server = Server::start_at(SATURDAY_MS).await;
        let v1 = id(&server.ok("POST", "compute/os", os("emt", V1, "OS_TYPE_IMMUTABLE")).await);
        let v2 = id(&server.ok("POST", "compute/os", os("emt", V2, "OS_TYPE_IMMUTABLE")).await);
        let uuid = uuid::Uuid::new_v4().to_string();
        let host = id(&server.ok("POST", "compute/hosts/register", json!({"name": "till", "uuid": uuid})).await);
        Self { server, uuid, host, v1, v2 }
    }

    async fn adopt(&self, query: &str, body: Json) -> (u16, Json) {
        let path = format!("compute/hosts/{}/adopt{query}", self.host);
        let body = (!body.is_null()).then(|| body.to_string());
        let (status, text) = self.server.request("PUT", &path, body).await;
        (status, serde_json::from_str(&text).unwrap())
    }
}

#[tokio::test]
async fn an_adopted_node_reports_and_updates_as_any_other() {
    let orphan = Orphan::registered().await;
    let (status, adopted) = orphan.adopt("?credentials=true", json!({"osID": orphan.v1})).await;
    assert_eq!(status, 200, "{adopted}");
    assert_eq!((&adopted["currentState"], &adopted["onboardingStatus"]), (&json!("HOST_STATE_ONBOARDED"), &json!("Onboarded")));
    assert_eq!(adopted["instance"]["os"]["resourceId"], orphan.v1.as_str());
    assert_eq!(adopted["instance"]["provisioningStatus"], "Provisioned");
    let credentials = &adopted["credentials"];
    assert_eq!(credentials["clientId"], format!("edgenode-{}", orphan.uuid));
    let (status, token) = orphan.server.node_login(credentials).await;
    assert_eq!(status, 200, "{token}");
    let token = token["access_token"].as_str().unwrap().to_owned();

    // The old agent does not know what it runs; the server knows it from the adoption.
    let node = crate::node::Node {
        uuid: orphan.uuid.clone(),
        host: orphan.host.clone(),
        token,
        v1: orphan.v1.clone(),
        v2: orphan.v2.clone(),
        server: orphan.server,
    };
    node.server.heartbeat(heartbeat(&node.uuid, InstanceStatus::Running), &Metadata::token(&node.token)).await.unwrap();
    assert_eq!(node.shown_host().await["hostStatus"], "Running");
    let mut agent = OldAgent::default();
    agent.tick(&node).await;
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    node.window(60).await;
    agent.live(&node, 300).await;
    assert_eq!(agent.installed, [V2]);
    assert_eq!(node.instance().await["os"]["resourceId"], node.v2.as_str());
}

#[tokio::test]
async fn adopting_again_changes_nothing_and_gives_other_credentials() {
    let orphan = Orphan::registered().await;
    let (_, first) = orphan.adopt("?credentials=true", json!({"osID": orphan.v1})).await;
    let generation = orphan.server.store.generation(&orphan.server.project);
    for body in [Json::Null, json!({}), json!({"osID": orphan.v1})] {
        let (status, again) = orphan.adopt("", body).await;
        assert_eq!(status, 200, "{again}");
        assert_eq!(again["instance"]["resourceId"], first["instance"]["resourceId"]);
        assert!(again.get("credentials").is_none(), "{again}");
    }
    assert_eq!(orphan.server.store.generation(&orphan.server.project), generation);
    assert_eq!(orphan.server.node_login(&first["credentials"]).await.0, 200, "the credentials hold");
    let (_, second) = orphan.adopt("?credentials=true", Json::Null).await;
    assert_ne!(second["credentials"]["clientSecret"], first["credentials"]["clientSecret"]);
    assert_eq!(orphan.server.node_login(&first["credentials"]).await.0, 401);
    assert_eq!(orphan.server.node_login(&second["credentials"]).await.0, 200);
}

#[tokio::test]
async fn what_is_planned_for_a_host_is_what_it_runs_unless_it_is_said() {
    let orphan = Orphan::registered().await;
    let body = json!({"hostID": orphan.host, "osID": orphan.v1, "kind": "INSTANCE_KIND_METAL"});
    let instance = id(&orphan.server.ok("POST", "compute/instances", body).await);
    let (_, adopted) = orphan.adopt("", Json::Null).await;
    assert_eq!(adopted["instance"]["resourceId"], instance.as_str());
    assert_eq!(adopted["instance"]["os"]["resourceId"], orphan.v1.as_str());
    let (_, corrected) = orphan.adopt("", json!({"osID": orphan.v2})).await;
    assert_eq!(corrected["instance"]["os"]["resourceId"], orphan.v2.as_str());
    let token = orphan.server.node_token(&orphan.server.project, &orphan.host, &orphan.uuid).await;
    let told = report(&orphan.uuid, StatusType::UpToDate, "emt", V2);
    orphan.server.report(told, &Metadata::token(&token)).await.unwrap();
    let (status, refused) = orphan.adopt("", json!({"osID": orphan.v1})).await;
    assert!(status == 400 && refused["message"].as_str().unwrap().contains(&format!("runs emt {V2}")), "{refused}");
}

#[tokio::test]
async fn refusals_say_what_to_do_and_change_nothing() {
    let orphan = Orphan::registered().await;
    let before = orphan.server.ok("GET", &format!("compute/hosts/{}", orphan.host), Json::Null).await;
    for (query, body, status, words) in [
        ("", Json::Null, 400, "name the OS resource with osID"),
        ("", json!({"osID": "os-ffffffff"}), 404, "operating_system_resource not found"),
        ("", json!({"osID": "os-1"}), 400, "osID"),
        ("", json!({"osID": 1}), 400, "osID"),
        ("", json!({"os": "x"}), 400, "unsupported"),
        ("?credentials=maybe", json!({}), 400, "credentials"),
    ] {
        let (found, refused) = orphan.adopt(query, body.clone()).await;
        assert!(found == status && refused["message"].as_str().unwrap().contains(words), "{body}: {found} {refused}");
    }
    assert_eq!(orphan.server.ok("GET", &format!("compute/hosts/{}", orphan.host), Json::Null).await, before);
    let (status, _) = orphan.server.request("PUT", "compute/hosts/host-ffffffff/adopt", None).await;
    assert_eq!(status, 404);
    orphan.adopt("?credentials=true", json!({"osID": orphan.v1})).await;
    orphan.server.ok("PUT", &format!("compute/hosts/{}/invalidate", orphan.host), Json::Null).await;
    let (status, refused) = orphan.adopt("?credentials=true", Json::Null).await;
    assert!(status == 400 && refused["message"].as_str().unwrap().contains("withdrawn trust"), "{refused}");
}

#[tokio::test]
async fn an_adopted_host_without_credentials_cannot_be_spoken_for() {
    let orphan = Orphan::registered().await;
    orphan.adopt("", json!({"osID": orphan.v1})).await;
    let outcome = orphan.server.report(report(&orphan.uuid, StatusType::UpToDate, "", ""), &Metadata::token("x")).await;
    assert_eq!(outcome.unwrap_err().code(), Code::PermissionDenied);
    let form = json!({"clientId": format!("edgenode-{}", orphan.uuid), "clientSecret": "x"});
    assert_eq!(orphan.server.node_login(&form).await.0, 401);
}
