//! Exchanges recorded from the identity server of an Edge Orchestrator, replayed against ours.
//!
//! What counts as the same: the status; in answers every key with its value (more keys are fine), scopes and roles as sets,
//! lifetimes to the second; of each token header and claims; of the headers those that clients go by. What is not served yet
//! is sent as well, and must be refused as something unknown.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{collections::HashMap, fmt::Write as _};

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use emt_api::{filter::Expr, record::Record};
use emt_server::{
    identity::records::{Client, Org, Session, User},
    store::{Batch, Change, StoreExt},
};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use support::{
    Answer, PASSWORD, SATURDAY_MS, Server,
    oidc::{HOST, Plan, Recorded, TOKEN, address, claims, documented, encoded, keys, part, plan},
};

const RECORDING: &str = include_str!("recorded/keycloak.json");
const EDGE_NODE: &str = "edgenode-a66efbee-4c28-41be-9d07-88aedd66edd3";

/// Tokens of a login.
#[derive(Clone, Default)]
struct Login {
    access: String,
    refresh: String,
    id: String,
}

impl Login {
    fn of(answer: &Json) -> Self {
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), id: text("id_token") }
    }
}

struct Replay {
    server: Server,
    recorded: Recorded,
    seed: Login,
    orch_cli: Login,
    offline: Login,
    rotated: Login,
    edge: Login,
    /// The login that a step works on if it is none of those.
    current: Login,
    /// The discovery document, the keys and the last other answer that are written out.
    document: Json,
    keys: Json,
    above: Json,
}

impl Replay {
    async fn start() -> Self {
        let server = Server::start_at(SATURDAY_MS).await;
        let managers = format!("{}_Host-Manager-Group", server.project);
        let mut users = HashMap::new();
        for (name, first_name, groups) in [
            ("alice", "Alice", vec![managers.clone()]),
            ("nobody", "Nobody", vec![]),
            ("disabled", "Disabled", vec![managers.clone()]),
            ("temporary", "Temporary", vec![managers.clone()]),
            ("clumsy", "Clumsy", vec![managers]),
        ] {
            let user = server.user(name, |user| {
                user.email = format!("{name}@edge.example");
                first_name.clone_into(&mut user.first_name);
                "Example".clone_into(&mut user.last_name);
                user.member_of.0 = groups;
                user.enabled = name != "disabled";
                user.temporary_password = name == "temporary";
            });
            users.insert(name.to_owned(), user.await.meta.id);
        }
        let secret = |text: &str| hex::encode(Sha256::digest(text));
        let clients = [
            ("pkce-client", Client::default()),
            ("plain-conf", Client { secret_sha256: secret("s3cret"), ..Client::default() }),
            (
                EDGE_NODE,
                Client {
                    secret_sha256: secret("edge-node-secret"),
                    service_account: uuid::Uuid::new_v4().to_string(),
                    node_project: server.project.clone(),
                    node_uuid: EDGE_NODE["edgenode-".len()..].to_owned(),
                    ..Client::default()
                },
            ),
        ];
        for (id, mut client) in clients {
            id.clone_into(&mut client.meta.id);
            client.meta.revision = 1;
            server.store.commit(Batch::default().insert(client)).await.unwrap();
        }
        let none = Login::default;
        let (seed, orch_cli, offline, rotated, edge, current) = (none(), none(), none(), none(), none(), none());
        Self {
            server,
            recorded: Recorded { users },
            seed,
            orch_cli,
            offline,
            rotated,
            edge,
            current,
            document: Json::Null,
            keys: Json::Null,
            above: Json::Null,
        }
    }

    async fn post(&self, form: &str) -> Json {
        let request = Request::post(TOKEN)
            .header(header::HOST, HOST)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.server.call(request).await.json()
    }

    async fn log_in(&mut self, username: &str) {
        let form = format!(
            "grant_type=password&client_id=system-client&username={username}&password={PASSWORD}&scope=openid+profile+email+groups"
        );
        self.current = Login::of(&self.post(&form).await);
        assert!(!self.current.id.is_empty());
    }

    /// What has to happen before a step, and which login it works on.
    async fn before(&mut self, section: &str, case: &str) -> Login {
        let fresh = match (section, case) {
            ("refresh_token grant", "user put into a group since login") => Some("nobody"),
            (
                "refresh_token grant",
                "refresh token past its exp" | "session ended by the administrator" | "user disabled since",
            )
            | (
                "logout and revocation",
                "logout: refresh_token and client_id"
                | "logout: refresh_token, client_id missing"
                | "logout: GET with id_token_hint"
                | "logout: POST with id_token_hint"
                | "revoke: refresh token"
                | "revoke: with hint refresh_token"
                | "revoke: access token"
                | "revoke: client missing"
                | "revoke: hint unknown"
                | "revoke: id token",
            ) => Some("alice"),
            _ => None,
        };
        if let Some(username) = fresh {
            self.log_in(username).await;
        }
        let store = &self.server.store;
        match case {
            "refresh token past its exp" => self.server.pass(5401),
            "expired access token" => self.server.pass(3601),
            "session ended by the administrator" => {
                let id = claims(&self.current.refresh)["sid"].as_str().unwrap().to_owned();
                let change = Change::Delete { spec: Session::SPEC, project: String::new(), id, revision: None };
                store.commit(Batch::default().with(change)).await.unwrap();
            }
            "user disabled since" => self.server.change::<User>(&self.recorded.users["alice"], |user| user.enabled = false).await,
            "user put into a group since login" => {
                let group = format!("{}_Edge-Operator-Group", self.server.project);
                self.server.change::<User>(&self.recorded.users["nobody"], |user| user.member_of.0.push(group)).await;
            }
            "client disabled" => {
                let client: Client = store.load("", EDGE_NODE).await.unwrap().unwrap();
                store.commit(Batch::default().delete(&client)).await.unwrap();
            }
            _ => {}
        }
        match (section, case) {
            ("refresh_token grant", "orch-cli's (no scope at login)" | "scope not granted at login") => self.orch_cli.clone(),
            ("refresh_token grant", "rotated one") => self.rotated.clone(),
            ("refresh_token grant", "offline token") => self.offline.clone(),
            ("refresh_token grant", _) if fresh.is_none() && !case.starts_with("userinfo") => self.seed.clone(),
            ("userinfo", "token of the seed login") => self.seed.clone(),
            ("userinfo", "edge node token (no openid scope)") => self.edge.clone(),
            ("userinfo", _) => self.orch_cli.clone(),
            (_, "logout with an offline token" | "refresh of that offline token") => self.offline.clone(),
            _ => self.current.clone(),
        }
    }

    /// What a step leaves behind.
    async fn after(&mut self, section: &str, case: &str, answer: &Json) {
        match (section, case) {
            ("password grant", "seed: scope openid profile email groups") => self.seed = Login::of(answer),
            ("password grant", "orch-cli: form field claims, no scope") => self.orch_cli = Login::of(answer),
            ("password grant", "scope offline_access") => self.offline = Login::of(answer),
            ("refresh_token grant", "first use (seed login)") => {
                self.rotated = Login::of(answer);
                let (old, new) = (claims(&self.seed.refresh), claims(&self.rotated.refresh));
                assert_ne!(old["jti"], new["jti"]);
                assert_eq!(old["sid"], new["sid"]);
            }
            ("client_credentials grant", "edge node: secret in the form") => self.edge = Login::of(answer),
            (_, "refresh token past its exp") => self.server.pass(-5401),
            (_, "expired access token") => self.server.pass(-3601),
            (_, "userinfo, user disabled since") => {
                self.server.change::<User>(&self.recorded.users["alice"], |user| user.enabled = true).await;
            }
            (_, "client disabled") => {
                let mut client = Client {
                    secret_sha256: hex::encode(Sha256::digest("edge-node-secret")),
                    service_account: claims(&self.edge.access)["sub"].as_str().unwrap().to_owned(),
                    node_project: self.server.project.clone(),
                    ..Client::default()
                };
                EDGE_NODE.clone_into(&mut client.meta.id);
                client.meta.revision = 1;
                self.server.store.commit(Batch::default().insert(client)).await.unwrap();
            }
            _ => {}
        }
    }

    async fn send(&self, step: &Json, login: &Login) -> Answer {
        let case = step["case"].as_str().unwrap();
        let altered = |token: &str| {
            let at = token.len() - 20;
            format!("{}{}{}", &token[..at], if &token[at..=at] == "A" { "B" } else { "A" }, &token[at + 1..])
        };
        let changed = case == "signature changed";
        let filled = |text: &str| {
            let refresh = if changed { altered(&login.refresh) } else { login.refresh.clone() };
            let bearer = match case {
                "refresh token" => login.refresh.clone(),
                "id token" | "logout: GET with id_token_hint" => login.id.clone(),
                "signature changed" => altered(&login.access),
                _ => login.access.clone(),
            };
            text.replace("{jwt Refresh}", &refresh)
                .replace("{jwt Offline}", &login.refresh)
                .replace("{jwt Bearer}", &login.access)
                .replace("{jwt ID}", &login.id)
                .replace("{jwt}", &bearer)
        };
        let method = Method::from_bytes(step["method"].as_str().unwrap().as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(address(&filled(step["path"].as_str().unwrap())));
        request = request.header(header::HOST, HOST);
        for (name, value) in step["headers"].as_object().into_iter().flatten() {
            let value = match value.as_str().unwrap() {
                basic if basic.starts_with("Basic ") => format!("Basic {}", STANDARD.encode(basic_credentials(case))),
                other => filled(other),
            };
            request = request.header(name, value);
        }
        let (kind, body) = match (&step["form"], &step["body"], &step["rawBody"]) {
            (_, _, Json::String(raw)) => (None, raw.clone()),
            (Json::Object(form), ..) => (Some("form"), encoded(form.iter().map(|(key, value)| (key.as_str(), value)), &filled)),
            (Json::Array(form), ..) => {
                (Some("form"), encoded(form.iter().map(|pair| (pair[0].as_str().unwrap(), &pair[1])), &filled))
            }
            (_, Json::Null, _) => (None, String::new()),
            (_, body, _) => (Some("json"), body.to_string()),
        };
        request = match kind {
            Some("form") => request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            Some(_) => request.header(header::CONTENT_TYPE, "application/json"),
            None => request,
        };
        self.server.call(request.body(Body::from(body)).unwrap()).await
    }

    fn same(&mut self, step: &Json, answer: &Answer) -> Result<(), String> {
        if step["status"] != answer.status {
            return Err(format!("status {}, recorded {}: {}", answer.status, step["status"], answer.text()));
        }
        for name in ["cache-control", "pragma", "www-authenticate", "access-control-allow-origin"] {
            let recorded = step["answerHeaders"][name].as_str().unwrap_or_default();
            // What may not be kept at all is not kept without asking either.
            let stricter = recorded == "no-cache" && answer.header(name) == "no-store";
            if !recorded.is_empty() && answer.header(name) != recorded && !stricter {
                return Err(format!("header {name}: {:?}, recorded {recorded:?}", answer.header(name)));
            }
        }
        let found = answer.json();
        let recorded = match step["answer"].as_str() {
            Some("{as above}") if found.get("token_endpoint").is_some() => self.document.clone(),
            Some("{as above}") if found.get("keys").is_some() => self.keys.clone(),
            Some("{as above}") => self.above.clone(),
            Some(html) if html.starts_with("{html page") => {
                let html = answer.header("content-type").starts_with("text/html");
                return if html { Ok(()) } else { Err(format!("no page: {}", answer.text())) };
            }
            Some(same) if same.starts_with("{same document") => self.document.clone(),
            _ => step["answer"].clone(),
        };
        if recorded.is_null() {
            return if answer.body.is_empty() { Ok(()) } else { Err(format!("not empty: {}", answer.text())) };
        }
        if !answer.header("content-type").starts_with("application/json") {
            return Err(format!("content type {:?}", answer.header("content-type")));
        }
        if found.get("token_endpoint").is_some() {
            self.document = recorded;
            return documented(&self.document, &found);
        }
        if found.get("keys").is_some() {
            self.keys = recorded;
            return keys(&self.keys, &found);
        }
        self.recorded.compare("", &recorded, &found, 0)?;
        if let Some(tokens) = step["decoded"].as_object() {
            for (name, token) in tokens {
                let found = found[name].as_str().ok_or_else(|| format!("no {name}"))?;
                let header = part(found, 0);
                self.recorded.compare(&format!("{name} header"), &token["header"], &header, 0)?;
                let claims = claims(found);
                self.recorded.compare(name, &token["claims"], &claims, claims["iat"].as_i64().unwrap())?;
                for absent in ["exp", "aud", "groups", "sid", "auth_time", "nbf"] {
                    if token["claims"].get(absent).is_none() && claims.get(absent).is_some() {
                        return Err(format!("{name} has {absent}, which is not recorded"));
                    }
                }
            }
            for token in ["id_token", "refresh_token"] {
                if found.get(token).is_some() && step["answer"].get(token).is_none() {
                    return Err(format!("{token} is not recorded"));
                }
            }
        }
        if recorded.get("error").is_none() {
            self.above = recorded;
        }
        Ok(())
    }
}

fn basic_credentials(case: &str) -> String {
    match case {
        "client id by Basic with empty password, public client" => "system-client:".to_owned(),
        "edge node: Basic" => format!("{EDGE_NODE}:edge-node-secret"),
        "revoke: confidential client, secret wrong" => "plain-conf:wrong".to_owned(),
        _ => format!("{EDGE_NODE}:wrong"),
    }
}

#[tokio::test]
async fn recorded_exchanges() {
    let mut replay = Replay::start().await;
    let org = replay.server.store.load_all::<Org>("", Expr::everything()).await.unwrap().remove(0).meta.id;
    let recording = RECORDING
        .replace("11111111-2222-4333-8444-555555555555", &replay.server.project)
        .replace("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", &org)
        .replace("Passw0rd-for-1!", PASSWORD)
        .replace("Passw0rd-for-1%21", PASSWORD);
    let recording: Json = serde_json::from_str(&recording).unwrap();
    let (mut wrong, mut same, mut later, mut left) = (String::new(), 0, 0, 0);
    for (number, step) in recording["steps"].as_array().unwrap().iter().enumerate() {
        let (section, case) = (step["section"].as_str().unwrap(), step["case"].as_str().unwrap());
        let outcome = match plan(step) {
            Plan::Left(reason) => {
                assert!(!reason.is_empty());
                left += 1;
                continue;
            }
            Plan::Later(status) => {
                later += 1;
                let answer = replay.send(step, &Login::default()).await;
                if answer.status == status { Ok(()) } else { Err(format!("not served yet, status {}", answer.status)) }
            }
            Plan::Same => {
                same += 1;
                let login = replay.before(section, case).await;
                let answer = replay.send(step, &login).await;
                let outcome = replay.same(step, &answer);
                replay.after(section, case, &answer.json()).await;
                outcome
            }
        };
        if let Err(difference) = outcome {
            let _ = writeln!(wrong, "{number} {section}, {case}: {difference}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert_eq!((same, later, left), (140, 155, 9));
}
