//! The real program's life: made once, run by one, stopped cleanly, killed without loss.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{SinkExt, StreamExt, channel::mpsc, stream};
use reqwest::{Body, Client, StatusCode};
use rustix::process::Signal;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::process::{DEADLINE, Process, init, run};

/// Contents and modes of all files.
fn files(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), (mode, fs::read(entry.path()).unwrap()))
        })
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_data_directory_is_made_once() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let first = init(&data);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(text(&first.stderr).contains("emt-server run --data-dir") && text(&first.stderr).contains("emtctl login --server"));
    assert_eq!(text(&first.stdout), "", "the given password is not shown");
    let made = files(&data);
    assert!(fs::metadata(&data).unwrap().permissions().mode().trailing_zeros() >= 6, "for its owner only");
    for (name, (mode, contents)) in &made {
        let public = ["ca.pem", "server.pem"].contains(&name.as_str());
        assert_eq!(*mode, if public { 0o644 } else { 0o600 }, "{name}");
        assert!(!text(contents).contains(support::PASSWORD), "{name} holds the password");
    }
    let second = init(&data);
    assert!(second.status.success());
    assert!(text(&second.stderr).contains("holds a server already; nothing was changed"), "{}", text(&second.stderr));
    let again = files(&data);
    let names =
        |files: &BTreeMap<String, _>| files.keys().filter(|name| !name.starts_with("emt.db-")).cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&again));
    for name in ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem", "emt-server.toml"] {
        assert_eq!(made[name], again[name], "{name}");
    }
    let other = run(&["init", "--data-dir", data.to_str().unwrap(), "--fqdn", "other.test", "--project", "other"], "");
    assert!(other.status.success() && other.stdout.is_empty(), "no other password is made and shown");
}

#[test]
fn the_address_for_the_first_login_is_one_that_can_be_used() {
    let place = tempfile::tempdir().unwrap();
    for (listen, next, then) in [
        ("127.0.0.1:8443", "\n", "https://api.emt.localhost:8443 "),
        ("127.0.0.1:0", ", which prints the address with the PORT that it serves at\n", "https://api.emt.localhost:PORT "),
    ] {
        let data = place.path().join(listen);
        let data = data.to_str().unwrap();
        let made = run(&["init", "--data-dir", data, "--listen", listen], "");
        let words = text(&made.stderr);
        assert!(
            words.contains(&format!("next: emt-server run --data-dir {data}{next}then: emtctl login --server {then}")),
            "{words}"
        );
    }
}

#[test]
fn an_init_that_was_cut_short_is_finished_by_the_next() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    assert!(init(&data).status.success());
    let authority = fs::read(data.join("ca.pem")).unwrap();
    for name in ["emt.db", "emt.db-wal", "emt.db-shm", "server.pem"] {
        let _ = fs::remove_file(data.join(name));
    }
    let unmade = run(&["run", "--data-dir", data.to_str().unwrap()], "");
    assert_eq!(unmade.status.code(), Some(1));
    let next = init(&data);
    assert!(next.status.success() && text(&next.stderr).contains("made "), "{}", text(&next.stderr));
    assert_eq!(fs::read(data.join("ca.pem")).unwrap(), authority, "what was there stays");
    drop(Process::start(&data));
}

#[test]
fn a_generated_password_is_shown_once() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let made = run(&["init", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"], "");
    let password = text(&made.stdout).trim().to_owned();
    assert!(made.status.success() && password.len() >= 20, "{password:?}");
    assert!(!text(&made.stderr).contains(&password));
}

#[test]
fn wrong_calls_say_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let (data, none) = (place.path().join("data"), place.path().join("none"));
    let (data, none) = (data.to_str().unwrap(), none.to_str().unwrap());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (arguments, input, code, words) in [
        (vec!["run", "--data-dir", none], "", 1, "make one with `emt-server init --data-dir"),
        (vec!["init", "--data-dir", none, "--admin-password-stdin"], "", 2, "standard input holds no password"),
        (vec!["init", "--data-dir", none, "--fqdn", "ümlaut"], "", 1, "use a host name such as"),
        (vec!["init", "--data-dir", none, "--project", "no/name"], "", 1, "is no project name"),
        (vec!["init", "--data-dir", none, "--listen", "nowhere"], "", 2, "--listen"),
        (vec!["init", "--data-dir", "/proc/nowhere"], "", 1, "/proc/nowhere"),
        (vec!["init", "--data-dir", data], "", 0, "made"),
        (vec!["run", "--data-dir", data, "--listen", &taken], "", 1, "choose another with --listen"),
        (vec!["run", "--data-dir", data, "--config", "absent.toml"], "", 1, "absent.toml does not exist"),
        (vec!["serve"], "", 2, "unrecognized subcommand"),
    ] {
        let output = run(&arguments, input);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[test]
fn one_server_uses_a_data_directory() {
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let first = Process::start(place.path());
    for command in ["run", "init"] {
        let second = run(&[command, "--data-dir", place.path().to_str().unwrap()], "");
        assert_eq!(second.status.code(), Some(1));
        assert!(text(&second.stderr).contains("in use by another emt-server"), "{}", text(&second.stderr));
    }
    first.signal(Signal::KILL);
    first.end();
    // The lock goes with the process.
    let next = Process::start(place.path());
    next.signal(Signal::INT);
    assert_eq!(next.end().0, Some(0));
}

#[test]
fn images_that_nothing_needs_are_removed_by_hand() {
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let (project, image) = ("11111111-2222-4333-8444-555555555555", "a".repeat(64));
    let directory = place.path().join("images").join(project);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(&image), "image").unwrap();
    // Since long before.
    fs::write(directory.join(format!(".{image}.idle")), "unnamed 1780000000000").unwrap();
    let data = place.path().to_str().unwrap();
    for (arguments, words) in [
        (&["gc", "--dry-run", "--data-dir", data][..], "1 images with 5 bytes would be removed"),
        (&["gc", "--data-dir", data], "1 images with 5 bytes were removed"),
        (&["gc", "--data-dir", data], "0 images with 0 bytes were removed"),
    ] {
        let ran = run(arguments, "");
        assert!(ran.status.success() && text(&ran.stderr).contains(words), "{}", text(&ran.stderr));
        assert_eq!(text(&ran.stdout).contains(&format!("{project}/{image}  5 bytes  Unnamed")), words.starts_with('1'));
    }
    assert_eq!(fs::read_dir(directory).unwrap().count(), 0);
}

/// A body that is sent as it is told to.
fn slow_body() -> (mpsc::Sender<Bytes>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Body::wrap_stream(receiver.map(Ok::<_, std::io::Error>)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_was_accepted() {
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let process = Process::start(place.path());
    let (client, token) = (process.client_builder().http1_only().build().unwrap(), process.token().await);
    let idle = process.client();
    idle.get(format!("{}/healthz", process.api())).send().await.unwrap();

    let sha256 = hex::encode(Sha256::digest("first second"));
    let (mut sender, body) = slow_body();
    let upload = client.put(format!("{}/releases/{sha256}", process.project())).bearer_auth(&token).body(body).send();
    let upload = tokio::spawn(upload);
    sender.send(Bytes::from_static(b"first ")).await.unwrap();
    let images = place.path().join("images");
    let start = Instant::now();
    while fs::read_dir(&images).is_err() {
        assert!(start.elapsed() < DEADLINE, "the upload does not arrive");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.signal(Signal::TERM);
    process.wait_for_log("stopping: finishing what was accepted");
    let refused = process.client().get(format!("{}/healthz", process.api())).send().await;
    assert!(refused.is_err(), "nothing new is accepted");
    sender.send(Bytes::from_static(b"second")).await.unwrap();
    drop(sender);
    let answer = upload.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    let (code, log) = tokio::task::spawn_blocking(move || process.end()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(log.contains("\"message\":\"stopped\""));
    assert!(start.elapsed() < Duration::from_secs(15), "clients that are idle do not hold it up");

    let process = Process::start(place.path());
    let images = fs::read_dir(place.path().join("images")).unwrap().next().unwrap().unwrap();
    let path = format!("files-edge-orch/{}/{sha256}/x", images.file_name().into_string().unwrap());
    // The token of before is good after the restart, and so is the image.
    let answer = process.client().get(format!("{}/{path}", process.api())).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "first second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_leaves_nothing_of_its_upload() {
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let process = Process::start(place.path());
    let token = process.token().await;
    for http1 in [true, false] {
        let builder = process.client_builder();
        let client = if http1 { builder.http1_only() } else { builder }.build().unwrap();
        let (mut sender, body) = slow_body();
        let upload =
            client.put(format!("{}/releases/{}", process.project(), "a".repeat(64))).bearer_auth(&token).body(body).send();
        let upload = tokio::spawn(upload);
        sender.send(Bytes::from_static(b"half")).await.unwrap();
        let uploads = || {
            let projects = fs::read_dir(place.path().join("images")).into_iter().flatten();
            projects.map(|project| fs::read_dir(project.unwrap().path()).unwrap().count()).sum::<usize>()
        };
        let wait_for = async |count| {
            let start = Instant::now();
            while uploads() != count {
                assert!(start.elapsed() < DEADLINE, "{} files", uploads());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        wait_for(1).await;
        upload.abort();
        drop((upload.await, client, sender));
        wait_for(0).await;
    }
    // What a kill leaves behind is removed by the next start.
    let (mut sender, body) = slow_body();
    let client = process.client();
    let upload = tokio::spawn(
        client.put(format!("{}/releases/{}", process.project(), "a".repeat(64))).bearer_auth(&token).body(body).send(),
    );
    sender.send(Bytes::from_static(b"half")).await.unwrap();
    let images = place.path().join("images");
    let left = || fs::read_dir(fs::read_dir(&images).unwrap().next().unwrap().unwrap().path()).unwrap().count();
    let start = Instant::now();
    while left() == 0 {
        assert!(start.elapsed() < DEADLINE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.signal(Signal::KILL);
    process.end();
    assert_eq!(left(), 1);
    drop((upload.await, Process::start(place.path())));
    assert_eq!(left(), 0);
}

/// Makes regions until the server is gone; names of those that were acknowledged.
async fn write(client: Client, address: String, token: String, worker: usize, acknowledged: Arc<Mutex<Vec<String>>>) {
    for number in 0.. {
        let name = format!("r {worker} {number}");
        let answer = client.post(&address).bearer_auth(&token).json(&json!({"name": name})).send().await;
        // The status is the acknowledgement, whether or not the rest arrives.
        match answer {
            Ok(answer) if answer.status() == StatusCode::OK => acknowledged.lock().unwrap().push(name),
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_a_kill() {
    const WORKERS: usize = 8;
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..3 {
        let process = Process::start(place.path());
        let (client, token) = (process.client(), process.token().await);
        let address = format!("{}/regions", process.project());
        let writers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (client, address, token) = (client.clone(), address.clone(), token.clone());
                tokio::spawn(write(client, address, token, round * WORKERS + worker, Arc::clone(&acknowledged)))
            })
            .collect();
        let start = Instant::now();
        while acknowledged.lock().unwrap().len() < (round + 1) * 100 {
            assert!(start.elapsed() < DEADLINE, "{} writes", acknowledged.lock().unwrap().len());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.signal(Signal::KILL);
        for writer in writers {
            writer.await.unwrap();
        }
        process.end();
    }
    let process = Process::start(place.path());
    let (client, token) = (process.client(), process.token().await);
    let answer = client.get(format!("{}/regions", process.project())).bearer_auth(&token).send().await.unwrap();
    let shown: Json = answer.json().await.unwrap();
    let kept: Vec<&str> = shown["regions"].as_array().unwrap().iter().map(|region| region["name"].as_str().unwrap()).collect();
    let acknowledged = acknowledged.lock().unwrap();
    assert!(acknowledged.len() >= 300);
    let lost: Vec<&String> = acknowledged.iter().filter(|name| !kept.contains(&name.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
    assert!(kept.len() <= acknowledged.len() + 3 * WORKERS, "at most one of each writer was under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_pass_through_in_constant_memory() {
    const CHUNK: usize = 256 * 1024;
    const CHUNKS: usize = 256;
    let place = tempfile::tempdir().unwrap();
    assert!(init(place.path()).status.success());
    let process = Process::start(place.path());
    let (client, token) = (process.client(), process.token().await);
    let chunk = Bytes::from(vec![7; CHUNK]);
    let mut hash = Sha256::new();
    (0..CHUNKS).for_each(|_| hash.update(&chunk));
    let sha256 = hex::encode(hash.finalize());
    let before = process.peak_memory();
    let body = Body::wrap_stream(stream::iter((0..CHUNKS).map(move |_| Ok::<_, std::io::Error>(chunk.clone()))));
    let answer = client.put(format!("{}/releases/{sha256}", process.project())).bearer_auth(&token).body(body).send();
    let answer: Json = answer.await.unwrap().json().await.unwrap();
    assert_eq!(answer["size"], CHUNK * CHUNKS);
    let answer =
        client.get(format!("{}/{}", process.api(), answer["url"].as_str().unwrap())).bearer_auth(&token).send().await.unwrap();
    let mut received = answer.bytes_stream();
    let mut length = 0;
    while let Some(chunk) = received.next().await {
        length += chunk.unwrap().len();
    }
    assert_eq!(length, CHUNK * CHUNKS);
    let grown = process.peak_memory().saturating_sub(before);
    assert!(grown < 16 * 1024, "memory grew by {grown} KiB for an image of {} KiB", CHUNK * CHUNKS / 1024);
}
