//! A server without sockets: the same routes, store and identity, called directly.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "for tests, each of which uses what it needs")]

pub mod compare;

use std::{collections::HashMap, sync::Arc};

use axum::{Router, body::Body, extract::Request, http::header};
use emt_server::{
    clock::{Clock, Randomness},
    identity::{Admin, Identity},
    inventory::Inventory,
    oidc,
    release::Images,
    rest::{self, Rest},
    store::{self, Store},
};
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tower::ServiceExt;

/// Password of the user `admin`.
pub const PASSWORD: &str = "Tester-Password-1";
/// The project.
pub const PROJECT: &str = "shops";

/// The server.
pub struct Server {
    routes: Router,
    clock: Clock,
    random: Randomness,
    /// Access token of `admin`.
    pub token: String,
    /// UUID of [`PROJECT`].
    pub project: String,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Starts with one user and one project.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (clock, random) = (Clock::System, Randomness::System);
        let store: Arc<dyn Store> = Arc::new(store::open(&directory.path().join("emt.db")).unwrap());
        let identity = Identity::open(Arc::clone(&store), clock.clone(), random.clone()).await.unwrap();
        let admin = Admin { username: "admin".to_owned(), password: PASSWORD.to_owned().into() };
        identity.bootstrap(&admin, PROJECT).await.unwrap();
        let project = identity.project_named(PROJECT).await.unwrap().unwrap().uuid;
        let rest = Rest {
            inventory: Inventory::new(store, clock.clone(), random.clone()),
            identity: identity.clone(),
            images: Images::new(directory.path().join("images")),
            image_limit: 1 << 20,
            origin: "https://emt.localhost:8443".into(),
        };
        let routes = rest::router(rest).merge(oidc::router(identity, oidc::IssuerNames::new("emt.localhost", 8443)));
        let mut server = Self { routes, clock, random, token: String::new(), project, _directory: directory };
        server.token = server.login("admin", PASSWORD).await;
        server
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
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.send(request.body(body.map_or_else(Body::empty, Body::from)).unwrap()).await
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: Request) -> (u16, String) {
        let service = emt_server::http::service(self.routes.clone(), self.clock.clone(), self.random.clone());
        let response = service.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Placeholders that stand for something fresh.
    pub fn placeholders(&self) -> HashMap<String, String> {
        let mut names = HashMap::from([("projectUuid".to_owned(), self.project.clone())]);
        for number in 0..40 {
            names.insert(format!("uuid{number}"), uuid::Uuid::new_v4().to_string());
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
    query.replace(' ', "%20").replace('"', "%22").replace('{', "%7B").replace('}', "%7D")
}
