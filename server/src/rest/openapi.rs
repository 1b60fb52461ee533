//! The OpenAPI document of everything that is declared as an [`Operation`].

mod parts;

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use emt_api::openapi::Schemas;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::operation::{Access, Answer, At, Body, Named, Operation, PROJECT};

const AT: At = At::whole(&["/openapi.json"]);

static DOCUMENT: Named =
    Named { name: "OpenApi", schema: |_| json!({"type": "object", "description": "This document.", "required": ["openapi"]}) };

/// The document as it is served: the one that is checked in, which tests hold against [`document`]. To make it takes 14 MiB of
/// memory, much of which a process keeps; as a part of the program it takes none.
const SERVED: &str = include_str!("../../../docs/openapi.json");

/// Tells whether somebody has it already.
static TAG: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", hex::encode(&Sha256::digest(SERVED)[..16])));

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "getOpenApi", AT.paths(""), serve)
            .summary("Describes this API")
            .access(Access::Open)
            .answer(Answer::Named(&DOCUMENT))
            .extension(),
    ]
}

async fn serve(headers: HeaderMap) -> Response {
    let kept = [(header::ETAG, TAG.as_str()), (header::CACHE_CONTROL, "no-cache")];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| super::answer::is_known(known, &TAG)) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(header::CONTENT_TYPE, "application/json")], SERVED).into_response()
}

/// The document, with line breaks, as `docs/openapi.json` has it.
pub fn document() -> String {
    let mut text = String::new();
    // Writing to memory cannot fail, and neither can JSON be written wrongly.
    let _ = write!(text, "{:#}", assembled(&super::operations()));
    text.push('\n');
    text
}

fn assembled(operations: &[Operation]) -> Json {
    let kinds = operations.iter().filter_map(|operation| match operation.answer {
        Answer::One(kind) => Some((kind.spec(), kind.one())),
        _ => None,
    });
    let mut schemas = Schemas::new(kinds);
    let mut paths = Map::new();
    for operation in operations {
        let described = described(operation, operations, &mut schemas);
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    let responses = parts::responses(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "emt-server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": parts::DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.into_json(),
            "responses": responses,
            "parameters": parts::parameters(),
            "headers": parts::headers(),
            "securitySchemes": parts::security(),
        },
    })
}

fn described(operation: &Operation, all: &[Operation], schemas: &mut Schemas) -> Json {
    let mut described = json!({"operationId": operation.id, "summary": operation.summary});
    let below_project = operation.path().starts_with(&format!("{PROJECT}/"));
    let mut parameters = in_path(operation, all);
    if below_project && operation.access != Access::Open {
        parameters.push(json!({"$ref": "#/components/parameters/ActiveProjectID"}));
    }
    parameters.extend(operation.parameters.iter().map(|parameter| parts::parameter(parameter, "query")));
    parameters.extend(operation.headers.iter().map(|header| parts::parameter(header, "header")));
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = body(operation.body, schemas) {
        described["requestBody"] = body;
    }
    described["responses"] = responses(operation, schemas);
    if operation.access == Access::Open {
        described["security"] = json!([]);
    }
    if operation.extension {
        described["x-emt-extension"] = true.into();
    }
    described["x-emt-access"] = parts::access(operation.access).into();
    if operation.paths.len() > 1 {
        described["x-emt-also-at"] = operation.paths[1..].into();
    }
    described
}

/// The names in the path. What ids look like follows from the collection they are in.
fn in_path(operation: &Operation, all: &[Operation]) -> Vec<Json> {
    let mut described = Vec::new();
    let mut before = String::new();
    for segment in operation.path().split_inclusive('/') {
        let name = segment.strip_suffix('/').unwrap_or(segment);
        if let Some(name) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            let collection = before.trim_end_matches('/');
            let kind = all.iter().filter(|other| other.paths.iter().any(|path| path == collection));
            let kind = kind.into_iter().find_map(|other| match other.answer {
                Answer::List(kind) => Some(kind.spec().prefix),
                _ => None,
            });
            let below_project = name == "project" && operation.path().starts_with(PROJECT);
            described.push(parts::path_parameter(name, kind, below_project));
        }
        before.push_str(segment);
    }
    described
}

fn body(body: Body, schemas: &mut Schemas) -> Option<Json> {
    let (schema, required) = match body {
        Body::None => return None,
        Body::File => {
            return Some(json!({"required": true, "content": {"application/octet-stream": {"schema": {}}}}));
        }
        Body::PartOfFile => {
            return Some(json!({"required": true, "content": {"application/partial-upload": {"schema": {}}}}));
        }
        // No body counts as `{}`, which fits if nothing is required.
        Body::Input(spec, purpose) => (schemas.input(spec, purpose), spec.fields.iter().any(|field| field.must_be_in(purpose))),
        Body::Named(named) => (named.refer(schemas), true),
        Body::Optional(named) => (named.refer(schemas), false),
    };
    Some(json!({"required": required, "content": {"application/json": {"schema": schema}}}))
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Json {
    let schema = match operation.answer {
        Answer::Empty => Some(schemas.named("Empty", |_| json!({"type": "object", "maxProperties": 0}))),
        Answer::One(kind) => Some(schemas.shown(kind.spec(), kind.one())),
        Answer::List(kind) => Some(schemas.list(kind.spec(), kind.listed())),
        Answer::Named(named) => Some(named.refer(schemas)),
        Answer::Nothing | Answer::File | Answer::Text | Answer::Events => None,
    };
    let content = match (schema, operation.answer) {
        (Some(schema), _) => json!({"application/json": {"schema": schema}}),
        (None, Answer::Events) => json!({"text/event-stream": {"schema": {"type": "string"}}}),
        (None, Answer::Text) => json!({"text/plain": {"schema": {"type": "string"}}}),
        (None, _) => json!({"application/octet-stream": {"schema": {}}}),
    };
    let request_id = json!({"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}});
    let mut responses = json!({"200": {"description": "Done.", "headers": request_id, "content": content}});
    if matches!(operation.answer, Answer::Nothing) {
        responses["200"].as_object_mut().map(|done| done.remove("content"));
    }
    for status in parts::statuses(operation) {
        responses[status] = json!({"$ref": format!("#/components/responses/{status}")});
    }
    responses
}
