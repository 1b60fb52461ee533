//! `emtctl demo`: the story is told and verified, and nothing is left.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::{program, text};

#[test]
fn the_story_is_told_once_and_nothing_is_left() {
    let place = tempfile::tempdir().unwrap();
    let output = Command::new(program("emtctl")).args(["demo", "--once", "--temporary"]).arg(place.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    for said in
        ["1. ", "2. ", "3. ", "4. ", "$ emtctl login", "$ emtctl instance link", "$ emtctl schedule update", "$ emtctl watch"]
    {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 3, "{printed}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_demo_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut demo =
        Command::new(program("emtctl")).args(["demo", "--temporary"]).arg(place.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    // The server serves and nodes are being enrolled.
    assert!(lines.any(|line| line.unwrap().starts_with("$ emt-agent enroll")));
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    lines.for_each(drop);
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}
