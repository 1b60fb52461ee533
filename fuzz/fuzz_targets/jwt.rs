//! Access tokens: nothing but the token that the server has made is taken, and nothing crashes.
//!
//! The first byte chooses what the rest is put in place of: the whole token, or one of its three parts.

#![no_main]

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, header},
};
use emt_server::{
    app::Parts,
    clock::{Clock, Randomness},
    config::Config,
    identity::{Admin, Identity},
    release::Images,
    store,
};
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use tower::ServiceExt;

const PASSWORD: &str = "Fuzzing-Password-1";

/// A server without sockets, and the one token that it has made.
struct World {
    runtime: Runtime,
    routes: Router,
    token: String,
    _directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let parts = runtime.block_on(parts(directory.path()));
        let routes = parts.routes(&Config::default(), 8443);
        let form = format!("grant_type=password&client_id=system-client&username=admin&password={PASSWORD}&scope=openid");
        let request = Request::post("/realms/master/protocol/openid-connect/token")
            .header(header::HOST, "keycloak.emt.localhost:8443")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .expect("a request");
        let mut world = Self { runtime, routes, token: String::new(), _directory: directory };
        let (status, body) = world.ask(request);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let answer: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        world.token = answer["access_token"].as_str().expect("a token").to_owned();
        let own = HeaderValue::from_str(&format!("Bearer {}", world.token)).expect("a header");
        assert_eq!(world.status_with(own), 200);
        world
    }

    fn ask(&self, request: Request<Body>) -> (u16, Vec<u8>) {
        self.runtime.block_on(async {
            let response = self.routes.clone().oneshot(request).await.expect("an answer");
            let status = response.status().as_u16();
            (status, response.into_body().collect().await.expect("a body").to_bytes().to_vec())
        })
    }

    fn status_with(&self, authorization: HeaderValue) -> u16 {
        let request = Request::get("/v1/orchestrator").header(header::AUTHORIZATION, authorization);
        self.ask(request.body(Body::empty()).expect("a request")).0
    }
}

async fn parts(directory: &std::path::Path) -> Parts {
    let (clock, random) = (Clock::System, Randomness::System);
    let store: Arc<dyn store::Store> = Arc::new(store::open(&directory.join("emt.db")).expect("a database"));
    let identity = Identity::open(Arc::clone(&store), clock.clone(), random.clone()).await.expect("an identity");
    let admin = Admin { username: "admin".to_owned(), password: PASSWORD.to_owned().into() };
    identity.bootstrap(&admin, "shops").await.expect("a user");
    Parts::new(&Config::default(), store, identity, Images::new(directory.join("images")), clock, random)
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let token = WORLD.token.as_bytes();
    let forged = if kind % 4 == 3 {
        rest.to_vec()
    } else {
        let mut parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        parts[usize::from(kind % 4)] = rest;
        parts.join(&b'.')
    };
    if forged.trim_ascii() == token {
        return;
    }
    let Ok(header) = HeaderValue::from_bytes(&[b"Bearer ", &forged[..]].concat()) else { return };
    let status = WORLD.status_with(header);
    assert!(matches!(status, 400 | 401), "{status} for {:?}", String::from_utf8_lossy(&forged));
});
