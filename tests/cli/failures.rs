//! Servers that fail, and orchestrators of other makes.

use std::{
    fs,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{Router, extract::Request, routing::any};
use emt_client::Trust;
use serde_json::{Value as Json, json};

use crate::{
    fake::{self, Fake, Log},
    world::{Transcript, World},
};

/// A server that answers everything below `start` so, and lists with nothing.
fn server(world: &World, start: &'static str, status: u16, answer: Json) -> (Fake, Log) {
    let log = Log::default();
    let seen = log.clone();
    let routes = Router::new().fallback(any(move |request: Request| {
        let (log, answer) = (seen.clone(), answer.clone());
        async move {
            let request = log.note(request).await;
            if request.starts_with(start) {
                fake::json(status, &answer)
            } else {
                fake::json(200, &json!({"hasNext": false, "url": "files/image"}))
            }
        }
    }));
    (known(world, routes), log)
}

/// Serves, and leaves the certificate where [`run`] looks for it.
fn known(world: &World, routes: Router) -> Fake {
    let fake = world.server.runtime.block_on(Fake::serve(routes));
    let Trust::Authority(pem) = &fake.trust else { panic!("it has an authority") };
    fs::write(world.path("fake.pem"), pem).unwrap();
    fake
}

fn run(transcript: &mut Transcript<'_>, fake: &Fake, arguments: &[&str]) {
    let base = fake.base.as_str().trim_end_matches('/');
    // Every fake has a port of its own.
    let variables = [("EMTCTL_SERVER", base), ("EMTCTL_CA_CERT", "fake.pem"), ("EMTCTL_TOKEN", "t"), ("EMTCTL_PROJECT", "shops")];
    transcript.run_quietly(arguments, &variables);
}

#[test]
fn servers_that_fail() {
    let world = World::stranger();
    world.file("image.raw.gz", b"image");
    let publish = ["os", "publish", "image.raw.gz", "--profile", "edge", "--version", "1"];
    let list = ["os", "list"];
    let mut transcript = world.transcript();
    let altered =
        "the file has SHA-256 aa, but bb was announced: it was altered or cut short on its way; nothing was kept, send it again";
    for (start, status, answer, arguments) in [
        ("PUT releases/", 507, json!({"message": "no space is left where images are kept; nothing was kept"}), &publish[..]),
        ("PUT releases/", 400, json!({"code": "InvalidArgument", "message": altered}), &publish),
        ("POST compute/os", 500, json!({"code": "Internal", "message": "the store failed"}), &publish),
        ("GET compute/os", 429, json!({"message": "too many requests"}), &list),
        ("GET compute/os", 503, json!({}), &list),
        ("GET compute/os", 403, json!({"message": "Forbidden"}), &list),
        ("GET compute/os", 200, json!([1]), &list),
        ("GET compute/os", 501, json!({"code": "Unimplemented", "message": "not served"}), &list),
    ] {
        let (fake, _) = server(&world, start, status, answer);
        run(&mut transcript, &fake, arguments);
    }
    transcript.check("failing_servers");
}

#[test]
fn servers_that_are_not_there() {
    let world = World::stranger();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}", nobody.local_addr().unwrap().port());
    drop(nobody);
    let variables = [("EMTCTL_SERVER", address.as_str()), ("EMTCTL_TOKEN", "t"), ("EMTCTL_PROJECT", "shops")];
    let mut transcript = world.transcript();
    transcript.run_quietly(&["os", "list"], &variables).check("unreachable_server");
}

#[test]
fn a_watch_outlasts_a_server_that_is_away() {
    let world = World::stranger();
    let looks = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&looks);
    let instance = |runs: &str| {
        json!({"instances": [{"resourceId": "inst-00000001", "name": "shop-1", "updateStatus": "Updating",
            "os": {"resourceId": runs, "imageId": runs}, "desiredOs": {"resourceId": "2", "imageId": "2"}}]})
    };
    let routes = Router::new().fallback(any(move |request: Request| {
        let looks = Arc::clone(&seen);
        async move {
            if !request.uri().path().ends_with("/compute/instances") {
                return fake::json(200, &json!({}));
            }
            match looks.fetch_add(1, Ordering::Relaxed) {
                0 => fake::json(200, &instance("1")),
                1 | 2 => fake::json(503, &json!({"message": "starting"})),
                _ => fake::json(200, &instance("2")),
            }
        }
    }));
    let fake = known(&world, routes);
    let mut transcript = world.transcript();
    run(&mut transcript, &fake, &["watch", "--timeout", "60s"]);
    assert_eq!(looks.load(Ordering::Relaxed), 4);
    transcript.check("watch_outlasts");
}

#[test]
fn what_has_been_made_is_taken_back() {
    let world = World::stranger();
    let log = Log::default();
    let seen = log.clone();
    let routes = Router::new().fallback(any(move |request: Request| {
        let log = seen.clone();
        async move {
            let request = log.note(request).await;
            let hosts =
                json!({"hosts": [{"resourceId": "host-00000001", "name": "a"}, {"resourceId": "host-00000002", "name": "b"}]});
            let site = json!({"sites": [{"resourceId": "site-00000001", "name": "munich"}]});
            match request.as_str() {
                list if list.starts_with("GET compute/hosts") => fake::json(200, &hosts),
                list if list.starts_with("GET regions/region/sites") => fake::json(200, &site),
                made if made.contains("host-00000002") => fake::json(400, &json!({"code": "InvalidArgument", "message": "no"})),
                made if made.starts_with("POST schedules/single") => {
                    fake::json(200, &json!({"resourceId": "singlesche-00000001"}))
                }
                made if made.starts_with("POST compute/hosts/register") => {
                    fake::json(200, &json!({"resourceId": "host-00000003", "name": "c"}))
                }
                patch if patch.starts_with("PATCH ") => fake::json(400, &json!({"code": "InvalidArgument", "message": "no"})),
                _ => fake::json(200, &json!({})),
            }
        }
    }));
    let fake = known(&world, routes);
    let mut transcript = world.transcript();
    run(&mut transcript, &fake, &["schedule", "update", "--host", "a", "b", "--now", "--duration", "1h"]);
    let requests = log.take();
    assert_eq!(requests.last().unwrap(), "DELETE schedules/single/singlesche-00000001", "{requests:?}");
    let uuid = "4c4c4544-0035-3010-8052-b4c04f4a4d32";
    run(&mut transcript, &fake, &["host", "register", "c", "--uuid", uuid, "--site", "munich", "--token-file", "token"]);
    let requests = log.take();
    assert_eq!(requests.last().unwrap(), "DELETE compute/hosts/host-00000003", "{requests:?}");
    assert!(!world.path("token").exists());
    transcript.check("taken_back");
}

#[test]
fn an_edge_orchestrator_gets_what_it_knows() {
    let world = World::stranger();
    let uuid = "4c4c4544-0035-3010-8052-b4c04f4a4d32";
    let (fake, log) = server(
        &world,
        "POST compute/hosts/register",
        200,
        json!({"resourceId": "host-00000001", "name": "shop-1", "uuid": uuid}),
    );
    let mut transcript = world.transcript();
    run(&mut transcript, &fake, &["host", "register", "shop-1", "--uuid", uuid]);
    let register = format!(r#"POST compute/hosts/register {{"name":"shop-1","uuid":"{uuid}"}}"#);
    assert_eq!(log.take(), ["GET /v1/orchestrator".to_owned(), register]);
    transcript.check("edge_orchestrator");
}
