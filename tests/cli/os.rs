//! OS resources.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use emt_api::maintmgr::update_status::StatusType;

use crate::node::Node;
use crate::world::{IMAGE_LIMIT, Ran, World};

const DIGEST: &str = "f7ff1e8b7bb2e09b70935a5d785e0cc5d9d0abf0dc6d4fa5b3a5fb7a0e6f0a11";

#[test]
fn publishing_and_listing() {
    let world = World::new("os-publish");
    world.file("one.raw.gz", b"one");
    world.file("two.raw.gz", b"two");
    let publish = |file, version| vec!["os", "publish", file, "--profile", "edge", "--version", version];
    world
        .transcript()
        .run(&["os", "list"])
        .run(&["os", "list", "-o", "json"])
        .run(&publish("one.raw.gz", "3.0.1"))
        .run(&publish("one.raw.gz", "3.0.1"))
        .run(&[&publish("two.raw.gz", "3.0.2")[..], &["--name", "June build", "-o", "json"]].concat())
        .run(&["os", "list"])
        .run(&["os", "list", "-o", "name"])
        .run(&["os", "get", "June build"])
        .run(&["os", "get", "3.0.1", "-o", "yaml"])
        .run(&["os", "delete", "june build", "3.0.1"])
        .run(&["os", "list"])
        .check("os_publish");
}

#[test]
fn what_cannot_be_published() {
    let world = World::new("os-refused");
    world.file("one.raw.gz", b"one");
    world.file("two.raw.gz", b"two");
    world.file("empty.raw.gz", b"");
    world.file("big.raw.gz", &vec![0; usize::try_from(IMAGE_LIMIT).unwrap() + 1]);
    let publish = |file, profile, version| vec!["os", "publish", file, "--profile", profile, "--version", version];
    world.ok(&publish("one.raw.gz", "edge", "1"));
    world
        .transcript()
        .run(&publish("absent.raw.gz", "edge", "2"))
        .run(&publish("config", "edge", "2"))
        .run(&publish("empty.raw.gz", "edge", "2"))
        .run(&publish("two.raw.gz", "", "2"))
        .run(&publish("two.raw.gz", "edge\n", "2"))
        .run(&publish("two.raw.gz", "edge", "1"))
        .run(&[&publish("two.raw.gz", "edge", "2")[..], &["--name", "edge 1"]].concat())
        .run(&[&publish("two.raw.gz", "edge", "2")[..], &["--sha256", DIGEST]].concat())
        .run(&publish("big.raw.gz", "edge", "2"))
        .run(&["os", "list", "-o", "name"])
        .check("os_refused");
}

#[test]
fn names_that_are_not_there_or_not_alone() {
    let world = World::new("os-names");
    world.publish("edge", "1");
    world.publish("edge-rt", "1");
    world
        .transcript()
        .run(&["os", "get", "2"])
        .run(&["os", "get", "os-00000000"])
        .run(&["os", "get", "1"])
        .run(&["os", "delete", "edge 1", "nothing"])
        .run(&["os", "list"])
        .check("os_names");
}

#[test]
fn a_reader_that_has_seen_enough() {
    let world = World::new("os-pipe");
    for version in 0..3 {
        world.publish("edge", &version.to_string());
    }
    for form in ["table", "json", "yaml", "name"] {
        let mut child = world.command(&["os", "list", "-o", form]).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::of(child, "");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{form}");
    }
}

#[test]
fn modes_are_shown_and_set() {
    let world = World::new("os-modes");
    world.publish("edge", "1");
    world.publish("edge", "2");
    world.publish("edge-rt", "1");
    world
        .transcript()
        .run(&["os", "mode"])
        .run(&["os", "mode", "automatic"])
        .run(&["os", "mode", "manual", "--profile", "edge-rt"])
        .run(&["os", "mode", "--profile", "edge"])
        .run(&["os", "mode", "inherit", "--profile", "edge-rt", "-o", "json"])
        .run(&["os", "mode", "inherit"])
        .run(&["os", "mode", "-o", "name"])
        .run(&["os", "mode", "--profile", "nothing"])
        .run(&["os", "mode", "--server"])
        .run(&["os", "mode", "manual", "--server", "--profile", "edge"])
        .check("os_modes");
}

#[test]
fn what_is_blocked_and_what_is_newest() {
    let world = World::new("os-blocks");
    world.publish("edge", "1");
    world.publish("edge", "2");
    let withdrawn = world.publish("edge", "3");
    world.tell_of(&withdrawn, |os| "no longer offered by main".clone_into(&mut os.withdrawn));
    world
        .transcript()
        .run(&["os", "list"])
        .run(&["os", "block", "edge 2", "--reason", "it is too loud"])
        .run(&["os", "list"])
        .run(&["os", "list", "--filter", "profileName='edge' AND imageId='1'"])
        .run(&["os", "get", "edge 2"])
        .run(&["os", "block", "edge 2"])
        .run(&["os", "block", "edge 9", "--reason", "?"])
        .run(&["os", "unblock", "edge 2", "-o", "name"])
        .run(&["os", "list"])
        .check("os_blocks");
}

#[test]
fn what_changes_from_one_to_another() {
    let world = World::new("os-diff");
    let (old, new) = (world.publish("edge", "1"), world.publish("edge", "2"));
    world.tell_of(&old, |os| {
        os.existing_cves =
            r#"[{"cve_id":"CVE-2026-1","priority":"critical"},{"cve_id":"CVE-2026-2","priority":"low"}]"#.to_owned();
        os.installed_packages = r#"{"repo":[{"name":"curl","version":"8.1"},{"name":"vim","version":"9.0"}]}"#.to_owned();
    });
    world.tell_of(&new, |os| {
        os.existing_cves = r#"[{"cve_id":"CVE-2026-2","priority":"low"},{"cve_id":"CVE-2026-3","priority":"medium"}]"#.to_owned();
        os.installed_packages = r#"{"repo":[{"name":"curl","version":"8.2"},{"name":"zstd","version":"1.5"}]}"#.to_owned();
    });
    world.publish("edge", "3");
    let node = Node::running(&world, "shop-1", 1, "edge", "1");
    node.report(StatusType::UpToDate, "edge", "1", "");
    world
        .transcript()
        .run(&["os", "diff", "edge 1", "edge 2"])
        .run(&["os", "diff", "edge 2", "edge 1", "-o", "json"])
        .run(&["os", "diff", "edge 1", "edge 2", "-o", "name"])
        .run(&["os", "diff", "edge 1", "edge 3"])
        .run(&["os", "block", "edge 3", "--reason", "nothing is known of it"])
        .run(&["os", "diff", "edge 1", "edge 9"])
        .check("os_diff");
    // What the catalogue says is told to instances a moment later.
    let deadline = Instant::now() + Duration::from_mins(1);
    while !world.ok(&["host", "list"]).contains("edge 2") {
        assert!(Instant::now() < deadline, "nothing is available");
    }
    world
        .transcript()
        .run(&["host", "list"])
        .run(&["host", "get", "shop-1"])
        .run(&["instance", "get", "shop-1"])
        .check("available");
}
