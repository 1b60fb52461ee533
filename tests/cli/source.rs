//! Sources of OS images, as directories of the server's machine.

use serde_json::json;

use crate::{mirror::Tree, world::World};

#[test]
fn sources_are_kept_and_looked_at() {
    let world = World::new("os-sources");
    let root = world.server.sources().join("releases");
    let mut tree = Tree::at(root.clone());
    let (root, elsewhere) = (root.to_str().unwrap(), world.path("elsewhere"));
    let elsewhere = elsewhere.to_str().unwrap();
    let mut transcript = world.transcript();
    transcript
        .run(&["os", "source", "list"])
        .run(&["os", "sync"])
        .run(&["os", "source", "add", "releases", "--directory", root])
        .run(&["os", "source", "add", "releases", "--directory", root])
        .run(&["os", "source", "add", "elsewhere", "--directory", elsewhere])
        .run(&["os", "sync", "releases"])
        .run(&["os", "list"])
        .run(&["os", "get", "3.0.2"])
        .run(&["os", "source", "get", "releases"]);

    // A version that cannot be read, one with another image than before, and one that is warned of.
    let other = tree.root.join("profiles/edge/3.0.1.yaml");
    let other = std::fs::read_to_string(other).unwrap().replace("osImageSha256: ", "osImageSha256: 00");
    tree.offer("edge", "3.0.3");
    let bad = tree.put("profiles/edge/3.0.3.yaml", "spec: {}");
    let cut: String = other
        .lines()
        .map(|line| if line.contains("Sha256") { &line[..line.len() - 2] } else { line })
        .fold(String::new(), |text, line| text + line + "\n");
    let conflicting = tree.put("profiles/edge/3.0.1.yaml", &cut);
    for (at, (size, sha256)) in [(0, conflicting), (2, bad)] {
        tree.index["profiles"][at]["size"] = size.into();
        tree.index["profiles"][at]["sha256"] = sha256.into();
    }
    tree.index["withdrawn"] = json!([{"profile": "edge", "version": "3.0.2", "reason": "Loses its network"}]);
    tree.publish();
    transcript
        .run(&["os", "sync"])
        .run(&["os", "source", "list"])
        .run(&["os", "source", "get", "releases"])
        .run(&["os", "source", "get", "elsewhere"])
        .run(&["os", "list"])
        .run(&["os", "get", "3.0.2"])
        .run(&["os", "source", "webhook", "releases"])
        .run(&["os", "source", "webhook", "releases", "--end"])
        .run(&["os", "source", "remove", "releases", "elsewhere"])
        .run(&["os", "get", "3.0.1"])
        .run(&["os", "source", "get", "releases"])
        .check_narrow("os_sources");
}
