//! Links that sign one browser in, once.

#![allow(clippy::unwrap_used, reason = "for tests")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::http::Method;
use emt_api::filter::Expr;
use emt_server::{
    identity::records::{Browser as Kept, Session, SignInLink},
    store::StoreExt,
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    browser::Browser,
    support::{PASSWORD, SATURDAY_MS, Server},
};

const HOST: &str = "emt.localhost:8443";

async fn link(server: &Server, page: Json) -> String {
    let body = if page.is_null() { json!({}) } else { json!({"page": page}) };
    let made = server.ok("POST", "/v1/sign-in-links", body).await;
    let (url, code) = (made["url"].as_str().unwrap(), made["code"].as_str().unwrap());
    assert_eq!(url, format!("https://{HOST}/ui/enter#{code}"));
    assert!(code.len() == 43 && !made["expiresAt"].as_str().unwrap().is_empty(), "{made}");
    code.to_owned()
}

impl Browser<'_> {
    /// What the form of this browser carries.
    async fn enter_form(&self) -> String {
        let page = self.page("/ui/enter").await;
        let form = page.split("action=\"/ui/enter\"").nth(1).unwrap();
        form.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// Brings a code; the status, and where it leads.
    async fn enter(&self, code: &str) -> (u16, String) {
        let form = self.enter_form().await;
        let answer = self.post("/ui/enter", &[("form", &form), ("code", code)]).await;
        (answer.status, answer.header("location").to_owned())
    }

    async fn is_signed_in(&self) -> bool {
        self.get("/ui/p/shops").await.status == 200
    }
}

fn browser(server: &Server) -> Browser<'_> {
    Browser::new(server, HOST)
}

#[tokio::test]
async fn a_link_signs_one_browser_in_once() {
    let server = Server::start_at(SATURDAY_MS).await;
    let code = link(&server, json!("/ui/p/shops/hosts?view=failing")).await;
    let first = browser(&server);
    // Whoever fetches links in advance uses none up.
    for method in [Method::GET, Method::HEAD, Method::GET] {
        assert_eq!(browser(&server).send(method, "/ui/enter", &[], None).await.status, 200);
    }
    assert!(first.page("/ui/enter").await.contains("data-enter=\"now\""), "the script goes on by itself");
    assert_eq!(first.enter(&format!("  {code} ")).await, (303, "/ui/p/shops/hosts?view=failing".to_owned()));
    assert!(first.page("/ui/p/shops").await.contains("<span class=\"user\">admin</span>"));
    for again in [&first, &browser(&server)] {
        assert_eq!(again.enter(&code).await.0, 400);
    }
    assert!(first.is_signed_in().await, "a code that is worthless ends nothing");
    assert_eq!(browser(&server).enter(&link(&server, Json::Null).await).await, (303, "/ui".to_owned()));
}

#[tokio::test]
async fn of_two_browsers_with_one_link_one_gets_in() {
    let server = Server::start_at(SATURDAY_MS).await;
    for _ in 0..8 {
        let code = link(&server, Json::Null).await;
        let (one, other) = (browser(&server), browser(&server));
        let (one, other) = tokio::join!(one.enter(&code), other.enter(&code));
        let mut statuses = [one.0, other.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 400]);
    }
}

#[tokio::test]
async fn a_link_ends_with_time_with_its_login_and_with_its_owner() {
    let server = Server::start_at(SATURDAY_MS).await;
    let code = link(&server, Json::Null).await;
    server.pass(600);
    assert_eq!(browser(&server).enter(&code).await.0, 400, "ten minutes are over");
    let code = link(&server, Json::Null).await;
    server.pass(599);
    assert_eq!(browser(&server).enter(&code).await.0, 303);
    server.identity.purge().await.unwrap();

    let user = server.user("ann", |user| user.roles.0.push("admin".to_owned())).await;
    let ann = server.login("ann", PASSWORD).await;
    let of_ann = async || {
        let (status, text) = server.request_as(&ann, "POST", "/v1/sign-in-links", Some("{}".to_owned())).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Json>(&text).unwrap()["code"].as_str().unwrap().to_owned()
    };
    let (code, later) = (of_ann().await, of_ann().await);
    let inside = browser(&server);
    assert_eq!(inside.enter(&later).await.0, 303);
    let path = format!("/admin/realms/master/users/{}", user.meta.id);
    let enable = async |on: bool| {
        let (status, text) = server.request("PUT", &path, Some(json!({"enabled": on}).to_string())).await;
        assert_eq!(status, 204, "{text}");
    };
    enable(false).await;
    assert_eq!(browser(&server).enter(&code).await.0, 400, "who is disabled signs nobody in");
    assert!(!inside.is_signed_in().await, "and is out");
    enable(true).await;
    let ann = server.login("ann", PASSWORD).await;
    let (_, text) = server.request_as(&ann, "POST", "/v1/sign-in-links", Some("{}".to_owned())).await;
    let code = serde_json::from_str::<Json>(&text).unwrap()["code"].as_str().unwrap().to_owned();
    for session in server.store.load_all::<Session>("", Expr::is("user_uuid", user.meta.id.as_str())).await.unwrap() {
        server.request("DELETE", &format!("/admin/realms/master/sessions/{}", session.meta.id), None).await;
    }
    assert_eq!(browser(&server).enter(&code).await.0, 400, "the login that made it has ended");
}

#[tokio::test]
async fn a_browser_stays_no_longer_than_the_login_that_let_it_in() {
    let server = Server::start_at(SATURDAY_MS).await;
    server.pass(3000);
    let inside = browser(&server);
    assert_eq!(inside.enter(&link(&server, Json::Null).await).await.0, 303);
    server.pass(43_200 - 3001);
    assert!(inside.is_signed_in().await);
    server.pass(1);
    assert!(!inside.is_signed_in().await);
}

#[tokio::test]
async fn whoever_was_signed_in_before_is_told_and_out() {
    let server = Server::start_at(SATURDAY_MS).await;
    server.user("ann", |user| user.roles.0.push(format!("{}_im-r", server.project))).await;
    let shared = Browser::signed_in(&server, "ann").await;
    let before = shared.cookies.lock().unwrap()["__Host-emt"].clone();
    let form = shared.page("/ui/enter").await;
    assert!(form.contains("signed in as <strong>ann</strong>") && !form.contains("data-enter=\"now\""), "{form}");
    let logins = server.store.load_all::<Kept>("", Expr::everything()).await.unwrap().len();
    assert_eq!(shared.enter(&link(&server, Json::Null).await).await.0, 303);
    assert!(shared.page("/ui/p/shops").await.contains("<span class=\"user\">admin</span>"));
    assert_eq!(server.store.load_all::<Kept>("", Expr::everything()).await.unwrap().len(), logins);
    let kept = browser(&server);
    kept.cookies.lock().unwrap().insert("__Host-emt".to_owned(), before);
    assert!(!kept.is_signed_in().await);
}

#[tokio::test]
async fn only_a_form_that_was_shown_here_takes_a_code() {
    let server = Server::start_at(SATURDAY_MS).await;
    let code = link(&server, Json::Null).await;
    let (victim, other) = (browser(&server), browser(&server));
    let foreign = other.enter_form().await;
    for fields in [vec![("code", code.as_str())], vec![("code", &code), ("form", "")], vec![("code", &code), ("form", &foreign)]]
    {
        assert_eq!(victim.post("/ui/enter", &fields).await.status, 403);
        victim.page("/ui/enter").await;
        assert_eq!(victim.post("/ui/enter", &fields).await.status, 403);
    }
    for wrong in ["", "x", &code[1..], &format!("{code}x"), &code.to_lowercase()] {
        assert_eq!(victim.enter(wrong).await.0, 400, "{wrong:?}");
    }
    // Two forms in one browser are both good.
    let first = victim.enter_form().await;
    victim.enter_form().await;
    assert_eq!(victim.post("/ui/enter", &[("form", &first), ("code", &code)]).await.status, 303);
}

#[tokio::test]
async fn links_lead_to_pages_of_this_server_only() {
    let server = Server::start_at(SATURDAY_MS).await;
    for page in [
        "https://evil.example/ui",
        "//evil.example",
        "/ui\\@evil.example",
        "/uix",
        "",
        "ui",
        "/ui/a\r\nb",
        "/realms/master",
        &"/ui/a".repeat(300),
    ] {
        let (status, text) = server.request("POST", "/v1/sign-in-links", Some(json!({"page": page}).to_string())).await;
        assert!(status == 400 && text.contains("/page"), "{page:?}: {status} {text}");
    }
    let (status, text) = server.request("POST", "/v1/sign-in-links", Some(json!({"pages": "/ui"}).to_string())).await;
    assert!(status == 400 && text.contains("pages"), "{status} {text}");
}

#[tokio::test]
async fn the_server_keeps_a_digest_of_few_links() {
    let server = Server::start_at(SATURDAY_MS).await;
    let mut codes = Vec::new();
    for _ in 0..13 {
        codes.push(link(&server, Json::Null).await);
        server.pass(1);
    }
    let kept = server.store.load_all::<SignInLink>("", Expr::everything()).await.unwrap();
    let mut ids: Vec<String> = kept.iter().map(|link| link.meta.id.clone()).collect();
    let mut newest: Vec<String> = codes[3..].iter().map(|code| hex::encode(Sha256::digest(code))).collect();
    ids.sort();
    newest.sort();
    assert_eq!(ids, newest, "of one login ten wait, the newest");
    let database = std::fs::read(server.directory.path().join("emt.db")).unwrap();
    let written = |text: &str| database.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!codes.iter().any(|code| written(code)));
    server.pass(600);
    server.identity.purge().await.unwrap();
    assert_eq!(server.store.load_all::<SignInLink>("", Expr::everything()).await.unwrap(), []);
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_code_is_logged_or_told_to_the_next_page() {
    let server = Server::start_at(SATURDAY_MS).await;
    let log = Log::default();
    let writer = log.clone();
    let logs = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    // For the whole process: what one thread alone logs is passed over while others run that log nothing.
    tracing::subscriber::set_global_default(logs).unwrap();
    let code = link(&server, Json::Null).await;
    let inside = browser(&server);
    let form = inside.enter_form().await;
    let answer = inside.post("/ui/enter", &[("form", &form), ("code", &code)]).await;
    assert_eq!(
        (answer.status, answer.header("referrer-policy"), answer.header("cache-control")),
        (303, "same-origin", "no-store")
    );
    assert!(!format!("{:?}", answer.headers).contains(&code));
    assert_eq!(inside.enter(&code).await.0, 400);
    let cookie = inside.cookies.lock().unwrap()["__Host-emt"].clone();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for (secret, name) in [(&code, "code"), (&cookie, "cookie"), (&server.token, "token")] {
        assert!(!log.contains(secret.as_str()), "{name}: {log}");
    }
    assert!(log.contains("a browser is signed in by a link") && log.contains("/ui/enter"), "{log}");
}
