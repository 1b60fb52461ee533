//! Images on their way: refusals that come early, files that change, progress.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, Request},
    http::{HeaderMap, header},
    routing::put,
};
use emt_client::{Error, Image};
use serde_json::json;
use support::Fake;

const SIZE: usize = 3_000_000;
const DIGEST: &str = "aa";

async fn fake() -> Fake {
    let keep = async |Path(sha256): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes| {
        assert_eq!((query.as_deref(), headers[header::CONTENT_LENGTH].to_str().unwrap()), (Some("name=image.raw.gz"), "3000000"));
        support::json(200, &json!({"url": format!("files/{sha256}/{}", body.len())}))
    };
    // Answers before the body has come, and reads none of it.
    let refuse = async |_: Request| support::json(507, &json!({"message": "no space is left"}));
    Fake::serve(
        Router::new()
            .route("/v1/projects/shops/releases/{sha256}", put(keep))
            .route("/v1/projects/shops/releases/full", put(refuse))
            .layer(DefaultBodyLimit::disable()),
    )
    .await
}

#[tokio::test]
async fn a_whole_file_is_sent_and_progress_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("image.raw.gz");
    std::fs::write(&file, vec![7; SIZE]).unwrap();
    let api = fake().await.api();
    let sent = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&sent);
    let image = Image { file: &file, size: SIZE as u64, sha256: DIGEST };
    let release = api.upload(&image, move |sent| told.store(sent, Ordering::Relaxed)).await.unwrap();
    assert_eq!((release.url.as_str(), sent.load(Ordering::Relaxed)), ("files/aa/3000000", SIZE as u64));
}

#[tokio::test]
async fn a_refusal_that_comes_early_is_heard() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("image.raw.gz");
    std::fs::write(&file, vec![7; SIZE]).unwrap();
    let api = fake().await.api();
    let error = api.upload(&Image { file: &file, size: SIZE as u64, sha256: "full" }, |_| ()).await.unwrap_err();
    assert_eq!((error.status(), error.to_string().as_str()), (Some(507), "no space is left"));
}

#[tokio::test]
async fn a_file_that_was_cut_or_removed_is_the_cause() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("image.raw.gz");
    std::fs::write(&file, vec![7; SIZE - 1]).unwrap();
    let api = fake().await.api();
    let image = Image { file: &file, size: SIZE as u64, sha256: DIGEST };
    let error = api.upload(&image, |_| ()).await.unwrap_err();
    assert!(matches!(&error, Error::File { reason, .. } if reason.contains("cut to 2999999 bytes")), "{error:?}");
    std::fs::remove_file(&file).unwrap();
    let error = api.upload(&image, |_| ()).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");
}
