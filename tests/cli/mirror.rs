//! Mirrors of release trees.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, extract::Request, http::StatusCode, response::IntoResponse, serve::Listener};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls, server::TlsStream};

use crate::world::World;

/// A release tree.
pub struct Tree {
    pub root: PathBuf,
    pub index: Json,
}

impl Tree {
    fn new(world: &World) -> Self {
        Self::at(world.path("tree"))
    }

    /// With two versions of the profile `edge`.
    pub fn at(root: PathBuf) -> Self {
        let index = json!({"format": 1, "profiles": [], "files": {}, "withdrawn": []});
        let mut tree = Self { root, index };
        for version in ["3.0.1", "3.0.2"] {
            tree.offer("edge", version);
        }
        tree.publish();
        tree
    }

    pub fn put(&self, path: &str, text: &str) -> (usize, String) {
        let file = self.root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        (text.len(), hex::encode(Sha256::digest(text)))
    }

    pub fn offer(&mut self, profile: &str, version: &str) {
        let image = format!("files/{profile}-{version}.raw.gz");
        let (size, sha256) = self.put(&image, &format!("image {version}"));
        self.index["files"][&image] = json!({"size": size, "sha256": sha256});
        self.put("files/packages.json", r#"{"repo": [{"name": "bash", "version": "5.2"}]}"#);
        let yaml = format!(
            "appVersion: apps/v1\nspec:\n  name: {profile} {version}\n  type: OS_TYPE_IMMUTABLE\n  provider: \
             OS_PROVIDER_KIND_INFRA\n  architecture: x86_64\n  profileName: {profile}\n  osImageUrl: {image}\n  osImageVersion: \
             {version}\n  osImageSha256: {sha256}\n  osPackageManifestURL: files/packages.json\n  securityFeature: \
             SECURITY_FEATURE_NONE\n"
        );
        let path = format!("profiles/{profile}/{version}.yaml");
        let (size, sha256) = self.put(&path, &yaml);
        let entry = json!({"profile": profile, "version": version, "path": path, "size": size, "sha256": sha256});
        self.index["profiles"].as_array_mut().unwrap().push(entry);
    }

    pub fn publish(&self) {
        self.put("index.json", &self.index.to_string());
    }
}

#[test]
fn a_mirror_of_a_directory() {
    let world = World::stranger();
    let mut tree = Tree::new(&world);
    let mut transcript = world.transcript();
    transcript
        .run(&["os", "mirror", "copy", "--directory", "tree", "--versions", "1"])
        .run(&["os", "mirror", "copy", "--directory", "tree"])
        .run(&["os", "mirror", "copy", "--directory", "tree", "-o", "json"]);
    tree.index["profiles"].as_array_mut().unwrap().remove(0);
    tree.index["withdrawn"] = json!([{"profile": "edge", "version": "3.0.2", "reason": "Loses its network"}]);
    tree.offer("edge", "3.0.3");
    tree.put("files/edge-3.0.3.raw.gz", "damaged");
    tree.publish();
    transcript
        .run(&["os", "mirror", "copy", "--directory", "tree"])
        .run(&["os", "mirror", "again", "--directory", "copy", "-o", "name"])
        .check("os_mirror");
    for name in ["files/edge-3.0.1.raw.gz", "profiles/edge/3.0.2.yaml", "files/packages.json"] {
        let read = |root: &str| fs::read(world.path(root).join(name)).unwrap();
        assert_eq!(read("again"), read("tree"), "{name}");
    }
}

#[test]
fn what_is_no_source() {
    let world = World::stranger();
    fs::create_dir(world.path("empty")).unwrap();
    world.file("index.json", b"{}");
    world.file("tree", b"");
    world.file("garbage", b"garbage");
    world
        .transcript()
        .run(&["os", "mirror", "copy"])
        .run(&["os", "mirror", "copy", "--tree", "https://files.example", "--directory", "tree"])
        .run(&["os", "mirror", "copy", "--registry", "https://registry.example", "--files", "https://files.example"])
        .run(&["os", "mirror", "copy", "--tree", "http://files.example"])
        .run(&["os", "mirror", "copy", "--tree", "https://files.example", "--username", "me"])
        .run(&["os", "mirror", "copy", "--tree", "https://files.example", "--ca-cert", "tree"])
        .run(&["os", "mirror", "copy", "--tree", "https://files.example", "--ca-cert", "garbage"])
        .run(&["os", "mirror", "copy", "--directory", "empty"])
        .run(&["os", "mirror", "copy", "--directory", "."])
        .run(&["os", "mirror", ".", "--directory", "empty"])
        .run(&["os", "mirror", "copy", "--tree", "http://127.0.0.1:1"])
        .check("os_mirror_refused");
}

/// Serves a directory with a certificate for `localhost`.
struct Served {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Served {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Its address; its certificate is written to a file.
fn serve(world: &World, root: &Path) -> String {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    world.file("ca.pem", certified.cert.pem().as_bytes());
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())
        .unwrap();
    let listener = world.server.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let root = root.to_owned();
    let router = Router::new().fallback(move |request: Request| {
        let asked_as = request.headers().get("authorization").is_some_and(|value| value == "Basic bWU6c2VjcmV0");
        let read = fs::read(root.join(request.uri().path().trim_start_matches('/')));
        async move {
            match read {
                _ if !asked_as => (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic")]).into_response(),
                Ok(bytes) => bytes.into_response(),
                Err(_) => StatusCode::NOT_FOUND.into_response(),
            }
        }
    });
    let served = Served { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
    world.server.runtime.spawn(async move { axum::serve(served, router).await });
    url
}

#[test]
fn a_mirror_of_a_tree_on_a_web_server() {
    let world = World::stranger();
    let tree = Tree::new(&world);
    let url = serve(&world, &tree.root);
    let arguments = ["os", "mirror", "copy", "--tree", &url, "--ca-cert", "ca.pem"];
    let named = [&arguments[..], &["--username", "me", "--password-stdin"]].concat();
    world
        .transcript()
        .run(&arguments[..5])
        .run(&arguments)
        .run_with(&named, &[], "wrong")
        .run_with(&named, &[], "secret")
        .run(&["os", "mirror", "again", "--directory", "copy", "--profile", "other"])
        .check("os_mirror_web");
    assert_eq!(fs::read(world.path("copy/files/edge-3.0.2.raw.gz")).unwrap(), b"image 3.0.2");
}
