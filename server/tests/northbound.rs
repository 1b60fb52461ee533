//! Exchanges recorded from a running Edge Orchestrator, replayed against the server's routes.
//!
//! A scenario runs in a fresh project, its steps in order. What counts as the same: the status; in answers below 300
//! every key with its value (more keys are fine), lists as sets, of a page the size only; in errors the code where the
//! recording has one.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use std::{collections::HashMap, fmt::Write as _, fs, path::PathBuf};

use serde::Deserialize;
use serde_json::Value as Json;
use support::{Server, compare::same, fill};

#[derive(Deserialize)]
struct Step {
    case: String,
    method: String,
    path: String,
    body: Json,
    #[serde(default)]
    keep: HashMap<String, String>,
    status: u16,
    answer: Json,
    #[serde(default)]
    or_status: Vec<u16>,
}

/// What the server does not serve yet must say so, and not answer something else.
fn unserved(step: &Step) -> Option<u16> {
    let (path, query) = step.path.split_once('?').unwrap_or((&step.path, ""));
    if path == "locations" || path == "compute/hosts/summary" {
        return Some(if path == "locations" { 404 } else { 400 });
    }
    let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name) && !pair.ends_with('='));
    ((asks("filter") || asks("orderBy")) && !path.contains("schedules")).then_some(501)
}

async fn replay(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/northbound/{name}.json"));
    let steps: Vec<Step> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let server = Server::start().await;
    let mut names = server.placeholders();
    let mut wrong = String::new();
    for (number, step) in steps.iter().enumerate() {
        let path = fill(&step.path, &names);
        let (status, body) = server.request(&step.method, &path, body(step, &names)).await;
        let at = format!("step {number} ({}): {} {path}\n", step.case, step.method);
        if let Some(expected) = unserved(step) {
            if status != expected {
                let _ = writeln!(wrong, "{at}  status {status}, but an unserved request is a {expected}: {body}");
            }
            continue;
        }
        if step.or_status.contains(&status) {
            continue;
        }
        if status != step.status {
            let _ = writeln!(wrong, "{at}  status {status}, recorded {}: {body}", step.status);
            continue;
        }
        let answer: Json = serde_json::from_str(&body).unwrap_or(Json::Null);
        if status >= 300 {
            if let Some(code) = step.answer.get("code")
                && answer.get("code") != Some(code)
            {
                let _ = writeln!(wrong, "{at}  {body}  recorded {}", step.answer);
            }
            continue;
        }
        for (name, key) in &step.keep {
            match answer.get(key).and_then(Json::as_str) {
                Some(kept) => drop(names.insert(name.clone(), kept.to_owned())),
                None => drop(writeln!(wrong, "{at}  no {key} to keep: {body}")),
            }
        }
        let paged = step.path.contains("pageSize") || step.path.contains("offset");
        if step.answer == "" {
            continue;
        }
        if let Err(difference) = same(&step.answer, &answer, &names, paged) {
            let _ = writeln!(wrong, "{at}  {difference}");
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{wrong}");
}

fn body(step: &Step, names: &HashMap<String, String>) -> Option<String> {
    match &step.body {
        Json::Null => None,
        Json::String(raw) if raw.starts_with("RAW:") => Some(fill(&raw["RAW:".len()..], names)),
        body => Some(fill(&body.to_string(), names)),
    }
}

macro_rules! scenarios {
    ($($name:ident),*) => {$(
        #[tokio::test]
        async fn $name() {
            replay(stringify!($name)).await;
        }
    )*};
}
scenarios!(os, instance, host, location, policy, schedule);
