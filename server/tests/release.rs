//! The Release Service: what is uploaded is kept whole or not at all, and served in parts.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use std::io;

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use futures::stream;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use support::{Answer, PROJECT, Server};

const IMAGE: &str = "0123456789";

fn digest(text: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(text))
}

async fn upload(server: &Server, digest: &str, query: &str, body: Body) -> (u16, String) {
    let request = Request::put(format!("/v1/projects/{PROJECT}/releases/{digest}{query}"))
        .header("authorization", format!("Bearer {}", server.token))
        .body(body)
        .unwrap();
    server.send(request).await
}

async fn download(server: &Server, method: &str, digest: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/files-edge-orch/{}/{digest}/image.raw.gz", server.project))
        .header("authorization", format!("Bearer {}", server.token));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.call(request.body(Body::empty()).unwrap()).await
}

/// Files that are kept, temporary ones too.
fn files(server: &Server) -> usize {
    std::fs::read_dir(server.directory.path().join("images").join(&server.project)).map_or(0, Iterator::count)
}

#[tokio::test]
async fn only_what_was_announced_is_kept() {
    let server = Server::start().await;
    let cut = stream::iter([Ok(Bytes::from_static(b"01234")), Err(io::Error::other("connection reset"))]);
    let upper = digest(IMAGE).to_uppercase();
    let (announced, long) = (digest(IMAGE), "x".repeat((1 << 20) + 1));
    for (digest, query, body, status, words) in [
        (digest("other"), "", Body::from(IMAGE), 400, "was announced"),
        (announced.clone(), "", Body::from("012345678"), 400, "cut short on its way; nothing was kept, send it again"),
        (announced.clone(), "", Body::empty(), 400, "was announced"),
        (announced.clone(), "", Body::from_stream(cut), 400, "ended after 5 bytes"),
        (digest(&long), "", Body::from(long), 413, "longer than 1048576 bytes"),
        (upper, "", Body::from(IMAGE), 400, "64 lower-case hex digits"),
        ("abc".to_owned(), "", Body::from(IMAGE), 400, "64 lower-case hex digits"),
        ("..%2F..%2Fetc".to_owned(), "", Body::from(IMAGE), 400, "64 lower-case hex digits"),
        (announced.clone(), "?name=..%2Fx", Body::from(IMAGE), 400, "parameter \\\"name\\\""),
        (announced.clone(), "?name=.hidden", Body::from(IMAGE), 400, "parameter \\\"name\\\""),
        (announced.clone(), "?name=%FF", Body::from(IMAGE), 400, ""),
    ] {
        let (found, text) = upload(&server, &digest, query, body).await;
        assert!(found == status && text.contains(words), "{digest}{query}: {found} {text}");
        assert_eq!(files(&server), 0, "{digest}{query}");
        assert!([404, 400].contains(&download(&server, "GET", &digest, &[]).await.status), "{digest}");
    }
}

#[tokio::test]
async fn an_upload_can_be_repeated() {
    let server = Server::start().await;
    let sha256 = digest(IMAGE);
    let (first, second) = tokio::join!(
        upload(&server, &sha256, "?name=emt.raw.gz", Body::from(IMAGE)),
        upload(&server, &sha256, "?name=emt.raw.gz", Body::from(IMAGE))
    );
    let third = upload(&server, &sha256, "?name=emt.raw.gz", Body::from(IMAGE)).await;
    for (status, text) in [first, second, third] {
        assert_eq!(status, 200, "{text}");
        let answer: Json = serde_json::from_str(&text).unwrap();
        assert_eq!((&answer["sha256"], &answer["size"]), (&Json::from(sha256.as_str()), &Json::from(10)));
        assert_eq!(answer["url"], format!("files-edge-orch/{}/{sha256}/emt.raw.gz", server.project));
    }
    assert_eq!(files(&server), 1);
    // An altered repetition leaves what is there.
    assert_eq!(upload(&server, &sha256, "", Body::from("altered")).await.0, 400);
    assert_eq!(download(&server, "GET", &sha256, &[]).await.text(), IMAGE);
}

#[tokio::test]
async fn parts_and_conditions() {
    let server = Server::start().await;
    let sha256 = digest(IMAGE);
    upload(&server, &sha256, "", Body::from(IMAGE)).await;
    let tag = format!("\"{sha256}\"");
    let weak = format!("\"x\", W/{tag}");
    // Headers, and the status, body, and part that is told.
    for (headers, status, body, range) in [
        (vec![], 200, IMAGE, ""),
        (vec![("range", "bytes=0-")], 206, IMAGE, "bytes 0-9/10"),
        (vec![("range", "bytes=4-6")], 206, "456", "bytes 4-6/10"),
        (vec![("range", "bytes=8-99")], 206, "89", "bytes 8-9/10"),
        (vec![("range", "bytes=-3")], 206, "789", "bytes 7-9/10"),
        (vec![("range", "bytes=10-")], 416, "", "bytes */10"),
        (vec![("range", "bytes=-0")], 416, "", "bytes */10"),
        (vec![("range", "bytes=0-1,4-5")], 200, IMAGE, ""),
        (vec![("range", "garbage")], 200, IMAGE, ""),
        (vec![("range", "bytes=4-"), ("if-range", &tag)], 206, "456789", "bytes 4-9/10"),
        (vec![("range", "bytes=4-"), ("if-range", "\"other\"")], 200, IMAGE, ""),
        (vec![("range", "bytes=10-"), ("if-range", "\"other\"")], 200, IMAGE, ""),
        (vec![("if-none-match", &tag)], 304, "", ""),
        (vec![("if-none-match", &weak)], 304, "", ""),
        (vec![("if-none-match", "*")], 304, "", ""),
        (vec![("if-none-match", "\"other\"")], 200, IMAGE, ""),
        (vec![("if-none-match", &tag), ("range", "bytes=4-")], 304, "", ""),
    ] {
        let answer = download(&server, "GET", &sha256, &headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.header("content-range"), range, "{headers:?}");
        if status != 416 {
            assert_eq!(answer.text(), body, "{headers:?}");
            assert_eq!(answer.header("etag"), tag, "{headers:?}");
            assert_eq!(answer.header("accept-ranges"), "bytes", "{headers:?}");
        }
        let head = download(&server, "HEAD", &sha256, &headers).await;
        assert_eq!((head.status, head.body.len()), (status, 0), "HEAD {headers:?}");
        if status < 300 {
            assert_eq!(head.header("content-length"), body.len().to_string(), "HEAD {headers:?}");
            assert_eq!(answer.header("content-length"), body.len().to_string(), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_image_is_served() {
    let server = Server::start().await;
    let sha256 = digest("");
    assert_eq!(upload(&server, &sha256, "", Body::empty()).await.0, 200);
    let answer = download(&server, "GET", &sha256, &[]).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(download(&server, "GET", &sha256, &[("range", "bytes=0-")]).await.status, 416);
}
