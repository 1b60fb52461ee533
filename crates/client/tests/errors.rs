//! What a client makes of answers that are none, and of servers that are not there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, Response, header},
    routing::get,
};
use emt_client::{Error, Http, Orchestrator, Trust, kinds};
use serde_json::json;
use support::Fake;
use tokio::net::TcpListener;

/// Serves one answer at `…/compute/os/<case>`.
async fn answer(Path((_, case)): Path<(String, String)>) -> Response<Body> {
    let with = |status: u16, body: &str| {
        Response::builder().status(status).header("x-request-id", "0123").body(Body::from(body.to_owned())).unwrap()
    };
    match case.as_str() {
        "coded" => with(400, r#"{"code":"FailedPrecondition","message":"still in use"}"#),
        "plain" => with(403, "Access denied or project not found"),
        "empty" => with(503, ""),
        "html" => with(502, &format!("<html>{}</html>", "x".repeat(2000))),
        "cut" => with(200, r#"{"resourceId":"#),
        "list" => with(200, "[]"),
        "other" => with(200, r#"{"resourceId":7}"#),
        "moved" => Response::builder().status(302).header(header::LOCATION, "/elsewhere").body(Body::empty()).unwrap(),
        _ => with(200, r#"{"resourceId":"os-1","unknown":null}"#),
    }
}

#[tokio::test]
async fn refusals_keep_what_the_server_says() {
    let routes = Router::new().route("/v1/projects/{project}/compute/os/{case}", get(answer)).route(
        "/elsewhere",
        get(async |headers: HeaderMap| {
            assert!(!headers.contains_key(header::AUTHORIZATION), "the token goes nowhere else");
            "{}"
        }),
    );
    let fake = Fake::serve(routes).await;
    for (case, expected_status, expected_code, expected_message) in [
        ("coded", 400, "FailedPrecondition", "still in use"),
        ("plain", 403, "", "Access denied or project not found"),
        ("empty", 503, "", "status 503 Service Unavailable"),
        ("html", 502, "", "<html>xxx"),
        ("moved", 302, "", "status 302 Found"),
    ] {
        let error = fake.api().get(&kinds::OS, case).await.unwrap_err();
        let Error::Refused { status, code, message, .. } = &error else { panic!("{case}: {error:?}") };
        assert_eq!((*status, code.as_str()), (expected_status, expected_code), "{case}");
        assert!(message.starts_with(expected_message) && message.len() <= 500, "{case}: {message}");
        assert_eq!(error.request_id(), (case != "moved").then_some("0123"), "{case}");
    }
    for case in ["cut", "list", "other"] {
        let error = fake.api().get(&kinds::OS, case).await.unwrap_err();
        assert!(matches!(error, Error::Nonsense { .. }), "{case}: {error:?}");
    }
    assert_eq!(fake.api().get(&kinds::OS, "good").await.unwrap().data.id, "os-1");
}

#[tokio::test]
async fn servers_that_are_not_there_or_not_trusted() {
    let fake = Fake::serve(Router::new()).await;
    let other = Fake::serve(Router::new()).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://localhost:{}", nobody.local_addr().unwrap().port());
    drop(nobody);
    let error = |trust: Trust, base: String| async move {
        let http = Http::new(&trust, "test").unwrap();
        let api = Orchestrator::new(http, base.parse().unwrap(), "shops", "secret".to_owned().into());
        api.get(&kinds::OS, "os-1").await.unwrap_err()
    };
    let gone = error(fake.trust.clone(), address.clone()).await;
    assert!(matches!(&gone, Error::Unreachable { url, .. } if *url == address), "{gone:?}");
    for trust in [Trust::System, other.trust] {
        let foreign = error(trust, fake.base.to_string()).await;
        assert!(matches!(foreign, Error::Untrusted { .. }), "{foreign:?}");
    }
    // The certificate is for localhost.
    let name = fake.base.as_str().replace("localhost", "other.localhost");
    let misnamed = error(fake.trust.clone(), name).await;
    assert!(matches!(misnamed, Error::Untrusted { .. }), "{misnamed:?}");
    let insecure = error(fake.trust, fake.base.as_str().replace("https", "http")).await;
    assert!(matches!(insecure, Error::Unreachable { .. }), "{insecure:?}");
}

#[tokio::test]
async fn an_orchestrator_that_says_nothing_of_itself_has_no_features() {
    let fake = Fake::serve(Router::new()).await;
    assert!(!fake.api().features().await.unwrap().has(&["emt"]));
    let routes = Router::new().route(
        "/v1/orchestrator",
        get(async || support::json(200, &json!({"orchestrator": {"features": {"emt": {"installed": true}}}}))),
    );
    let api = Fake::serve(routes).await.api();
    assert_eq!(api.server_time(), None);
    assert!(api.features().await.unwrap().has(&["emt"]));
    assert!(api.server_time().is_some(), "answers tell the time");
}
