//! The OpenAPI document: it is what is checked in, it is sound, and it is served. And what holds for all that it tells of:
//! limits, methods, origins of web pages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{Arc, atomic::AtomicI64},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
};
use emt_server::{
    clock::Clock,
    config::Config,
    http::Peer,
    rest::{openapi::document, operation::Access, operations},
};
use serde_json::Value as Json;
use support::{PROJECT, SATURDAY_MS, Server, openapi::DOCUMENT};

#[test]
fn the_checked_in_document_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == document(), "{} is not what the server serves: run `cargo xtask openapi`", path.display());
}

fn each(value: &Json, look: &mut impl FnMut(&Json)) {
    look(value);
    match value {
        Json::Object(object) => object.values().for_each(|value| each(value, look)),
        Json::Array(items) => items.iter().for_each(|value| each(value, look)),
        _ => {}
    }
}

#[test]
fn references_lead_somewhere_and_schemas_are_valid() {
    let mut used = BTreeSet::new();
    each(&DOCUMENT, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Json::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| DOCUMENT.pointer(pointer));
            assert!(target.is_some_and(|target| !target.is_null()), "{reference}");
            used.insert(reference.to_owned());
        }
    });
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(used.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}: {schema}");
        jsonschema::draft202012::new(
            &serde_json::json!({"$ref": format!("#/components/schemas/{name}"), "components": DOCUMENT["components"]}),
        )
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn each_operation_is_described_once_with_all_its_parameters() {
    let operations = operations();
    let mut described = 0;
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described += 1;
            let id = operation["operationId"].as_str().unwrap();
            let declared = operations.iter().find(|declared| declared.id == id).unwrap();
            assert_eq!((declared.method.as_str().to_lowercase(), declared.path()), (method.clone(), path.as_str()), "{id}");
            assert_eq!(operation["security"] == serde_json::json!([]), declared.access == Access::Open, "{id}");
            let named: BTreeSet<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let told: BTreeSet<&str> =
                parameters.iter().filter(|it| it["in"] == "path").map(|it| it["name"].as_str().unwrap()).collect();
            assert_eq!(named, told, "{id}");
            let distinct: BTreeSet<String> = parameters.iter().map(ToString::to_string).collect();
            assert_eq!(distinct.len(), parameters.len(), "{id}");
            assert!(operation["responses"]["200"].is_object(), "{id}");
        }
    }
    assert_eq!(described, operations.len());
}

#[tokio::test]
async fn it_is_served_to_everybody_and_known_by_its_tag() {
    let server = Server::start().await;
    let get = |tag: &str| {
        let mut request = Request::get("/openapi.json");
        if !tag.is_empty() {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        server.call(request.body(Body::empty()).unwrap())
    };
    let answer = get("").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.text(), document());
    let known = get(answer.header("etag")).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, answer.header("etag")));
    assert_eq!(get("\"other\"").await.status, 200);
}

/// A request to the list of regions, as a client of an address sends it.
fn from_address(server: &Server, address: &str, method: &str, headers: &[(&str, &[u8])]) -> Request {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/v1/projects/{PROJECT}/regions"))
        .header(header::AUTHORIZATION, format!("Bearer {}", server.token))
        .extension(Peer(address.parse().unwrap()));
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_to_wait() {
    let clock = Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS)));
    let server = Server::with(clock, &Config { requests_per_second: 3, ..Config::default() }).await;
    let status = async |address: &str| server.call(from_address(&server, address, "GET", &[])).await.status;
    for expected in [200, 200, 200, 429, 429] {
        assert_eq!(status("192.0.2.1").await, expected);
    }
    assert_eq!(status("192.0.2.2").await, 200, "another address has its own");
    assert_eq!(status("127.0.0.1").await, 200);
    let refused = server.call(from_address(&server, "192.0.2.1", "GET", &[])).await;
    assert_eq!((refused.header("retry-after"), refused.text().trim()), ("1", r#"{"message":"Too Many Requests"}"#));
    assert_eq!(refused.header("x-frame-options"), "DENY");
    server.pass(1);
    assert_eq!(status("192.0.2.1").await, 200);
}

#[tokio::test]
async fn methods_and_heads_are_answered_as_the_edge_orchestrator_does() {
    let server = Server::start().await;
    for (method, headers, status, body) in [
        ("GET", &[("user-agent", &b"Z\xc3\xbcrich"[..])][..], 200, "\"regions\""),
        ("GET", &[("user-agent", b"a\tb")], 400, "user-agent"),
        ("GET", &[("user-agent", b"a\xffb")], 400, "user-agent"),
        ("HEAD", &[], 403, ""),
        ("OPTIONS", &[], 204, ""),
        ("DELETE", &[], 404, r#"{"message":"method not allowed"}"#),
        ("TRACE", &[], 404, r#"{"message":"method not allowed"}"#),
        ("BREW", &[], 404, r#"{"message":"method not allowed"}"#),
    ] {
        let answer = server.call(from_address(&server, "192.0.2.1", method, headers)).await;
        assert_eq!(answer.status, status, "{method} {headers:?}: {}", answer.text());
        assert!(answer.text().contains(body), "{method} {headers:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn web_pages_of_named_origins_may_ask() {
    let config = Config { cors_origins: vec!["https://ui.example".to_owned()], ..Config::default() };
    let server = Server::with(Clock::System, &config).await;
    for (origin, method, status, allowed) in [
        ("https://ui.example", "OPTIONS", 204, "https://ui.example"),
        ("https://ui.example", "GET", 200, "https://ui.example"),
        ("https://ui.example.evil", "OPTIONS", 204, ""),
        ("https://ui.example.evil", "GET", 200, ""),
        ("null", "GET", 200, ""),
    ] {
        let answer = server.call(from_address(&server, "192.0.2.1", method, &[("origin", origin.as_bytes())])).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, allowed), "{method} {origin}");
        assert_eq!(answer.header("vary"), "Origin");
        let methods = answer.header("access-control-allow-methods");
        assert_eq!(methods.contains("PATCH"), method == "OPTIONS" && !allowed.is_empty(), "{method} {origin}");
    }
    let silent = Server::start().await;
    let answer = silent.call(from_address(&silent, "192.0.2.1", "GET", &[("origin", b"https://ui.example")])).await;
    assert_eq!(answer.header("access-control-allow-origin"), "", "nobody is named unless the operator does");
}
