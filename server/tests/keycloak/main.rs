//! Exchanges recorded from the identity server of an Edge Orchestrator, replayed against ours.
//!
//! What counts as the same: the status; in answers every key with its value (more keys are fine), scopes and roles as sets,
//! lifetimes to the second; of each token header and claims; of the headers those that clients go by; where a browser is sent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod browser;
mod send;
mod state;
#[path = "../support/mod.rs"]
mod support;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fmt::Write as _,
};

use emt_api::filter::Expr;
use emt_server::{
    identity::records::{Client, Org, User},
    store::{Batch, StoreExt},
};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use support::{
    Answer, PASSWORD, SATURDAY_MS, Server,
    oidc::{Plan, Recorded, claims, documented, keys, part, plan},
};

const RECORDING: &str = include_str!("../recorded/keycloak.json");
const SERVICE: &str = "host-manager-m2m-client";
const AUTH: &str = "/realms/master/protocol/openid-connect/auth";
const SIGN_IN: &str = "/realms/master/login-actions/authenticate";
const REDIRECT: &str = "http://127.0.0.1:9999/callback";
const VERIFIER: &str = "a-verifier-of-some-length-for-the-code-challenge";
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
    /// What a device was given: its code, and the one to type.
    device: (String, String),
    /// What a browser brought back.
    code: String,
    /// A token of a service that may administer users and clients.
    service: String,
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
        let admin = server.store.load_all::<User>("", Expr::is("username", "admin")).await.unwrap().remove(0).meta.id;
        let temporary = ("is_temporary_admin".to_owned(), vec!["true".to_owned()]);
        server.change::<User>(&admin, |user| user.attributes.0.extend([temporary])).await;
        users.insert("admin".to_owned(), admin);
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
                user.email_verified = true;
                user.enabled = name != "disabled";
                user.temporary_password = name == "temporary";
            });
            users.insert(name.to_owned(), user.await.meta.id);
        }
        let secret = |text: &str| hex::encode(Sha256::digest(text));
        let clients = [
            (
                "pkce-client",
                Client {
                    standard_flow: true,
                    device_grant: true,
                    redirect_uris: emt_api::value::Json(vec![REDIRECT.to_owned()]),
                    ..Client::default()
                },
            ),
            (
                SERVICE,
                Client {
                    secret_sha256: secret("host-manager-secret"),
                    service_account: uuid::Uuid::new_v4().to_string(),
                    admin_roles: emt_api::value::Json(["manage-users", "manage-clients"].map(str::to_owned).to_vec()),
                    ..Client::default()
                },
            ),
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
        let (device, code) = <((String, String), String)>::default();
        let mut replay = Self {
            server,
            device,
            code,
            service: String::new(),
            recorded: Recorded { users, bound: RefCell::default(), more: Cell::default() },
            seed,
            orch_cli,
            offline,
            rotated,
            edge,
            current,
            document: Json::Null,
            keys: Json::Null,
            above: Json::Null,
        };
        let form = format!("grant_type=client_credentials&client_id={SERVICE}&client_secret=host-manager-secret");
        replay.service = Login::of(&replay.post(&form).await).access;
        replay
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
        if let Some(location) = step["answerHeaders"]["location"].as_str() {
            self.recorded.location(location, answer.header("location"))?;
        }
        let (found, path) = (answer.json(), step["path"].as_str().unwrap());
        let listed = ["/groups", "/roles"].iter().any(|list| path.contains(list)) && !path.contains("/users/");
        self.recorded.more.set(listed || step["note"].as_str().is_some_and(|note| note.contains("list shortened")));
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
        self.recorded.compare("", &recorded, &found, found["iat"].as_i64().unwrap_or(0))?;
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
    let (mut wrong, mut same, mut left) = (String::new(), 0, 0);
    for (number, step) in recording["steps"].as_array().unwrap().iter().enumerate() {
        let (section, case) = (step["section"].as_str().unwrap(), step["case"].as_str().unwrap());
        let outcome = match plan(step) {
            Plan::Left(reason) => {
                assert!(!reason.is_empty());
                left += 1;
                continue;
            }
            Plan::Same => {
                same += 1;
                let login = replay.before(section, case).await;
                let answer = replay.send(step, &login).await;
                let outcome = replay.same(step, &answer);
                replay.after(section, case, &answer).await;
                outcome
            }
        };
        if let Err(difference) = outcome {
            let _ = writeln!(wrong, "{number} {section}, {case}: {difference}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert_eq!((same, left), (296, 8));
}
