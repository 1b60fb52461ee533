//! From a publisher to a node: a real OCI registry and a real web server offer images, which are found, linked by hand or by
//! themselves, fetched, installed, withdrawn.

use std::path::Path;

use serde_json::Value as Json;

use crate::{
    publisher::Publisher,
    world::{Node, World, eventually, text},
};

const PROFILE: &str = "emt-shop";

/// A publisher with two versions, a server that looks for them, and a node that runs the first.
fn published() -> (Publisher, World, Node) {
    let world = World::new();
    let publisher = Publisher::new(&world.path("publisher"));
    let old = world.image("3.0.1", "healthy");
    let document = publisher.put(PROFILE, "3.0.1", &old, &["CVE-2026-0001", "CVE-2026-0002"]);
    publisher.tag(PROFILE, "0.10.8", &document);
    add_registry(&world, &publisher);
    let mut node = world.node("shop-1", &old);
    node.power_on();
    eventually("the node's first report", || world.instance("shop-1"));
    (publisher, world, node)
}

fn add_registry(world: &World, publisher: &Publisher) {
    let authority = publisher.authority();
    let added = world.ok(&[
        "os",
        "source",
        "add",
        "official",
        "--registry",
        &publisher.registry(),
        "--files",
        &publisher.files(),
        "--profile",
        PROFILE,
        "--revision",
        "~0.10.8",
        "--ca-cert",
        authority.to_str().unwrap(),
        "-o",
        "name",
    ]);
    assert!(added.starts_with("ossource-"), "{added}");
}

/// Offers a version, and has the server look.
fn offer(world: &World, publisher: &Publisher, tag: &str, version: &str, cves: &[&str]) -> Json {
    let image = world.image(version, "healthy");
    publisher.tag(PROFILE, tag, &publisher.put(PROFILE, version, &image, cves));
    world.json(&["os", "sync"])[0].clone()
}

fn os(world: &World, version: &str) -> Json {
    world.json(&["os", "get", version])
}

fn instance(world: &World) -> Json {
    world.instance("shop-1").unwrap()
}

fn available(world: &World) -> String {
    instance(world)["osUpdateAvailable"].as_str().unwrap().to_owned()
}

fn update_in_a_window(world: &World, node: &Node, version: &str) {
    let watch = world.ctl(&["watch", "shop-1", "--timeout", "80s"]);
    assert!(watch.status.success(), "{}\n{}", text(&watch), node.log());
    assert_eq!(node.version(), version);
    assert_eq!(instance(world)["os"]["imageId"], version);
}

#[test]
fn images_of_a_registry_are_found_linked_by_hand_and_installed() {
    let (publisher, world, mut node) = published();
    assert_eq!(os(&world, "3.0.1")["name"], "Edge Microvisor Toolkit 3.0.1");
    assert_eq!(instance(&world)["os"]["imageId"], "3.0.1", "the node's version is one that was found");
    let found = offer(&world, &publisher, "0.10.9", "3.0.2", &["CVE-2026-0002"]);
    assert_eq!((&found["made"], &found["error"]), (&1.into(), &"".into()), "{found}");
    // Tags that the revision does not ask for are not looked at.
    publisher.tag(PROFILE, "0.11.0", "no profile at all");
    let found = world.json(&["os", "sync"]);
    assert_eq!((&found[0]["unchanged"], &found[0]["failed"]), (&2.into(), &0.into()), "{found}");

    eventually("an update is available", || (available(&world) == "Edge Microvisor Toolkit 3.0.2").then_some(()));
    assert!(instance(&world)["desiredOs"].is_null(), "manual mode links nothing");
    let differs = world.json(&["os", "diff", "3.0.1", "3.0.2"]).to_string();
    assert!(differs.contains("CVE-2026-0001"), "{differs}");
    assert!(!publisher.asked().contains("3.0.2.raw.gz"), "nobody needs the image yet");

    world.ok(&["instance", "link", "shop-1", "--os", "3.0.2"]);
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h"]);
    update_in_a_window(&world, &node, "3.0.2");
    assert!(publisher.asked().contains("3.0.2.raw.gz"));
    eventually("the notice is gone", || available(&world).is_empty().then_some(()));
    assert_eq!(os(&world, "3.0.2")["imageState"], "IMAGE_STATE_HERE");
    node.stop();
}

#[test]
fn images_of_a_registry_are_linked_by_themselves_and_withdrawn() {
    let (publisher, world, mut node) = published();
    world.ok(&["os", "mode", "automatic"]);
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "1s", "--duration", "1h"]);
    offer(&world, &publisher, "0.10.9", "3.0.2", &[]);
    eventually("it is linked", || (instance(&world)["desiredOs"]["imageId"] == "3.0.2").then_some(()));
    eventually("it is installed", || (instance(&world)["os"]["imageId"] == "3.0.2").then_some(()));
    assert_eq!(node.version(), "3.0.2");

    // A version that its publisher warns of is not linked, and comes back when the warning is taken back.
    let image = world.image("3.0.3", "healthy");
    let good = publisher.put(PROFILE, "3.0.3", &image, &[]);
    let warned = good.replace("metadata:\n", "metadata:\n  withdrawn: loses its clock\n");
    publisher.tag(PROFILE, "0.10.10", &warned);
    let found = world.json(&["os", "sync"]);
    assert_eq!((&found[0]["made"], &found[0]["withdrawn"]), (&1.into(), &1.into()), "{found}");
    assert_eq!(os(&world, "3.0.3")["withdrawn"], "loses its clock");
    assert_eq!(available(&world), "");
    publisher.tag(PROFILE, "0.10.10", &good);
    world.ok(&["os", "sync"]);
    eventually("it is installed", || (instance(&world)["os"]["imageId"] == "3.0.3").then_some(()));

    // Another image under a version that is known is not taken, and whoever looks is told.
    let other = world.image("3.0.3-other", "healthy");
    let altered = publisher.put(PROFILE, "3.0.3", &other, &[]);
    publisher.tag(PROFILE, "0.10.11", &altered);
    let before = os(&world, "3.0.3")["sha256"].clone();
    let sync = world.ctl(&["os", "sync"]);
    assert!(text(&sync).contains("emtctl os source get official"), "{}", text(&sync));
    assert_eq!(os(&world, "3.0.3")["sha256"], before);
    let told = world.ok(&["os", "source", "get", "official"]);
    assert!(told.contains("conflict") && told.contains("a version that was published never changes"), "{told}");

    // Switching back leaves what is linked, and links nothing more.
    world.ok(&["os", "mode", "manual"]);
    offer(&world, &publisher, "0.10.12", "3.0.4", &[]);
    eventually("an update is available", || available(&world).ends_with("3.0.4").then_some(()));
    assert_eq!(instance(&world)["desiredOs"]["imageId"], "3.0.3");
    node.stop();
}

/// Mirrors what the publisher's registry offers.
fn mirror(world: &World, publisher: &Publisher, directory: &Path) {
    let (registry, files, authority) = (publisher.registry(), publisher.files(), publisher.authority());
    let from = ["--registry", &registry, "--files", &files, "--profile", PROFILE, "--revision", "~0.10.8"];
    let arguments = ["os", "mirror", directory.to_str().unwrap(), "--ca-cert", authority.to_str().unwrap()];
    let mirrored = world.ctl(&[&arguments[..], &from].concat());
    assert!(mirrored.status.success(), "{}", text(&mirrored));
}

#[test]
fn a_tree_behind_a_web_server_costs_one_request_when_nothing_is_new() {
    let (publisher, world, mut node) = published();
    world.ok(&["os", "source", "remove", "official"]);
    let tree = publisher.root().join("tree");
    mirror(&world, &publisher, &tree);
    let (url, authority) = (format!("{}/tree", publisher.files()), publisher.authority());
    world.ok(&["os", "source", "add", "tree", "--tree", &url, "--ca-cert", authority.to_str().unwrap()]);
    let before = publisher.asked().lines().count();
    let found = world.json(&["os", "sync"]);
    assert_eq!((&found[0]["unchanged"], &found[0]["made"]), (&1.into(), &0.into()), "{found}");
    let asked: Vec<String> = publisher.asked().lines().skip(before).map(str::to_owned).collect();
    assert!(asked.len() == 1 && asked[0].contains("index.json") && asked[0].contains(" 304 "), "{asked:?}");

    // What is new in the registry comes along with the next mirror, and reaches the node.
    let image = world.image("3.0.2", "healthy");
    publisher.tag(PROFILE, "0.10.9", &publisher.put(PROFILE, "3.0.2", &image, &[]));
    mirror(&world, &publisher, &tree);
    let found = world.json(&["os", "sync"]);
    assert_eq!((&found[0]["offered"], &found[0]["made"]), (&2.into(), &1.into()), "{found}");
    world.ok(&["instance", "link", "shop-1", "--os", "3.0.2"]);
    world.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h"]);
    update_in_a_window(&world, &node, "3.0.2");
    node.stop();
}

#[test]
fn a_mirror_feeds_a_site_without_a_network() {
    let (publisher, connected, mut node) = published();
    node.stop();
    offer(&connected, &publisher, "0.10.9", "3.0.2", &[]);
    let stick = connected.path("stick");
    mirror(&connected, &publisher, &stick);
    drop(publisher);

    let remote = World::new();
    let carried = remote.path("server").join("sources").join("stick");
    std::fs::create_dir_all(carried.parent().unwrap()).unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(&stick).arg(&carried).status().unwrap();
    assert!(copied.success());
    remote.ok(&["os", "source", "add", "stick", "--directory", carried.to_str().unwrap()]);
    let mut node = remote.node("shop-1", &connected.path("emt-3.0.1.raw.gz"));
    node.power_on();
    eventually("an update is available", || {
        (!remote.instance("shop-1")?["osUpdateAvailable"].as_str()?.is_empty()).then_some(())
    });
    remote.ok(&["instance", "link", "shop-1", "--os", "3.0.2"]);
    remote.ok(&["schedule", "update", "--host", "shop-1", "--in", "2s", "--duration", "1h"]);
    update_in_a_window(&remote, &node, "3.0.2");
    node.stop();
}
