//! The OpenAPI document: it is what is checked in, it is sound, and it is served.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{collections::BTreeSet, fs, path::PathBuf};

use axum::{body::Body, extract::Request, http::header};
use emt_server::rest::{openapi::document, operation::Access, operations};
use serde_json::Value as Json;
use support::{Server, openapi::DOCUMENT};

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
