//! Instances.

use emt_client::kinds::OS;
use serde_json::json;

use crate::{node::Node, world::World};

#[test]
fn linking() {
    let world = World::new("link");
    let old = world.publish("edge", "1");
    world.publish("edge", "2");
    let mut transcript = world.transcript();
    transcript.run(&["instance", "list"]);
    let _nodes = ["shop-1", "shop-2", "shop-3"].map(|name| {
        let number = u32::from(name.as_bytes()[5]);
        Node::running(&world, name, number, "edge", "1")
    });
    transcript
        .run(&["instance", "list"])
        .run(&["instance", "link", "shop-1", "shop-2", "--os", "2", "--dry-run"])
        .run(&["instance", "link", "shop-1", "shop-2", "--os", "2"])
        .run(&["instance", "link", "shop-2", "shop-3", "shop-3", "--os", "edge 2", "-o", "name"])
        .run(&["instance", "list"])
        .run(&["instance", "get", "shop-1"])
        // Back to what runs: nothing is left to install.
        .run(&["instance", "link", "shop-1", "--os", &old])
        .check("link");
    let instance = world.json(&["instance", "get", "shop-2"]);
    assert_eq!(instance["desiredOs"]["imageId"], "2");
    assert_eq!(instance["os"]["resourceId"], old.as_str(), "nothing is installed without a window");
    assert!(world.json(&["instance", "get", "shop-1"])["desiredOs"].is_null());
}

#[test]
fn one_wrong_among_several_changes_nothing() {
    let world = World::new("link-refused");
    world.publish("edge", "1");
    world.publish("edge", "2");
    world.publish("other", "2");
    let mutable = json!({
        "name": "ubuntu", "profileName": "edge", "imageId": "24.04", "sha256": "0".repeat(64),
        "osType": "OS_TYPE_MUTABLE", "osProvider": "OS_PROVIDER_KIND_INFRA",
    });
    world.server.runtime.block_on(world.api().create(&OS, &mutable)).unwrap();
    let _nodes = [Node::running(&world, "shop-1", 1, "edge", "1"), Node::running(&world, "shop-2", 2, "other", "2")];
    world
        .transcript()
        .run(&["instance", "link", "shop-1", "nothing", "--os", "edge 2"])
        .run(&["instance", "link", "shop-1", "shop-2", "--os", "edge 2"])
        .run(&["instance", "link", "shop-1", "--os", "ubuntu"])
        .run(&["instance", "link", "shop-1", "--os", "os-00000000"])
        .run(&["instance", "link", "shop-1", "--os", "2"])
        .run(&["instance", "link", "inst-00000000", "--os", "edge 2"])
        .run(&["instance", "list"])
        .check("link_refused");
}

#[test]
fn a_node_whose_os_is_not_known_is_judged_by_the_server() {
    let world = World::new("link-unknown");
    world.publish("edge", "2");
    let _node = Node::running(&world, "shop-1", 1, "else", "1");
    world.transcript().run(&["instance", "link", "shop-1", "--os", "edge 2"]).run(&["instance", "list"]).check("link_unknown");
}
