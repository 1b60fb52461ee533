//! Why a host updates or does not.

use emt_api::maintmgr::{PlatformUpdateStatusResponse, update_status::StatusType};
use serde_json::Value as Json;

use crate::{node::Node, world::World};

/// A window far in the future.
const FAR: &[&str] =
    &["schedule", "update", "--host", "shop-1", "--at", "2096-12-01T02:00:00Z", "--duration", "2h", "--name", "far"];

#[test]
fn the_chain_is_told_with_times_and_hints() {
    let world = World::new("why");
    world.publish("edge", "1");
    world.publish("edge", "2");
    // A zone without summer time, so that what is shown is the same all year.
    let there = ["why", "shop-1", "--tz", "Asia/Kathmandu"];
    let mut transcript = world.transcript();
    let node = Node::enrol(&world, "shop-1", 1);
    transcript.run(&["why", "shop-1"]);
    node.report(StatusType::UpToDate, "edge", "1", "");
    transcript.run(&["why", &world.uuid(1)]);
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    transcript.run(&["why", "shop-1"]);
    world.ok(FAR);
    transcript.run(&there).run(&["why", "shop-1", "-o", "name"]).run(&["why", "shop-1", "-o", "yaml"]);
    node.report(StatusType::Downloading, "edge", "1", "");
    node.report(StatusType::Started, "edge", "1", "");
    transcript.run(&there);
    node.report(StatusType::Failed, "edge", "1", "");
    transcript.run(&there);
    node.report(StatusType::Updated, "edge", "2", "");
    transcript.run(&["why", "shop-1"]).run(&["why", "nothing"]).run(&["why", "shop-1", "--tz", "Mars/Olympus"]).check("why");
}

/// Whether an answer asks for an image, and whether it tells a window.
fn asks(told: &PlatformUpdateStatusResponse) -> (bool, bool) {
    let source = told.os_profile_update_source.as_ref().unwrap();
    (source.os_image_id == "2", told.update_schedule.as_ref().unwrap().single_schedule.is_some())
}

/// For each of several reasons, the node's answer, the API and the CLI say the same.
#[test]
fn node_api_and_cli_agree() {
    let world = World::new("why-agree");
    let first = world.publish("edge", "1");
    world.publish("edge", "2");
    let node = Node::running(&world, "shop-1", 1, "edge", "1");
    let id = world.json(&["host", "get", "shop-1"])["resourceId"].as_str().unwrap().to_owned();
    let check = |status: StatusType, version: &str, gate: Option<&str>, expected: (bool, bool)| {
        let told = asks(&node.told(status, "edge", version, ""));
        assert_eq!(told, expected, "the node is told this, with {gate:?}");
        let by_api = world.server.runtime.block_on(world.api().why(&id)).unwrap();
        let by_cli = world.json(&["why", "shop-1"]);
        for json in [&by_api.json, &by_cli] {
            assert_eq!(json["blocker"].as_str(), gate, "{json}");
            assert_eq!(json["mayUpdate"], Json::from(gate.is_none()), "{json}");
        }
        for key in ["gates", "target", "current", "nextWindows", "changesAt"] {
            // Only when the node was last heard of may differ between two questions.
            let without_times = |json: &Json| json[key].to_string().replace(|c: char| c.is_ascii_digit(), "");
            assert_eq!(without_times(&by_api.json), without_times(&by_cli), "{key}");
        }
        let sentence = world.ok(&["why", "shop-1"]);
        assert!(sentence.starts_with("shop-1 "), "{sentence}");
        let blocker = by_api.data.blocker().map(|gate| gate.reason.clone()).unwrap_or_default();
        let reason = blocker.trim_end_matches(|c: char| c.is_ascii_digit());
        assert!(sentence.lines().next().unwrap().contains(reason), "{sentence}");
    };
    check(StatusType::UpToDate, "1", Some("UPDATE_GATE_LINKED"), (false, false));
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    check(StatusType::UpToDate, "1", Some("UPDATE_GATE_WINDOW_EXISTS"), (true, false));
    world.ok(FAR);
    check(StatusType::UpToDate, "1", Some("UPDATE_GATE_WINDOW_OPEN"), (true, true));
    check(StatusType::Downloading, "1", Some("UPDATE_GATE_WINDOW_OPEN"), (true, true));
    check(StatusType::Started, "1", Some("UPDATE_GATE_NO_ATTEMPT_RUNNING"), (true, true));
    check(StatusType::Failed, "1", Some("UPDATE_GATE_BACK_OFF_OVER"), (true, true));
    check(StatusType::Updated, "2", Some("UPDATE_GATE_TARGET_DIFFERS"), (true, true));
    // Back by an explicit wish: another target, without a wait.
    world.ok(&["instance", "link", "shop-1", "--os", &first]);
    check(StatusType::UpToDate, "2", Some("UPDATE_GATE_WINDOW_OPEN"), (false, true));
    world.ok(&["host", "delete", "shop-1"]);
    assert_eq!(world.run(&["why", "shop-1"]).code, 4);
}
