//! Logging in and out, and contexts.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdout},
    sync::LazyLock,
};

use serde_json::{Deserializer, Value as Json};

use crate::world::{PASSWORD, PROJECT, Ran, Server, World};

/// A server on which nobody makes projects but these tests.
fn alone() -> World {
    static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start("cli-server-login"));
    World { server: &SERVER, ..World::stranger() }
}

fn login<'a>(api: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["login", "--server", api, "--username", "admin", "--password-stdin"];
    arguments.extend(more);
    arguments
}

#[test]
fn the_way_of_a_login() {
    let world = alone();
    let api = world.server.api();
    fs::copy(world.server.authority(), world.path("ca.pem")).unwrap();
    let mut transcript = world.transcript();
    transcript
        .run(&["os", "list"])
        .run(&["context", "list"])
        .run_with(&login(&api, &["--ca-cert", "ca.pem"]), &[], PASSWORD)
        .run(&["context", "list"]);
    // The authority was copied.
    fs::remove_file(world.path("ca.pem")).unwrap();
    transcript
        .run(&["os", "list"])
        .run(&["project", "list", "-o", "name"])
        .run(&["logout"])
        .run(&["os", "list"])
        .run(&["logout"])
        .run(&["context", "list"])
        // What is known of the context need not be said again.
        .run_with(&["login", "--username", "admin", "--password-stdin"], &[], PASSWORD)
        .run(&["context", "remove", &world.context()])
        .run(&["context", "list"])
        .run(&["os", "list"])
        .check("login");
}

#[test]
fn tokens_are_private() {
    let world = World::stranger();
    world.log_in(PROJECT);
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    let tokens = format!("config/tokens/{}.json", world.context());
    assert_eq!(
        (mode("config"), mode("config/tokens"), mode(&tokens), mode("config/contexts.toml")),
        (0o700, 0o700, 0o600, 0o600)
    );
}

#[test]
fn refused_logins_leave_nothing() {
    let world = alone();
    let api = world.server.api();
    let authority = world.server.authority();
    let with = |more: &[&'static str]| {
        let mut arguments: Vec<String> = login(&api, more).into_iter().map(str::to_owned).collect();
        arguments.extend(["--ca-cert".to_owned(), authority.display().to_string()]);
        arguments
    };
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("https://localhost:{}", nobody.local_addr().unwrap().port());
    drop(nobody);
    world.file("garbage.pem", b"garbage");
    let mut transcript = world.transcript();
    let owned = with(&[]);
    let good: Vec<&str> = owned.iter().map(String::as_str).collect();
    transcript
        .run_with(&good, &[], "Wrong-Password-1")
        .run_with(&good, &[], "")
        .run_with(&login(&api, &[]), &[], PASSWORD)
        .run_with(&login(&api, &["--ca-cert", "garbage.pem"]), &[], PASSWORD)
        .run_with(&login(&api, &["--ca-cert", "absent.pem"]), &[], PASSWORD)
        .run_with(&login("http://api.emt.localhost", &[]), &[], PASSWORD)
        .run_with(&login("https://admin:secret@api.emt.localhost", &[]), &[], PASSWORD)
        .run(&["login"])
        .run(&["login", "--server", &api, "--ca-cert", authority.to_str().unwrap()])
        .run(&["login", "--server", &api, "--ca-cert", authority.to_str().unwrap(), "--username", "admin"]);
    for more in [&["--project", "nowhere"][..], &["--tokens", "keyring"], &["--context", "../x"]] {
        let owned = with(more);
        transcript.run_with(&owned.iter().map(String::as_str).collect::<Vec<_>>(), &[], PASSWORD);
    }
    transcript.run(&["context", "list", "-o", "json"]).check("refused_logins");
    let unreachable = world.run_with(&login(&nowhere, &[]), &[], PASSWORD);
    assert_eq!(unreachable.code, 5);
    assert!(unreachable.stderr.contains(&format!("cannot reach {nowhere}: ")), "{}", unreachable.stderr);
    assert!(!world.path("config/contexts.toml").exists());
    let left = fs::read_dir(world.path("config/tokens")).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0, "no tokens");
}

#[test]
fn a_user_of_several_projects_chooses_one() {
    static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start("cli-server-projects"));
    let on_server = || World { server: &SERVER, ..World::stranger() };
    let world = on_server();
    world.log_in(PROJECT);
    world.ok(&["project", "create", "second"]);
    let other = on_server();
    let (api, authority) = (other.server.api(), other.server.authority());
    let arguments = login(&api, &["--ca-cert", authority.to_str().unwrap()]);
    let ran = other.run_with(&arguments, &[], PASSWORD);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("you may use 2 projects, and none is chosen"), "{}", ran.stderr);
    assert!(ran.stderr.contains("main, second"), "{}", ran.stderr);
    let ran = other.run_with(&[&arguments[..], &["--project", "second"]].concat(), &[], PASSWORD);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn projects_are_made_and_used_at_once() {
    let world = World::new("projects");
    world
        .transcript()
        .run(&["os", "list"])
        .run(&["project", "create", "projects"])
        .run(&["project", "create", "No Name"])
        .run(&["os", "list", "--project", "nowhere"])
        .run(&["os", "list", "--project", "projects-two"])
        .run(&["project", "create", "projects-two", "--description", "the second"])
        .run(&["os", "list", "--project", "projects-two"])
        .check("projects");
}

#[test]
fn contexts_are_chosen_by_name() {
    let world = World::stranger();
    world.log_in(PROJECT);
    let (api, authority) = (world.server.api(), world.server.authority());
    let more = ["--ca-cert", authority.to_str().unwrap(), "--context", "other", "--project", PROJECT];
    let mut transcript = world.transcript();
    transcript
        .run_with(&login(&api, &more), &[], PASSWORD)
        .run(&["context", "list"])
        .run(&["context", "use", &world.context()])
        .run(&["context", "use", "nowhere"])
        .run(&["context", "list", "-o", "json"])
        .run(&["context", "list", "-o", "name"])
        .run(&["os", "list", "--context", "other"])
        .run_with(&["os", "list"], &[("EMTCTL_CONTEXT", "other")], "")
        .run(&["os", "list", "--context", "nowhere"])
        .run(&["logout", "--all"])
        .run(&["os", "list", "--context", "other"])
        .check("contexts");
}

/// Begins a login by another device; what it prints before it waits.
fn begin_device(world: &World) -> (Child, Json) {
    let (api, authority) = (world.server.api(), world.server.authority());
    let arguments = ["login", "--server", &api, "--ca-cert", authority.to_str().unwrap(), "--device", "-o", "json"];
    let arguments = [&arguments[..], &["--project", PROJECT]].concat();
    let mut child = world.command(&arguments).spawn().unwrap();
    let out: ChildStdout = child.stdout.take().unwrap();
    let shown = Deserializer::from_reader(out).into_iter().next().unwrap().unwrap();
    (child, shown)
}

/// What a person sends from the page of the code.
fn answer(world: &World, shown: &Json, form: &[(&str, &str)]) -> String {
    let pem = fs::read(world.server.authority()).unwrap();
    // The names below `localhost` are not known to every resolver.
    let page = shown["verification_uri"].as_str().unwrap().replace("keycloak.emt.localhost", "localhost");
    let form = [&[("user_code", shown["user_code"].as_str().unwrap())], form].concat();
    world.server.runtime.block_on(async {
        let authority = reqwest::Certificate::from_pem(&pem).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([authority]).build().unwrap();
        http.post(page).form(&form).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
    })
}

#[test]
fn a_person_agrees_or_refuses_on_another_device() {
    let (agreed, refused) = (World::stranger(), World::stranger());
    let (agreeing, shown) = begin_device(&agreed);
    let (refusing, other) = begin_device(&refused);
    assert_eq!(shown["interval"], 5);
    assert_eq!(shown["expires_in"], 600);
    let whole = format!("{}?user_code={}", shown["verification_uri"].as_str().unwrap(), shown["user_code"].as_str().unwrap());
    assert_eq!(shown["verification_uri_complete"], whole);
    assert!(shown.get("device_code").is_none(), "that one is a secret");
    let page = answer(&agreed, &shown, &[("answer", "approve"), ("username", "admin"), ("password", PASSWORD)]);
    assert!(page.contains("The device is connected"), "{page}");
    answer(&refused, &other, &[("answer", "deny")]);

    let ran = Ran::of(agreeing, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains(" as admin; the context is "), "{}", ran.stderr);
    agreed.ok(&["os", "list"]);
    let ran = Ran::of(refusing, "");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("whoever was asked has refused the login"), "{}", ran.stderr);
    assert!(!refused.path("config/contexts.toml").exists());
}
