//! Projects go, with everything that belongs to them, and nothing else does.

use emt_api::{filter::Expr, maintmgr::update_status::StatusType, value::Json as List};
use emt_server::{
    deletion::Deletions,
    identity::records::{CLIENT, Client, ENROLMENT_TOKEN, Org, PROJECT as PROJECT_SPEC, ProjectRecord, User},
    release::Images,
    store::{Query, StoreExt},
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::support::{
    PASSWORD, SATURDAY_MS, Server,
    southbound::{Metadata, report},
};

const UUID: &str = "0a1b2c3d-1111-4222-8333-444455556666";

/// How many records of any kind belong to a project.
async fn left(server: &Server, uuid: &str) -> Vec<(&'static str, usize)> {
    let mut left = Vec::new();
    for spec in emt_api::resources::kept() {
        left.push((spec.table, server.store.find(Query::all(spec, uuid)).await.unwrap().rows.len()));
    }
    for spec in [&CLIENT, &ENROLMENT_TOKEN] {
        let query = Query::all(spec, "").filter(Expr::is("node_project", uuid));
        left.push((spec.table, server.store.find(query).await.unwrap().rows.len()));
    }
    left.retain(|(_, count)| *count > 0);
    left
}

struct Doomed {
    server: Server,
    uuid: String,
    member: String,
    node: String,
    image: String,
}

/// A project with a bit of everything, its member and its node.
async fn doomed() -> Doomed {
    let server = Server::start_at(SATURDAY_MS).await;
    server.ok("PUT", "/v1/projects/doomed", json!({"description": "for a while"})).await;
    let uuid = server.identity.project_named("doomed").await.unwrap().unwrap().uuid;
    server
        .user("member", |user| {
            user.member_of = List(vec![format!("{uuid}_Host-Manager-Group"), format!("{}_Edge-Operator-Group", server.project)]);
            user.roles = List(vec![format!("{uuid}_im-r")]);
        })
        .await;
    let member = server.login("member", PASSWORD).await;
    let below = |path: &str| format!("/v1/projects/doomed/{path}");
    let host = server.ok("POST", &below("compute/hosts/register"), json!({"name": "till", "uuid": UUID})).await;
    let node = server.node_token(&uuid, host["resourceId"].as_str().unwrap(), UUID).await;
    let told = report(UUID, StatusType::Started, "emt", "3.0.20260101.1000");
    server.report(told, &Metadata::token(&node)).await.unwrap();
    let region = server.ok("POST", &below("regions"), json!({"name": "south"})).await;
    server.ok("POST", &below("sites"), json!({"name": "shop", "regionId": region["resourceId"]})).await;
    let other = json!({"name": "spare", "uuid": uuid::Uuid::new_v4().to_string()});
    let spare = server.ok("POST", &below("compute/hosts/register?enrolment=true"), other).await;
    let os =
        json!({"name": "emt", "sha256": "a".repeat(64), "osType": "OS_TYPE_IMMUTABLE", "osProvider": "OS_PROVIDER_KIND_INFRA"});
    let os = server.ok("POST", &below("compute/os"), os).await;
    let config = server.ok("POST", &below("customConfigs"), json!({"name": "dns", "config": "x"})).await;
    let instance = json!({"hostID": spare["resourceId"], "osID": os["resourceId"], "customConfigID": [config["resourceId"]]});
    server.ok("POST", &below("compute/instances"), instance).await;
    let image = hex::encode(Sha256::digest("image"));
    let path = below(&format!("releases/{image}"));
    assert_eq!(server.request("PUT", &path, Some("image".to_owned())).await.0, 200);
    server.ok("POST", "regions", json!({"name": "of another project"})).await;
    assert!(left(&server, &uuid).await.len() > 6);
    Doomed { server, uuid, member, node, image }
}

#[tokio::test]
async fn all_of_a_project_goes() {
    let Doomed { server, uuid, member, node, image } = doomed().await;
    let get = |path: &'static str| server.request_as(&member, "GET", path, None);
    assert_eq!(get("/v1/projects/doomed/regions").await.0, 200);
    let (status, text) = server.request_as(&member, "DELETE", "/v1/projects/doomed", None).await;
    assert_eq!((status, text.as_str()), (403, "{\"message\":\"Forbidden\"}\n"), "a member may not");
    assert!(server.ok("DELETE", "/v1/projects/doomed", Json::Null).await["message"].is_string());

    assert_eq!(left(&server, &uuid).await, []);
    assert!(!server.directory.path().join("images").join(&uuid).exists());
    assert_eq!(get("/v1/projects/doomed").await.0, 404);
    assert_eq!(get("/v1/projects/doomed/regions").await.0, 403);
    assert_eq!(get("regions").await.0, 200, "the member's other project");
    let path = format!("/files-edge-orch/{uuid}/{image}/x");
    assert_ne!(server.request_as(&node, "GET", &path, None).await.0, 200);
    let told = report(UUID, StatusType::Started, "emt", "3.0.20260101.1000");
    server.report(told, &Metadata::token(&node)).await.unwrap_err();
    let user: User = server.store.load_all("", Expr::is("username", "member")).await.unwrap().remove(0);
    assert!(user.roles.0.is_empty() && user.member_of.0.len() == 1, "{user:?}");
    assert_eq!(server.ok("GET", "regions", Json::Null).await["totalElements"], 1);

    // The name and the machine are free; the UUID is another, so that old grants are worth nothing.
    server.ok("PUT", "/v1/projects/doomed", json!({})).await;
    let again = server.identity.project_named("doomed").await.unwrap().unwrap().uuid;
    assert_ne!(again, uuid);
    server.ok("POST", "/v1/projects/doomed/compute/hosts/register", json!({"name": "till", "uuid": UUID})).await;
    assert_eq!(server.request("DELETE", "/v1/projects/nowhere", None).await.0, 404);
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_is_finished() {
    let Doomed { server, uuid, member, .. } = doomed().await;
    // The process ended right after the deletion had begun.
    server.change::<ProjectRecord>(&uuid, |project| project.deleting = SATURDAY_MS / 1000).await;
    assert_eq!(server.request_as(&member, "GET", "/v1/projects/doomed/regions", None).await.0, 403);
    let header = ("activeprojectid", uuid.as_str());
    let request = axum::extract::Request::get("/v1/projects/doomed/regions")
        .header(header.0, header.1)
        .header("authorization", format!("Bearer {member}"))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(server.call(request).await.status, 403, "roles in it are worth nothing");
    let shown = server.ok("GET", "/v1/projects/doomed/status", Json::Null).await;
    assert_eq!(shown["projectStatus"]["statusIndicator"], "STATUS_INDICATION_IN_PROGRESS");
    assert_eq!(server.request("PUT", "/v1/projects/doomed", Some("{}".to_owned())).await.0, 409, "not while it goes");

    let images = Images::new(server.directory.path().join("images"));
    let deletions = Deletions { identity: server.identity.clone(), images };
    deletions.resume().await.unwrap();
    assert_eq!(left(&server, &uuid).await, []);
    assert_eq!(server.request("GET", "/v1/projects/doomed/status", None).await.0, 404);
    // A request that was under way wrote once more; when none can be any more, that and the last trace go.
    let region = emt_api::resources::REGION.prefix;
    let mut late = emt_api::record::Row::empty(&emt_api::resources::REGION);
    (late.meta.project, late.meta.id, late.meta.revision) = (uuid.clone(), format!("{region}-00000001"), 1);
    late.set("name", "late".into());
    let batch = emt_server::store::Batch::default().with(emt_server::store::Change::Insert(late));
    server.store.commit(batch).await.unwrap();
    server.pass(121);
    deletions.resume().await.unwrap();
    assert_eq!(left(&server, &uuid).await, []);
    let projects = server.store.find(Query::all(&PROJECT_SPEC, "")).await.unwrap().rows.len();
    assert_eq!((projects, server.identity.deletions().await.unwrap().len()), (1, 0));
}

#[tokio::test]
async fn organisations_own_projects() {
    let server = Server::start_at(SATURDAY_MS).await;
    server.ok("PUT", "/v1/orgs/acme", json!({"description": "anvils"})).await;
    let orgs = server.ok("GET", "/v1/orgs", Json::Null).await;
    assert_eq!(orgs.as_array().unwrap().iter().map(|org| org["name"].as_str().unwrap()).collect::<Vec<_>>(), ["acme", "default"]);
    let shown = server.ok("GET", "/v1/orgs/acme", Json::Null).await;
    assert_eq!((&shown["spec"]["description"], shown.get("name")), (&json!("anvils"), None));
    assert_eq!(server.ok("GET", "/v1/orgs/acme/status", Json::Null).await, shown["status"]);
    assert_eq!(shown["status"]["orgStatus"]["statusIndicator"], "STATUS_INDICATION_IDLE");
    for (method, path, body, status) in [
        ("PUT", "/v1/orgs/acme?update_if_exists=false", "{}", 409),
        ("PUT", "/v1/orgs/acme?update_if_exists=true", "{\"description\":\"more\"}", 200),
        ("PUT", "/v1/orgs/a%20b", "{}", 400),
        ("PUT", "/v1/orgs/x", "{\"nosuch\":1}", 400),
        ("GET", "/v1/orgs/nowhere", "", 404),
        ("GET", "/v1/orgs/nowhere/status", "", 404),
        ("DELETE", "/v1/orgs/nowhere", "", 404),
        ("DELETE", "/v1/orgs/default", "", 409),
        ("DELETE", "/v1/orgs/acme", "", 200),
        ("GET", "/v1/orgs/acme", "", 404),
    ] {
        let body = (!body.is_empty()).then(|| body.to_owned());
        let (found, text) = server.request(method, path, body).await;
        assert_eq!(found, status, "{method} {path}: {text}");
        assert!(serde_json::from_str::<Json>(&text).unwrap()["message"].is_string() || path.contains("status"), "{text}");
    }

    // Who manages the projects of one organisation makes them there, and cannot touch those of another.
    server.ok("PUT", "/v1/orgs/tools", json!({})).await;
    let tools = server.store.load_all::<Org>("", Expr::is("name", "tools")).await.unwrap().remove(0).meta.id;
    server.user("smith", |user| user.member_of = List(vec![format!("{tools}_Project-Manager-Group")])).await;
    let smith = server.login("smith", PASSWORD).await;
    let call = |method: &'static str, path: &'static str| {
        let body = (method == "PUT").then(|| "{}".to_owned());
        server.request_as(&smith, method, path, body)
    };
    for (method, path, status) in [
        ("PUT", "/v1/projects/forge", 200),
        ("GET", "/v1/projects/forge", 200),
        ("PUT", "/v1/projects/shops", 403),
        ("GET", "/v1/projects/shops", 404),
        ("DELETE", "/v1/projects/shops", 404),
        ("GET", "/v1/orgs", 403),
        ("PUT", "/v1/orgs/mine", 403),
    ] {
        let (found, text) = call(method, path).await;
        assert_eq!(found, status, "{method} {path}: {text}");
    }
    let forge: ProjectRecord = server.store.load_all("", Expr::is("name", "forge")).await.unwrap().remove(0);
    assert_eq!(forge.org, tools);
    assert_eq!(server.request("DELETE", "/v1/orgs/tools", None).await.0, 409, "it owns a project");
    assert_eq!(call("DELETE", "/v1/projects/forge").await.0, 200);
    assert_eq!(server.request("DELETE", "/v1/orgs/tools", None).await.0, 200);
    let clients = server.store.load_all::<Client>("", Expr::everything()).await.unwrap();
    assert_eq!(clients.len(), 2, "nothing else went");
}
