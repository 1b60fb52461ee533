//! The story: log in, look, link, schedule, watch; then a broken image, and the way back.

use serde_json::Value as Json;

use super::{error::DemoError, stage::Stage, voice::Voice};

const PROJECT: &str = "shops";
const PROFILE: &str = "emt-shop";
const NODES: [&str; 3] = ["shop-1", "shop-2", "shop-3"];
/// What the nodes run at first.
const OLD: &str = "3.0.20260413";
/// What they are updated to.
const NEW: &str = "3.0.20260602";
/// What one of them refuses.
const BROKEN: &str = "3.0.20260701";
/// Length of the images' content, in bytes.
const PAYLOAD: &str = "8000000";
/// How often the nodes ask, in seconds; real ones take longer.
const POLL: &str = "0.5";
/// What `emtctl watch` ends with if an update failed.
const UPDATE_FAILED: i32 = 7;

/// Tells it; an error is a step that was not verified.
pub(super) async fn tell(stage: &mut Stage, voice: &Voice) -> Result<(), DemoError> {
    voice.line("Three edge nodes take an A/B update, and refuse a broken one. Everything here is real but the disks:");
    voice.line("a server, three agents and the commands below run as processes of their own on this machine.");
    voice.step(1, "A server, and three nodes enrolled with it");
    let address = serve(stage, voice).await?;
    nodes(stage, voice, &address).await?;
    voice.step(2, "See what there is, and link the new version");
    link(stage, voice).await?;
    voice.step(3, "Schedule the update, and watch it happen");
    update(stage, voice).await?;
    voice.step(4, "A broken image: the node goes back by itself");
    rollback(stage, voice).await
}

/// Says how to go on by hand.
pub(super) async fn go_on(stage: &Stage, voice: &Voice) -> Result<(), DemoError> {
    let directory = stage.program().parent().map(|path| path.display().to_string()).unwrap_or_default();
    voice.line("\nThe server and the nodes go on until Ctrl-C. In a browser, which does not know the server's authority yet:");
    let link = stage.json(&["web"]).await?;
    voice.line(&format!("  {}", link["url"].as_str().unwrap_or_default()));
    voice.line("  signs one browser in as admin, once, within ten minutes; emtctl web prints another. Without it:");
    voice.line(&format!("  {}/", stage.origin()));
    voice.line(&format!("  as admin, with the password in {}", stage.path("password").display()));
    voice.line("In another terminal:");
    voice.line(&format!("  export PATH={directory}:$PATH EMTCTL_CONFIG_DIR={} EMTCTL_TOKENS=file", stage.path("ctl").display()));
    voice.line("  emtctl instance list");
    voice.line(&format!("  emtctl instance link shop-3 --os {NEW}"));
    voice.line("  emtctl schedule list");
    voice.line("  emtctl web");
    voice.line("  emtctl --help");
    Ok(())
}

async fn serve(stage: &mut Stage, voice: &Voice) -> Result<String, DemoError> {
    let data = stage.path("server").display().to_string();
    voice.command(&format!("emt-server init --data-dir {data} --project {PROJECT}"));
    let init = ["init", "--data-dir", &data, "--listen", "127.0.0.1:0", "--project", PROJECT];
    let password = stage.run("server", &init, "").await?;
    let password = stage.keep_secret("password", &password)?;
    voice.command(&format!("emt-server run --data-dir {data}"));
    let origin = stage.serve(&["run", "--data-dir", &data]).await?;
    voice.line(&format!("serving {origin}"));
    let address = origin.replacen("https://", "https://api.", 1);
    let authority = stage.path("server/ca.pem").display().to_string();
    let login = ["login", "--server", &address, "--ca-cert", &authority, "--username", "admin", "--project", PROJECT];
    stage.show_ok(voice, &[&login[..], &["--password-stdin"]].concat(), Some(&password)).await?;
    Ok(address)
}

async fn nodes(stage: &mut Stage, voice: &Voice, address: &str) -> Result<(), DemoError> {
    for version in [OLD, NEW] {
        publish(stage, voice, version, "healthy").await?;
    }
    let image = image(stage, OLD);
    let authority = stage.path("server/ca.pem").display().to_string();
    for name in NODES {
        let (directory, token) = (stage.path(name).display().to_string(), stage.path(&format!("{name}.token")));
        let token = token.display().to_string();
        let uuid = stage.run("agent", &["sandbox", "create", "--dir", &directory, "--image", &image], "").await?;
        stage.show_ok(voice, &["host", "register", name, "--uuid", &uuid, "--token-file", &token], None).await?;
        let enroll = ["enroll", "--server", address, "--ca-cert", &authority, "--token-file", &token, "--dir", &directory];
        voice.command(&format!("emt-agent {}", enroll.join(" ")));
        stage.run("agent", &enroll, "").await?;
        stage.power_on(name, &["sandbox", "power-on", "--dir", &directory, "--poll-seconds", POLL, "--retry-seconds", "3600"])?;
    }
    let all = |instances: &Json| NODES.iter().all(|node| runs(instances, node, OLD) && is_alive(instances, node));
    stage.wait("the first report and heartbeat of every node", &["instance", "list"], all).await?;
    voice.verified(&format!("all three nodes have reported that they run {OLD}"));
    Ok(())
}

async fn link(stage: &Stage, voice: &Voice) -> Result<(), DemoError> {
    stage.show_ok(voice, &["host", "list"], None).await?;
    stage.show_ok(voice, &["os", "list"], None).await?;
    stage.show_ok(voice, &["instance", "list"], None).await?;
    stage.show_ok(voice, &[&["instance", "link"], &NODES[..], &["--os", NEW]].concat(), None).await
}

async fn update(stage: &Stage, voice: &Voice) -> Result<(), DemoError> {
    let mut schedule = vec!["schedule", "update", "--name", "tonight", "--in", "5s", "--duration", "1h"];
    for node in NODES {
        schedule.extend(["--host", node]);
    }
    stage.show_ok(voice, &schedule, None).await?;
    stage.show_ok(voice, &[&["watch"], &NODES[..], &["--timeout", "2m"]].concat(), None).await?;
    let instances = stage.json(&["instance", "list"]).await?;
    for name in NODES {
        verify(&format!("what the server knows of {name}"), NEW, current(&instances, name))?;
        let node = stage.node(name).await?;
        verify(&format!("the slot that {name} boots"), NEW, slot(&node, true))?;
        verify(&format!("the other slot of {name}"), OLD, slot(&node, false))?;
    }
    voice.verified(&format!("every node boots {NEW}, has {OLD} in its other slot to fall back on, and the server knows"));
    Ok(())
}

async fn rollback(stage: &Stage, voice: &Voice) -> Result<(), DemoError> {
    let name = NODES[2];
    publish(stage, voice, BROKEN, "unhealthy").await?;
    stage.show_ok(voice, &["instance", "link", name, "--os", BROKEN], None).await?;
    voice.line("The window is still open, so the node begins at once. Its new version fails the health check.");
    let code = stage.show(voice, &["watch", name, "--timeout", "2m"], None).await?;
    verify("the exit code of watch", &UPDATE_FAILED.to_string(), &code.to_string())?;
    let instances = stage.json(&["instance", "list"]).await?;
    verify(&format!("what the server knows of {name}"), NEW, current(&instances, name))?;
    verify(&format!("the update status of {name}"), "Update failed", field(&instances, name, "updateStatus"))?;
    let detail = field(&instances, name, "updateStatusDetail");
    if !detail.contains("rolledback") {
        verify(&format!("the reason that the server has for {name}"), "rolledback", detail)?;
    }
    let node = stage.node(name).await?;
    verify(&format!("the slot that {name} boots"), NEW, slot(&node, true))?;
    for other in &NODES[..2] {
        verify(&format!("what the server knows of {other}"), NEW, current(&instances, other))?;
    }
    voice.verified(&format!("{name} is back on {NEW}, the server knows why, and nobody else was touched"));
    Ok(())
}

async fn publish(stage: &Stage, voice: &Voice, version: &str, health: &str) -> Result<(), DemoError> {
    let image = image(stage, version);
    let build = ["sandbox", "image", "--profile", PROFILE, "--version", version, "--health", health, "--gzip"];
    stage.run("agent", &[&build[..], &["--payload-bytes", PAYLOAD, "--output", &image]].concat(), "").await?;
    stage.show_ok(voice, &["os", "publish", &image, "--profile", PROFILE, "--version", version], None).await
}

fn image(stage: &Stage, version: &str) -> String {
    stage.path(&format!("emt-{version}.raw.gz")).display().to_string()
}

fn verify(what: &str, expected: &str, found: &str) -> Result<(), DemoError> {
    if expected == found {
        return Ok(());
    }
    Err(DemoError::Unverified { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

fn instance<'a>(instances: &'a Json, host: &str) -> Option<&'a Json> {
    instances.as_array()?.iter().find(|instance| instance["host"]["name"] == host)
}

fn field<'a>(instances: &'a Json, host: &str, name: &str) -> &'a str {
    instance(instances, host).and_then(|instance| instance[name].as_str()).unwrap_or_default()
}

fn current<'a>(instances: &'a Json, host: &str) -> &'a str {
    instance(instances, host).and_then(|instance| instance["os"]["imageId"].as_str()).unwrap_or_default()
}

fn runs(instances: &Json, host: &str, version: &str) -> bool {
    current(instances, host) == version
}

/// Whether a heartbeat has told that all works.
fn is_alive(instances: &Json, host: &str) -> bool {
    field(instances, host, "instanceStatusDetail") == "1 of 1 components running"
}

/// Version in the slot that boots, or in the other one.
fn slot(node: &Json, booting: bool) -> &str {
    let default = node["boot"]["default"].as_str().unwrap_or_default();
    let name = match (default, booting) {
        ("a", true) | ("b", false) => "a",
        _ => "b",
    };
    node["slots"][name]["version"].as_str().unwrap_or_default()
}
