//! Exchanges recorded between nodes and a running Maintenance Manager, replayed through the server's gRPC and REST routes.
//!
//! A scenario runs in a fresh project, its steps in order, on a clock that stands until a step waits. What counts as the
//! same: of REST as in `northbound.rs`; of gRPC the code and, if it is OK, every field, no more and no less; lists as sets;
//! the deprecated `repeated_schedule` only by presence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{collections::HashMap, fmt::Write as _, fs, path::PathBuf};

use emt_server::identity::records::User;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use support::{
    SATURDAY_MS, Server,
    compare::{Lists, exactly, same},
    southbound::{Metadata, answer, code, request},
    steps::{Names, read},
};

#[derive(Deserialize)]
struct Step {
    case: String,
    #[serde(flatten)]
    does: Does,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Does {
    Rest {
        method: String,
        path: String,
        body: Json,
        #[serde(default)]
        keep: HashMap<String, String>,
        status: u16,
        answer: Json,
        #[serde(default)]
        free: Vec<String>,
    },
    Mm {
        request: Json,
        token: String,
        tenant: String,
        code: String,
        #[serde(default)]
        answer: Json,
        #[serde(default)]
        or_code: Vec<String>,
    },
    State {
        state: String,
        host: String,
    },
    Wait {
        seconds: i64,
    },
}

/// A scenario that runs.
struct Replay {
    server: Server,
    /// What placeholders stand for.
    names: Names,
    /// Host ids by UUID, and the nodes' tokens by UUID.
    hosts: Vec<(String, String)>,
    tokens: HashMap<String, String>,
    /// UUID of another project, and a token of a node of it.
    other: (String, String),
}

impl Replay {
    async fn start() -> Self {
        let server = Server::start_at(SATURDAY_MS).await;
        let names = Names::of(&server);
        server.ok("PUT", "/v1/projects/other", json!({})).await;
        let other = server.identity.project_named("other").await.unwrap().unwrap().uuid;
        let uuid = uuid::Uuid::new_v4().to_string();
        let host = server.ok("POST", "/v1/projects/other/compute/hosts/register", json!({"name": "far", "uuid": uuid})).await;
        let token = server.node_token(&other, host["resourceId"].as_str().unwrap(), &uuid).await;
        Self { server, names, hosts: Vec::new(), tokens: HashMap::new(), other: (other, token) }
    }

    /// What is wrong with a step.
    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.does {
            Does::Wait { seconds } => self.server.pass(*seconds),
            Does::State { state, host } => {
                assert_eq!(state, "provisioned");
                // Its first report brings it there; until then nothing that is recorded differs.
                let uuid = self.names.fill(host);
                self.node(&uuid).await;
            }
            Does::Rest { method, path, body, keep, status, answer, free } => {
                if body.to_string().contains("{now") {
                    self.names.now = self.server.now();
                }
                let found = self.rest(method, &self.names.fill(path), &self.names.resolved(body), *status).await?;
                self.names.keep(keep, &found)?;
                if let Some(uuid) = body.get("uuid") {
                    let id = found["resourceId"].as_str().unwrap_or_default().to_owned();
                    self.hosts.push((self.names.resolved(uuid).as_str().unwrap().to_owned(), id));
                }
                let mut recorded = self.names.resolved(answer);
                for key in free {
                    recorded.as_object_mut().unwrap().remove(key.trim_start_matches('.'));
                }
                same(&recorded, &found, &self.names.texts, Lists::Sets)?;
            }
            Does::Mm { request: message, token, tenant, code: recorded, answer: expected, or_code } => {
                let message = self.names.resolved(message);
                let uuid = message["host_guid"].as_str().unwrap_or_default().to_lowercase();
                let authorization = self.authorization(token, &uuid).await;
                let project = match tenant.as_str() {
                    "own" => Some(self.server.project.clone()),
                    "other" => Some(self.other.0.clone()),
                    _ => None,
                };
                let metadata = Metadata { authorization, project, user_agent: None };
                let outcome = self.server.report(request(&message), &metadata).await;
                let found = outcome.as_ref().map_or_else(tonic::Status::code, |_| tonic::Code::Ok);
                if found != code(recorded) {
                    let other = or_code.iter().any(|name| code(name) == found);
                    return if other { Ok(()) } else { Err(format!("{outcome:?}, recorded {recorded}")) };
                }
                if let Ok(message) = outcome {
                    exactly(&first_by_presence(self.names.resolved(expected)), &first_by_presence(answer(&message)))?;
                }
            }
        }
        Ok(())
    }

    async fn rest(&self, method: &str, path: &str, body: &Json, status: u16) -> Result<Json, String> {
        let body = (!body.is_null()).then(|| body.to_string());
        let (found, answer) = self.server.request(method, path, body).await;
        if found == status { Ok(serde_json::from_str(&answer).unwrap()) } else { Err(format!("status {found}: {answer}")) }
    }

    /// Token of the node with this UUID; of another node of the project if there is none.
    async fn node(&mut self, uuid: &str) -> String {
        let found = self.hosts.iter().find(|(known, _)| known == uuid).or(self.hosts.first());
        let (uuid, host) = found.unwrap().clone();
        if let Some(token) = self.tokens.get(&uuid) {
            return token.clone();
        }
        let token = self.server.node_token(&self.server.project, &host, &uuid).await;
        self.tokens.insert(uuid, token.clone());
        token
    }

    async fn authorization(&mut self, token: &str, uuid: &str) -> Option<String> {
        let text = match token {
            "none" => return None,
            "bare" => return Some("Bearer".to_owned()),
            "not-a-jwt" => "garbage".to_owned(),
            "agent" => self.node(uuid).await,
            "other-role" => self.server.login("admin", support::PASSWORD).await,
            "no-roles" => self.user("nobody", |_| {}).await,
            "two-projects" => {
                let projects = [self.server.project.clone(), self.other.0.clone()];
                self.user("both", |user| {
                    user.member_of.0 = projects.map(|project| format!("{project}_Edge-Node-M2M-Service-Account")).to_vec();
                })
                .await
            }
            "bad-signature" => {
                let token = self.node(uuid).await;
                let at = token.len() - 20;
                let other = if &token[at..=at] == "A" { "B" } else { "A" };
                format!("{}{other}{}", &token[..at], &token[at + 1..])
            }
            "expired" => {
                const AGO: i64 = 2 * 3600;
                self.server.pass(-AGO);
                self.tokens.clear();
                let token = self.node(uuid).await;
                self.server.pass(AGO);
                self.tokens.clear();
                token
            }
            "other-project" => self.other.1.clone(),
            other => panic!("{other} is no token that is recorded"),
        };
        Some(format!("Bearer {text}"))
    }

    async fn user(&self, name: &str, change: impl FnOnce(&mut User)) -> String {
        let name = format!("{name}-{}", uuid::Uuid::new_v4());
        self.server.user(&name, change).await;
        self.server.login(&name, support::PASSWORD).await
    }
}

/// Of the deprecated field only whether it is there.
fn first_by_presence(mut answer: Json) -> Json {
    if let Some(first) = answer.pointer_mut("/update_schedule/repeated_schedule") {
        *first = json!({});
    }
    answer
}

async fn replay(name: &str) {
    let steps: Vec<Step> = read(&format!("recorded/southbound/{name}.json"));
    let mut replay = Replay::start().await;
    let mut wrong = String::new();
    for (number, step) in steps.iter().enumerate() {
        if let Err(difference) = replay.step(step).await {
            let _ = writeln!(wrong, "step {number} ({}): {difference}", step.case);
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{wrong}");
}

macro_rules! scenarios {
    ($($name:ident = $file:literal,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                replay($file).await;
            }
        )*

        #[test]
        fn every_recording_is_replayed() {
            let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/southbound");
            let mut files: Vec<String> = fs::read_dir(directory)
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            files.sort();
            assert_eq!(files, [$($file),*]);
        }
    };
}
scenarios! {
    errors_auth = "errors-auth",
    schedule_not_for_this_host = "schedule-not-for-this-host",
    schedule_on_host_site_region = "schedule-on-host-site-region",
    schedule_repeated = "schedule-repeated",
    schedule_single_and_repeated = "schedule-single-and-repeated",
    schedule_single_future = "schedule-single-future",
    schedule_single_open_ended = "schedule-single-open-ended",
    schedule_single_over = "schedule-single-over",
    schedule_single_running = "schedule-single-running",
    schedule_two_singles = "schedule-two-singles",
    nothing_to_do = "x01-02-nothing-to-do",
    newer_image = "x03-newer-image",
    target_and_window = "x04-target-and-window",
    downloading = "x05-downloading",
    started = "x07-started",
    updated = "x08-updated",
    up_to_date_after = "x09-up-to-date-after",
    failed_rolled_back = "x10-failed-rolled-back",
    started_without_download = "x12-started-without-download",
    who_gets_no_answer = "x14-who-gets-no-answer",
    bad_requests = "x15-bad-requests",
    other_project = "x16-other-project",
}
