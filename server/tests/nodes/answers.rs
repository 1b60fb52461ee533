//! What a node may do and is told: identity bound to one host, answers that fit old agents, linking by `osID`.

use emt_api::maintmgr::update_status::StatusType;
use emt_server::identity::records::User;
use serde_json::{Value as Json, json};
use tonic::Code;

use crate::{
    node::{Node, PUA, V1, V2, id, os},
    support::{
        PASSWORD,
        southbound::{Metadata, answer, report},
    },
};

#[tokio::test]
async fn a_token_speaks_for_one_host_of_one_project() {
    let node = Node::start().await;
    let server = &node.server;
    let (own, other) = (server.project.clone(), "22222222-3333-4444-8555-666666666666".to_owned());
    let neighbour = uuid::Uuid::new_v4().to_string();
    let host = id(&server.ok("POST", "compute/hosts/register", json!({"name": "next", "uuid": neighbour})).await);
    let neighbours = server.node_token(&own, &host, &neighbour).await;
    server.report(report(&neighbour, StatusType::UpToDate, "emt", V1), &Metadata::token(&neighbours)).await.unwrap();
    let manager = server.token.clone();
    server.user("agent", |user: &mut User| user.member_of.0 = vec![format!("{own}_Edge-Node-M2M-Service-Account")]).await;
    let agent_role = server.login("agent", PASSWORD).await;

    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let named = |project: &str| Some(project.to_owned());
    // Who, in which project by metadata, for which host: the code.
    let cases = [
        (bearer(&node.token), None, &node.uuid, Code::Ok),
        (bearer(&node.token), named(&own), &node.uuid, Code::Ok),
        (bearer(&node.token), named(&own.to_uppercase()), &node.uuid, Code::Ok),
        (bearer(&node.token), named(&other), &node.uuid, Code::PermissionDenied),
        (bearer(&node.token), named("garbage"), &node.uuid, Code::PermissionDenied),
        (bearer(&node.token), None, &neighbour, Code::PermissionDenied),
        (bearer(&node.token), named(&own), &neighbour, Code::PermissionDenied),
        (bearer(&node.token), named(&other), &neighbour, Code::PermissionDenied),
        (bearer(&agent_role), named(&own), &node.uuid, Code::PermissionDenied),
        (bearer(&manager), named(&own), &node.uuid, Code::PermissionDenied),
        (bearer(&manager), None, &node.uuid, Code::Unauthenticated),
        (None, None, &node.uuid, Code::Unauthenticated),
        (None, named(&own), &node.uuid, Code::PermissionDenied),
        (Some("Bearer".to_owned()), None, &node.uuid, Code::Unauthenticated),
        (Some("Basic Zm9vOmJhcg==".to_owned()), None, &node.uuid, Code::PermissionDenied),
        (bearer("a.b.c"), None, &node.uuid, Code::PermissionDenied),
    ];
    node.tell(StatusType::UpToDate, V1, "").await;
    for (authorization, project, uuid, code) in cases {
        let before = node.server.ok("GET", "compute/instances", Json::Null).await;
        let metadata = Metadata { authorization, project, user_agent: None };
        let outcome = server.report(report(uuid, StatusType::Started, "emt", V1), &metadata).await;
        let found = outcome.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok);
        assert_eq!(found, code, "{metadata:?} for {uuid}: {outcome:?}");
        let after = node.server.ok("GET", "compute/instances", Json::Null).await;
        assert!(found == Code::Ok || before == after, "nothing is stored: {after}");
    }
    server.pass(3600);
    let outcome = server.report(report(&node.uuid, StatusType::UpToDate, "emt", V1), &Metadata::token(&node.token)).await;
    assert_eq!(outcome.unwrap_err().code(), Code::PermissionDenied, "expired");
}

#[tokio::test]
async fn old_agents_are_told_windows_only_when_there_is_something_to_install() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.window(7200).await;
    assert_eq!(node.told(V1).await, (None, String::new()), "no target");
    let careful = node.tell(StatusType::UpToDate, V1, "tonic/0.14").await;
    assert!(careful.update_schedule.unwrap().single_schedule.is_some(), "the contract's own form, for agents that can take it");
    let policy = json!({"name": "to", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": node.v1});
    let policy = id(&node.server.ok("POST", "os-update-policies", policy).await);
    assert_eq!(node.link(json!({"osUpdatePolicyID": policy})).await.0, 200);
    for image in [V1, ""] {
        assert_eq!(node.told(image).await, (None, String::new()), "the target runs");
    }
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    let (window, image) = node.told(V1).await;
    assert!(window.is_some());
    assert_eq!(image, V2);
}

#[tokio::test]
async fn an_old_agent_is_told_a_moved_window_after_a_gap() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.link(json!({"osID": node.v2})).await;
    let now = u64::try_from(node.server.now()).unwrap();
    let window = node.window(7200).await;
    for _ in 0..2 {
        assert_eq!(node.told(V1).await.0, Some(now + 7200));
    }
    let moved = json!({"startSeconds": now + 9000, "endSeconds": now + 12600, "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE"});
    node.server.ok("PATCH", &format!("schedules/single/{window}"), moved).await;
    assert_eq!(node.told(V1).await, (None, V2.to_owned()), "told none once, so that it forgets the old one");
    for _ in 0..2 {
        assert_eq!(node.told(V1).await.0, Some(now + 9000));
    }
    node.server.ok("DELETE", &format!("schedules/single/{window}"), Json::Null).await;
    assert_eq!(node.told(V1).await.0, None);
    node.window(600).await;
    assert_eq!(node.told(V1).await.0, Some(now + 600), "after a gap there is no need of another");
}

#[tokio::test]
async fn an_open_ended_window_has_an_end_beside_an_image() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.link(json!({"osID": node.v2})).await;
    let body = json!({"name": "w", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": node.host, "startSeconds": node.server.now() + 5});
    node.server.ok("POST", "schedules/single", body).await;
    for passed in [0, 1800] {
        node.server.pass(passed);
        let answer = answer(&node.tell(StatusType::UpToDate, V1, PUA).await);
        let end = answer["update_schedule"]["single_schedule"]["end_seconds"].as_i64();
        assert!(end.is_some_and(|end| end > node.server.now() + 600), "{answer}");
    }
}

#[tokio::test]
async fn windows_of_other_kinds_are_not_told() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.link(json!({"osID": node.v2})).await;
    for kind in ["MAINTENANCE", "UNSPECIFIED"] {
        let body = json!({"name": "w", "scheduleStatus": format!("SCHEDULE_STATUS_{kind}"), "targetHostId": node.host,
            "startSeconds": node.server.now() + 600});
        node.server.ok("POST", "schedules/single", body).await;
        assert_eq!(node.told(V1).await, (None, V2.to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn the_first_report_makes_the_instance_with_what_really_runs() {
    let node = Node::start().await;
    assert_eq!(node.server.ok("GET", "compute/instances", Json::Null).await["totalElements"], 0);
    node.tell(StatusType::UpToDate, V1, PUA).await;
    let instance = node.instance().await;
    assert_eq!(instance["os"]["resourceId"], node.v1.as_str());
    assert_eq!(instance["currentOs"]["resourceId"], node.v1.as_str());
    assert_eq!(instance["host"]["resourceId"], node.host.as_str());
    assert_eq!(instance["osUpdateAvailable"], format!("emt {V2}"));
    assert_eq!(instance["desiredOs"], Json::Null);
}

/// The seed's commands: list, link by `osID`, see it as `desiredOs`, install it in the next window.
#[tokio::test]
async fn an_os_is_linked_by_its_id_and_installed() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    let instance = id(&node.instance().await);
    let path = format!("compute/instances/{instance}");
    let linked = node.server.ok("PATCH", &path, json!({"osID": node.v2})).await;
    for shown in [linked, node.server.ok("GET", &path, Json::Null).await, node.instance().await] {
        assert_eq!(shown["desiredOs"]["resourceId"], node.v2.as_str());
        assert_eq!(shown["os"]["resourceId"], node.v1.as_str(), "what is installed is still that");
        assert_eq!(shown["osID"], node.v1.as_str());
    }
    node.window(600).await;
    let (window, image) = node.told(V1).await;
    assert!(window.is_some());
    assert_eq!(image, V2);
    for (status, image) in [
        (StatusType::Downloading, V1),
        (StatusType::Downloaded, V1),
        (StatusType::Started, V1),
        (StatusType::Updated, V2),
        (StatusType::Updated, V2),
    ] {
        node.tell(status, image, PUA).await;
    }
    let shown = node.instance().await;
    assert_eq!(shown["os"]["resourceId"], node.v2.as_str());
    assert_eq!(shown["updateStatus"], "Update completed");
    let runs = node.server.ok("GET", "os-update-runs", Json::Null).await;
    assert_eq!((&runs["totalElements"], &runs["osUpdateRuns"][0]["status"]), (&json!(1), &json!("Update completed")));
    assert_eq!(node.told(V2).await, (None, String::new()), "it is not installed again");
    // Back to what runs is no desire.
    assert_eq!(node.link(json!({"osID": node.v1})).await.0, 200);
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    assert_eq!(node.instance().await["desiredOs"], Json::Null);
}

#[tokio::test]
async fn what_cannot_be_installed_is_not_linked() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.link(json!({"osID": node.v2})).await;
    let mut bare = os("emt", "3.0.20260301", "OS_TYPE_IMMUTABLE");
    bare.as_object_mut().unwrap().remove("imageUrl");
    let mut ids = Vec::new();
    for body in [os("emt-rt", V2, "OS_TYPE_IMMUTABLE"), os("emt", "9.9.9", "OS_TYPE_MUTABLE"), bare] {
        ids.push(id(&node.server.ok("POST", "compute/os", body).await));
    }
    for (wanted, status, words) in [
        (ids[0].as_str(), 400, vec!["emt-rt", "runs profile emt", "choose an OS of the same profile"]),
        (&ids[1], 400, vec!["mutable", "choose an immutable OS of profile emt"]),
        (&ids[2], 400, vec!["no imageUrl", "publish the image"]),
        ("os-ffffffff", 404, vec!["operating_system_resource not found"]),
        ("os-1", 400, vec![]),
        ("", 400, vec![]),
        ("inst-ffffffff", 400, vec![]),
    ] {
        let (found, text) = node.link(json!({"osID": wanted})).await;
        assert_eq!(found, status, "{wanted}: {text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert_eq!(node.instance().await["desiredOs"]["resourceId"], node.v2.as_str(), "the link before stays");
    }
}

#[tokio::test]
async fn the_later_of_policy_and_link_counts() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    let v3 = id(&node.server.ok("POST", "compute/os", os("emt", "3.0.20260201.0900", "OS_TYPE_IMMUTABLE")).await);
    node.server.ok("POST", "compute/os", os("emt-rt", "9.0.0", "OS_TYPE_IMMUTABLE")).await;
    let policy = async |body: Json| id(&node.server.ok("POST", "os-update-policies", body).await);
    let latest = policy(json!({"name": "latest", "updatePolicy": "UPDATE_POLICY_LATEST"})).await;
    let fixed = policy(json!({"name": "fixed", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": v3})).await;
    for (body, desired, policy) in [
        (json!({"osUpdatePolicyID": latest}), &node.v2, Some(&latest)),
        (json!({"osUpdatePolicyID": fixed}), &v3, Some(&fixed)),
        (json!({"osID": node.v2}), &node.v2, None),
        (json!({"osUpdatePolicyID": fixed}), &v3, Some(&fixed)),
    ] {
        let (status, text) = node.link(body.clone()).await;
        assert_eq!(status, 200, "{text}");
        let shown = node.instance().await;
        assert_eq!(shown["desiredOs"]["resourceId"], desired.as_str(), "{body}");
        assert_eq!(shown["updatePolicy"]["resourceId"].as_str(), policy.map(String::as_str), "{body}");
    }
}
