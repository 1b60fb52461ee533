use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::*;
use crate::{
    open,
    web::tests::server::{Asked, Server, endless, not_found, redirect},
};

const YAML: &str = "appVersion: apps/v1";
const REPOSITORY: &str = "/v2/edge-orch/en/files/os-profile/a";

fn settings(server: &Server) -> Settings {
    let profiles = vec!["a".to_owned()];
    let limits = Limits { manifest: 10_000, tag_list: 10_000, tags: 20, ..Limits::default() };
    let revision = "~0.10.8".parse().unwrap();
    Settings { profiles, revision, limits, ..Settings::registry(&server.url, &server.url) }
}

fn offered(tag: &str) -> Offered {
    let place = "edge-orch/en/files/os-profile/a".to_owned();
    Offered { profile: "a".to_owned(), tag: tag.to_owned(), place, digest: String::new() }
}

fn manifest(yaml: &str) -> String {
    let digest = Sha256::of(yaml.as_bytes()).named();
    let layer = json!({"digest": digest, "size": yaml.len(), "annotations": {"org.opencontainers.image.title": "a.yaml"}});
    json!({"schemaVersion": 2, "artifactType": "application/vnd.intel.orch.en", "layers": [layer]}).to_string()
}

/// One repository.
fn registry(asked: &Asked) -> Response {
    let path = asked.path().strip_prefix(REPOSITORY).unwrap_or_default();
    let manifest = manifest(YAML);
    let digest = Sha256::of(manifest.as_bytes()).named();
    match path {
        "/tags/list" if asked.line.contains("last=0.10.8") => {
            json!({"name": "a", "tags": ["0.10.12", "main"]}).to_string().into_response()
        }
        "/tags/list" => {
            let next = format!("<{REPOSITORY}/tags/list?n=1000&last=0.10.8>; rel=\"next\"");
            ([("link", next)], json!({"name": "a", "tags": ["0.10.7", "0.10.8", "0.10.8", "in/valid"]}).to_string())
                .into_response()
        }
        "/manifests/0.10.8" => ([("docker-content-digest", digest)], manifest).into_response(),
        "/manifests/untold" => manifest.into_response(),
        "/manifests/exchanged" => ([("docker-content-digest", digest)], self::manifest("other")).into_response(),
        "/manifests/damaged" => self::manifest("other").into_response(),
        "/manifests/endless" => endless(),
        "/manifests/elsewhere" => redirect("http://127.0.0.2:1/a"),
        path if path.starts_with("/blobs/") => YAML.into_response(),
        _ => not_found(),
    }
}

#[tokio::test]
async fn tags_are_listed_page_by_page() {
    let server = Server::start(registry).await;
    let source = open(&settings(&server)).unwrap();
    let listing = source.list("").await.unwrap().unwrap();
    let tags: Vec<_> = listing.profiles[0].offered.clone().unwrap().into_iter().map(|offered| offered.tag).collect();
    assert_eq!((tags.as_slice(), &*listing.validator), (&["0.10.8".to_owned(), "0.10.12".to_owned()][..], ""));
    assert_eq!(
        server.lines(),
        [format!("GET {REPOSITORY}/tags/list?n=1000"), format!("GET {REPOSITORY}/tags/list?n=1000&last=0.10.8")]
    );
}

#[tokio::test]
async fn a_document_costs_one_small_request_while_it_is_as_it_was() {
    let server = Server::start(registry).await;
    let source = open(&settings(&server)).unwrap();
    let document = source.document(&offered("0.10.8"), "").await.unwrap().unwrap();
    assert_eq!((&*document.yaml, document.digest.clone()), (YAML.as_bytes(), Sha256::of(manifest(YAML).as_bytes()).named()));
    let asked = server.asked();
    assert!(asked[0].header("accept").contains("vnd.oci.image.manifest.v1+json"));
    assert_eq!(asked.len(), 2);
    assert!(source.document(&offered("0.10.8"), &document.digest).await.unwrap().is_none());
    assert_eq!(server.lines(), [format!("HEAD {REPOSITORY}/manifests/0.10.8")]);
    assert!(source.document(&offered("0.10.8"), "sha256:other").await.unwrap().is_some());
    assert!(source.document(&offered("untold"), &document.digest).await.unwrap().is_none(), "digest of the manifest itself");
}

#[tokio::test]
async fn what_registries_do_wrong() {
    let server = Server::start(registry).await;
    let source = open(&settings(&server)).unwrap();
    for (tag, problem, words) in [
        ("exchanged", Problem::Digest, "was told"),
        ("damaged", Problem::Digest, "the manifest says"),
        ("endless", Problem::TooBig, "more than 10000 bytes"),
        ("elsewhere", Problem::Elsewhere, "http://127.0.0.2:1"),
        ("absent", Problem::Missing, "404"),
    ] {
        let error = source.document(&offered(tag), "").await.unwrap_err();
        assert_eq!(error.problem(), problem, "{tag}: {error}");
        assert!(error.to_string().contains(words), "{tag}: {error}");
    }
}

#[tokio::test]
async fn a_profile_that_cannot_be_listed_does_not_hide_others() {
    let server = Server::start(|asked| match asked.path() {
        path if path.contains("/a/") => registry(asked),
        path if path.contains("/b/") => {
            json!({"tags": (0..21).map(|n| format!("t{n}")).collect::<Vec<_>>()}).to_string().into_response()
        }
        path if path.contains("/c/") => {
            ([("link", "<http://127.0.0.2:1/x>; rel=next")], json!({"tags": []}).to_string()).into_response()
        }
        path if path.contains("/d/") => ([("link", "<?n=1>; rel=next")], json!({"tags": null}).to_string()).into_response(),
        path if path.contains("/e/") => endless(),
        path if path.contains("/f/") => "{}".into_response(),
        _ => not_found(),
    })
    .await;
    let profiles = ["a", "b", "c", "d", "e", "f", "g"].map(str::to_owned).to_vec();
    let listing = open(&Settings { profiles, ..settings(&server) }).unwrap().list("").await.unwrap().unwrap();
    let problems: Vec<_> = listing.profiles.into_iter().map(|listing| listing.offered.map_err(|error| error.problem())).collect();
    assert_eq!(problems[0].as_ref().map(Vec::len), Ok(2));
    let wrong = [Problem::TooBig, Problem::Elsewhere, Problem::TooBig, Problem::TooBig];
    assert_eq!(problems[1..5].to_vec(), wrong.map(Err));
    assert_eq!((problems[5].clone(), problems[6].clone()), (Ok(Vec::new()), Err(Problem::Missing)));
}

#[tokio::test]
async fn what_no_profile_can_help_is_the_sources_error() {
    let server = Server::start(|_| reqwest::StatusCode::FORBIDDEN.into_response()).await;
    assert_eq!(open(&settings(&server)).unwrap().list("").await.unwrap_err().problem(), Problem::Denied);
}

/// A registry that wants a token, which says whom it was given to.
async fn guarded() -> (Server, Arc<AtomicUsize>) {
    let given = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&given);
    let server = Server::start(move |asked| {
        let host = asked.header("host");
        match (asked.path(), asked.header("authorization")) {
            ("/token", who) => {
                assert!(
                    asked.line.contains("service=reg") && asked.line.contains("scope=repository%3Aa%3Apull"),
                    "{}",
                    asked.line
                );
                counted.fetch_add(1, Ordering::SeqCst);
                let token = if who.is_empty() { "anonymous" } else { "known" };
                json!({"token": token, "expires_in": 300}).to_string().into_response()
            }
            (_, "Bearer anonymous" | "Bearer known") => registry(asked),
            _ => {
                let wanted = format!("Bearer realm=\"http://{host}/token\",service=\"reg\",scope=\"repository:a:pull\"");
                (reqwest::StatusCode::UNAUTHORIZED, [("www-authenticate", wanted)]).into_response()
            }
        }
    })
    .await;
    (server, given)
}

#[tokio::test]
async fn tokens_are_fetched_and_kept() {
    let (server, given) = guarded().await;
    let source = open(&settings(&server)).unwrap();
    source.list("").await.unwrap();
    source.document(&offered("0.10.8"), "").await.unwrap();
    assert_eq!(given.load(Ordering::SeqCst), 1, "one token does for all of a repository");
    let asked = server.asked();
    assert!(asked.iter().any(|asked| asked.header("authorization") == "Bearer anonymous"));
    let named = Settings { username: "me".to_owned(), password: "secret".to_owned(), ..settings(&server) };
    open(&named).unwrap().list("").await.unwrap();
    let asked = server.asked();
    assert!(asked.iter().any(|asked| asked.header("authorization") == "Bearer known"));
    let told: Vec<_> = asked.iter().filter(|asked| asked.header("authorization").starts_with("Basic")).map(Asked::path).collect();
    assert_eq!(told, ["/token"], "the password goes to who gives tokens only");
}

#[tokio::test]
async fn passwords_do_not_go_in_the_clear_to_others() {
    let server = Server::start(|_| {
        let wanted = "Bearer realm=\"http://auth.example/token\"";
        (reqwest::StatusCode::UNAUTHORIZED, [("www-authenticate", wanted)]).into_response()
    })
    .await;
    let error = open(&settings(&server)).unwrap().list("").await.unwrap_err();
    assert!(error.problem() == Problem::Elsewhere && error.to_string().contains("http://auth.example"), "{error}");
}
