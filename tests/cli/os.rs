//! OS resources.

use std::process::Stdio;

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
