//! Processes that are killed: at every named point of an update, and at random.

use std::time::Duration;

use emt_agent::{crash, slots::sandbox::Health};
use emt_api::maintmgr::update_status::StatusType;
use rand::RngExt;

use super::updates::arrival;
use crate::support::{NEW, OLD, image, node::Node, release::Release, server::Server, wait};

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_point_is_made_good() {
    let server = Server::start().await;
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    let mut nodes = Vec::new();
    for point in crash::POINTS {
        let mut node = Node::new(&server);
        // A node that finds its window open goes on at once from what it has fetched.
        let opens_in = if point == "journal-downloaded" { 10 } else { -1 };
        server.want(&node.uuid, NEW, release.clone(), opens_in);
        node.power_on_with(&[(crash::VARIABLE, point)]);
        nodes.push((point, node));
    }
    for (point, node) in &nodes {
        let told = arrival(&server, node, NEW).await;
        let marker = node.directory.join(format!("crashed-{point}"));
        // The last state may still be on its way to the disk when it is told.
        wait(&format!("the kill at {point}"), || marker.exists().then_some(())).await;
        assert_eq!(node.default_version(), NEW, "{point}");
        let updated = told.iter().find(|told| told.status == StatusType::Updated);
        let updated = updated.unwrap_or_else(|| panic!("success was never told, {point}: {told:?}"));
        assert_eq!(updated.version, NEW, "{point}");
        assert!(updated.detail.contains(r#""status":"installed""#), "{point}: {}", updated.detail);
        assert!(told.iter().all(|told| told.status != StatusType::Failed), "{point}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_random_moments_are_made_good() {
    let server = Server::start().await;
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    let mut nodes: Vec<Node> = (0..3).map(|_| Node::new(&server)).collect();
    for node in &mut nodes {
        server.want(&node.uuid, NEW, release.clone(), -1);
        node.power_on();
    }
    let mut kills = 0;
    while kills < 15 {
        let pause = rand::rng().random_range(10..150);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let node = &nodes[rand::rng().random_range(0..nodes.len())];
        kills += u32::from(node.kill_agent());
        let version = node.default_version();
        assert!([OLD, NEW].contains(&version.as_str()), "the slot that boots holds {version:?}");
    }
    for node in &nodes {
        arrival(&server, node, NEW).await;
        assert_eq!(node.default_version(), NEW);
    }
}
