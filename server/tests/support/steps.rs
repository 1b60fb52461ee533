//! Steps of scenarios that are read from files: a request, and what has to be answered.
//!
//! What counts as the same: the status; in answers below 300 every key with its value (more keys are fine), lists as sets, in
//! their order if the request asks for one, else of a page the size only; in errors the code where the step has one.

use std::{collections::HashMap, fs, path::PathBuf};

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use emt_api::{
    enums::{HOST_STATE, HostState},
    resources::Host,
    value::{Column, Value},
};
use emt_server::store::{Batch, StoreExt};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{Answer, PASSWORD, PROJECT, Server, compare, encoded, fill, southbound};

/// A step.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Step {
    /// What it shows.
    pub case: String,
    /// Method; `POST-TEXT` has another content type.
    pub method: String,
    /// Path below the project, or anywhere if it begins with a slash; its query is not encoded yet.
    pub path: String,
    /// Method and path in one.
    pub ask: String,
    /// Whose token is sent; see [`Runner::token`].
    #[serde(rename = "as")]
    pub caller: String,
    /// Headers of the request.
    pub headers: HashMap<String, String>,
    /// JSON, none for null; a text that begins with `RAW:` is sent as it stands after the colon.
    pub body: Json,
    /// Fields of a form, instead of a body.
    pub form: Option<HashMap<String, String>>,
    /// Names for keys of the answer: later steps write `{name}` for their values. A key that begins with a slash is a pointer.
    pub keep: HashMap<String, String>,
    /// Status; 200 if there is none.
    pub status: Option<u16>,
    /// Statuses that are as right; then the body is free.
    #[serde(alias = "or_status")]
    pub or_status: Vec<u16>,
    /// Answer.
    pub answer: Json,
    /// Pointers to what the answer must not have.
    pub lacks: Vec<String>,
    /// Pointers to tokens, and claims they must have.
    pub claims: HashMap<String, Json>,
    /// What the body has literally.
    pub says: Vec<String>,
    /// Headers of the answer; "" for one that must not be there.
    pub told: HashMap<String, String>,
    /// Instead of a request: what the node with the UUID of `node` reports, and what it is told.
    pub report: Json,
    /// UUID of that node.
    pub node: String,
    /// Instead of a request: seconds that pass.
    pub wait: i64,
    /// Instead of a request: what a host is now, which only its node's side tells: its id, and the name of the state.
    pub current_state: Option<(String, String)>,
}

/// Reads a file below `tests`: YAML, of which JSON is a part.
pub fn read<T: DeserializeOwned>(path: &str) -> T {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "json") {
        return serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What placeholders stand for.
pub struct Names {
    /// Texts by name.
    pub texts: HashMap<String, String>,
    /// Epoch seconds of the start, and of the last step that says "from now".
    pub start: i64,
    /// That last step.
    pub now: i64,
}

impl Names {
    /// Names of a server that has just started.
    pub fn of(server: &Server) -> Self {
        let start = server.now();
        Self { texts: server.placeholders(), start, now: start }
    }

    /// A text with its placeholders filled: names, and `{c*3}` for `ccc`.
    pub fn fill(&self, text: &str) -> String {
        let filled = fill(text, &self.texts);
        let Some((before, rest)) = filled.split_once('*').filter(|(before, _)| !before.ends_with('{')) else {
            return filled;
        };
        let repeated = before.rsplit_once('{').and_then(|(before, unit)| {
            let (count, after) = rest.split_once('}')?;
            Some(format!("{before}{}{}", unit.repeat(count.parse().ok()?), self.fill(after)))
        });
        repeated.unwrap_or(filled)
    }

    /// The same for JSON; placeholders of times (`{t+60}`, `{now+60}`) become numbers.
    pub fn resolved(&self, json: &Json) -> Json {
        match json {
            Json::String(text) => self.time(text).map_or_else(|| self.fill(text).into(), Json::from),
            Json::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Json::Object(object) => object.iter().map(|(key, value)| (self.fill(key), self.resolved(value))).collect(),
            other => other.clone(),
        }
    }

    fn time(&self, text: &str) -> Option<i64> {
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let at = inner.find(['+', '-'])?;
        let base = match &inner[..at] {
            "t" => self.start,
            "now" => self.now,
            _ => return None,
        };
        Some(base + inner[at..].parse::<i64>().ok()?)
    }

    /// Keeps what a step wants kept.
    pub fn keep(&mut self, keep: &HashMap<String, String>, answer: &Json) -> Result<(), String> {
        for (name, key) in keep {
            let found = if key.starts_with('/') { answer.pointer(key) } else { answer.get(key) };
            let found = found.and_then(Json::as_str).ok_or_else(|| format!("no {key} to keep: {answer}"))?;
            self.texts.insert(name.clone(), found.to_owned());
        }
        Ok(())
    }
}

/// A scenario that runs.
pub struct Runner {
    /// The server, in whose project nothing is yet.
    pub server: Server,
    /// What placeholders stand for.
    pub names: Names,
    tokens: HashMap<String, String>,
}

impl Runner {
    /// Starts.
    pub fn new(server: Server) -> Self {
        let names = Names::of(&server);
        Self { server, names, tokens: HashMap::new() }
    }

    /// What is wrong with a step; else its answer, if it is a request.
    pub async fn step(&mut self, step: &Step) -> Result<Option<Answer>, String> {
        if step.wait != 0 {
            self.server.pass(step.wait);
            return Ok(None);
        }
        if let Some((host, state)) = &step.current_state {
            self.set_current_state(&self.names.fill(host), state).await;
            return Ok(None);
        }
        if !step.node.is_empty() {
            return self.report(step).await.map(|()| None);
        }
        if step.body.to_string().contains("{now") {
            self.names.now = self.server.now();
        }
        let answer = self.ask(step).await;
        let outcome = self.check(step, &answer);
        outcome.map_err(|wrong| format!("{} {}\n  {wrong}", step.method(), self.names.fill(step.path())))?;
        Ok(Some(answer))
    }

    /// Sends a step's request.
    pub async fn ask(&mut self, step: &Step) -> Answer {
        let (path, query) = self.address(step.path());
        let (method, kind) =
            step.method().strip_suffix("-TEXT").map_or((step.method(), "application/json"), |method| (method, "text/plain"));
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(format!("{path}{query}"));
        if let Some(token) = self.token(&step.caller).await {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let (kind, body) = match (&step.form, &step.body) {
            (Some(form), _) => {
                let pairs = form.iter().map(|(name, value)| (name, self.names.fill(value)));
                let mut url = reqwest::Url::parse("http://x/").unwrap();
                url.query_pairs_mut().extend_pairs(pairs);
                (Some("application/x-www-form-urlencoded"), Body::from(url.query().unwrap_or_default().to_owned()))
            }
            (None, Json::Null) => (None, Body::empty()),
            (None, Json::String(raw)) if raw.starts_with("RAW:") => {
                (Some(kind), Body::from(self.names.fill(&raw["RAW:".len()..])))
            }
            (None, body) => (Some(kind), Body::from(self.names.resolved(body).to_string())),
        };
        if let Some(kind) = kind.filter(|_| !step.headers.contains_key("content-type")) {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        for (name, value) in &step.headers {
            request = request.header(name, self.names.fill(value));
        }
        self.server.call(request.body(body).unwrap()).await
    }

    fn address(&self, path: &str) -> (String, String) {
        let path = self.names.fill(path);
        let (path, query) =
            path.split_once('?').map_or((path.as_str(), String::new()), |(path, query)| (path, format!("?{}", encoded(query))));
        if path.starts_with('/') { (path.to_owned(), query) } else { (format!("/v1/projects/{PROJECT}/{path}"), query) }
    }

    fn check(&mut self, step: &Step, answer: &Answer) -> Result<(), String> {
        let wanted = step.status.unwrap_or(200);
        if step.or_status.contains(&answer.status) {
            return Ok(());
        }
        if answer.status != wanted {
            return Err(format!("status {}, but it should be {wanted}: {}", answer.status, answer.text()));
        }
        for (name, value) in &step.told {
            let value = self.names.fill(value);
            if answer.header(name) != value {
                return Err(format!("header {name} is {:?}, but it should be {value:?}", answer.header(name)));
            }
        }
        let text = answer.text();
        for part in &step.says {
            let part = self.names.fill(part);
            if !text.contains(&part) {
                return Err(format!("it does not say {part:?}: {text}"));
            }
        }
        let json = answer.json();
        for pointer in &step.lacks {
            if json.pointer(pointer).is_some() {
                return Err(format!("{pointer} is there: {text}"));
            }
        }
        if answer.status >= 300 {
            let code = step.answer.get("code");
            return if code.is_none() || code == json.get("code") {
                Ok(())
            } else {
                Err(format!("{text}, recorded {}", step.answer))
            };
        }
        self.names.keep(&step.keep, &json)?;
        for (pointer, wanted) in &step.claims {
            let token = json.pointer(pointer).and_then(Json::as_str).ok_or_else(|| format!("no token at {pointer}: {text}"))?;
            compare::same(&self.names.resolved(wanted), &super::oidc::claims(token), &self.names.texts, compare::Lists::Sets)?;
        }
        if step.answer.is_null() || step.answer == "" {
            return Ok(());
        }
        compare::same(&self.names.resolved(&step.answer), &json, &self.names.texts, lists(step.path()))
    }

    /// The token of somebody: `""` the administrator, `none` nobody, `garbage` no token at all, `forged` one with another
    /// signature, `expired` one that was the administrator's; else a user in a group of the project: `manager`, `reader`,
    /// `nobody` (no group), `stranger` (manager of another project); a text in braces stands for a token that was kept.
    pub async fn token(&mut self, caller: &str) -> Option<String> {
        let token = match caller {
            "" => self.server.token.clone(),
            "none" => return None,
            "garbage" => "garbage".to_owned(),
            "forged" => {
                let token = &self.server.token;
                let at = token.len() - 20;
                format!("{}{}{}", &token[..at], if &token[at..=at] == "A" { "B" } else { "A" }, &token[at + 1..])
            }
            kept if kept.starts_with('{') => self.names.fill(kept),
            user => {
                if !self.tokens.contains_key(user) {
                    let token = self.logged_in(user).await;
                    self.tokens.insert(user.to_owned(), token);
                }
                self.tokens[user].clone()
            }
        };
        Some(token)
    }

    async fn logged_in(&mut self, user: &str) -> String {
        let own = self.server.project.clone();
        let groups = match user {
            "manager" => vec![format!("{own}_Host-Manager-Group")],
            "reader" => vec![format!("{own}_Edge-Operator-Group")],
            "nobody" => Vec::new(),
            "stranger" => {
                self.server.ok("PUT", "/v1/projects/elsewhere", json!({})).await;
                let other = self.server.identity.project_named("elsewhere").await.unwrap().unwrap().uuid;
                self.names.texts.insert("otherUuid".to_owned(), other.clone());
                vec![format!("{other}_Host-Manager-Group")]
            }
            other => panic!("nobody is called {other}"),
        };
        self.server.user(user, |user| user.member_of.0 = groups).await;
        self.server.login(user, PASSWORD).await
    }

    async fn set_current_state(&self, host: &str, state: &str) {
        let store = &self.server.store;
        let mut host: Host = store.load(&self.server.project, host).await.unwrap().unwrap();
        host.current_state = HostState::from_value(Value::Int(HOST_STATE.number(state).unwrap()));
        store.commit(Batch::default().update(host)).await.unwrap();
    }

    /// What a node reports: `status`, `profile`, `image`, `details`.
    async fn report(&mut self, step: &Step) -> Result<(), String> {
        let uuid = self.names.fill(&step.node);
        let key = format!("node {uuid}");
        if !self.tokens.contains_key(&key) {
            let hosts = self.server.ok("GET", "compute/hosts", Json::Null).await;
            let host = hosts["hosts"].as_array().unwrap().iter().find(|host| host["uuid"] == *uuid);
            let host = host.ok_or("no host has this uuid")?["resourceId"].as_str().unwrap();
            let token = self.server.node_token(&self.server.project, host, &uuid).await;
            self.tokens.insert(key.clone(), token);
        }
        let text = |name: &str| self.names.fill(step.report[name].as_str().unwrap_or_default());
        let message = southbound::request(&json!({"host_guid": uuid, "update_status": {
            "status_type": format!("STATUS_TYPE_{}", text("status")),
            "profile_name": text("profile"),
            "os_image_id": text("image"),
            "status_detail": text("details"),
        }}));
        let told = self.server.report(message, &southbound::Metadata::token(&self.tokens[&key])).await;
        let told = told.map_err(|status| format!("the report is refused: {status}"))?;
        if step.answer.is_null() {
            return Ok(());
        }
        compare::same(&self.names.resolved(&step.answer), &southbound::answer(&told), &self.names.texts, compare::Lists::Sets)
    }
}

impl Step {
    /// Method.
    pub fn method(&self) -> &str {
        self.ask.split_once(' ').map_or(&self.method, |(method, _)| method)
    }

    /// Path.
    pub fn path(&self) -> &str {
        self.ask.split_once(' ').map_or(&self.path, |(_, path)| path)
    }
}

/// How the lists of this path's answer are compared.
fn lists(path: &str) -> compare::Lists {
    if path.contains("orderBy") {
        compare::Lists::InOrder
    } else if path.contains("pageSize") || path.contains("offset") {
        compare::Lists::Sizes
    } else {
        compare::Lists::Sets
    }
}
