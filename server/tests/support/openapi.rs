//! Holds every answer of the tests against the OpenAPI document: status, content type, and a body with all that its schema
//! promises and nothing that it does not tell.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use axum::http::Method;
use emt_server::rest::{openapi::document, operation::Operation, operations};
use jsonschema::Validator;
use serde_json::{Map, Value as Json, json};

use super::Answer;

/// The document.
pub static DOCUMENT: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(&document()).unwrap());

/// Its schemas, in which an object has no keys but those that are told.
static CLOSED: LazyLock<Json> = LazyLock::new(|| {
    let mut schemas = DOCUMENT["components"]["schemas"].clone();
    close(&mut schemas);
    schemas
});

static TABLE: LazyLock<Vec<(Method, Vec<String>, String)>> = LazyLock::new(|| {
    let of = |operation: Operation| (operation.method.clone(), operation.paths.clone(), operation.path().to_owned());
    operations().into_iter().map(of).collect()
});

fn close(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            object.values_mut().for_each(close);
            if object.get("type").is_some_and(|kind| kind == "object") && object.contains_key("properties") {
                object.entry("additionalProperties").or_insert(false.into());
            }
        }
        Json::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Whether a path fits a template.
fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || (part.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// What is wrong with an answer, if anything is. What is not in the table of operations is not looked at.
pub fn check(method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
    let path = path.strip_suffix('/').unwrap_or(path).replace("/regions//", "/regions/x/");
    let known = |(known, paths, _): &&(Method, Vec<String>, String)| {
        known == method && paths.iter().any(|template| fits(template, &path))
    };
    // A name may look like another operation's word: the template with fewer names wins, as in routing.
    let names = |(_, paths, _): &&(Method, Vec<String>, String)| paths.iter().map(|path| path.matches('{').count()).min();
    let Some((_, _, template)) = TABLE.iter().filter(known).min_by_key(names) else { return Ok(()) };
    let operation = &DOCUMENT["paths"][template][method.as_str().to_ascii_lowercase()];
    let status = answer.status.to_string();
    let mut response = &operation["responses"][&status];
    if let Some(shared) = response["$ref"].as_str() {
        response = DOCUMENT.pointer(shared.trim_start_matches('#')).unwrap_or(&Json::Null);
    }
    if response.is_null() {
        return Err(format!("status {status} is not documented: {}", answer.text()));
    }
    if method == Method::HEAD || answer.body.is_empty() {
        return Ok(());
    }
    let kind = answer.header("content-type").split(';').next().unwrap_or_default();
    let content = &response["content"][kind];
    if content.is_null() {
        return Err(format!("content type \"{kind}\" is not documented for status {status}: {}", answer.text()));
    }
    if kind != "application/json" {
        return Ok(());
    }
    let name = content["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
    let Some(name) = name else { return Err(format!("{template} has no named schema for {status}")) };
    validate(name, &answer.json())
}

/// A schema and all that it refers to; the whole document would take long to read for each.
fn gather(name: &str, into: &mut Map<String, Json>) {
    if into.contains_key(name) {
        return;
    }
    into.insert(name.to_owned(), CLOSED[name].clone());
    let text = CLOSED[name].to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        gather(part.split('"').next().unwrap_or_default(), into);
    }
}

/// Holds a value against a named schema.
pub fn validate(name: &str, value: &Json) -> Result<(), String> {
    static MADE: Mutex<Option<HashMap<String, std::sync::Arc<Validator>>>> = Mutex::new(None);
    let made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert_default().get(name).cloned();
    let validator = made.unwrap_or_else(|| {
        let mut schemas = Map::new();
        gather(name, &mut schemas);
        let schema = json!({"$ref": format!("#/components/schemas/{name}"), "components": {"schemas": schemas}});
        let validator = std::sync::Arc::new(jsonschema::draft202012::new(&schema).unwrap());
        let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        made.get_or_insert_default().insert(name.to_owned(), validator.clone());
        validator
    });
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{} at \"{}\"", error, error.instance_path())).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("does not fit {name}: {}", wrong.join("; "))) }
}
