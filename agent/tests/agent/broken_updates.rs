//! Updates that fail: what the node falls back to, and what the server is told.

use emt_agent::slots::sandbox::Health;
use emt_api::maintmgr::update_status::StatusType;
use serde_json::Value;

use crate::support::{
    NEW, OLD, image,
    node::Node,
    release::{Release, Trick},
    server::Server,
    wait,
};

/// Waits until a node tells of a failure; gives status, reason and text of the update log.
async fn failure(server: &Server, node: &Node) -> (String, String, String) {
    let told =
        wait("a report of failure", || server.told(&node.uuid).into_iter().find(|told| told.status == StatusType::Failed)).await;
    assert_eq!(told.version, OLD, "{told:?}");
    let detail: Value = serde_json::from_str(&told.detail).unwrap();
    let text = |key: &str| detail["update_log"][0][key].as_str().unwrap().to_owned();
    assert_eq!((text("version").as_str(), text("package_name").as_str()), (NEW, "emt"));
    (text("status"), text("failure_reason"), text("failure_log"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_told_with_its_reason_and_leaves_the_old_version() {
    let server = Server::start().await;
    let good = || Release::new(image(NEW, Health::Healthy));
    let misnamed = Release::new(image("3.0.9", Health::Healthy));
    let foreign = Release::new(vec![0; 100_000]);
    let truncated = {
        let whole = image(NEW, Health::Healthy);
        Release { bytes: whole[..whole.len() - 1].to_vec(), ..Release::new(Vec::new()) }
    };
    let small = emt_agent::slots::sandbox::build_image(&emt_agent::slots::sandbox::ImageSpec {
        name: "emt".to_owned(),
        version: NEW.to_owned(),
        health: Health::Healthy,
        payload_bytes: 300_000,
    });
    let cases = [
        (
            "unwell",
            Release::new(image(NEW, Health::Unhealthy)),
            "rolledback",
            "criticalservices",
            "the health check of emt 3.0.2 fails",
        ),
        (
            "unbootable",
            Release::new(image(NEW, Health::Unbootable)),
            "rolledback",
            "bootloader",
            "slot B does not boot: the kernel does not start",
        ),
        ("absent", good().forever(Trick::Status(404)), "failed", "download", "has no such image (404)"),
        ("refused", good().forever(Trick::Status(403)), "failed", "rsauthentication", "refuses the node (403)"),
        ("altered", good().forever(Trick::Alter), "failed", "signaturecheck", "is not the image that was announced"),
        ("truncated", truncated, "rolledback", "bootloader", "slot B holds no OS"),
        ("too-large", Release::new(small), "failed", "insufficientstorage", "larger than the slot's 250000 bytes"),
        ("misnamed", misnamed, "failed", "signaturecheck", "the image holds emt 3.0.9, but was announced as emt 3.0.2"),
        ("foreign", foreign, "failed", "utwrite", "slot B holds no OS: it does not begin as a sandbox image does"),
    ];
    let mut nodes = Vec::new();
    for (name, release, ..) in &cases {
        let mut node = Node::with_slots(&server, 250_000);
        let release = server.publish(name, release.clone());
        server.want(&node.uuid, NEW, release, -1);
        node.power_on();
        nodes.push(node);
    }
    for ((name, _, status, reason, log), node) in cases.iter().zip(&nodes) {
        let found = failure(&server, node).await;
        assert_eq!((found.0.as_str(), found.1.as_str()), (*status, *reason), "{name}: {}", found.2);
        assert!(found.2.contains(log), "{name}: {}", found.2);
        assert_eq!(node.default_version(), OLD, "{name}");
        let told = server.told(&node.uuid);
        let began = told.iter().find(|told| matches!(told.status, StatusType::Downloading | StatusType::Started));
        assert!(began.is_some(), "the server never heard of a beginning, {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_update_is_tried_again_and_may_succeed() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    let release = Release::new(image(NEW, Health::Healthy)).with(&[Trick::Status(404)]);
    let release = server.publish("new", release);
    server.want(&node.uuid, NEW, release, -1);
    node.power_on();
    let told = super::updates::arrival(&server, &node, NEW).await;
    let failed = told.iter().position(|told| told.status == StatusType::Failed).unwrap();
    let again = told[failed..].iter().find(|told| told.status == StatusType::Downloading).unwrap();
    assert!(again.at > told[failed].at, "the next try came at once");
}
