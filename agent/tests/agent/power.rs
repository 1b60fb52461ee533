//! Power: on, off, cut; and one process of a kind for each node.

use std::fs;

use emt_agent::{
    boot::{BootLoader, sandbox::SandboxBoot},
    sandbox,
    slots::{SlotId, Slots, sandbox::Health},
};
use emt_image::Expected;

use crate::support::{
    NEW, OLD, image,
    node::{Node, command, is_alive},
    server::Server,
    wait,
};

fn boot_id(node: &Node) -> Option<String> {
    node.status().boot.booted.map(|booted| booted.boot_id)
}

async fn started(server: &Server, node: &Node, after: usize) {
    wait("a report", || (server.told(&node.uuid).len() > after).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn power_on_off_and_cut() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    node.power_on();
    started(&server, &node, 0).await;
    let first = boot_id(&node);
    assert!(node.switch_off().await.success());

    node.power_on();
    let told = server.told(&node.uuid).len();
    started(&server, &node, told).await;
    let second = boot_id(&node);
    assert_ne!(first, second);

    // A killed agent is a power cut: the node boots again.
    assert!(node.kill_agent());
    wait("another boot", || (boot_id(&node) != second).then_some(())).await;
    let told = server.told(&node.uuid).len();
    started(&server, &node, told).await;

    // A killed firmware takes its agent along, and the node can be switched on at once.
    let agent = node.agent_id();
    node.cut_power();
    node.power_on();
    wait("the end of the orphan", || (!is_alive(agent)).then_some(())).await;
    let told = server.told(&node.uuid).len();
    started(&server, &node, told).await;
    assert!(!node.logged().contains("is in use"), "{}", node.logged());
    assert!(node.switch_off().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_has_one_firmware_and_one_agent() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    node.power_on();
    started(&server, &node, 0).await;
    for (arguments, text) in [
        (&["sandbox", "power-on"][..], "is in use by a node that is switched on (process "),
        (&["run"], "is in use by an agent (process "),
    ] {
        let output = command().args(arguments).arg("--dir").arg(&node.directory).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(6), "{told}");
        assert!(told.contains(text), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_cannot_work_on_trial_brings_the_old_version_back() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    let described = emt_agent::node::Node::open(&node.directory).unwrap();
    let file = node.directory.join("image");
    fs::write(&file, image(NEW, Health::Healthy)).unwrap();
    described.slots(Some(SlotId::A)).write(SlotId::B, &file, Expected::default()).unwrap();
    described.boot().arm(SlotId::B).unwrap();
    let credentials = node.directory.join("credentials.json");
    let kept = fs::read(&credentials).unwrap();
    fs::remove_file(&credentials).unwrap();
    node.power_on();
    let why = wait("the end of the trial", || node.status().boot.failed_trial.map(|failed| failed.why)).await;
    assert!(why.contains("holds no credentials"), "{why}");
    wait("the old version", || node.status().boot.booted.filter(|booted| booted.slot == SlotId::A && !booted.trial)).await;
    // Once it can work again it does: the agent is started over and over.
    fs::write(&credentials, kept).unwrap();
    started(&server, &node, 0).await;
    assert!(server.told(&node.uuid).iter().all(|told| told.version == OLD));
}

#[test]
fn what_cannot_be_switched_on_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let node = directory.path().join("node");
    let call = |arguments: &[&str]| {
        let output = command().args(arguments).arg("--dir").arg(&node).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let missing = format!("error: {} holds no node: make one with `emt-agent sandbox create`\n", node.display());
    for arguments in [&["sandbox", "power-on"][..], &["sandbox", "status"], &["run"]] {
        assert_eq!(call(arguments), (Some(6), missing.clone()));
    }
    let file = directory.path().join("image");
    fs::write(&file, image(OLD, Health::Healthy)).unwrap();
    sandbox::create(&node, &file, "0b1d2c3e-0000-4000-8000-00000000abcd", 1 << 20).unwrap();
    let (code, text) = call(&["run"]);
    assert_eq!(code, Some(6));
    assert!(text.contains("says that nothing has booted: switch the node on with `emt-agent sandbox power-on`"), "{text}");
    let record = SandboxBoot::new(node.join("boot.json"));
    record.replace(&record.read().unwrap().power_on("id", |_| Ok(())).unwrap()).unwrap();
    let (code, text) = call(&["run"]);
    assert_eq!(code, Some(6));
    assert!(text.ends_with("holds no credentials: enrol the node with `emt-agent enroll`\n"), "{text}");
    fs::write(node.join("slot-a.img"), "gone").unwrap();
    let (code, text) = call(&["sandbox", "power-on"]);
    assert_eq!(code, Some(6));
    assert!(text.ends_with("error: no slot boots: slot A holds no OS: failed to fill whole buffer; slot B holds no OS: nothing was installed yet\n"), "{text}");
}

#[test]
fn status_and_images_on_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let call = |arguments: &[&str]| {
        let output = command().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for gzip in [&[][..], &["--gzip"]] {
        let build = ["sandbox", "image", "--profile", "emt", "--version", "3.1", "--payload-bytes", "5000", "--output"];
        let digest = call(&[&build[..], &[&at("image")], gzip].concat());
        assert_eq!(digest.trim(), crate::support::sha256(&fs::read(at("image")).unwrap()));
    }
    let uuid = call(&["sandbox", "create", "--dir", &at("node"), "--image", &at("image")]);
    let json = call(&["sandbox", "status", "--json", "--dir", &at("node")]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["uuid"], uuid.trim());
    assert_eq!(json["slots"]["a"]["version"], "3.1");
    assert!(call(&["sandbox", "status", "--dir", &at("node")]).contains("\nslot A  emt 3.1 (default)\n"));
    let help = call(&["--help"]);
    assert!(help.contains("Exit codes:") && help.contains("100  `run` only"), "{help}");
}
