//! Following updates.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use emt_api::maintmgr::update_status::StatusType;
use serde_json::Value as Json;

use crate::{
    node::Node,
    world::{Ran, World},
};

/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(20);

const ROLLED_BACK: &str = r#"{"update_log":[{"update_type":"OS","package_name":"edge","update_time":"2026-06-06T00:00:00Z",
    "action":"upgrade","status":"rolledback","version":"2","failure_reason":"criticalservices","failure_log":"sshd is not active"}]}"#;

/// A watch that runs, and its lines.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let mut child = world.command(&[&["watch", "--timeout", "60s"], arguments].concat()).spawn().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Waits for a line that has this in it.
    #[track_caller]
    fn expect(&self, text: &str) {
        let line = self.lines.recv_timeout(PATIENCE).unwrap();
        assert!(line.contains(text), "{text:?} was expected: {line}");
    }

    fn end(self) -> Ran {
        Ran::of(self.child, "")
    }
}

fn lines(out: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
    receiver
}

#[test]
fn updates_are_followed_to_their_end() {
    let world = World::new("watch");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let (good, bad) = (Node::running(&world, "shop-1", 1, "edge", "1"), Node::running(&world, "shop-2", 2, "edge", "1"));
    world.ok(&["instance", "link", "shop-1", "shop-2", "--os", "edge 2"]);
    let watch = Watch::start(&world, &["shop-1", "shop-2"]);
    watch.expect("shop-1: 1 → 2: waiting for its window");
    watch.expect("shop-2: 1 → 2: waiting for its window");
    good.report(StatusType::Downloading, "edge", "1", "");
    watch.expect("shop-1: 1 → 2: downloading");
    good.report(StatusType::Downloaded, "edge", "1", "");
    watch.expect("shop-1: 1 → 2: downloaded, waiting for its window");
    good.report(StatusType::Started, "edge", "1", "");
    watch.expect("shop-1: 1 → 2: installing and rebooting");
    good.report(StatusType::Updated, "edge", "2", "");
    watch.expect("shop-1: runs 2");
    bad.report(StatusType::Started, "edge", "1", "");
    watch.expect("shop-2: 1 → 2: installing and rebooting");
    bad.report(StatusType::Failed, "edge", "1", ROLLED_BACK);
    watch.expect("shop-2: 1 → 2: failed: the new version was not healthy: sshd is not active; rolled back");
    let ran = watch.end();
    assert_eq!(ran.code, 7);
    assert!(ran.stderr.contains("no window for OS updates is open or to come"), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 1 of 2 updates failed\n  shop-2: the new version was not healthy"), "{}", ran.stderr);
    // What has ended is told at once.
    world
        .transcript()
        .run(&["watch", "shop-1"])
        .run(&["watch", "shop-2"])
        .run(&["watch", "edge 2"])
        .run(&["watch", "edge 1"])
        .run(&["watch", "nothing"])
        .run(&["instance", "list"])
        .run(&["instance", "get", "shop-2"])
        .check("watch_ended");
}

#[test]
fn changes_as_json() {
    let world = World::new("watch-json");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let node = Node::running(&world, "shop-1", 1, "edge", "1");
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "1h", "--duration", "1h"]);
    let watch = Watch::start(&world, &["-o", "json"]);
    let next = || serde_json::from_str::<Json>(&watch.lines.recv_timeout(PATIENCE).unwrap()).unwrap();
    let waiting = next();
    assert_eq!(
        (&waiting["phase"], &waiting["host"], &waiting["from"], &waiting["to"]),
        (&"waiting".into(), &"shop-1".into(), &"1".into(), &"2".into())
    );
    assert!(waiting["reason"].is_null() && waiting["instance"].as_str().unwrap().starts_with("inst-"));
    node.report(StatusType::Started, "edge", "1", "");
    assert_eq!(next()["phase"], "updating");
    node.report(StatusType::Updated, "edge", "2", "");
    assert_eq!(next()["phase"], "done");
    let ran = watch.end();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "all updates have ended; instances that run what they are to run: 1\n"));
}

#[test]
fn a_failure_of_the_past_does_not_end_a_watch_before_the_next_window() {
    let world = World::new("watch-again");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let node = Node::running(&world, "shop-1", 1, "edge", "1");
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    node.report(StatusType::Started, "edge", "1", "");
    node.report(StatusType::Failed, "edge", "1", ROLLED_BACK);
    world.ok(&["schedule", "update", "--host", "shop-1", "--now", "--duration", "1h"]);
    let watch = Watch::start(&world, &["shop-1"]);
    watch.expect("shop-1: 1 → 2: waiting for its window");
    node.report(StatusType::Started, "edge", "1", "");
    watch.expect("shop-1: 1 → 2: installing and rebooting");
    node.report(StatusType::Updated, "edge", "2", "");
    watch.expect("shop-1: runs 2");
    assert_eq!(watch.end().code, 0);
}

#[test]
fn a_host_that_is_deleted_meanwhile() {
    let world = World::new("watch-gone");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let _node = Node::running(&world, "shop-1", 1, "edge", "1");
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    let watch = Watch::start(&world, &[]);
    watch.expect("shop-1: 1 → 2: waiting for its window");
    world.ok(&["host", "delete", "shop-1"]);
    watch.expect("shop-1: was deleted");
    assert_eq!(watch.end().code, 7);
}

#[test]
fn ends_without_an_update() {
    let world = World::new("watch-ends");
    let mut transcript = world.transcript();
    transcript.run(&["watch"]);
    world.publish("edge", "1");
    world.publish("edge", "2");
    let _node = Node::running(&world, "shop-1", 1, "edge", "1");
    transcript.run(&["watch"]);
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    transcript.run(&["watch", "--timeout", "0s"]).check("watch_ends");
}

#[test]
fn an_interruption_is_no_failure_of_the_update() {
    let world = World::new("watch-interrupted");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let _node = Node::running(&world, "shop-1", 1, "edge", "1");
    world.ok(&["instance", "link", "shop-1", "--os", "edge 2"]);
    let watch = Watch::start(&world, &[]);
    watch.expect("waiting for its window");
    let process = rustix::process::Pid::from_child(&watch.child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let ran = watch.end();
    assert_eq!(ran.code, 130);
    assert!(ran.stderr.ends_with("error: interrupted\n"), "{}", ran.stderr);
}
