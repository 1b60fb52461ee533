//! Updates, and what keeps one from happening.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::world::{Node, World, eventually, text};

/// A world with a node that has reported 3.0.1, and 3.0.2 published.
fn one_node() -> (World, Node) {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    world.publish("3.0.2", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    eventually("the node's first report", || world.instance("shop-1"));
    (world, node)
}

fn current(world: &World, host: &str) -> String {
    let instance = world.instance(host).unwrap();
    instance["os"]["imageId"].as_str().unwrap().to_owned()
}

fn link(world: &World, host: &str, version: &str) {
    world.ok(&["instance", "link", host, "--os", &world.os_id(version)]);
}

/// Number of reports that the server has answered.
fn reports(world: &World) -> usize {
    world.server_log().matches("PlatformUpdateStatus").count()
}

/// Waits for so many more reports of the one node.
fn after_reports(world: &World, count: usize) {
    let before = reports(world);
    eventually("more reports", || (reports(world) >= before + count).then_some(()));
}

fn status(world: &World) -> String {
    world.instance("shop-1").unwrap()["updateStatus"].as_str().unwrap().to_owned()
}

#[test]
fn two_nodes_are_updated_in_their_window_and_watched() {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    let mut nodes = ["shop-1", "shop-2"].map(|name| world.node(name, &old));
    nodes.iter_mut().for_each(Node::power_on);
    for node in &nodes {
        eventually("the first report", || world.instance(&node.name));
    }
    world.publish("3.0.2", "healthy");
    let available = |host: &str| world.instance(host).unwrap()["osUpdateAvailable"].as_str().unwrap().to_owned();
    eventually("an update is available", || available("shop-1").contains("3.0.2").then_some(()));
    let os = world.os_id("3.0.2");
    world.ok(&["instance", "link", "shop-1", "shop-2", "--os", &os]);
    world.ok(&["schedule", "update", "--host", "shop-1", "--host", "shop-2", "--in", "4s", "--duration", "1h"]);
    let watch = world.ctl(&["watch", "shop-1", "shop-2", "--timeout", "80s"]);
    assert!(watch.status.success(), "{}", text(&watch));
    for node in &nodes {
        assert_eq!(current(&world, &node.name), "3.0.2");
        assert_eq!(node.version(), "3.0.2");
        eventually("the notice is gone", || available(&node.name).is_empty().then_some(()));
    }
    let components = || world.instance("shop-1").unwrap()["instanceStatusDetail"].as_str().unwrap().to_owned();
    eventually("the heartbeat of the new version", || (components() == "1 of 1 components running").then_some(()));
    let hosts = world.json(&["host", "list"]);
    assert!(hosts.as_array().unwrap().iter().all(|host| host["hostStatus"] == "Running"), "{hosts}");
    let detail: Json = serde_json::from_str(world.instance("shop-1").unwrap()["updateStatusDetail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["update_log"][0]["status"], "installed");
    assert_eq!(detail["update_log"][0]["version"], "3.0.2");
    nodes.iter_mut().for_each(Node::stop);
}

#[test]
fn without_an_open_window_for_updates_nothing_is_installed() {
    let (world, mut node) = one_node();
    link(&world, "shop-1", "3.0.2");
    after_reports(&world, 4);
    assert_eq!(status(&world), "No new updates available");

    // A window of another kind is open; then one for updates is ahead.
    let host = world.instance("shop-1").unwrap()["hostID"].as_str().unwrap().to_owned();
    world.post_window("repair", "SCHEDULE_STATUS_MAINTENANCE", &host, 3, 3600);
    after_reports(&world, 8);
    assert_eq!(status(&world), "No new updates available");
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "9m", "--duration", "1h", "--name", "later"]);
    eventually("the image is fetched ahead", || (status(&world) == "Download complete").then_some(()));
    after_reports(&world, 4);
    assert_eq!((current(&world, "shop-1").as_str(), node.version().as_str()), ("3.0.1", "3.0.1"));

    // A window that is deleted before it opens never does.
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "4s", "--duration", "1h", "--name", "soon"]);
    let opens = Instant::now() + Duration::from_secs(5);
    world.ok(&["schedule", "delete", "soon"]);
    eventually("the time at which it would have opened", || (Instant::now() > opens).then_some(()));
    after_reports(&world, 4);
    assert_eq!((current(&world, "shop-1").as_str(), node.version().as_str()), ("3.0.1", "3.0.1"));
    node.stop();
}

#[test]
fn broken_images_are_rolled_back_and_a_good_one_heals() {
    let (world, mut node) = one_node();
    world.publish("3.0.3", "unhealthy");
    world.publish("3.0.4", "unbootable");
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h"]);
    for version in ["3.0.3", "3.0.4"] {
        link(&world, "shop-1", version);
        let watch = world.ctl(&["watch", "shop-1", "--timeout", "60s"]);
        assert_eq!(watch.status.code(), Some(7), "{}\n{}", text(&watch), node.log());
        let instance = world.instance("shop-1").unwrap();
        assert_eq!(instance["updateStatus"], "Update failed");
        let detail: Json = serde_json::from_str(instance["updateStatusDetail"].as_str().unwrap()).unwrap();
        assert_eq!(detail["update_log"][0]["status"], "rolledback", "{detail}");
        assert_eq!(detail["update_log"][0]["version"], version, "{detail}");
        assert_eq!((current(&world, "shop-1").as_str(), node.version().as_str()), ("3.0.1", "3.0.1"));
    }
    link(&world, "shop-1", "3.0.2");
    let watch = world.ctl(&["watch", "shop-1", "--timeout", "60s"]);
    assert!(watch.status.success(), "{}\n{}", text(&watch), node.log());
    assert_eq!(node.version(), "3.0.2");
    node.stop();
}

#[test]
fn an_altered_image_is_not_installed() {
    let (world, mut node) = one_node();
    world.damage_image("3.0.2");
    link(&world, "shop-1", "3.0.2");
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h"]);
    let watch = world.ctl(&["watch", "shop-1", "--timeout", "60s"]);
    assert_eq!(watch.status.code(), Some(7), "{}\n{}", text(&watch), node.log());
    assert!(text(&watch).contains("SHA-256"), "{}", text(&watch));
    assert_eq!(node.version(), "3.0.1");
    node.stop();
}
