//! Images that nothing needs go after a while; what anything refers to stays, whatever happens at the same time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{body::Body, extract::Request};
use emt_api::maintmgr::update_status::StatusType;
use emt_server::{
    clock::Clock,
    release::{Gc, Idle, Images, Removed, Rules},
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::{
    PROJECT, SATURDAY_MS, Server,
    southbound::{Metadata, report},
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const UUID: &str = "0a1b2c3d-1111-4222-8333-444455556666";

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// A server, whose tokens stay good, and the clock that images are kept by.
struct World {
    server: Server,
    clock: Arc<AtomicI64>,
}

impl std::ops::Deref for World {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl World {
    async fn start() -> Self {
        Self { server: Server::start().await, clock: Arc::new(AtomicI64::new(SATURDAY_MS)) }
    }

    /// Lets time pass for images.
    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

fn gc(world: &World) -> Gc {
    Gc {
        store: world.store.clone(),
        images: world.parts.images.clone(),
        clock: Clock::Fixed(Arc::clone(&world.clock)),
        rules: Rules::default(),
    }
}

async fn collect(server: &World) -> Vec<String> {
    let removed = gc(server).run(true).await.unwrap();
    removed.into_iter().map(|removed| removed.image.sha256).collect()
}

/// Sends an image; its digest.
async fn upload(server: &Server, content: &str) -> String {
    let sha256 = digest(content);
    let (status, text) = server.request("PUT", &format!("releases/{sha256}"), Some(content.to_owned())).await;
    assert_eq!(status, 200, "{text}");
    sha256
}

fn os(version: &str, sha256: &str) -> Json {
    json!({"name": version, "profileName": "emt", "imageId": version, "imageUrl": format!("files/{version}"), "sha256": sha256,
        "osType": "OS_TYPE_IMMUTABLE", "osProvider": "OS_PROVIDER_KIND_INFRA"})
}

async fn name(server: &Server, version: &str, sha256: &str) -> String {
    let made = server.ok("POST", "compute/os", os(version, sha256)).await;
    made["resourceId"].as_str().unwrap().to_owned()
}

async fn delete(server: &Server, path: String) {
    let (status, text) = server.request("DELETE", &path, None).await;
    assert!([200, 204].contains(&status), "{text}");
}

async fn status(server: &Server, method: &str, sha256: &str) -> u16 {
    let path = format!("/files-edge-orch/{}/{sha256}/x", server.project);
    server.request(method, &path, None).await.0
}

async fn served(server: &Server, sha256: &str) -> bool {
    status(server, "HEAD", sha256).await == 200
}

#[tokio::test]
async fn what_nothing_names_goes_after_a_day() {
    let server = World::start().await;
    let (named, unnamed, by_address) = (upload(&server, "a").await, upload(&server, "b").await, upload(&server, "c").await);
    let os = name(&server, "1", &named).await;
    let mut body = self::os("2", &digest("elsewhere"));
    body["imageUrl"] = format!("files-edge-orch/{}/{by_address}/x", server.project).into();
    server.ok("POST", "compute/os", body).await;
    assert!(collect(&server).await.is_empty(), "it is noted");
    server.pass(DAY - 1);
    assert!(collect(&server).await.is_empty());
    server.pass(1);
    let dry = gc(&server).run(false).await.unwrap();
    let image = emt_server::release::Image { sha256: unnamed.clone(), size: 1 };
    assert_eq!(dry, [Removed { project: server.project.clone(), image, idle: Idle::Unnamed }]);
    assert_eq!(collect(&server).await, [unnamed.as_str()]);
    assert_eq!(status(&server, "GET", &unnamed).await, 404);
    // Whatever was named has its time from then on.
    delete(&server, format!("compute/os/{os}")).await;
    server.pass(30 * DAY);
    assert!(collect(&server).await.is_empty());
    server.pass(DAY);
    assert_eq!(collect(&server).await, [named.as_str()]);
    assert!(served(&server, &by_address).await);
    let files = std::fs::read_dir(server.directory.path().join("images").join(&server.project)).unwrap();
    assert_eq!(files.count(), 1, "no notes are left");
}

#[tokio::test]
async fn use_gives_an_image_its_time_anew() {
    let server = World::start().await;
    let sha256 = upload(&server, "a").await;
    let path = format!("/v1/projects/{PROJECT}/releases/{sha256}");
    for used in ["PUT", "GET", "asked", "named", "restart"] {
        collect(&server).await;
        server.pass(DAY - 1);
        match used {
            "PUT" => drop(upload(&server, "a").await),
            "GET" => assert_eq!(status(&server, "GET", &sha256).await, 200),
            "asked" => assert_eq!(server.request("HEAD", &path, None).await.0, 200),
            "named" => {
                let os = name(&server, "1", &sha256).await;
                assert!(collect(&server).await.is_empty());
                delete(&server, format!("compute/os/{os}")).await;
            }
            // Which gives none.
            _ => {
                let root = server.directory.path().join("images");
                let again = Gc { images: Images::new(root), ..gc(&server) };
                assert!(again.run(true).await.unwrap().is_empty());
                server.pass(1);
                assert_eq!(again.run(true).await.unwrap().len(), 1);
                break;
            }
        }
        server.pass(1);
        assert!(collect(&server).await.is_empty(), "{used}");
    }
}

#[tokio::test]
async fn what_is_being_downloaded_stays() {
    let server = World::start().await;
    let sha256 = upload(&server, "a").await;
    collect(&server).await;
    let opened = server.parts.images.open(&server.project, &sha256).await.unwrap().unwrap();
    let part = emt_server::release::Part { first: 0, length: 1 };
    let content = opened.read(part).await.unwrap().unwrap();
    for _ in 0..3 {
        server.pass(2 * DAY);
        assert!(collect(&server).await.is_empty());
    }
    drop(content);
    server.pass(DAY);
    assert!(collect(&server).await.is_empty(), "its time begins with the end of the download");
    server.pass(DAY);
    assert_eq!(collect(&server).await.len(), 1);
}

#[tokio::test]
async fn an_update_under_way_keeps_the_image_of_an_os_that_is_gone() {
    let server = World::start().await;
    let (old, new) = (upload(&server, "old").await, upload(&server, "new").await);
    let (first, second) = (name(&server, "1", &old).await, name(&server, "2", &new).await);
    let host = server.ok("POST", "compute/hosts/register", json!({"name": "till", "uuid": UUID})).await;
    let node = server.node_token(&server.project, host["resourceId"].as_str().unwrap(), UUID).await;
    let tell = async |status| server.report(report(UUID, status, "emt", "1"), &Metadata::token(&node)).await.unwrap();
    tell(StatusType::UpToDate).await;
    let policy = json!({"name": "to 2", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": second});
    let policy = server.ok("POST", "os-update-policies", policy).await["resourceId"].clone();
    let instances = server.ok("GET", "compute/instances", Json::Null).await;
    let instance = instances["instances"][0]["resourceId"].as_str().unwrap().to_owned();
    server.ok("PATCH", &format!("compute/instances/{instance}"), json!({"osUpdatePolicyID": policy})).await;
    tell(StatusType::Downloading).await;
    delete(&server, format!("compute/os/{second}")).await;
    for _ in 0..3 {
        assert!(collect(&server).await.is_empty());
        server.pass(2 * DAY);
    }
    tell(StatusType::Failed).await;
    assert!(collect(&server).await.is_empty(), "its time begins now");
    server.pass(DAY);
    assert_eq!(collect(&server).await, [new.as_str()]);
    let (status, _) = server.request("GET", &format!("compute/os/{first}"), None).await;
    assert!(status == 200 && served(&server, &old).await, "what is installed stays");
}

/// Those who publish look whether the image is there, send it if it is not, and name it; all while unused ones are removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_to_those_who_publish_at_the_same_time() {
    let server = World::start().await;
    for round in 0..40 {
        let content = format!("image {round}");
        let sha256 = upload(&server, &content).await;
        collect(&server).await;
        server.pass(DAY);
        let publish = async {
            for _ in 0..round % 8 {
                tokio::task::yield_now().await;
            }
            let path = format!("/v1/projects/{PROJECT}/releases/{sha256}");
            let head = Request::head(&path).header("authorization", format!("Bearer {}", server.token));
            let head = server.call(head.body(Body::empty()).unwrap()).await;
            if head.header("upload-complete") != "?1" {
                upload(&server, &content).await;
            }
            name(&server, &format!("1.{round}"), &sha256).await;
        };
        let other = gc(&server);
        let removing = tokio::spawn(async move { other.run(true).await.unwrap().len() });
        publish.await;
        removing.await.unwrap();
        assert!(served(&server, &sha256).await, "round {round}");
        assert!(collect(&server).await.is_empty(), "round {round}");
        assert!(served(&server, &sha256).await, "round {round}");
    }
}

/// Nobody has sent it again: then it is there, or it was not there any more when it was named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_os_that_is_made_at_the_same_time_keeps_its_image() {
    let server = World::start().await;
    for round in 0..40 {
        let sha256 = upload(&server, &format!("image {round}")).await;
        collect(&server).await;
        server.pass(DAY);
        let other = gc(&server);
        let removing = tokio::spawn(async move { other.run(true).await.unwrap().len() });
        for _ in 0..round % 8 {
            tokio::task::yield_now().await;
        }
        name(&server, &format!("1.{round}"), &sha256).await;
        let there = served(&server, &sha256).await;
        removing.await.unwrap();
        assert_eq!(served(&server, &sha256).await, there, "round {round}: it goes behind the back of who has named it");
    }
}
