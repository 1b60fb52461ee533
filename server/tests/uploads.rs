//! Uploads in parts: nothing that was acknowledged is lost, whatever ends the sender or the server; nothing is served before it
//! is whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{
    io,
    time::{Duration, Instant},
};

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use futures::{SinkExt, StreamExt, channel::mpsc, stream};
use proptest::{prelude::*, test_runner::TestRunner};
use reqwest::{Client, StatusCode};
use rustix::process::Signal;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use support::{
    Answer, PROJECT, Server,
    process::{DEADLINE, Process, init},
};

const IMAGE: &str = "0123456789";
const PART: &str = "application/partial-upload";

fn digest(text: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(text))
}

async fn head(server: &Server, sha256: &str) -> Answer {
    let request = Request::head(format!("/v1/projects/{PROJECT}/releases/{sha256}"))
        .header("authorization", format!("Bearer {}", server.token))
        .body(Body::empty())
        .unwrap();
    server.call(request).await
}

/// What is told to be here: offset, whether it is complete, and the length.
fn told(answer: &Answer) -> (String, String, String) {
    ["upload-offset", "upload-complete", "upload-length"].map(|name| answer.header(name).to_owned()).into()
}

fn here(offset: &str, complete: &str, length: &str) -> (String, String, String) {
    [offset, complete, length].map(str::to_owned).into()
}

async fn patch(server: &Server, sha256: &str, headers: &[(&str, &str)], body: Body) -> Answer {
    let mut request = Request::patch(format!("/v1/projects/{PROJECT}/releases/{sha256}?name=emt.raw.gz"))
        .header("authorization", format!("Bearer {}", server.token));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.call(request.body(body).unwrap()).await
}

async fn part(server: &Server, sha256: &str, offset: usize, length: usize, body: impl Into<Body>) -> Answer {
    let (offset, length) = (offset.to_string(), length.to_string());
    let headers = [("content-type", PART), ("upload-offset", &offset), ("upload-length", &length)];
    patch(server, sha256, &headers, body.into()).await
}

async fn download(server: &Server, sha256: &str) -> Answer {
    let request = Request::get(format!("/files-edge-orch/{}/{sha256}/emt.raw.gz", server.project))
        .header("authorization", format!("Bearer {}", server.token))
        .body(Body::empty())
        .unwrap();
    server.call(request).await
}

/// Names of all files of the project.
fn files(server: &Server) -> Vec<String> {
    let entries = std::fs::read_dir(server.directory.path().join("images").join(&server.project));
    let mut names: Vec<_> =
        entries.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_image_in_parts() {
    let server = Server::start().await;
    let sha256 = digest(IMAGE);
    let nothing = head(&server, &sha256).await;
    assert_eq!((nothing.status, told(&nothing)), (200, here("0", "?0", "")));
    assert_eq!(nothing.header("upload-limit"), "max-size=1048576");
    let first = part(&server, &sha256, 0, 10, "0123").await;
    assert_eq!((first.status, told(&first)), (200, here("4", "?0", "10")), "{}", first.text());
    assert_eq!(first.json()["complete"], false);
    assert_eq!(told(&head(&server, &sha256).await), here("4", "?0", "10"));
    assert_eq!(download(&server, &sha256).await.status, 404, "it is not served before it is whole");
    // The length need not be told again.
    let second = patch(&server, &sha256, &[("content-type", PART), ("upload-offset", "4")], Body::from("56")).await;
    assert_eq!(second.status, 200, "{}", second.text());
    assert_eq!(told(&second), here("6", "?0", "10"));
    // A part that was altered on its way makes the whole worthless.
    let last = part(&server, &sha256, 6, 10, "6789").await;
    assert!(last.status == 400 && last.text().contains("altered or cut short"), "{}", last.text());
    assert_eq!(told(&head(&server, &sha256).await), here("0", "?0", ""));
    assert!(files(&server).is_empty());
    for (offset, body) in [(0, "01234"), (5, "56789")] {
        assert_eq!(part(&server, &sha256, offset, 10, body).await.status, 200);
    }
    assert_eq!(files(&server), [sha256.as_str()]);
    assert_eq!(told(&head(&server, &sha256).await), here("10", "?1", "10"));
    assert_eq!(download(&server, &sha256).await.text(), IMAGE);
    // What is there is answered as if it had just come to its end.
    let again = part(&server, &sha256, 10, 10, "").await;
    assert_eq!((again.status, told(&again)), (200, here("10", "?1", "10")));
    assert_eq!(again.json()["url"], format!("files-edge-orch/{}/{sha256}/emt.raw.gz", server.project));
    assert_eq!(part(&server, &sha256, 0, 10, IMAGE).await.status, 409);
}

#[tokio::test]
async fn an_empty_image_in_parts() {
    let server = Server::start().await;
    let sha256 = digest("");
    let answer = part(&server, &sha256, 0, 0, "").await;
    assert_eq!((answer.status, told(&answer)), (200, here("0", "?1", "0")), "{}", answer.text());
}

#[tokio::test]
async fn parts_that_do_not_fit() {
    let server = Server::start().await;
    let (sha256, new) = (digest(IMAGE), digest("new"));
    assert_eq!(part(&server, &sha256, 0, 10, "0123").await.status, 200);
    for (sha256, headers, status, words) in [
        (&sha256, vec![("upload-offset", "3"), ("upload-length", "10")], 409, "go on from byte 4"),
        (&sha256, vec![("upload-offset", "5")], 409, "go on from byte 4"),
        (&sha256, vec![("upload-offset", "4"), ("upload-length", "11")], 400, "announced with 10 bytes, and now with 11"),
        (&sha256, vec![], 400, "header Upload-Offset"),
        (&sha256, vec![("upload-offset", "-1")], 400, "a number of bytes"),
        (&sha256, vec![("upload-offset", "99999999999999999999")], 400, "a number of bytes"),
        (&new, vec![("upload-offset", "0")], 400, "Upload-Length"),
        (&new, vec![("upload-offset", "0"), ("upload-length", "1048577")], 413, "longer than 1048576 bytes"),
        (&new, vec![("upload-offset", "0"), ("upload-length", "2")], 400, "more was sent than the 2 bytes"),
        (&new.to_uppercase(), vec![("upload-offset", "0"), ("upload-length", "2")], 400, "64 lower-case hex digits"),
    ] {
        let headers = [&[("content-type", PART)], headers.as_slice()].concat();
        let answer = patch(&server, sha256, &headers, Body::from("new")).await;
        assert!(answer.status == status && answer.text().contains(words), "{headers:?}: {} {}", answer.status, answer.text());
        if status == 409 {
            assert_eq!(answer.header("upload-offset"), "4");
        }
    }
    let kind = [("content-type", "application/octet-stream"), ("upload-offset", "4")];
    let answer = patch(&server, &sha256, &kind, Body::from("new")).await;
    assert!(answer.status == 400 && answer.text().contains("application/partial-upload"), "{}", answer.text());
    assert_eq!(told(&head(&server, &sha256).await), here("4", "?0", "10"), "nothing was lost by it");
    assert_eq!(part(&server, &sha256, 4, 10, "456789").await.json()["complete"], true);
}

#[tokio::test]
async fn a_part_that_is_cut_counts_as_far_as_it_came() {
    let server = Server::start().await;
    let sha256 = digest(IMAGE);
    let cut = stream::iter([Ok(Bytes::from_static(b"01234")), Err(io::Error::other("connection reset"))]);
    let answer = part(&server, &sha256, 0, 10, Body::from_stream(cut)).await;
    assert_eq!((answer.status, told(&answer)), (200, here("5", "?0", "10")));
    // One request may do the whole while another one has done a part.
    let put = server.request("PUT", &format!("releases/{sha256}"), Some(IMAGE.to_owned())).await;
    assert_eq!(put.0, 200, "{}", put.1);
    assert_eq!(told(&head(&server, &sha256).await), here("10", "?1", "10"));
}

#[tokio::test]
async fn one_sends_at_a_time() {
    let server = Server::start().await;
    let sha256 = digest(IMAGE);
    let (mut sender, body) = mpsc::channel::<Result<Bytes, io::Error>>(1);
    sender.send(Ok(Bytes::from_static(b"0123"))).await.unwrap();
    let slow = part(&server, &sha256, 0, 10, Body::from_stream(body));
    let other = async {
        while files(&server).is_empty() {
            tokio::task::yield_now().await;
        }
        let other = part(&server, &sha256, 0, 10, IMAGE).await;
        sender.close_channel();
        other
    };
    let (slow, other) = tokio::join!(slow, other);
    assert!(other.status == 423 && other.text().contains("another request is sending this image"), "{}", other.text());
    assert_eq!(told(&slow), here("4", "?0", "10"));
    assert_eq!(part(&server, &sha256, 4, 10, "456789").await.status, 200);
}

#[tokio::test]
async fn uploads_without_progress_expire() {
    let server = Server::start().await;
    let (old, young) = (digest(IMAGE), digest("young"));
    assert_eq!(part(&server, &old, 0, 10, "0123").await.status, 200);
    let path = server.directory.path().join("images").join(&server.project).join(&files(&server)[0]);
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    std::fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(part(&server, &young, 0, 5, "yo").await.status, 200);
    let day = 24 * 3600 * 1000;
    server.parts.images.expire_uploads(1_780_000_000_000 + day).await.unwrap();
    assert_eq!(files(&server).len(), 2, "a day is not over");
    server.parts.images.expire_uploads(1_780_000_000_001 + day).await.unwrap();
    assert_eq!(told(&head(&server, &old).await), here("0", "?0", ""));
    assert_eq!(told(&head(&server, &young).await), here("2", "?0", "5"));
    assert_eq!(part(&server, &old, 0, 10, IMAGE).await.json()["complete"], true);
}

/// A sender that goes on from where the server is, with parts of any length that break off anywhere, and a server that is started
/// anew in between.
#[test]
fn any_cuts_lead_to_the_same_image() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("images");
    let cuts = prop::collection::vec((1_usize..40_000, any::<bool>(), any::<bool>()), 0..12);
    let mut runner = TestRunner::new(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() });
    runner
        .run(&(prop::collection::vec(any::<u8>(), 0..100_000), cuts), |(image, cuts)| {
            runtime.block_on(async {
                let project = uuid::Uuid::new_v4().to_string();
                let (sha256, length) = (digest(&image), image.len());
                let mut images = emt_server::release::Images::new(&root);
                let rest = std::iter::repeat((40_000, false, false));
                for (bytes, breaks, restarts) in cuts.into_iter().chain(rest) {
                    let here = images.progress(&project, &sha256).await.unwrap();
                    let from = usize::try_from(here.offset).unwrap();
                    let chunk = Bytes::copy_from_slice(&image[from..length.min(from + bytes)]);
                    let end = breaks.then(|| Err(io::Error::other("cut")));
                    let announced =
                        emt_server::release::Announced { offset: here.offset, length: Some(length as u64), limit: 1 << 20 };
                    let body = stream::iter([Ok(chunk)].into_iter().chain(end));
                    let after = images.append(&project, &sha256, announced, body).await.unwrap();
                    assert_eq!(after.offset, length.min(from + bytes) as u64);
                    if after.complete {
                        break;
                    }
                    if restarts {
                        images = emt_server::release::Images::new(&root);
                        images.clear_leftovers().await.unwrap();
                    }
                }
                assert_eq!(std::fs::read(root.join(&project).join(&sha256)).unwrap(), image);
                images.forget(&project).await.unwrap();
            });
            Ok(())
        })
        .unwrap();
}

async fn offset(client: &Client, url: &str, token: &str) -> (usize, bool) {
    let answer = client.head(url).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let text = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    (text("upload-offset").parse().unwrap(), text("upload-complete") == "?1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_goes_on_where_it_was() {
    const CHUNK: usize = 1 << 20;
    const SETTLED: usize = 16 << 20;
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let image: Bytes = (0..40 * CHUNK).map(|byte| u8::try_from(byte / 7 % 251).unwrap()).collect::<Vec<_>>().into();
    let (sha256, mut known) = (digest(&image), 0);
    for round in 0..3 {
        let process = Process::start(place.path());
        let (client, token) = (process.client(), process.token().await);
        let url = format!("{}/releases/{sha256}", process.project());
        let (from, complete) = offset(&client, &url, &token).await;
        assert!(from >= known && !complete, "{from} of {known} bytes are left");
        known = from;
        let (mut sender, body) = mpsc::channel(1);
        let request = client.patch(&url).bearer_auth(&token).header("content-type", PART);
        let request = request.header("upload-offset", from).header("upload-length", image.len());
        let sending = tokio::spawn(request.body(reqwest::Body::wrap_stream(body.map(Ok::<_, io::Error>))).send());
        let kills = round < 2;
        let end = if kills { image.len().min(from + SETTLED + 2 * CHUNK) } else { image.len() };
        for at in (from..end).step_by(CHUNK) {
            sender.send(image.slice(at..end.min(at + CHUNK))).await.unwrap();
        }
        if !kills {
            drop(sender);
            let answer: Json = sending.await.unwrap().unwrap().json().await.unwrap();
            assert_eq!(answer["complete"], true);
            let url = format!("{}/{}", process.api(), answer["url"].as_str().unwrap());
            let found = client.get(url).bearer_auth(&token).send().await.unwrap().bytes().await.unwrap();
            assert!(found == image, "{} bytes", found.len());
            break;
        }
        // What the server says to be there while it is being sent is there after the kill.
        let start = Instant::now();
        while offset(&client, &url, &token).await.0 == from {
            assert!(start.elapsed() < DEADLINE, "nothing counts");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        known = offset(&client, &url, &token).await.0;
        process.signal(Signal::KILL);
        process.end();
        drop((sending.await, sender));
    }
    assert!(known >= 2 * SETTLED, "{known}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_leaves_what_it_sent() {
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let process = Process::start(place.path());
    let token = process.token().await;
    let url = format!("{}/releases/{}", process.project(), digest(IMAGE));
    for (http1, from, sent) in [(true, 0, "0123"), (false, 4, "456")] {
        let builder = process.client_builder();
        let client = if http1 { builder.http1_only() } else { builder }.build().unwrap();
        let (address, bearer) = (url.clone(), token.clone());
        let sending = tokio::spawn(async move {
            loop {
                let some = stream::iter([Ok::<_, io::Error>(Bytes::from_static(sent.as_bytes()))]).chain(stream::pending());
                let request = client.patch(&address).bearer_auth(&bearer).header("content-type", PART);
                let request = request.header("upload-offset", from).header("upload-length", IMAGE.len());
                let answer = request.body(reqwest::Body::wrap_stream(some)).send().await;
                // Whoever looks below has its turn for a moment.
                assert_eq!(answer.unwrap().status(), StatusCode::LOCKED);
            }
        });
        let busy = async || {
            let other = process.client().patch(&url).bearer_auth(&token).header("content-type", PART);
            let other = other.header("upload-offset", 99).header("upload-length", IMAGE.len()).send().await.unwrap();
            other.status() == StatusCode::LOCKED
        };
        let start = Instant::now();
        while !busy().await {
            assert!(start.elapsed() < DEADLINE, "it does not arrive");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sending.abort();
        drop(sending.await);
        while busy().await {
            assert!(start.elapsed() < DEADLINE, "the one that is gone still has its turn");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The bytes may have been overtaken by the end of their connection.
        let (here, _) = offset(&process.client(), &url, &token).await;
        assert!(here == from || here == from + sent.len(), "{here}");
        let rest = IMAGE[here..from + sent.len()].to_owned();
        let request = process.client().patch(&url).bearer_auth(&token).header("content-type", PART);
        let request = request.header("upload-offset", here).header("upload-length", IMAGE.len());
        assert_eq!(request.body(rest).send().await.unwrap().status(), 200);
    }
    assert_eq!(offset(&process.client(), &url, &token).await, (7, false));
}
