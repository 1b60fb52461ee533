//! A server without sockets: the same routes, store and identity, called directly.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "for tests, each of which uses what it needs")]

pub mod compare;
pub mod oidc;
pub mod openapi;
pub mod pair;
pub mod process;
pub mod southbound;
pub mod steps;
pub mod tree;

use std::{
    collections::HashMap,
    fmt::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
};
use emt_api::record::Record;
use emt_server::{
    app::Parts,
    clock::{Clock, Randomness},
    config::Config,
    identity::{Admin, Identity, Issuer, records::User},
    release::Images,
    store::{self, Batch, Store, StoreExt},
};
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tower::ServiceExt;

/// Password of the user `admin`.
pub const PASSWORD: &str = "Tester-Password-1";
/// The project.
pub const PROJECT: &str = "shops";
/// Where the clock of [`Server::start_at`] is put by most tests: 2026-06-06 00:00:00 UTC, in milliseconds.
pub const SATURDAY_MS: i64 = 1_780_704_000_000;

/// A database with keys, user and project: making keys anew for each test would take most of its time.
static BOOTSTRAPPED: tokio::sync::OnceCell<Vec<u8>> = tokio::sync::OnceCell::const_new();

async fn bootstrapped() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("emt.db");
    let store: Arc<dyn Store> = Arc::new(store::open(&database).unwrap());
    let identity = Identity::open(store, Clock::System, Randomness::System).await.unwrap();
    let admin = Admin { username: "admin".to_owned(), password: PASSWORD.to_owned().into() };
    identity.bootstrap(&admin, PROJECT).await.unwrap();
    let copy = directory.path().join("copy.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute("VACUUM INTO ?", [copy.to_str().unwrap()]).unwrap();
    std::fs::read(copy).unwrap()
}

/// The server.
pub struct Server {
    routes: Router,
    clock: Clock,
    random: Randomness,
    /// Access token of `admin`.
    pub token: String,
    /// UUID of [`PROJECT`].
    pub project: String,
    /// Identity.
    pub identity: Identity,
    /// Records.
    pub store: Arc<dyn Store>,
    /// Everything that the server keeps.
    pub directory: tempfile::TempDir,
    /// What its sides share.
    pub parts: Parts,
}

/// An answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or(Json::Null)
    }

    /// A header, "" if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Server {
    /// Starts with one user and one project, with the system's clock.
    pub async fn start() -> Self {
        Self::with(Clock::System, &Config { image_limit: 1 << 20, ..Config::default() }).await
    }

    /// Starts with a clock that stands until [`Server::pass`].
    pub async fn start_at(ms: i64) -> Self {
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(ms)));
        Self::with(clock, &Config { image_limit: 1 << 20, ..Config::default() }).await
    }

    /// Starts with these settings.
    pub async fn with(clock: Clock, config: &Config) -> Self {
        Self::trusting(clock, config, None).await
    }

    /// Starts with another issuer, if one is named; then nobody is logged in.
    pub async fn trusting(clock: Clock, config: &Config, issuer: Option<Issuer>) -> Self {
        Self::made(clock, config, issuer, Images::new).await
    }

    /// Starts with images elsewhere; `images` makes them, with the directory for what is being received.
    pub async fn keeping(config: &Config, images: impl FnOnce(PathBuf) -> Images) -> Self {
        Self::made(Clock::System, config, None, images).await
    }

    async fn made(clock: Clock, config: &Config, issuer: Option<Issuer>, images: impl FnOnce(PathBuf) -> Images) -> Self {
        let own = issuer.is_none();
        let directory = tempfile::tempdir().unwrap();
        let random = Randomness::System;
        let database = directory.path().join("emt.db");
        std::fs::write(&database, BOOTSTRAPPED.get_or_init(bootstrapped).await).unwrap();
        let store: Arc<dyn Store> = Arc::new(store::open(&database).unwrap());
        let identity = Identity::trusting(Arc::clone(&store), clock.clone(), random.clone(), issuer).await.unwrap();
        let project = identity.project_named(PROJECT).await.unwrap().unwrap().uuid;
        let images = images(directory.path().join("images"));
        let parts = Parts::new(config, Arc::clone(&store), identity.clone(), images, clock.clone(), random.clone());
        let routes = parts.routes(config, 8443);
        let mut server = Self { routes, clock, random, token: String::new(), project, identity, store, directory, parts };
        if own {
            server.token = server.login("admin", PASSWORD).await;
        }
        server
    }

    /// Lets time pass on a clock that stands; negative goes back.
    pub fn pass(&self, seconds: i64) {
        let Clock::Fixed(clock) = &self.clock else { panic!("the clock does not stand") };
        clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// Epoch seconds.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// A user with the password of `admin`, and what `change` makes of it.
    pub async fn user(&self, username: &str, change: impl FnOnce(&mut User)) -> User {
        let admin = self.store.load_all::<User>("", emt_api::filter::Expr::is("username", "admin")).await.unwrap().remove(0);
        let mut user = User { username: username.to_owned(), password: admin.password, enabled: true, ..User::default() };
        user.meta.id = uuid::Uuid::new_v4().to_string();
        user.meta.revision = 1;
        user.meta.created_ms = self.clock.now_ms();
        change(&mut user);
        self.store.commit(Batch::default().insert(user.clone())).await.unwrap();
        user
    }

    /// Changes a record.
    pub async fn change<R: Record>(&self, id: &str, change: impl FnOnce(&mut R)) {
        let mut record: R = self.store.load("", id).await.unwrap().unwrap();
        change(&mut record);
        self.store.commit(Batch::default().update(record)).await.unwrap();
    }

    /// An access token by the password grant.
    pub async fn login(&self, username: &str, password: &str) -> String {
        let form = format!("grant_type=password&client_id=system-client&username={username}&password={password}&scope=openid");
        let request = Request::post("/realms/master/protocol/openid-connect/token")
            .header(header::HOST, "keycloak.emt.localhost:8443")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let (status, body) = self.send(request).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Json>(&body).unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// A request below the project, or anywhere if the path begins with a slash. `POST-TEXT` has another content type.
    pub async fn request(&self, method: &str, path: &str, body: Option<String>) -> (u16, String) {
        self.request_as(&self.token, method, path, body).await
    }

    /// The same with another token.
    pub async fn request_as(&self, token: &str, method: &str, path: &str, body: Option<String>) -> (u16, String) {
        let (path, query) =
            path.split_once('?').map_or((path, String::new()), |(path, query)| (path, format!("?{}", encoded(query))));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/v1/projects/{PROJECT}/{path}") };
        let (method, kind) = match method.strip_suffix("-TEXT") {
            Some(method) => (method, "text/plain"),
            None => (method, "application/json"),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{path}{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.send(request.body(body.map_or_else(Body::empty, Body::from)).unwrap()).await
    }

    /// A request below the project that must be answered with 200, and its JSON.
    pub async fn ok(&self, method: &str, path: &str, body: Json) -> Json {
        let body = (!body.is_null()).then(|| body.to_string());
        let (status, text) = self.request(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: Request) -> (u16, String) {
        let answer = self.call(request).await;
        (answer.status, answer.text())
    }

    /// Sends a request and reads the answer, headers and all. The answer must be as the OpenAPI document tells.
    pub async fn call(&self, request: Request) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.service().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body };
        if let Err(wrong) = openapi::check(&method, &path, &answer) {
            panic!("{method} {path}: the OpenAPI document tells otherwise: {wrong}");
        }
        answer
    }

    /// What connections are served with.
    pub fn service(&self) -> impl emt_server::http::Service + use<> {
        emt_server::http::service(self.routes.clone(), self.clock.clone(), self.random.clone())
    }

    /// Placeholders that stand for something fresh.
    pub fn placeholders(&self) -> HashMap<String, String> {
        let mut names = HashMap::from([("projectUuid".to_owned(), self.project.clone())]);
        for number in 0..40 {
            let uuid = uuid::Uuid::new_v4().to_string();
            names.insert(format!("UUID{number}"), uuid.to_uppercase());
            names.insert(format!("uuid{number}"), uuid);
            names.insert(format!("sn{number}"), format!("SN{:08X}", self.random.u32()));
        }
        names
    }
}

/// A text with its placeholders filled; unknown ones stay.
pub fn fill(text: &str, names: &HashMap<String, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in names {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

/// The recordings leave queries unencoded.
fn encoded(query: &str) -> String {
    let mut encoded = String::with_capacity(query.len());
    for byte in query.bytes() {
        match byte {
            b' ' | b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
                let _ = write!(encoded, "%{byte:02X}");
            }
            byte => encoded.push(byte.into()),
        }
    }
    encoded
}
