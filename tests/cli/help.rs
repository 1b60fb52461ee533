//! What the program says of itself, and of wrong calls.

use crate::world::World;

#[test]
fn help_of_every_command() {
    let world = World::stranger();
    let mut transcript = world.transcript();
    for command in [
        "",
        "login",
        "logout",
        "context",
        "project create",
        "os",
        "os publish",
        "os mode",
        "os block",
        "os diff",
        "host",
        "host list",
        "host register",
        "region create",
        "site create",
        "instance",
        "instance link",
        "policy create",
        "run",
        "run watch",
        "schedule",
        "schedule update",
        "schedule maintenance",
        "schedule list",
        "schedule edit",
        "schedule next",
        "schedule explain",
        "schedule export",
        "schedule preview",
        "schedule delete",
        "watch",
        "web",
        "completion",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        transcript.run(&arguments);
    }
    transcript.check("help");
}

#[test]
fn version() {
    let ran = World::stranger().run(&["--version"]);
    assert_eq!((ran.code, ran.stdout), (0, format!("emtctl {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_calls() {
    let world = World::stranger();
    world
        .transcript()
        .run(&["frobnicate"])
        .run(&["os", "publish"])
        .run(&["os", "list", "-o", "xml"])
        .run(&["os", "publish", "image", "--profile", "p", "--version", "1", "--sha256", "abc"])
        .run(&["host", "register", "shop-1", "--uuid", "17"])
        .run(&["instance", "link", "--os", "os-1"])
        .run(&["schedule", "update", "--host", "h", "--duration", "1h"])
        .run(&["schedule", "update", "--now", "--duration", "1h"])
        .run(&["schedule", "update", "--host", "h", "--site", "s", "--now", "--duration", "1h"])
        .run(&["schedule", "update", "--host", "h", "--now", "--in", "1h", "--duration", "1h"])
        .run(&["schedule", "update", "--host", "h", "--in", "soon", "--duration", "1h"])
        .run(&["schedule", "update", "--host", "h", "--now", "--duration", "-5m"])
        .run(&["watch", "--timeout", "1 month"])
        .run(&["watch", "-o", "yaml"])
        .check("wrong_calls");
}
