//! A release tree in memory, behind HTTPS, that counts what it is asked for.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use emt_server::tls::Pair;
use emt_sources::{
    RelativePath, Sha256,
    index::{self, Entry, File, Index},
};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::{Outcome, bare_http::serve_routes, server::Server};

/// Packages of an image.
const PACKAGES: usize = 200;
/// Vulnerabilities that are known of it.
const CVES: usize = 50;
const PROFILE: &str = "edge";

/// See the module.
pub(super) struct Published {
    /// Its address.
    pub(super) origin: String,
    index: Index,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Files, each with its `ETag`, by path.
    files: RwLock<BTreeMap<String, (String, Bytes)>>,
    requests: AtomicU64,
}

impl Published {
    /// Serves so many versions until the process ends, with the server's certificate.
    pub(super) async fn serve(server: &Server, versions: usize) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("https://emt.localhost:{}", listener.local_addr()?.port());
        let mut published = Self { origin, index: Index::new(), shared: Arc::default() };
        for number in 0..versions {
            published.version(number)?;
        }
        published.put(index::NAME, published.index.to_json());
        let (certificate, key) = server.certificate();
        let pair = Pair { certificate: std::fs::read_to_string(certificate)?, key: std::fs::read_to_string(key)? };
        let routes = Router::new().fallback(file).with_state(Arc::clone(&published.shared));
        tokio::spawn(async move { serve_routes(listener, &pair, routes).await.map_err(|error| error.to_string()) });
        Ok(published)
    }

    /// Publishes one more.
    pub(super) fn add(&mut self, number: usize) -> Outcome<()> {
        self.version(number)?;
        self.put(index::NAME, self.index.to_json());
        Ok(())
    }

    pub(super) fn versions(&self) -> usize {
        self.index.profiles.len()
    }

    pub(super) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.shared.files.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    pub(super) fn files(&self) -> usize {
        self.paths().len()
    }

    /// A version's document, list of packages and list of vulnerabilities.
    fn version(&mut self, number: usize) -> Outcome<()> {
        let version = format!("3.0.{number}");
        let packages: Vec<Json> = (0..PACKAGES)
            .map(|package| json!({"name": format!("package-{package}"), "version": format!("{number}.{package}.0-1.emt3")}))
            .collect();
        let cves: Vec<Json> = (0..CVES)
            .map(|cve| {
                let affected = [format!("package-{cve}-{number}.{cve}.0-1.emt3.x86_64")];
                json!({"cve_id": format!("CVE-2026-{}", number + cve), "priority": "important", "affected_packages": affected})
            })
            .collect();
        let packages_path = format!("files/{version}-packages.json");
        let cves_path = format!("files/{version}-cves.json");
        for (path, text) in [(&packages_path, json!({"repo": packages})), (&cves_path, json!(cves))] {
            let file = self.put(path, serde_json::to_vec_pretty(&text)?);
            self.index.files.insert(RelativePath::parse(path)?, file);
        }
        let image = Sha256::of(version.as_bytes());
        let yaml = format!(
            "spec:\n  name: Edge {version}\n  type: OS_TYPE_IMMUTABLE\n  provider: OS_PROVIDER_KIND_INFRA\n  architecture: x86_64\n  \
             profileName: {PROFILE}\n  osImageUrl: files/{version}.raw.gz\n  osImageVersion: {version}\n  osImageSha256: {image}\n  \
             osPackageManifestURL: {packages_path}\n  osExistingCvesURL: {cves_path}\n  securityFeature: SECURITY_FEATURE_NONE\n"
        );
        let path = format!("profiles/{PROFILE}/{version}.yaml");
        let File { size, sha256 } = self.put(&path, yaml.into_bytes());
        let path = RelativePath::parse(&path)?;
        self.index.profiles.push(Entry { profile: PROFILE.to_owned(), version, path, size, sha256 });
        Ok(())
    }

    fn put(&self, path: &str, bytes: Vec<u8>) -> File {
        let file = File { size: bytes.len() as u64, sha256: Sha256::of(&bytes) };
        let entry = (format!("\"{}\"", file.sha256), Bytes::from(bytes));
        self.shared.files.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), entry);
        file
    }
}

async fn file(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let found = shared.files.read().unwrap_or_else(PoisonError::into_inner).get(uri.path().trim_start_matches('/')).cloned();
    let Some((tag, bytes)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if known {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::ETAG, tag.as_str()), (header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}
