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
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use emt_api::{filter::Expr, record::Record};
use emt_server::{
    identity::records::{Client, Org, Session, User},
    store::{Batch, Change, StoreExt},
};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use support::{Answer, PASSWORD, SATURDAY_MS, Server};

const RECORDING: &str = include_str!("recorded/keycloak.json");
const HOST: &str = "keycloak.emt.localhost:8443";
const TOKEN: &str = "/realms/master/protocol/openid-connect/token";
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

/// What is done with a step.
enum Plan {
    /// It must be answered as recorded.
    Same,
    /// It is not served yet, and is answered with this status.
    Later(u16),
    /// It is not sent: why.
    Left(&'static str),
}

fn plan(step: &Json) -> Plan {
    let text = |key: &str| step[key].as_str().unwrap();
    let path = text("path").split('?').next().unwrap();
    match (text("section"), text("case")) {
        ("discovery and keys", "root") | ("admin REST" | "introspection", _) => Plan::Later(404),
        (_, case) if case.starts_with("introspection") => Plan::Later(404),
        ("device authorization grant" | "authorization code with PKCE", case) => match path {
            TOKEN if case.starts_with("refresh after") => Plan::Left("needs a login that is not served yet"),
            TOKEN => Plan::Later(400),
            path if path.starts_with('/') => Plan::Later(404),
            _ => Plan::Left("the address comes from a page that is not served yet"),
        },
        ("brute force guard", _) if path.starts_with("/admin/") => Plan::Later(404),
        ("lifetimes", _) => Plan::Left("the recording changes settings of the realm, which are fixed here"),
        ("refresh_token grant", "password changed by the administrator since") => {
            Plan::Left("a defect: a new password must end the logins made with the old one")
        }
        ("client_credentials grant", "host-manager-m2m-client") => Plan::Left("a service of the Edge Orchestrator"),
        _ => Plan::Same,
    }
}

struct Replay {
    server: Server,
    users: HashMap<String, String>,
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
            users,
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
            "user disabled since" => self.server.change::<User>(&self.users["alice"], |user| user.enabled = false).await,
            "user put into a group since login" => {
                let group = format!("{}_Edge-Operator-Group", self.server.project);
                self.server.change::<User>(&self.users["nobody"], |user| user.member_of.0.push(group)).await;
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
                self.server.change::<User>(&self.users["alice"], |user| user.enabled = true).await;
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
        self.compare("", &recorded, &found, 0)?;
        if let Some(tokens) = step["decoded"].as_object() {
            for (name, token) in tokens {
                let found = found[name].as_str().ok_or_else(|| format!("no {name}"))?;
                let header = part(found, 0);
                self.compare(&format!("{name} header"), &token["header"], &header, 0)?;
                let claims = claims(found);
                self.compare(name, &token["claims"], &claims, claims["iat"].as_i64().unwrap())?;
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

    fn compare(&self, at: &str, recorded: &Json, found: &Json, iat: i64) -> Result<(), String> {
        let differs = || Err(format!("{at}: {found}, recorded {recorded}"));
        match (recorded, found) {
            (Json::Object(recorded), Json::Object(found)) => recorded.iter().try_for_each(|(key, value)| {
                // Where the client is, is not told in tokens.
                if ["clientHost", "clientAddress"].contains(&key.as_str()) {
                    return Ok(());
                }
                let found = found.get(key).ok_or_else(|| format!("{at}: no {key}"))?;
                self.compare(&format!("{at}/{key}"), value, found, iat)
            }),
            (Json::Array(recorded), Json::Array(found)) => {
                let all = recorded.iter().all(|item| found.iter().any(|found| self.compare(at, item, found, iat).is_ok()));
                // A group may give more roles than were recorded; all other lists are exact.
                if all && (at.ends_with("/roles") || recorded.len() == found.len()) { Ok(()) } else { differs() }
            }
            (Json::Number(recorded), Json::Number(found)) if at.ends_with("expires_in") => {
                let (recorded, found) = (recorded.as_i64().unwrap(), found.as_i64().unwrap());
                if (recorded - found).abs() <= 1 { Ok(()) } else { differs() }
            }
            (Json::String(recorded), found) if at.ends_with("/scope") => {
                let words = |text: &str| {
                    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
                    words.sort();
                    words
                };
                if words(recorded) == words(found.as_str().unwrap_or_default()) { Ok(()) } else { differs() }
            }
            (Json::String(recorded), found) if self.fits(recorded, found, iat) => Ok(()),
            (recorded, found) if recorded == found => Ok(()),
            _ => differs(),
        }
    }

    fn fits(&self, recorded: &str, found: &Json, iat: i64) -> bool {
        let text = found.as_str().unwrap_or_default();
        let recorded = recorded.replace("{base}", &format!("https://{HOST}"));
        if let Some((prefix, "{uuid}")) = recorded.split_at_checked(recorded.len().saturating_sub(6)) {
            return text.strip_prefix(prefix).is_some_and(|rest| uuid::Uuid::parse_str(rest).is_ok());
        }
        if let Some(seconds) = recorded.strip_prefix("{iat}+") {
            return found.as_i64() == seconds.parse::<i64>().ok().map(|seconds| iat + seconds);
        }
        match recorded.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some("epoch") => found.as_i64() == Some(iat) && iat > 0,
            Some("session id") => text.len() == 24 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            Some("kid" | "at_hash" | "base64 DER") => text.len() >= 20,
            Some(token) if token.starts_with("jwt ") => claims(text)["typ"] == token["jwt ".len()..],
            Some(user) if user.starts_with("user ") => self.users.get(&user["user ".len()..]).is_some_and(|id| id == text),
            Some(_) => false,
            None => found.as_str() == Some(&recorded),
        }
    }
}

/// The discovery document names only what is served: what it says was recorded so, and what clients need is there.
fn documented(recorded: &Json, found: &Json) -> Result<(), String> {
    for (key, value) in found.as_object().unwrap() {
        let fits = match (&recorded[key], value) {
            (Json::Array(recorded), Json::Array(found)) => found.iter().all(|item| recorded.contains(item)),
            (Json::String(recorded), found) => found.as_str() == Some(&recorded.replace("{base}", &format!("https://{HOST}"))),
            (recorded, found) => recorded == found,
        };
        if !fits {
            return Err(format!("{key}: {value}, recorded {}", recorded[key]));
        }
    }
    let needed = ["issuer", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint", "revocation_endpoint"];
    needed.into_iter().find(|key| found.get(*key).is_none()).map_or(Ok(()), |key| Err(format!("no {key}")))
}

/// The key that signs is there; keys that nothing uses are not made.
fn keys(recorded: &Json, found: &Json) -> Result<(), String> {
    let signing = |keys: &Json| keys["keys"].as_array().unwrap().iter().find(|key| key["alg"] == "PS512").cloned().unwrap();
    let (recorded, found) = (signing(recorded), signing(found));
    for part in ["kty", "alg", "use", "e"] {
        if recorded[part] != found[part] {
            return Err(format!("{part}: {}, recorded {}", found[part], recorded[part]));
        }
    }
    let modulus = URL_SAFE_NO_PAD.decode(found["n"].as_str().unwrap()).unwrap();
    if modulus.len() >= 256 && found["kid"].as_str().is_some_and(|kid| !kid.is_empty()) {
        return Ok(());
    }
    Err(format!("{found}"))
}

fn basic_credentials(case: &str) -> String {
    match case {
        "client id by Basic with empty password, public client" => "system-client:".to_owned(),
        "edge node: Basic" => format!("{EDGE_NODE}:edge-node-secret"),
        "revoke: confidential client, secret wrong" => "plain-conf:wrong".to_owned(),
        _ => format!("{EDGE_NODE}:wrong"),
    }
}

/// An address as recorded, made one that can be sent.
fn address(path: &str) -> String {
    path.replace(' ', "%20").replace('{', "%7B").replace('}', "%7D")
}

fn encoded<'a>(pairs: impl Iterator<Item = (&'a str, &'a Json)>, filled: &impl Fn(&str) -> String) -> String {
    let escaped = |text: &str| -> String {
        text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    pairs
        .map(|(key, value)| format!("{key}={}", escaped(&filled(value.as_str().unwrap_or_default()))))
        .collect::<Vec<_>>()
        .join("&")
}

fn part(token: &str, number: usize) -> Json {
    let part = token.split('.').nth(number).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    part.and_then(|part| serde_json::from_slice(&part).ok()).unwrap_or_else(|| Json::Object(Map::new()))
}

fn claims(token: &str) -> Json {
    part(token, 1)
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

#[tokio::test]
async fn no_token_outlives_its_login() {
    let mut replay = Replay::start().await;
    replay.log_in("alice").await;
    // Refreshed just before it would have been idle too long, until the end of the login is near.
    for _ in 0..8 {
        replay.server.pass(5000);
        let form = format!("grant_type=refresh_token&client_id=system-client&refresh_token={}", replay.current.refresh);
        replay.current = Login::of(&replay.post(&form).await);
    }
    let form = format!("grant_type=refresh_token&client_id=system-client&refresh_token={}", replay.current.refresh);
    let answer = replay.post(&form).await;
    assert_eq!((&answer["expires_in"], &answer["refresh_expires_in"]), (&json!(3200), &json!(3200)));
    replay.server.pass(3200);
    assert_eq!(replay.post(&form).await["error_description"], "Token is not active");
    assert!(
        replay.server.identity.authenticate(Some(&format!("Bearer {}", answer["access_token"].as_str().unwrap()))).await.is_err()
    );
    replay.server.identity.purge().await.unwrap();
    assert_eq!(replay.server.store.load_all::<Session>("", Expr::everything()).await.unwrap(), []);
}

#[tokio::test]
async fn an_offline_login_lasts_as_long_as_it_is_used() {
    const DAY: i64 = 86_400;
    let replay = Replay::start().await;
    let login =
        format!("grant_type=password&client_id=system-client&username=alice&password={PASSWORD}&scope=openid+offline_access");
    let token = Login::of(&replay.post(&login).await).refresh;
    let refresh = format!("grant_type=refresh_token&client_id=system-client&refresh_token={token}");
    for days in [29, 29, 1, 29] {
        replay.server.pass(days * DAY);
        replay.server.identity.purge().await.unwrap();
        let answer = replay.post(&refresh).await;
        assert_eq!(answer["refresh_expires_in"], 0, "after {days} days more: {answer}");
    }
    replay.server.pass(32 * DAY);
    assert_eq!(replay.post(&refresh).await["error_description"], "Offline user session not found");
}

#[tokio::test]
async fn a_browser_logs_out_only_the_login_that_it_proves() {
    let mut replay = Replay::start().await;
    replay.log_in("alice").await;
    let logout = "/realms/master/protocol/openid-connect/logout";
    for (query, status) in [
        (format!("?id_token_hint={}", replay.current.access), 400),
        ("?id_token_hint=garbage".to_owned(), 400),
        (format!("?id_token_hint={}&post_logout_redirect_uri=https%3A%2F%2Fevil.example", replay.current.id), 400),
        ("?id_token_hint=%FF".to_owned(), 400),
        (String::new(), 200),
    ] {
        let request = Request::get(format!("{logout}{query}")).body(Body::empty()).unwrap();
        assert_eq!(replay.server.call(request).await.status, status, "{query}");
    }
    let form = format!("grant_type=refresh_token&client_id=system-client&refresh_token={}", replay.current.refresh);
    assert!(replay.post(&form).await.get("access_token").is_some(), "it goes on");
}
