//! Policies and runs.

use emt_api::maintmgr::update_status::StatusType;

use crate::{node::Node, world::World};

#[test]
fn policies_are_made_set_and_deleted() {
    let world = World::new("policies");
    world.publish("edge", "1");
    world.publish("edge", "2");
    Node::running(&world, "shop-1", 1, "edge", "1");
    world
        .transcript()
        .run(&["policy", "list"])
        .run(&["policy", "create", "newest", "--latest"])
        .run(&["policy", "create", "to-2", "--os", "edge 2", "--description", "for June", "-o", "name"])
        .run(&["policy", "create", "quiet", "--kernel-command", "quiet"])
        .run(&["policy", "create", "both", "--latest", "--os", "edge 2"])
        .run(&["policy", "create", "none"])
        .run(&["policy", "list"])
        .run(&["policy", "get", "to-2"])
        .run(&["policy", "set", "to-2", "shop-1"])
        .run(&["policy", "delete", "to-2"])
        .run(&["policy", "set", "nothing", "shop-1"])
        .run(&["policy", "delete", "newest", "quiet", "newest"])
        .run(&["policy", "list", "-o", "name"])
        .check("policies");
}

#[test]
fn runs_are_listed_and_followed_to_their_end() {
    let world = World::new("runs");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let node = Node::running(&world, "shop-1", 1, "edge", "1");
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    assert_eq!(world.json(&["run", "list"]).as_array().unwrap().len(), 0);
    node.report(StatusType::Started, "edge", "1", "");
    let run = world.ok(&["run", "list", "--instance", "shop-1", "-o", "name"]);
    let run = run.trim_end();
    let late = world.run(&["run", "watch", run, "--timeout", "10ms"]);
    assert_eq!((late.code, late.stdout.contains("Updating")), (8, true), "{}", late.stderr);
    let failed = r#"{"update_log":[{"status":"rolledback","version":"2","failure_reason":"bootloader"}]}"#;
    node.report(StatusType::Failed, "edge", "1", failed);
    let watched = world.run(&["run", "watch", run, "-o", "json"]);
    let line: serde_json::Value = serde_json::from_str(&watched.stdout).unwrap();
    assert_eq!((watched.code, &line["ended"], &line["status"]), (7, &true.into(), &"Update failed".into()), "{}", watched.stderr);
    assert!(line["reason"].as_str().unwrap().contains("did not boot"), "{line}");
    let shown = world.ok(&["run", "get", run]);
    assert!(shown.contains("status    Update failed") && shown.contains("did not boot"), "{shown}");
    let listed = world.ok(&["run", "list"]);
    assert!(listed.contains("shop-1 update") && listed.lines().count() == 2, "{listed}");
    assert_eq!(world.run(&["run", "watch", "osupdaterun-00000000"]).code, 4);
    assert_eq!(world.run(&["run", "watch", run, "-o", "yaml"]).code, 2);
}
