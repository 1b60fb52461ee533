//! What becomes of nodes when a new OS is published: modes of linking, and what they are told is available.

use serde_json::Value as Json;

use crate::world::{Node, World, eventually, text};

/// A world with a node that has reported 3.0.1.
fn one_node() -> (World, Node) {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    eventually("the node's first report", || world.instance("shop-1"));
    (world, node)
}

fn of(instance: &Json, os: &str) -> String {
    instance[os]["imageId"].as_str().unwrap_or_default().to_owned()
}

/// What is available, what is to run, and what runs.
fn state(world: &World) -> (String, String, String) {
    let instance = world.instance("shop-1").unwrap();
    let available = instance["osUpdateAvailable"].as_str().unwrap().to_owned();
    (available, of(&instance, "desiredOs"), of(&instance, "os"))
}

fn becomes(world: &World, what: &str, available: &str, desired: &str, installed: &str) {
    let name = if available.is_empty() { String::new() } else { format!("emt-shop {available}") };
    let expected = (name, desired.to_owned(), installed.to_owned());
    let mut last = None;
    eventually(&format!("{what}: {expected:?}"), || {
        let now = state(world);
        let is = now == expected;
        last = Some(now);
        is.then_some(())
    });
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

/// A column of the row of `shop-1`.
fn column(world: &World, list: &[&str], name: &str) -> String {
    let table = world.ok(list);
    let at = table.lines().next().unwrap().find(name).unwrap_or_else(|| panic!("no column {name}: {table}"));
    let row = table.lines().find(|line| line.contains("shop-1")).unwrap();
    row.get(at..).unwrap_or_default().split("  ").next().unwrap().trim().to_owned()
}

#[test]
fn manual_mode_leaves_instances_alone_until_an_operator_links() {
    let (world, mut node) = one_node();
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "1s", "--duration", "1h"]);
    world.publish("3.0.2", "healthy");
    becomes(&world, "the new OS is shown as available", "3.0.2", "", "3.0.1");
    after_reports(&world, 4);
    assert_eq!((state(&world).1.as_str(), node.version().as_str()), ("", "3.0.1"), "nothing is linked, nothing installed");
    let why = world.json(&["why", "shop-1"]);
    assert_eq!(why["blocker"], "UPDATE_GATE_LINKED");
    assert!(why.to_string().contains("emtctl os mode automatic --profile emt-shop"), "{why}");
    // The operator's word, as any client of the API gives it.
    let id = world.instance("shop-1").unwrap()["resourceId"].as_str().unwrap().to_owned();
    let body = serde_json::json!({"osID": world.os_id("3.0.2")}).to_string();
    let (status, answer) = world.curl("PATCH", crate::world::PROJECT, &format!("compute/instances/{id}"), Some(&body));
    assert_eq!(status, 200, "{answer}");
    becomes(&world, "the window installs it", "", "3.0.2", "3.0.2");
    assert_eq!(node.version(), "3.0.2");
    node.stop();
}

#[test]
fn automatic_mode_links_the_newest_and_the_window_installs_it() {
    let (world, mut node) = one_node();
    let second = world.publish("3.0.2", "healthy");
    // A node with a link of its own, which is not touched.
    let mut other = world.node("shop-2", &second);
    other.power_on();
    eventually("the other node's first report", || world.instance("shop-2"));
    world.ok(&["instance", "link", "shop-2", "--os", &world.os_id("3.0.1")]);
    world.ok(&["os", "mode", "automatic", "--profile", "emt-shop"]);
    becomes(&world, "what is newest is linked", "3.0.2", "3.0.2", "3.0.1");
    let why = world.ok(&["why", "shop-1"]);
    assert!(why.contains("automatic mode has linked OS"), "{why}");
    world.publish("3.0.3", "healthy");
    becomes(&world, "what is newer is linked instead", "3.0.3", "3.0.3", "3.0.1");
    // What is blocked goes, and what was linked before comes back.
    let newest = world.os_id("3.0.3");
    world.ok(&["os", "block", &newest, "--reason", "it is too loud"]);
    becomes(&world, "the link is taken back", "3.0.2", "3.0.2", "3.0.1");
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h", "--name", "tonight"]);
    let watch = world.ctl(&["watch", "shop-1", "--timeout", "80s"]);
    assert!(watch.status.success(), "{}", text(&watch));
    becomes(&world, "it is installed", "", "3.0.2", "3.0.2");
    assert_eq!(node.version(), "3.0.2");
    // Back to manual: what is linked stays, and nothing new is.
    world.ok(&["schedule", "delete", "tonight"]);
    world.ok(&["os", "unblock", &newest]);
    becomes(&world, "unblocked, it is linked", "3.0.3", "3.0.3", "3.0.2");
    world.ok(&["os", "mode", "manual", "--profile", "emt-shop"]);
    world.publish("3.0.4", "healthy");
    becomes(&world, "in manual mode the link stays as it is", "3.0.4", "3.0.3", "3.0.2");
    let other_now = world.instance("shop-2").unwrap();
    assert_eq!((of(&other_now, "desiredOs"), of(&other_now, "os")), ("3.0.1".to_owned(), "3.0.2".to_owned()));
    node.stop();
    other.stop();
}

#[test]
fn available_updates_are_shown_everywhere_and_gone_after_the_update() {
    let (world, mut node) = one_node();
    assert_eq!(column(&world, &["host", "list"], "AVAILABLE"), "-");
    world.publish("3.0.2", "healthy");
    let blocked = {
        world.publish("3.0.9", "healthy");
        world.os_id("3.0.9")
    };
    world.ok(&["os", "block", &blocked, "--reason", "not yet"]);
    becomes(&world, "the newest that is not blocked is available", "3.0.2", "", "3.0.1");
    for list in [&["host", "list"], &["instance", "list"]] {
        assert_eq!(column(&world, list, "AVAILABLE"), "emt-shop 3.0.2", "{list:?}");
    }
    assert_eq!(world.json(&["host", "get", "shop-1"])["instance"]["osUpdateAvailable"], "emt-shop 3.0.2");
    for get in [&["host", "get", "shop-1"], &["instance", "get", "shop-1"]] {
        let shown = world.ok(get);
        assert!(shown.contains("would install") && shown.contains("emt-shop 3.0.2 (os-"), "{shown}");
    }
    let id = world.instance("shop-1").unwrap()["resourceId"].as_str().unwrap().to_owned();
    let refused = world.ctl(&["instance", "link", &id, "--os", &blocked]);
    assert!(!refused.status.success() && text(&refused).contains("is blocked by admin: not yet"), "{}", text(&refused));
    world.ok(&["instance", "link", "shop-1", "--os", &world.os_id("3.0.2")]);
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h"]);
    becomes(&world, "nothing is available after the update", "", "3.0.2", "3.0.2");
    for list in [&["host", "list"], &["instance", "list"]] {
        assert_eq!(column(&world, list, "AVAILABLE"), "-", "{list:?}");
    }
    assert!(!world.ok(&["host", "get", "shop-1"]).contains("would install"));
    node.stop();
}
