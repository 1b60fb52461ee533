pub(crate) mod server;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;
use reqwest::StatusCode;

use self::server::{Asked, Server, endless, not_found, redirect, stalled};
use crate::{
    Limits, Problem, RelativePath, Settings, SourceError,
    digest::Sha256,
    index::{Entry, File, Index},
    open,
};

fn tree(server: &Server) -> Settings {
    let limits = Limits { index: 10_000, text: 10_000, stall: Duration::from_millis(200), ..Limits::default() };
    Settings { limits, ..Settings::tree(&server.url) }
}

/// An index with one document and one text.
fn index() -> Index {
    let path = |text| RelativePath::parse(text).unwrap();
    let mut index = Index::new();
    let (size, sha256) = (4, Sha256::of(b"yaml"));
    let (profile, version) = ("a".to_owned(), "1.0".to_owned());
    index.profiles.push(Entry { profile, version, path: path("profiles/a/1.0.yaml"), size, sha256 });
    index.files.insert(path("files/listed.json"), File { size: 2, sha256: Sha256::of(b"[]") });
    index
}

fn published(asked: &Asked) -> Response {
    match asked.path() {
        "/index.json" if asked.header("if-none-match") == "\"1\"" => StatusCode::NOT_MODIFIED.into_response(),
        "/index.json" => ([("etag", "\"1\"")], index().to_json()).into_response(),
        "/profiles/a/1.0.yaml" => "yaml".into_response(),
        "/files/listed.json" => "[]".into_response(),
        "/files/dated.json" if asked.header("if-modified-since") == "Mon" => StatusCode::NOT_MODIFIED.into_response(),
        "/files/dated.json" => ([("last-modified", "Mon")], "[1]").into_response(),
        "/files/plain.json" => "[2]".into_response(),
        "/files/a.raw" => match asked.header("range") {
            "" => "0123456789".into_response(),
            "bytes=7-" => (StatusCode::PARTIAL_CONTENT, [("content-range", "bytes 7-9/10")], "789").into_response(),
            _ => (StatusCode::RANGE_NOT_SATISFIABLE, [("content-range", "bytes */10")]).into_response(),
        },
        "/files/whole.raw" => "0123456789".into_response(),
        "/files/shifted.raw" => (StatusCode::PARTIAL_CONTENT, [("content-range", "bytes 6-9/10")], "6789").into_response(),
        _ => not_found(),
    }
}

#[tokio::test]
async fn a_tree_is_read_and_nothing_twice() {
    let server = Server::start(published).await;
    let source = open(&tree(&server)).unwrap();
    let listing = source.list("").await.unwrap().unwrap();
    let offered = listing.profiles[0].offered.clone().unwrap().remove(0);
    let document = source.document(&offered, "").await.unwrap().unwrap();
    assert_eq!(document.yaml, b"yaml");
    let mut texts = Vec::new();
    for (name, content) in [("listed", "[]"), ("dated", "[1]"), ("plain", "[2]")] {
        let url = format!("files/{name}.json");
        let text = source.text(&url, "").await.unwrap().unwrap();
        assert_eq!(text.text, content);
        texts.push((url, text.validator));
    }
    server.asked();
    assert!(source.list(&listing.validator).await.unwrap().is_none());
    assert_eq!(server.lines(), ["GET /index.json"], "one request for an index that is as it was");
    assert!(source.document(&offered, &document.digest).await.unwrap().is_none());
    for (url, validator) in &texts {
        assert!(source.text(url, validator).await.unwrap().is_none(), "{url}");
    }
    assert_eq!(server.lines(), ["GET /files/dated.json", "GET /files/plain.json"], "digests that are known are not asked for");
}

#[tokio::test]
async fn images_go_on_where_they_stopped() {
    let server = Server::start(published).await;
    let source = open(&tree(&server)).unwrap();
    for (url, from, begins, body) in [
        ("files/a.raw", 0, 0, "0123456789"),
        ("files/a.raw", 7, 7, "789"),
        ("files/a.raw", 10, 10, ""),
        ("files/whole.raw", 7, 0, "0123456789"),
    ] {
        let image = source.image(url, from).await.unwrap();
        assert_eq!((image.from, image.size), (begins, Some(10)), "{url} from {from}");
        assert_eq!(image.body.try_collect::<Vec<_>>().await.unwrap().concat(), body.as_bytes());
    }
    assert_eq!(source.image("files/shifted.raw", 7).await.unwrap_err().problem(), Problem::Malformed);
    let whole = format!("{}/files/a.raw", server.url);
    assert!(source.image(&whole, 0).await.is_ok(), "a whole address below the files");
}

async fn list(server: &Server) -> SourceError {
    open(&tree(server)).unwrap().list("").await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn what_servers_do_wrong() {
    type Answer = fn() -> Response;
    let answers: &[(&str, Answer, Problem, &str)] = &[
        (
            "a login page",
            || axum::response::Html("<p>Log in").into_response(),
            Problem::NotASource,
            "is this the address of a release tree",
        ),
        ("nothing", not_found, Problem::Missing, "404 Not Found"),
        ("a refusal", || StatusCode::FORBIDDEN.into_response(), Problem::Denied, "no user name was given"),
        ("a trouble", || StatusCode::SERVICE_UNAVAILABLE.into_response(), Problem::Busy, "503"),
        ("too many requests", || StatusCode::TOO_MANY_REQUESTS.into_response(), Problem::Busy, "429"),
        ("no end", endless, Problem::TooBig, "more than 10000 bytes"),
        ("a stall", stalled, Problem::Stalled, "nothing came for too long"),
        ("another host", || redirect("http://127.0.0.2:1/index.json"), Problem::Elsewhere, "http://127.0.0.2:1"),
        ("another scheme", || redirect("https://127.0.0.1/index.json"), Problem::Elsewhere, "https://127.0.0.1"),
        ("a circle", || redirect("/index.json"), Problem::Malformed, "302"),
        ("304 unasked", || StatusCode::NOT_MODIFIED.into_response(), Problem::Malformed, "unasked"),
        ("no index", || "{}".into_response(), Problem::Malformed, "no index of a release tree"),
    ];
    for (what, answer, problem, words) in answers {
        let answer = *answer;
        let server = Server::start(move |_| answer()).await;
        let error = list(&server).await;
        assert_eq!(error.problem(), *problem, "{what}: {error}");
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert!(error.to_string().contains(&server.url), "{what}: {error}");
    }
}

#[tokio::test]
async fn redirects_within_the_host_are_followed() {
    let server = Server::start(|asked| match asked.path() {
        "/index.json" => redirect("/current/index.json"),
        "/current/index.json" => index().to_json().into_response(),
        _ => not_found(),
    })
    .await;
    assert!(open(&tree(&server)).unwrap().list("").await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_not_as_the_index_says_is_refused() {
    let server =
        Server::start(|asked| if asked.path() == "/index.json" { published(asked) } else { "other".into_response() }).await;
    let source = open(&tree(&server)).unwrap();
    let offered = source.list("").await.unwrap().unwrap().profiles[0].offered.clone().unwrap().remove(0);
    for error in [
        source.document(&offered, "").await.map(|_| ()).unwrap_err(),
        source.text("files/listed.json", "").await.map(|_| ()).unwrap_err(),
    ] {
        assert!(error.problem() == Problem::Digest && error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_what_lies_elsewhere() {
    let server = Server::start(published).await;
    let source = open(&tree(&server)).unwrap();
    source.list("").await.unwrap();
    server.asked();
    let host = server.url.trim_start_matches("http://").to_owned();
    let tricks = [
        "../index.json".to_owned(),
        "/files/a.raw".to_owned(),
        "//127.0.0.1/a".to_owned(),
        "files/%2e%2e/a".to_owned(),
        "https://files.example/a".to_owned(),
        format!("http://user@{host}/a"),
        format!("http://{host}@files.example/a"),
        format!("http://{host}/a?b"),
        format!("http://{host}/a/../../b%2f"),
        "file:///etc/passwd".to_owned(),
    ];
    for url in tricks {
        assert_eq!(source.image(&url, 0).await.unwrap_err().problem(), Problem::Elsewhere, "{url}");
        assert_eq!(source.text(&url, "").await.unwrap_err().problem(), Problem::Elsewhere, "{url}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn credentials_are_only_told_when_asked_for() {
    let server = Server::start(|asked| match asked.header("authorization") {
        "Basic bWU6c2VjcmV0" => published(asked),
        _ => (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"x\"")]).into_response(),
    })
    .await;
    let settings = Settings { username: "me".to_owned(), password: "secret".to_owned(), ..tree(&server) };
    let source = open(&settings).unwrap();
    let listing = source.list("").await.unwrap().unwrap();
    let told: Vec<_> = server.asked().iter().map(|asked| !asked.header("authorization").is_empty()).collect();
    assert_eq!(told, [false, true]);
    source.list(&listing.validator).await.unwrap();
    assert_eq!(server.asked().len(), 1, "who was asked once tells at once");
    let wrong = open(&Settings { password: "wrong".to_owned(), ..settings }).unwrap();
    let error = wrong.list("").await.unwrap_err();
    assert!(error.problem() == Problem::Denied && error.to_string().ends_with("401 Unauthorized"), "{error}");
    assert!(list(&server).await.to_string().contains("no user name was given"));
}

fn certificate(from: i32, to: i32) -> rcgen::CertifiedKey<rcgen::KeyPair> {
    let signing_key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(from, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(to, 1, 1);
    rcgen::CertifiedKey { cert: parameters.self_signed(&signing_key).unwrap(), signing_key }
}

#[tokio::test]
async fn certificates_are_checked() {
    for (from, to, expected) in [(2000, 2500, None), (1990, 2000, Some(Problem::Clock)), (2500, 2510, Some(Problem::Clock))] {
        let certificate = certificate(from, to);
        let server = Server::start_tls(&certificate, published).await;
        let trusting = Settings { ca_pem: certificate.cert.pem().into_bytes(), ..tree(&server) };
        let listed = open(&trusting).unwrap().list("").await;
        let error = listed.map(|_| ()).err();
        assert_eq!(error.as_ref().map(SourceError::problem), expected, "{from}: {error:?}");
    }
    let server = Server::start_tls(&certificate(2000, 2500), published).await;
    let error = list(&server).await;
    assert_eq!(error.problem(), Problem::Untrusted, "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let error = open(&Settings::tree("http://127.0.0.1:1")).unwrap().list("").await.unwrap_err();
    assert!(error.problem() == Problem::Unreachable && error.is_transient(), "{error}");
}

#[tokio::test]
async fn requests_at_once_are_bounded() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::start(move |_| {
        highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let counted = Arc::clone(&counted);
        let body = futures::stream::once(async move {
            // Long enough for all others to come, if they may.
            for _ in 0..10_000 {
                tokio::task::yield_now().await;
            }
            counted.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>("[]")
        });
        axum::body::Body::from_stream(body).into_response()
    })
    .await;
    let settings = Settings { limits: Limits { requests: 2, ..Limits::default() }, ..tree(&server) };
    let files = super::WebFiles::new(
        std::sync::Arc::new(super::Web::new(&settings).unwrap()),
        server.url.parse().unwrap(),
        server.url.parse().unwrap(),
    );
    let path = RelativePath::parse("a").unwrap();
    let wanted = crate::tree::Wanted { what: "read", base: crate::tree::Base::Root, path: &path, limit: 10 };
    let all = (0..50).map(|_| crate::tree::Files::get(&files, &wanted, ""));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    let most = most.load(Ordering::SeqCst);
    assert_eq!(most, 2, "requests at once");
}
