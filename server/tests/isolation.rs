//! Two projects that cannot see each other, and readers that cannot write.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use emt_api::maintmgr::update_status::StatusType;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::{
    PASSWORD, PROJECT, Server,
    southbound::{Metadata, report},
};

const OTHER: &str = "bakery";
const UUID: &str = "0a1b2c3d-1111-4222-8333-444455556666";
const IMAGE: &str = "3.0.20260101.1000";

/// One record of each kind of the first project: its collection, its id, and a change that its own project may make.
struct Kind {
    path: &'static str,
    id: String,
    patch: Json,
}

struct Two {
    server: Server,
    /// UUID of the other project.
    other: String,
    /// Tokens of a manager and a reader of the first project, and of a manager of the other.
    shopper: String,
    reader: String,
    baker: String,
    /// Token of the first project's node.
    node: String,
    kinds: Vec<Kind>,
}

async fn two_projects() -> Two {
    let server = Server::start().await;
    server.ok("PUT", "/v1/projects/bakery", json!({})).await;
    let other = server.identity.project_named(OTHER).await.unwrap().unwrap().uuid;
    for (user, project, group) in [
        ("shopper", &server.project, "Host-Manager-Group"),
        ("reader", &server.project, "Edge-Operator-Group"),
        ("baker", &other, "Host-Manager-Group"),
    ] {
        server.user(user, |user| user.member_of.0 = vec![format!("{project}_{group}")]).await;
    }
    let login = async |user| server.login(user, PASSWORD).await;
    let (shopper, reader, baker) = (login("shopper").await, login("reader").await, login("baker").await);

    let id = |answer: &Json| answer["resourceId"].as_str().unwrap().to_owned();
    let os = id(&server.ok("POST", "compute/os", os_body()).await);
    let host = id(&server.ok("POST", "compute/hosts/register", json!({"name": "till", "uuid": UUID})).await);
    let node = server.node_token(&server.project, &host, UUID).await;
    let told = server.report(report(UUID, StatusType::Started, "emt", IMAGE), &Metadata::token(&node)).await;
    told.unwrap();
    let region = id(&server.ok("POST", "regions", json!({"name": "south"})).await);
    let site = id(&server.ok("POST", "sites", json!({"name": "shop", "regionId": region})).await);
    let single = id(&server.ok("POST", "schedules/single", single_body(&host)).await);
    let repeated = id(&server.ok("POST", "schedules/repeated", repeated_body(&site)).await);
    let policy = id(&server.ok("POST", "os-update-policies", policy_body(&os)).await);
    let instance = id(&server.ok("GET", "compute/instances", Json::Null).await["instances"][0]);
    let run = id(&server.ok("GET", "os-update-runs", Json::Null).await["osUpdateRuns"][0]);
    let workload = id(&server.ok("POST", "compute/workloads", json!({"kind": "WORKLOAD_KIND_CLUSTER"})).await);
    let member = json!({"kind": "WORKLOAD_MEMBER_KIND_CLUSTER_NODE", "workloadId": workload, "instanceId": instance});
    let member = id(&server.ok("POST", "workload_members", member).await);
    let provider = json!({"providerKind": "PROVIDER_KIND_BAREMETAL", "name": "lab", "apiEndpoint": "lab"});
    let provider = id(&server.ok("POST", "providers", provider).await);
    let account = id(&server.ok("POST", "localAccounts", json!({"username": "ops", "sshKey": "ssh-ed25519 AAAA"})).await);
    let config = id(&server.ok("POST", "customConfigs", json!({"name": "dns", "config": "x"})).await);
    let group = json!({"name": "logs", "collectorKind": "TELEMETRY_COLLECTOR_KIND_HOST", "groups": ["syslog"]});
    let group = id(&server.ok("POST", "telemetry/loggroups", group).await);
    let profile = json!({"logsGroupId": group, "logLevel": "SEVERITY_LEVEL_WARN", "targetSite": site});
    let profile = id(&server.ok("POST", "telemetry/profiles/logs", profile).await);
    let kind = |path, id, patch| Kind { path, id, patch };
    let kinds = vec![
        kind("compute/os", os, json!({"sha256": "a".repeat(64), "architecture": "arm"})),
        kind("compute/hosts", host, json!({"name": "taken"})),
        kind("compute/instances", instance, json!({"name": "taken"})),
        kind("regions", region, json!({"name": "taken"})),
        kind("sites", site, json!({"name": "taken"})),
        kind("schedules/single", single.clone(), json!({"name": "taken"})),
        kind("schedules/repeated", repeated, json!({"name": "taken"})),
        kind("os-update-policies", policy, Json::Null),
        kind("os-update-runs", run, Json::Null),
        kind("compute/workloads", workload, json!({"name": "taken"})),
        kind("workload_members", member, Json::Null),
        kind("providers", provider, Json::Null),
        kind("localAccounts", account, Json::Null),
        kind("customConfigs", config, Json::Null),
        kind("telemetry/loggroups", group, Json::Null),
        kind("telemetry/profiles/logs", profile, json!({"logLevel": "SEVERITY_LEVEL_INFO"})),
    ];
    Two { server, other, shopper, reader, baker, node, kinds }
}

fn os_body() -> Json {
    json!({"name": "emt 1", "profileName": "emt", "imageId": IMAGE, "imageUrl": "files/1", "sha256": "a".repeat(64),
        "osType": "OS_TYPE_IMMUTABLE", "osProvider": "OS_PROVIDER_KIND_INFRA"})
}

fn single_body(host: &str) -> Json {
    json!({"name": "night", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "startSeconds": 4_000_000_000_u32, "targetHostId": host})
}

fn repeated_body(site: &str) -> Json {
    json!({"name": "weekly", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "durationSeconds": 3600, "cronMinutes": "0",
        "cronHours": "2", "cronDayMonth": "*", "cronMonth": "*", "cronDayWeek": "6", "targetSiteId": site})
}

fn policy_body(os: &str) -> Json {
    json!({"name": "to 1", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": os})
}

impl Two {
    fn id(&self, path: &str) -> &str {
        &self.kinds.iter().find(|kind| kind.path == path).unwrap().id
    }

    /// All records of the first project, as its manager sees them.
    async fn records(&self) -> Vec<Json> {
        let mut records = Vec::new();
        for kind in &self.kinds {
            let (status, body) = self.server.request("GET", &format!("{}/{}", kind.path, kind.id), None).await;
            assert_eq!(status, 200, "{body}");
            records.push(serde_json::from_str(&body).unwrap());
        }
        records
    }
}

#[tokio::test]
async fn ids_of_another_project_are_not_there() {
    let two = two_projects().await;
    let before = two.records().await;
    let (server, baker) = (&two.server, &two.baker);
    for kind in &two.kinds {
        let own = |project: &str| format!("/v1/projects/{project}/{}", kind.path);
        for method in ["GET", "PATCH", "PUT", "DELETE"] {
            let body = ["PATCH", "PUT"].contains(&method).then(|| kind.patch.to_string());
            let path = format!("{}/{}", own(OTHER), kind.id);
            let (status, text) = server.request_as(baker, method, &path, body.clone()).await;
            let refused = if method == "PUT" { [404, 400].contains(&status) } else { status == 404 };
            assert!(refused, "{method} {path}: {status} {text}");
            let path = format!("{}/{}", own(PROJECT), kind.id);
            let (status, text) = server.request_as(baker, method, &path, body).await;
            if kind.patch.is_null() && ["PATCH", "PUT"].contains(&method) {
                assert_eq!(status, 404, "{method} {path} is not served: {text}");
            } else {
                assert_eq!((status, text.as_str()), (403, "Access denied or project not found"), "{method} {path}");
            }
        }
        let list: Json = serde_json::from_str(&server.request_as(baker, "GET", &own(OTHER), None).await.1).unwrap();
        assert_eq!(list["totalElements"], 0, "{}: {list}", kind.path);
        assert_eq!(server.request_as(baker, "GET", &own(PROJECT), None).await.0, 403);
    }
    let (host, instance) = (two.id("compute/hosts"), two.id("compute/instances"));
    for (method, path) in [
        ("PATCH", format!("compute/hosts/{host}/register?enrolment=true")),
        ("PATCH", format!("compute/hosts/{host}/onboard")),
        ("PUT", format!("compute/hosts/{host}/invalidate")),
        ("PUT", format!("compute/instances/{instance}/invalidate")),
    ] {
        let (status, text) = server.request_as(baker, method, &format!("/v1/projects/{OTHER}/{path}"), None).await;
        assert_eq!(status, 404, "{method} {path}: {text}");
    }
    assert_eq!(two.records().await, before);
    server.report(report(UUID, StatusType::Started, "emt", IMAGE), &Metadata::token(&two.node)).await.unwrap();
}

#[tokio::test]
async fn nothing_links_into_another_project() {
    let two = two_projects().await;
    let before = two.records().await;
    for (path, body) in [
        (
            "compute/instances",
            json!({"kind": "INSTANCE_KIND_METAL", "hostID": two.id("compute/hosts"), "osID": two.id("compute/os")}),
        ),
        ("regions", json!({"name": "r", "parentId": two.id("regions")})),
        ("sites", json!({"name": "s", "regionId": two.id("regions")})),
        ("schedules/single", single_body(two.id("compute/hosts"))),
        ("schedules/repeated", repeated_body(two.id("sites"))),
        ("os-update-policies", policy_body(two.id("compute/os"))),
    ] {
        let path = format!("/v1/projects/{OTHER}/{path}");
        let (status, text) = two.server.request_as(&two.baker, "POST", &path, Some(body.to_string())).await;
        assert_eq!(status, 404, "{path}: {text}");
    }
    // Names may be the same in both; a machine is in one of them only.
    let path = format!("/v1/projects/{OTHER}/compute/os");
    assert_eq!(two.server.request_as(&two.baker, "POST", &path, Some(os_body().to_string())).await.0, 200);
    let path = format!("/v1/projects/{OTHER}/compute/hosts/register");
    let again = json!({"name": "till", "uuid": UUID.to_uppercase()}).to_string();
    let (status, text) = two.server.request_as(&two.baker, "POST", &path, Some(again)).await;
    assert!(status == 400 && text.contains("\"code\":\"FailedPrecondition\""), "{status} {text}");
    assert_eq!(two.records().await, before);
}

#[tokio::test]
async fn the_project_in_a_header_is_checked_like_the_one_in_the_path() {
    use axum::{body::Body, extract::Request};
    let two = two_projects().await;
    for (token, project, status) in [
        (&two.baker, two.server.project.as_str(), 403),
        (&two.baker, two.other.as_str(), 200),
        (&two.baker, "no-uuid", 401),
        (&two.shopper, two.server.project.as_str(), 200),
        (&two.node, two.server.project.as_str(), 403),
    ] {
        let request = Request::get("/v1/projects/any/compute/hosts")
            .header("authorization", format!("Bearer {token}"))
            .header("activeprojectid", project)
            .body(Body::empty())
            .unwrap();
        assert_eq!(two.server.send(request).await.0, status, "{project}");
    }
}

#[tokio::test]
async fn projects_are_known_to_their_members() {
    let two = two_projects().await;
    for (token, seen) in
        [(&two.baker, vec![OTHER]), (&two.shopper, vec![PROJECT]), (&two.reader, vec![PROJECT]), (&two.node, vec![])]
    {
        let (_, text) = two.server.request_as(token, "GET", "/v1/projects", None).await;
        let list: Vec<Json> = serde_json::from_str(&text).unwrap();
        assert_eq!(list.iter().map(|project| project["name"].as_str().unwrap()).collect::<Vec<_>>(), seen);
        for name in [PROJECT, OTHER, "nowhere"] {
            let status = if seen.contains(&name) { 200 } else { 404 };
            for path in [format!("/v1/projects/{name}"), format!("/v1/projects/{name}/status")] {
                assert_eq!(two.server.request_as(token, "GET", &path, None).await.0, status, "{path}");
            }
        }
        assert_eq!(two.server.request_as(token, "PUT", "/v1/projects/mine", Some("{}".to_owned())).await.0, 403);
    }
}

#[tokio::test]
async fn readers_read_and_nodes_do_not() {
    let two = two_projects().await;
    let before = two.records().await;
    for kind in &two.kinds {
        let item = format!("{}/{}", kind.path, kind.id);
        for (method, path, read) in [
            ("GET", kind.path, true),
            ("GET", &item, true),
            ("DELETE", &item, false),
            ("PATCH", &item, false),
            ("POST", kind.path, false),
        ] {
            let body = ["PATCH", "POST"].contains(&method).then(|| kind.patch.to_string());
            let (status, text) = two.server.request_as(&two.reader, method, path, body.clone()).await;
            let unserved = match method {
                "PATCH" => kind.patch.is_null(),
                "POST" => kind.path == "os-update-runs",
                _ => false,
            };
            assert_eq!(
                status,
                if read {
                    200
                } else if unserved {
                    404
                } else {
                    403
                },
                "reader, {method} {path}: {text}"
            );
            let (status, text) = two.server.request_as(&two.node, method, path, body).await;
            assert_eq!(status, if unserved { 404 } else { 403 }, "node, {method} {path}: {text}");
        }
    }
    assert_eq!(two.records().await, before);
}

#[tokio::test]
async fn images_belong_to_a_project() {
    let two = two_projects().await;
    let image = "an image".to_owned();
    let sha256 = hex::encode(Sha256::digest(&image));
    let upload = format!("/v1/projects/{PROJECT}/releases/{sha256}");
    for (token, status) in [(&two.baker, 403), (&two.reader, 403), (&two.node, 403), (&two.shopper, 200)] {
        assert_eq!(two.server.request_as(token, "PUT", &upload, Some(image.clone())).await.0, status);
    }
    let far = uuid::Uuid::new_v4().to_string();
    let path = format!("/v1/projects/{OTHER}/compute/hosts/register");
    let body = json!({"name": "oven", "uuid": far}).to_string();
    let (_, text) = two.server.request_as(&two.baker, "POST", &path, Some(body)).await;
    let host: Json = serde_json::from_str(&text).unwrap();
    let far_node = two.server.node_token(&two.other, host["resourceId"].as_str().unwrap(), &far).await;
    for (token, project, status) in [
        (&two.shopper, &two.server.project, 200),
        (&two.reader, &two.server.project, 200),
        (&two.node, &two.server.project, 200),
        (&two.baker, &two.server.project, 404),
        (&far_node, &two.server.project, 404),
        (&two.baker, &two.other, 404),
        (&far_node, &two.other, 404),
        (&two.node, &two.other, 404),
    ] {
        for method in ["GET", "HEAD"] {
            let path = format!("/files-edge-orch/{project}/{sha256}/image.raw.gz");
            assert_eq!(two.server.request_as(token, method, &path, None).await.0, status, "{method} {path}");
        }
    }
}
