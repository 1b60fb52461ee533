//! Every operation, at every path that it has, called with every kind of token, for the caller's own project and for another:
//! who is not allowed is refused as the contract tells, and changes nothing.

use std::fmt::Write as _;

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use emt_api::{filter::Expr, value::Json as List};
use emt_server::{
    identity::records::{Org, User},
    rest::{
        operation::{Access, Operation, PREFIX},
        operations,
    },
    store::StoreExt,
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, PASSWORD, PROJECT, SATURDAY_MS, Server};

const OTHER: &str = "bakery";
const UUID: &str = "0a1b2c3d-1111-4222-8333-444455556666";
/// Signs the refusal of those whom the project does not know.
const UNKNOWN: &str = "Access denied or project not found";

/// Who calls.
pub(crate) struct Who {
    pub(crate) name: &'static str,
    pub(crate) token: String,
    /// What they may do, in words: in their own project, with projects, with organisations.
    can: &'static str,
}

impl Who {
    fn can(&self, what: &str) -> bool {
        self.can.split(' ').any(|can| can == what)
    }
}

pub(crate) struct World {
    pub(crate) server: Server,
    other: String,
    pub(crate) callers: Vec<Who>,
    /// Tokens that are worth nothing, with what is wrong with them.
    pub(crate) worthless: Vec<(&'static str, Option<String>)>,
    image: String,
}

pub(crate) async fn world() -> World {
    let server = Server::start_at(SATURDAY_MS).await;
    server.ok("PUT", "/v1/projects/bakery", json!({})).await;
    let other = server.identity.project_named(OTHER).await.unwrap().unwrap().uuid;
    let org = server.store.load_all::<Org>("", Expr::everything()).await.unwrap().remove(0).meta.id;
    let own = server.project.clone();
    let expired = server.token.clone();
    server.pass(3601);
    let mut callers = Vec::new();
    for (name, roles, groups, can) in [
        ("reader", vec![format!("{own}_im-r")], vec![], "read member"),
        ("writer", vec![format!("{own}_im-rw")], vec![], "read write member"),
        ("host-manager", vec![], vec![format!("{own}_Host-Manager-Group")], "read write member"),
        ("operator", vec![], vec![format!("{own}_Edge-Operator-Group")], "read member"),
        ("member", vec![format!("{org}_{own}_m")], vec![], "member"),
        ("onboarder", vec![], vec![format!("{own}_Edge-Onboarding-Group")], ""),
        ("org-admin", vec![], vec!["org-admin-group".to_owned()], "orgs"),
        ("project-manager", vec![], vec![format!("{org}_Project-Manager-Group")], "projects"),
        ("administrator", vec!["admin".to_owned()], vec![], "orgs projects"),
        ("nobody", vec![], vec![], ""),
    ] {
        server
            .user(name, |user: &mut User| {
                (user.roles, user.member_of) = (List(roles), List(groups));
            })
            .await;
        let token = server.login(name, PASSWORD).await;
        callers.push(Who { name, token, can });
    }
    let admin = server.login("admin", PASSWORD).await;
    let register = json!({"name": "till", "uuid": UUID}).to_string();
    let (status, host) = server.request_as(&admin, "POST", "compute/hosts/register", Some(register)).await;
    assert_eq!(status, 200, "{host}");
    let host: Json = serde_json::from_str(&host).unwrap();
    let token = server.node_token(&own, host["resourceId"].as_str().unwrap(), UUID).await;
    callers.push(Who { name: "node", token, can: "agent" });
    let image = hex::encode(Sha256::digest("image"));
    let path = format!("/v1/projects/{PROJECT}/releases/{image}");
    assert_eq!(server.request_as(&admin, "PUT", &path, Some("image".to_owned())).await.0, 200);
    let worthless = worthless(&server, &admin, expired).await;
    // Streams of changes end at once.
    server.store.feed().close();
    World { server, other, callers, worthless, image }
}

async fn worthless(server: &Server, admin: &str, expired: String) -> Vec<(&'static str, Option<String>)> {
    let form = format!("grant_type=password&client_id=system-client&username=admin&password={PASSWORD}&scope=openid");
    let tokens: Json = serde_json::from_str(&post(server, "token", &form).await.text()).unwrap();
    let text = |key: &str| tokens[key].as_str().unwrap().to_owned();
    post(server, "logout", &format!("client_id=system-client&refresh_token={}", text("refresh_token"))).await;
    let mut parts = admin.split('.').map(str::to_owned);
    let (head, body, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let header: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&head).unwrap()).unwrap();
    let named =
        |algorithm: &str| URL_SAFE_NO_PAD.encode(json!({"alg": algorithm, "typ": "JWT", "kid": header["kid"]}).to_string());
    let altered = if signature.starts_with('A') { 'B' } else { 'A' };
    // Signed by a secret that everybody knows: the public key.
    let secret = jsonwebtoken::EncodingKey::from_secret(server.identity.public_key().unwrap().as_bytes());
    let mut shared = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS512);
    shared.kid = header["kid"].as_str().map(str::to_owned);
    let claims: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&body).unwrap()).unwrap();
    let elsewhere = Server::start_at(SATURDAY_MS).await;
    elsewhere.identity.rotate_keys().await.unwrap();
    elsewhere.pass(3601);
    vec![
        ("none", None),
        ("garbage", Some("garbage".to_owned())),
        ("expired", Some(expired)),
        ("logged out", Some(text("access_token"))),
        ("a refresh token", Some(text("refresh_token"))),
        ("an id token", Some(text("id_token"))),
        ("altered", Some(format!("{head}.{body}.{altered}{}", &signature[1..]))),
        ("unsigned", Some(format!("{}.{body}.", named("none")))),
        ("unsigned in other words", Some(format!("{}.{body}.{signature}", named("nOnE")))),
        ("signed with the public key", Some(jsonwebtoken::encode(&shared, &claims, &secret).unwrap())),
        ("of another issuer", Some(elsewhere.login("admin", PASSWORD).await)),
    ]
}

pub(crate) async fn post(server: &Server, path: &str, form: &str) -> Answer {
    let request = Request::post(format!("/realms/master/protocol/openid-connect/{path}"))
        .header(header::HOST, "keycloak.emt.localhost:8443")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    server.call(request).await
}

/// What an answer says about permission. Those to HEAD have no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// 401.
    Unauthenticated,
    /// 403 in JSON.
    Forbidden,
    /// 403 in plain text: which of both is wrong is not told.
    UnknownProject,
    NotFound,
    /// Anything else: what came next was looked at.
    Let,
}

fn said(answer: &Answer) -> Said {
    match answer.status {
        401 => Said::Unauthenticated,
        403 if answer.text() == UNKNOWN => Said::UnknownProject,
        403 => Said::Forbidden,
        404 => Said::NotFound,
        _ => Said::Let,
    }
}

/// What a caller has to be told. `own`: whether it is about their own project; `header`: whether the project is in a header.
fn expected(operation: &Operation, who: &Who, own: bool, place: Place) -> Vec<Said> {
    let allowed = vec![Said::Let, Said::NotFound];
    let in_project = |may: bool| match (own, may, place) {
        (true, true, _) => allowed.clone(),
        // Whoever has roles in no project or several must say which is meant.
        (_, false, Place::Token) if !who.can("read") => vec![Said::Unauthenticated],
        (_, false, Place::Token) => vec![Said::Forbidden],
        (_, _, Place::Header) | (true, false, _) if who.can("member") || place == Place::Header => vec![Said::Forbidden],
        _ => vec![Said::UnknownProject],
    };
    match operation.access {
        Access::Person if who.can("agent") => vec![Said::Forbidden],
        Access::Open | Access::SignedIn | Access::Person => allowed,
        Access::OwnSecret => vec![Said::Unauthenticated],
        Access::ReadProject => in_project(who.can("read")),
        Access::WriteProject => in_project(who.can("write")),
        Access::FetchImages if own && (who.can("read") || who.can("agent")) => vec![Said::Let],
        Access::FetchImages => vec![Said::NotFound],
        Access::AdministerProjects if who.can("projects") => allowed,
        Access::AdministerOrgs if who.can("orgs") => allowed,
        // Of what may not even be seen it is not told that it is there.
        Access::AdministerProjects => vec![Said::Forbidden, Said::NotFound],
        Access::AdministerOrgs => vec![Said::Forbidden],
    }
}

/// Where the project of a request is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Header,
    Token,
}

impl World {
    /// Sends an operation's request at a path.
    async fn send(
        &self,
        operation: &Operation,
        template: &str,
        (name, uuid): (&str, &str),
        place: Place,
        token: Option<&str>,
    ) -> Answer {
        let mut path = String::new();
        for segment in template.split('/').skip(1) {
            let filled = match segment {
                "{project}" if template.starts_with("/files-") => uuid,
                "{project}" => name,
                "{org}" => "default",
                "{sha256}" => &self.image,
                parameter if parameter.starts_with('{') => "host-00000000",
                literal => literal,
            };
            let _ = write!(path, "/{filled}");
        }
        let mut request = Request::builder().method(operation.method.clone()).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if place == Place::Header {
            request = request.header("activeprojectid", uuid);
        }
        let sends = [Method::POST, Method::PUT, Method::PATCH].contains(&operation.method);
        let body = if sends { Body::from("{}") } else { Body::empty() };
        if sends {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.server.call(request.body(body).unwrap()).await
    }

    pub(crate) fn generations(&self) -> Vec<u64> {
        ["", &self.server.project, &self.other].map(|project| self.server.store.generation(project)).to_vec()
    }
}

/// The paths of an operation, and the ways in which each tells the project.
fn places(operation: &Operation) -> Vec<(&str, Place)> {
    let in_project = [Access::ReadProject, Access::WriteProject].contains(&operation.access);
    let ways = |path: &str| match (path.starts_with(PREFIX), in_project) {
        (true, _) => vec![Place::Token, Place::Header],
        (false, true) => vec![Place::Path, Place::Header],
        (false, false) => vec![Place::Path],
    };
    operation.paths.iter().flat_map(|path| ways(path).into_iter().map(move |place| (path.as_str(), place))).collect()
}

#[tokio::test]
async fn every_operation_by_everybody() {
    let world = world().await;
    let (mut wrong, mut asked) = (String::new(), 0);
    let mut report =
        |operation: &Operation, path: &str, who: &str, place: Place, answer: &Answer, expected: &dyn std::fmt::Debug| {
            let (method, status, text) = (&operation.method, answer.status, answer.text());
            let _ = writeln!(wrong, "{method} {path} ({place:?}) by {who}: {status} {text}, expected {expected:?}");
        };
    for operation in operations() {
        let own = (PROJECT, world.server.project.as_str());
        let removes = operation.method == Method::DELETE;
        for (path, place) in places(&operation) {
            for who in &world.callers {
                for (is_own, project) in [(true, own), (false, (OTHER, world.other.as_str()))] {
                    if !is_own && place == Place::Token {
                        continue;
                    }
                    let expected = expected(&operation, who, is_own, place);
                    let refused = !expected.contains(&Said::Let);
                    let administers = [Access::AdministerProjects, Access::AdministerOrgs].contains(&operation.access);
                    // Who may delete all of a project is asked to delete one that is not there.
                    let project = if administers && removes && !refused { ("nowhere", project.1) } else { project };
                    if operation.access == Access::AdministerOrgs && removes && !refused {
                        continue;
                    }
                    let before = world.generations();
                    let answer = world.send(&operation, path, project, place, Some(&who.token)).await;
                    asked += 1;
                    let mut expected = expected;
                    if operation.method == Method::HEAD && expected == [Said::UnknownProject] {
                        expected = vec![Said::Forbidden];
                    }
                    if !expected.contains(&said(&answer)) {
                        report(&operation, path, who.name, place, &answer, &expected);
                    }
                    if refused && world.generations() != before {
                        report(&operation, path, who.name, place, &answer, &"that nothing changes");
                    }
                }
            }
            let before = world.generations();
            let open = match operation.access {
                Access::Open => Some(world.send(&operation, path, own, place, None).await.status),
                _ => None,
            };
            for (fault, token) in &world.worthless {
                let answer = world.send(&operation, path, own, place, token.as_deref()).await;
                asked += 1;
                // What is open is the same with any token.
                if answer.status != open.unwrap_or(401) {
                    report(&operation, path, fault, place, &answer, &open.unwrap_or(401));
                }
            }
            if world.generations() != before {
                let answer = world.send(&operation, path, own, place, None).await;
                report(&operation, path, "worthless tokens", place, &answer, &"that nothing changes");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(asked > 1000, "{asked}");
}

#[tokio::test]
async fn a_project_in_a_header_must_be_a_uuid() {
    let world = world().await;
    let writer = world.callers.iter().find(|who| who.name == "writer").unwrap();
    for (path, project, status) in [
        ("/v1/projects/any/compute/hosts", Some("no-uuid"), 401),
        ("/v1/projects/any/compute/hosts", Some(""), 401),
        ("/v1/projects/any/compute/hosts", Some(world.server.project.as_str()), 200),
        ("/v1/projects/any/compute/hosts", None, 403),
        ("/edge-infra.orchestrator.apis/v2/hosts", None, 200),
        ("/edge-infra.orchestrator.apis/v2/hosts", Some("no-uuid"), 401),
        ("/edge-infra.orchestrator.apis/v2/hosts", Some(world.other.as_str()), 403),
    ] {
        let mut request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", writer.token));
        if let Some(project) = project {
            request = request.header("ActiveProjectID", project);
        }
        let answer = world.server.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{path} {project:?}: {}", answer.text());
    }
}
