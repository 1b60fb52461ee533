//! Images that are sent over a network that breaks.

use std::process::Command;

use crate::{
    proxy::Proxy,
    world::{IMAGE_LIMIT, Ran, World},
};

/// Numbers without a pattern (Knuth's linear congruential generator), the same for the same seed.
fn random(seed: u64) -> impl Iterator<Item = usize> {
    let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    std::iter::successors(Some(seed), next).skip(1).map(|number| usize::try_from(number >> 33).unwrap())
}

/// Content that no other test sends, as long as an image may be.
fn image(seed: u64) -> Vec<u8> {
    random(seed).map(|number| u8::try_from(number % 256).unwrap()).take(usize::try_from(IMAGE_LIMIT).unwrap()).collect()
}

/// `os publish` by way of a port.
fn publish(world: &World, port: u16, file: &str, version: &str) -> Command {
    let mut command = world.command(&["os", "publish", file, "--profile", "edge", "--version", version, "-o", "name"]);
    command
        .env("EMTCTL_SERVER", format!("https://api.emt.localhost:{port}"))
        .env("EMTCTL_CA_CERT", world.server.authority())
        .env("EMTCTL_TOKEN", world.token());
    command
}

#[test]
fn connections_that_break_cost_time_only() {
    let world = World::new("upload-breaks");
    for seed in 0..4 {
        let cuts: Vec<usize> = random(seed).map(|number| 2_000 + number % 300_000).take(5).collect();
        let port = Proxy::start(world.server.port, cuts.clone()).unwatched();
        let (file, version) = (format!("{seed}.raw"), format!("1.{seed}"));
        world.file(&file, &image(seed));
        let ran = Ran::of(publish(&world, port, &file, &version).spawn().unwrap(), "");
        assert_eq!(ran.code, 0, "{cuts:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("trying again in 250ms"), "{cuts:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("published edge {version} as {}", ran.stdout.trim())), "{}", ran.stderr);
    }
}

#[test]
fn the_next_run_goes_on_where_one_was_interrupted() {
    let world = World::new("upload-interrupted");
    world.file("image.raw", &image(100));
    let proxy = Proxy::start(world.server.port, vec![400_000]);
    let child = publish(&world, proxy.port, "image.raw", "1").spawn().unwrap();
    let go_on = proxy.broken.recv().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(child, "");
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    drop(go_on);
    let ran = Ran::of(publish(&world, world.server.port, "image.raw", "1").spawn().unwrap(), "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("KiB of 1.00 MiB are there already; going on from there"), "{}", ran.stderr);
    // The same image under another version is not sent at all.
    let ran = Ran::of(publish(&world, world.server.port, "image.raw", "2").spawn().unwrap(), "");
    assert!(ran.code == 0 && ran.stderr.contains("the image is there already"), "{}", ran.stderr);
}

#[test]
fn two_that_send_the_same_do_not_disturb_each_other() {
    let world = World::new("upload-twice");
    world.file("image.raw", &image(200));
    let proxy = Proxy::start(world.server.port, vec![400_000]);
    let first = publish(&world, proxy.port, "image.raw", "1").spawn().unwrap();
    let go_on = proxy.broken.recv().unwrap();
    let mut command = publish(&world, world.server.port, "image.raw", "2");
    let second = command.spawn().unwrap();
    // The first one is in its turn until its connection has broken.
    let second = std::thread::spawn(move || Ran::of(second, ""));
    drop(go_on);
    let (first, second) = (Ran::of(first, ""), second.join().unwrap());
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.stderr, second.stderr);
}
