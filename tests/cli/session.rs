//! Logins in use: tokens that end, are renewed, and are used by several programs at once.

use std::{fs, process::Stdio};

use serde_json::{Value as Json, json};

use crate::world::{PROJECT, Ran, World};

fn logged_in() -> World {
    let world = World::stranger();
    world.log_in(PROJECT);
    world
}

/// Changes the kept tokens.
fn change(world: &World, change: impl FnOnce(&mut Json)) -> Json {
    let path = world.path(&format!("config/tokens/{}.json", world.context()));
    let mut kept: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut kept);
    fs::write(&path, kept.to_string()).unwrap();
    kept
}

fn kept(world: &World) -> Json {
    change(world, |_| ())
}

#[test]
fn the_access_token_is_used_until_it_ends_and_then_renewed() {
    let world = logged_in();
    let first = kept(&world);
    let ran = world.run(&["-v", "os", "list"]);
    assert_eq!(ran.stderr.matches("https://").count(), 1, "one request: {}", ran.stderr);
    assert_eq!(kept(&world), first);
    change(&world, |kept| kept["expires"] = json!(0));
    let ran = world.run(&["-v", "os", "list"]);
    assert_eq!((ran.code, ran.stderr.matches("/token: 200").count()), (0, 1), "{}", ran.stderr);
    let second = kept(&world);
    assert_ne!(second["access"], first["access"]);
    assert_ne!(second["refresh"], first["refresh"], "the rotated refresh token is kept");
    assert!(second["expires"].as_i64() > Some(1_700_000_000));
}

#[test]
fn many_at_once_renew_it_once_and_lose_nothing() {
    let world = logged_in();
    change(&world, |kept| kept["expires"] = json!(0));
    let children: Vec<_> = (0..8).map(|_| world.command(&["-v", "os", "list"]).stdout(Stdio::null()).spawn().unwrap()).collect();
    let renewals: usize = children
        .into_iter()
        .map(|child| Ran::of(child, ""))
        .map(|ran| {
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            ran.stderr.matches("/token: 200").count()
        })
        .sum();
    assert_eq!(renewals, 1);
    world.ok(&["os", "list"]);
}

#[test]
fn logins_that_have_ended() {
    let world = logged_in();
    let before = kept(&world);
    let mut transcript = world.transcript();
    // A token of another server, or none at all.
    change(&world, |kept| kept["access"] = json!("eyJhbGciOiJub25lIn0.e30."));
    transcript.run(&["os", "list"]);
    // Ended at the server meanwhile.
    change(&world, |kept| *kept = before.clone());
    world.ok(&["logout"]);
    fs::write(world.path(&format!("config/tokens/{}.json", world.context())), before.to_string()).unwrap();
    change(&world, |kept| kept["expires"] = json!(0));
    transcript.run(&["os", "list"]);
    // Without a refresh token.
    change(&world, |kept| kept["refresh"] = Json::Null);
    transcript.run(&["os", "list"]);
    // Not readable.
    fs::write(world.path(&format!("config/tokens/{}.json", world.context())), "{").unwrap();
    transcript.run(&["os", "list"]);
    fs::write(world.path("config/contexts.toml"), "current = [").unwrap();
    transcript.run(&["os", "list"]).check("ended_logins");
}

#[test]
fn a_token_from_elsewhere() {
    let world = logged_in();
    let token = kept(&world)["access"].as_str().unwrap().to_owned();
    let stranger = World::stranger();
    let (api, authority) = (world.server.api(), world.server.authority());
    let variables = [
        ("EMTCTL_SERVER", api.as_str()),
        ("EMTCTL_CA_CERT", authority.to_str().unwrap()),
        ("EMTCTL_TOKEN", token.as_str()),
        ("EMTCTL_PROJECT", PROJECT),
    ];
    let ran = stranger.run_with(&["os", "list", "-o", "json"], &variables, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "[]\n"), "{}", ran.stderr);
    stranger
        .transcript()
        .run_with(&["os", "list"], &[variables[0], variables[1], variables[3]], "")
        .run_with(&["os", "list"], &[variables[0], variables[1], ("EMTCTL_TOKEN", "foreign"), variables[3]], "")
        .run_with(&["os", "list"], &[variables[0], variables[1], ("EMTCTL_TOKEN", "foreign")], "")
        .run_with(&["os", "list"], &[variables[0], ("EMTCTL_TOKEN", "foreign"), variables[3]], "")
        .check("token_from_elsewhere");
    assert!(!stranger.path("config").exists(), "nothing is kept");
}
