//! The northbound contract, section by section: each table here can be read beside the section it is named after.
//!
//! A table has scenarios, each of which runs in a fresh project, its steps in order (what counts as the same is told in
//! [`support::steps`]), and, for a resource, its fields with their limits, out of which [`fields`] makes the mechanical cases.
//! Nothing in a table is taken from the server's own declarations: the point is to hold both against each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod columns;
mod fields;
mod limits;
mod orch_cli;
#[path = "../support/mod.rs"]
mod support;
mod traps;

use std::{fmt::Write as _, fs, path::PathBuf};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use support::{
    Answer, SATURDAY_MS, Server,
    steps::{Runner, Step, read},
};

/// A section of the contract.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[allow(dead_code, reason = "for the reader")]
    section: String,
    /// Resources whose fields are told.
    #[serde(default)]
    resources: Vec<fields::Resource>,
    #[serde(default)]
    scenarios: Vec<Scenario>,
}

/// Steps in a fresh project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    title: String,
    steps: Vec<Step>,
}

impl Table {
    fn read(name: &str) -> Self {
        read(&format!("contract/{name}.yaml"))
    }
}

async fn runner() -> Runner {
    Runner::new(Server::start_at(SATURDAY_MS).await)
}

/// What is wrong in a scenario.
async fn play(scenario: &Scenario) -> String {
    let mut runner = runner().await;
    let mut wrong = String::new();
    for step in &scenario.steps {
        let outcome = runner.step(step).await.and_then(|answer| answer.map_or(Ok(()), |answer| of_every_answer(&answer)));
        if let Err(difference) = outcome {
            let _ = writeln!(wrong, "{} – {}: {difference}", scenario.title, step.case);
        }
    }
    wrong
}

async fn check(name: &str) {
    let table = Table::read(name);
    let mut wrong = String::new();
    for resource in &table.resources {
        wrong += &fields::check(resource).await;
    }
    for scenario in &table.scenarios {
        wrong += &play(scenario).await;
    }
    assert!(wrong.is_empty(), "{name}: {} differences\n{wrong}", wrong.lines().count());
}

/// What holds for every answer of the API: its headers, the form of errors, and keys that a client may read without regard to
/// case (sections 0, 4.1 and 9.2).
fn of_every_answer(answer: &Answer) -> Result<(), String> {
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-xss-protection", "0"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'self'; frame-ancestors 'self'; form-action 'self'"),
    ] {
        if answer.header(name) != value {
            return Err(format!("header {name} is {:?}", answer.header(name)));
        }
    }
    let json = answer.json();
    // A body is only read with exactly this status, and only if it is JSON (section 0).
    if answer.status == 200 && !answer.body.is_empty() && !answer.header("content-type").starts_with("application/json") {
        return Err(format!("content type {:?}", answer.header("content-type")));
    }
    if answer.header("content-type") == "application/json" && !answer.body.is_empty() {
        if json.is_null() {
            return Err(format!("this is no JSON: {}", answer.text()));
        }
        alike("", &json)?;
    }
    if answer.status < 400 || json.get("error").is_some() || json.get("errorMessage").is_some() || !json.is_object() {
        return Ok(());
    }
    let text = answer.text();
    let keys: Vec<&str> = json.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    if keys != ["message"] && keys != ["code", "message"] {
        return Err(format!("an error has other keys: {text}"));
    }
    let compact = text.starts_with("{\"message\":\"") || (text.starts_with("{\"code\":\"") && text.contains("\",\"message\":\""));
    if compact { Ok(()) } else { Err(format!("an error that is not compact: {text}")) }
}

/// Keys that differ only in case have the same content.
fn alike(at: &str, json: &Json) -> Result<(), String> {
    match json {
        Json::Object(object) => {
            for (key, value) in object {
                let twin = object.iter().find(|(other, _)| *other != key && other.eq_ignore_ascii_case(key));
                if let Some((other, _)) = twin.filter(|(_, other)| *other != value) {
                    return Err(format!("{at}: {key} and {other} differ in case and in content"));
                }
                alike(&format!("{at}/{key}"), value)?;
            }
            Ok(())
        }
        Json::Array(items) => items.iter().try_for_each(|item| alike(at, item)),
        _ => Ok(()),
    }
}

macro_rules! tables {
    ($($name:ident = $file:literal,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                check($file).await;
            }
        )*

        /// Names of all tables that are checked.
        const TABLES: &[&str] = &[$($file),*];
    };
}
tables! {
    wire = "0-wire",
    urls = "1-urls",
    os = "2-os",
    instance = "2-instance",
    host = "2-host",
    location = "2-location",
    workload = "2-workload",
    schedule = "2-schedule",
    policy = "2-policy",
    other = "2-other",
    telemetry = "2-telemetry",
    nested = "2-nested",
    lists = "3-lists",
    errors = "4-errors",
    identity = "5-identity",
    generations = "9-generations",
    seen = "11-seen",
    orch_cli_commands = "orch-cli",
    why = "why",
}

/// Clients look names up in lists that they ask for without a size.
#[tokio::test]
async fn no_size_is_everything() {
    let runner = runner().await;
    for number in 0..120 {
        runner.server.ok("POST", "regions", json!({"name": format!("region {number}")})).await;
    }
    for (path, length, has_next) in [
        ("regions", 120, false),
        ("regions?offset=0", 120, false),
        ("regions?pageSize=100", 100, true),
        ("regions?offset=5", 115, false),
    ] {
        let list = runner.server.ok("GET", path, Json::Null).await;
        assert_eq!(list["regions"].as_array().unwrap().len(), length, "{path}");
        assert_eq!((&list["totalElements"], &list["hasNext"]), (&json!(120), &json!(has_next)), "{path}");
        let ids: Vec<&str> =
            list["regions"].as_array().unwrap().iter().filter_map(|region| region["resourceId"].as_str()).collect();
        assert!(ids.is_sorted(), "{path}: lists are in the order of the ids: {ids:?}");
    }
}

#[test]
fn every_table_is_checked() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(TABLES.contains(&name) || OTHERS.contains(&name), "{name} is not checked");
        }
    }
}

/// Tables of another form: what others refer to, columns, and the list of traps.
const OTHERS: &[&str] = &["2-enums", "3-columns", "10-traps"];
