//! Images in a bucket: the store is a real S3 server, which checks every signature.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request, http::StatusCode, middleware, response::IntoResponse};
use bytes::Bytes;
use emt_server::{
    clock::Clock,
    config::Config,
    release::{Announced, Bucket, BucketSettings, Credentials, Gc, Images, Part, ReleaseError, Rules},
};
use futures::{StreamExt, TryStreamExt, stream};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use support::{Answer, PROJECT, Server};

const ID: &str = "emt";
const SECRET: &str = "a secret of the bucket";
const BUCKET: &str = "images";

/// An S3 server that keeps objects in a directory.
struct Store {
    endpoint: String,
    directory: tempfile::TempDir,
    away: Arc<AtomicBool>,
}

impl Store {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(directory.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ID, SECRET));
        let service = service.build();
        let away = Arc::new(AtomicBool::new(false));
        let is_away = Arc::clone(&away);
        let routes = Router::new()
            .fallback(move |request: Request| {
                let service = service.clone();
                async move {
                    let request = request.map(s3s::Body::http_body_unsync);
                    match service.call(request).await {
                        Ok(response) => response.map(Body::new).into_response(),
                        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
                    }
                }
            })
            .layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
                let away = is_away.load(Ordering::SeqCst);
                async move { if away { StatusCode::FORBIDDEN.into_response() } else { next.run(request).await } }
            }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = hyper_util::service::TowerToHyperService::new(routes.clone());
                tokio::spawn(async move {
                    let stream = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
                });
            }
        });
        Self { endpoint, directory, away }
    }

    fn bucket(&self, name: &str, secret: &str) -> Bucket {
        let settings: BucketSettings =
            toml::from_str(&format!("name = \"{name}\"\nendpoint = \"{}\"\nprefix = \"/emt/test/\"", self.endpoint)).unwrap();
        let credentials = Credentials { access_key_id: ID.to_owned(), secret_access_key: secret.to_owned(), session_token: None };
        Bucket::new(&settings, &credentials).unwrap()
    }

    fn images(&self, root: PathBuf) -> Images {
        Images::in_storage(root, Arc::new(self.bucket(BUCKET, SECRET)))
    }

    /// Objects that are in the bucket.
    fn objects(&self) -> Vec<String> {
        let mut places = vec![self.directory.path().join(BUCKET)];
        let mut objects = Vec::new();
        while let Some(place) = places.pop() {
            for entry in std::fs::read_dir(place).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    places.push(path);
                } else {
                    objects.push(path.strip_prefix(self.directory.path()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        objects
    }
}

fn digest(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn download(server: &Server, sha256: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(format!("/files-edge-orch/{}/{sha256}/x", server.project))
        .header("authorization", format!("Bearer {}", server.token));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.call(request.body(Body::empty()).unwrap()).await
}

fn local_files(server: &Server) -> usize {
    std::fs::read_dir(server.directory.path().join("images").join(&server.project)).map_or(0, Iterator::count)
}

#[tokio::test]
async fn images_go_into_the_bucket_and_come_out_whole_or_in_parts() {
    let store = Store::start().await;
    let server = Server::keeping(&Config::default(), |root| store.images(root)).await;
    let sha256 = digest("0123456789");
    let upload = async |content: &str| server.request("PUT", &format!("releases/{sha256}"), Some(content.to_owned())).await;
    let (status, text) = upload("altered").await;
    assert!(status == 400 && store.objects().is_empty(), "{text}");
    for _ in 0..2 {
        let (status, text) = upload("0123456789").await;
        assert_eq!(status, 200, "{text}");
        let answer: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["size"], 10);
    }
    assert_eq!(store.objects(), [format!("{BUCKET}/emt/test/{}/{sha256}", server.project)]);
    assert_eq!(local_files(&server), 0, "nothing stays on the disk");
    let tag = format!("\"{sha256}\"");
    for (headers, status, body, range) in [
        (vec![], 200, "0123456789", ""),
        (vec![("range", "bytes=4-6")], 206, "456", "bytes 4-6/10"),
        (vec![("range", "bytes=8-99")], 206, "89", "bytes 8-9/10"),
        (vec![("range", "bytes=-3")], 206, "789", "bytes 7-9/10"),
        (vec![("range", "bytes=0-1,4-5")], 200, "0123456789", ""),
        (vec![("range", "bytes=4-"), ("if-range", "\"other\"")], 200, "0123456789", ""),
        (vec![("range", "bytes=4-"), ("if-range", &tag)], 206, "456789", "bytes 4-9/10"),
        (vec![("if-none-match", &tag)], 304, "", ""),
    ] {
        let answer = download(&server, &sha256, &headers).await;
        assert_eq!((answer.status, answer.text().as_str()), (status, body), "{headers:?}");
        assert_eq!(answer.header("content-range"), range, "{headers:?}");
    }
    assert_eq!(download(&server, &sha256, &[("range", "bytes=10-")]).await.status, 416);
    assert_eq!(download(&server, &digest("other"), &[]).await.status, 404);
    let empty = digest("");
    let (status, text) = server.request("PUT", &format!("releases/{empty}"), Some(String::new())).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(download(&server, &empty, &[]).await.body.len(), 0);
    let ready = server.request("GET", "/readyz", None).await;
    assert_eq!(ready.0, 200, "{}", ready.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_images_are_sent_in_parts() {
    const CHUNK: usize = 1 << 20;
    const CHUNKS: usize = 19;
    let store = Store::start().await;
    let place = tempfile::tempdir().unwrap();
    let images = store.images(place.path().to_owned());
    let chunk = |number: usize| Bytes::from(vec![u8::try_from(number).unwrap(); CHUNK]);
    let mut hash = Sha256::new();
    (0..CHUNKS).for_each(|number| hash.update(chunk(number)));
    let sha256 = hex::encode(hash.finalize());
    let body = stream::iter((0..CHUNKS).map(move |number| Ok::<_, io::Error>(chunk(number))));
    let kept = images.keep("p", &sha256, "1", 1 << 30, body).await.unwrap();
    assert_eq!(kept.size, (CHUNK * CHUNKS) as u64);
    let opened = images.open("p", &sha256).await.unwrap().unwrap();
    let part = Part { first: 5 * CHUNK as u64 - 1, length: 2 };
    let read: Vec<Bytes> = opened.read(part).await.unwrap().unwrap().try_collect().await.unwrap();
    assert_eq!(read.concat(), [4, 5]);
    let opened = images.open("p", &sha256).await.unwrap().unwrap();
    let mut content = opened.read(Part { first: 0, length: kept.size }).await.unwrap().unwrap();
    let mut hash = Sha256::new();
    while let Some(bytes) = content.next().await {
        hash.update(bytes.unwrap());
    }
    assert_eq!(hex::encode(hash.finalize()), sha256);
    images.forget("p").await.unwrap();
    assert!(store.objects().is_empty(), "{:?}", store.objects());
}

#[tokio::test]
async fn a_store_that_is_away_costs_time_only() {
    let store = Store::start().await;
    let server = Server::keeping(&Config::default(), |root| store.images(root)).await;
    let sha256 = digest("0123456789");
    store.away.store(true, Ordering::SeqCst);
    let (status, text) = server.request("GET", "/readyz", None).await;
    assert_eq!((status, text.as_str()), (503, "not ready: the store of the images does not answer\n"));
    let path = format!("releases/{sha256}");
    let (status, text) = server.request("PUT", &path, Some("0123456789".to_owned())).await;
    assert!(status == 503 && text.contains("cannot reach the store of its images"), "{status} {text}");
    assert_eq!((download(&server, &sha256, &[]).await.status, local_files(&server)), (503, 0));
    // What has arrived stays until it can be handed over.
    let images = &server.parts.images;
    let announced = |offset| Announced { offset, length: Some(10), limit: 100 };
    let all = || stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"0123456789"))]);
    store.away.store(false, Ordering::SeqCst);
    let half = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"01234"))]);
    assert_eq!(images.append(&server.project, &sha256, announced(0), half).await.unwrap().offset, 5);
    let cut = all().chain(stream::once({
        let away = Arc::clone(&store.away);
        async move {
            away.store(true, Ordering::SeqCst);
            Err(io::Error::other("cut"))
        }
    }));
    let rest = cut.map(|chunk| chunk.map(|chunk| chunk.slice(5..)));
    let error = images.append(&server.project, &sha256, announced(5), rest).await.unwrap_err();
    assert!(matches!(error, ReleaseError::Bucket { .. }), "{error}");
    store.away.store(false, Ordering::SeqCst);
    let progress = images.progress(&server.project, &sha256).await.unwrap();
    assert_eq!((progress.offset, progress.complete), (10, false));
    let again = images.append(&server.project, &sha256, announced(10), stream::empty::<io::Result<Bytes>>()).await.unwrap();
    assert!(again.complete);
    assert_eq!((download(&server, &sha256, &[]).await.text().as_str(), local_files(&server)), ("0123456789", 0));
}

#[tokio::test]
async fn wrong_keys_and_buckets_are_told() {
    let store = Store::start().await;
    for (bucket, secret) in [(BUCKET, "another secret"), ("nowhere", SECRET)] {
        let place = tempfile::tempdir().unwrap();
        let images = Images::in_storage(place.path(), Arc::new(store.bucket(bucket, secret)));
        let error = images.ready().await.unwrap_err().to_string();
        assert!(error.contains(&format!("bucket {bucket}")) && !error.contains(secret), "{error}");
    }
}

#[tokio::test]
async fn what_nothing_needs_leaves_the_bucket() {
    let store = Store::start().await;
    let server = Server::keeping(&Config::default(), |root| store.images(root)).await;
    let sha256 = digest("unnamed");
    let (status, _) =
        server.request("PUT", &format!("/v1/projects/{PROJECT}/releases/{sha256}"), Some("unnamed".to_owned())).await;
    assert_eq!(status, 200);
    let clock = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let gc = Gc {
        store: server.store.clone(),
        images: server.parts.images.clone(),
        clock: Clock::Fixed(Arc::clone(&clock)),
        rules: Rules::default(),
    };
    assert!(gc.run(true).await.unwrap().is_empty() && store.objects().len() == 1);
    clock.store(24 * 3_600_000, Ordering::SeqCst);
    assert_eq!(gc.run(true).await.unwrap().len(), 1);
    assert!(store.objects().is_empty() && local_files(&server) == 0);
}
