//! Signing in and out, cookies, and forms from elsewhere.

use axum::http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    support::{SATURDAY_MS, Server},
};

const NAMES: [&str; 6] = [
    "emt.localhost:8443",
    "api.emt.localhost:8443",
    "keycloak.emt.localhost:8443",
    "localhost:8443",
    "127.0.0.1:8443",
    "[::1]:8443",
];

#[tokio::test]
async fn a_browser_signs_in_under_each_name_and_stays_there() {
    let server = Server::start_at(SATURDAY_MS).await;
    for name in NAMES {
        let browser = Browser::new(&server, name);
        assert_eq!(browser.get("/").await.header("location"), "/ui", "{name}");
        let place = browser.sign_in_for("/ui/p/shops/hosts?view=failing", "admin").await;
        assert_eq!(place, "/ui/p/shops/hosts?view=failing", "{name}");
        assert!(browser.page(&place).await.contains("Signed") || browser.page(&place).await.contains("Sign out"), "{name}");
        assert_eq!(browser.get("/ui").await.header("location"), "/ui/p/shops", "one project needs no choice");
    }
    // Under a foreign name no cookie would hold: the browser goes where it does.
    let foreign = Browser::new(&server, "192.0.2.7:8443");
    let answer = foreign.get("/ui/sign-in").await;
    assert_eq!((answer.status, answer.header("location")), (303, "https://emt.localhost:8443/ui"));
}

#[tokio::test]
async fn cookies_are_the_browsers_own_and_end() {
    let server = Server::start_at(SATURDAY_MS).await;
    let browser = Browser::signed_in(&server, "admin").await;
    let kept = browser.cookies.lock().unwrap().clone();
    assert!(kept.contains_key("__Host-emt") && !kept.contains_key("__Host-emt-sign-in"), "{:?}", kept.keys());
    let stranger = Browser::new(&server, "emt.localhost:8443");
    stranger.cookies.lock().unwrap().insert("__Host-emt".to_owned(), "guess".to_owned());
    assert_eq!(stranger.get("/ui/p/shops").await.status, 303, "a cookie that stands for nothing");
    assert_eq!(stranger.send(Method::GET, "/ui/p/shops", &[("x-emt-fragment", "1")], None).await.status, 401);
    assert_eq!(stranger.send(Method::GET, "/ui/p/shops/events", &[("accept", "text/event-stream")], None).await.status, 401);
    // The cookie of a browser is no token, and a token is no cookie.
    assert_eq!(server.request_as(&kept["__Host-emt"], "GET", "regions", None).await.0, 401);
    stranger.cookies.lock().unwrap().insert("__Host-emt".to_owned(), server.token.clone());
    assert_eq!(stranger.get("/ui/p/shops").await.status, 303);

    let form = browser.form_token().await;
    assert_eq!(browser.post("/ui/sign-out", &[]).await.status, 403, "without what its own pages carry");
    assert_eq!(browser.post("/ui/sign-out", &[("form", "0123")]).await.status, 403);
    browser.page("/ui/p/shops").await;
    let answer = browser.post("/ui/sign-out", &[("form", &form)]).await;
    assert!(answer.status == 200 && answer.text().contains("Signed out"), "{}", answer.text());
    assert!(!answer.text().contains("Sign out"), "{}", answer.text());
    assert!(!browser.cookies.lock().unwrap().contains_key("__Host-emt"));
    *browser.cookies.lock().unwrap() = kept;
    assert_eq!(browser.get("/ui/p/shops").await.status, 303, "what was kept elsewhere is of no use any more");
}

#[tokio::test]
async fn logins_end_by_time_and_by_administrators() {
    let server = Server::start_at(SATURDAY_MS).await;
    server.user("ann", |user| user.roles.0.push("admin".to_owned())).await;
    let browser = Browser::signed_in(&server, "ann").await;
    assert_eq!(browser.get("/ui").await.status, 200);
    let ann =
        server.ok("GET", "/admin/realms/master/users?username=ann", json!(null)).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/admin/realms/master/users/{ann}");
    let (status, text) = server.request("PUT", &path, Some(json!({"enabled": false}).to_string())).await;
    assert_eq!(status, 204, "{text}");
    assert_eq!(browser.get("/ui").await.status, 303, "who is disabled is out at once");
    let browser = Browser::signed_in(&server, "admin").await;
    server.pass(43_201);
    assert_eq!(browser.get("/ui").await.status, 303);
}

#[tokio::test]
async fn what_comes_back_must_be_what_was_begun_here() {
    let server = Server::start_at(SATURDAY_MS).await;
    let browser = Browser::new(&server, "emt.localhost:8443");
    browser.get("/ui/sign-in").await;
    let way = browser.cookies.lock().unwrap()["__Host-emt-sign-in"].clone();
    let state = way.split('.').next().unwrap().to_owned();
    for (place, told) in [
        ("/ui/callback".to_owned(), "another window"),
        ("/ui/callback?state=x&code=y".to_owned(), "another window"),
        (format!("/ui/callback?state={state}&error=access_denied&error_description=<b>no"), "&#60;b&#62;no"),
        (format!("/ui/callback?state={state}&code=y"), "Code not valid"),
        (format!("/ui/callback?state={state}"), "code"),
    ] {
        let answer = browser.get(&place.replace('<', "%3C").replace('>', "%3E")).await;
        assert!(answer.status == 400 && answer.text().contains(told), "{place}: {} {}", answer.status, answer.text());
        assert!(!browser.cookies.lock().unwrap().contains_key("__Host-emt"));
    }
    for next in ["//evil.example", "https://evil.example/ui"] {
        let browser = Browser::new(&server, "emt.localhost:8443");
        browser.get(&format!("/ui/sign-in?next={next}")).await;
        let way = browser.cookies.lock().unwrap()["__Host-emt-sign-in"].clone();
        assert!(way.ends_with(".%2Fui"), "{way}");
    }
}

#[tokio::test]
async fn programs_find_at_the_root_what_they_found_before() {
    let server = Server::start_at(SATURDAY_MS).await;
    let browser = Browser::new(&server, "emt.localhost:8443");
    for (method, accept) in [("GET", "application/json"), ("GET", "*/*"), ("POST", "text/html"), ("DELETE", "text/html")] {
        let answer = browser.send(method.parse().unwrap(), "/", &[("accept", accept)], None).await;
        assert_eq!(answer.status, 404, "{method} {accept}");
        assert_eq!(answer.json()["message"], "no matching operation was found", "{}", answer.text());
    }
    let (status, text) = server.request("GET", "/", None).await;
    assert!(status == 404 && text.contains("no matching operation was found"), "{status} {text}");
}
