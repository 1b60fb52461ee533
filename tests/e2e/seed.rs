//! Scripts that were written for an Edge Orchestrator work unchanged: real bash, curl and jq.

use std::process::Command;

use crate::world::{PASSWORD, PROJECT, World, text};

#[test]
fn the_commands_of_existing_scripts_update_a_node() {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    world.publish("3.0.2", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    crate::world::eventually("the node's first report", || world.instance("shop-1"));

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/seed.sh");
    let output = Command::new("bash")
        .arg(script)
        .env("CLUSTER_FQDN", world.cluster_fqdn())
        .env("CURL_CA_BUNDLE", world.authority())
        .env("PROJECT", PROJECT)
        .env("USERNAME", "admin")
        .env("PASSWORD", PASSWORD)
        .env("VERSION", "3.0.2")
        .output()
        .expect("bash, curl and jq are needed");
    assert!(output.status.success(), "{}\nserver:\n{}\nnode:\n{}", text(&output), world.server_log(), node.log());
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split(' ').collect()).collect();
    let [patched, listed, scheduled, updated] = lines.as_slice() else { panic!("{printed}") };
    assert_eq!((patched[0], patched[5]), ("patched", "3.0.1"), "{printed}");
    assert_eq!(patched[1..], listed[1..], "{printed}");
    assert!(scheduled[1].starts_with("singlesche-"), "{printed}");
    assert_eq!(*updated, ["updated", patched[1], "to", "3.0.2", "from", patched[3]], "{printed}");
    assert_eq!(node.version(), "3.0.2");
}
