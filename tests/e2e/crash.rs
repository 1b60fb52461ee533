//! Plugs pulled: agents at every point, the server and nodes at any moment. Nothing that was acknowledged is lost, and
//! every update ends.

use crate::world::{Node, PROJECT, World, eventually, text};

/// Where an agent can be killed in the course of an update.
const POINTS: [&str; 19] = emt_agent::crash::POINTS;

/// Nodes on 3.0.1 that are told to go to 3.0.2 in a window that opens after `lead`.
fn told(world: &World, count: usize, lead: &str, prepare: impl Fn(usize, &mut Node)) -> Vec<Node> {
    let old = world.publish("3.0.1", "healthy");
    world.publish("3.0.2", "healthy");
    let mut nodes: Vec<Node> = (0..count).map(|number| world.node(&format!("shop-{number}"), &old)).collect();
    for (number, node) in nodes.iter_mut().enumerate() {
        prepare(number, node);
        node.power_on();
    }
    eventually("the first report of each node", || {
        let all = world.json(&["instance", "list"]);
        (all.as_array().unwrap().len() == count).then_some(())
    });
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    let os = world.os_id("3.0.2");
    world.ok(&[&["instance", "link"], names.as_slice(), &["--os", os.as_str()]].concat());
    let hosts: Vec<&str> = names.iter().flat_map(|name| ["--host", name]).collect();
    world.ok(&[&["schedule", "update", "--in", lead, "--duration", "1h"], hosts.as_slice()].concat());
    nodes
}

/// Every node runs the new version, and there is one run for each that says so.
fn all_updated(world: &World, nodes: &[Node]) {
    let watch = world.ctl(&["watch", "--timeout", "80s"]);
    let logs = || nodes.iter().map(|node| format!("{}:\n{}", node.name, node.log())).collect::<Vec<_>>().join("\n");
    assert!(watch.status.success(), "{}\n{}", text(&watch), logs());
    let all = world.json(&["instance", "list"]);
    for instance in all.as_array().unwrap() {
        assert_eq!(instance["os"]["imageId"], "3.0.2", "{instance}");
    }
    for node in nodes {
        assert_eq!(node.version(), "3.0.2", "{}", node.name);
    }
    let (_, runs) = world.curl("GET", PROJECT, "os-update-runs", None);
    let runs = runs["osUpdateRuns"].as_array().unwrap();
    assert_eq!(runs.len(), nodes.len(), "{runs:?}");
    assert!(runs.iter().all(|run| run["status"] == "Update completed"), "{runs:?}");
}

#[test]
fn an_agent_may_be_killed_at_every_point() {
    let world = World::new();
    // Every image is there before the window opens, or not all points would be passed.
    let mut nodes = told(&world, POINTS.len(), "10s", |number, node| node.crash_at(POINTS[number]));
    all_updated(&world, &nodes);
    // The last points come after the server knows.
    for (node, point) in nodes.iter().zip(POINTS) {
        let marker = node.directory.join(format!("crashed-{point}"));
        eventually(&format!("{} is killed at {point}", node.name), || marker.exists().then_some(()));
    }
    nodes.iter_mut().for_each(Node::stop);
    all_updated(&world, &nodes);
}

#[test]
fn plugs_are_pulled_all_the_time() {
    let mut world = World::new();
    let mut nodes = told(&world, 3, "3s", |_, _| {});
    // Ever other moments of the update, spread by the nodes' own jitter.
    for pull in 0..12_u64 {
        std::thread::sleep(std::time::Duration::from_millis(150 + 97 * (pull % 5)));
        if pull % 3 == 2 {
            world.kill_server();
            world.start_server();
        } else {
            let node = &mut nodes[usize::try_from(pull).unwrap() % 3];
            node.kill();
            node.power_on();
        }
    }
    all_updated(&world, &nodes);
    nodes.iter_mut().for_each(Node::stop);
    world.stop_server();
}

#[test]
fn what_the_server_acknowledged_survives_its_end() {
    let mut world = World::new();
    let mut acknowledged = Vec::new();
    for number in 0..6 {
        let name = format!("region-{number}");
        world.ok(&["region", "create", &name]);
        acknowledged.push(name);
        world.kill_server();
        world.start_server();
    }
    let all = world.json(&["region", "list"]);
    let mut found: Vec<&str> = all.as_array().unwrap().iter().map(|region| region["name"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, acknowledged);
    world.stop_server();
}

#[test]
fn the_server_may_be_killed_while_an_image_is_sent() {
    const BYTES: usize = 96 << 20;
    let mut world = World::new();
    let image = world.path("big.raw");
    let content: Vec<u8> = (0..BYTES).map(|byte| u8::try_from(byte / 3 % 251).unwrap()).collect();
    std::fs::write(&image, content).unwrap();
    let publish = ["os", "publish", image.to_str().unwrap(), "--profile", "emt-shop", "--version", "3.0.9"];
    let child = world.start_ctl(&publish);
    for _ in 0..2 {
        let counts = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.strip_suffix(".upload").and_then(|name| name.rsplit('.').next()?.parse().ok()).unwrap_or(0)
        };
        let known: usize = world.image_files().iter().map(counts).sum();
        eventually("more of the image counts", || world.image_files().iter().any(|path| counts(path) > known).then_some(()));
        world.kill_server();
        world.start_server();
    }
    let sent = child.wait_with_output().unwrap();
    assert!(sent.status.success(), "{}", text(&sent));
    assert!(String::from_utf8_lossy(&sent.stderr).contains("trying again in"), "{}", text(&sent));
    let files = world.image_files();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(std::fs::read(&files[0]).unwrap() == std::fs::read(&image).unwrap());
}
