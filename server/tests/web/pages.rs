//! What pages show, to whom, and that nothing that is shown becomes part of them.

#![allow(clippy::unwrap_used, reason = "for tests")]

use std::io::Read as _;

use axum::http::Method;
use emt_api::resources::Host;
use emt_server::store::{Batch, StoreExt};
use serde_json::json;

use crate::{
    browser::Browser,
    support::{SATURDAY_MS, Server},
};

/// Most bytes that one page may bring to a browser, with style, script and icon.
const MOST: usize = 100_000;

async fn host(server: &Server, name: &str, number: usize) -> String {
    let body = json!({"name": name, "uuid": format!("4c4c4544-0035-3010-8052-b4c04f{number:06x}")});
    server.ok("POST", "compute/hosts/register", body).await["resourceId"].as_str().unwrap().to_owned()
}

/// A page without what its forms carry, which is never the same.
fn without_forms(page: &str) -> String {
    let mut parts = page.split("name=\"form\" value=\"");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').unwrap().1)
}

/// Assets that a page names.
fn assets(page: &str) -> Vec<&str> {
    page.split('"').filter(|text| text.starts_with("/ui/assets/")).collect()
}

#[tokio::test]
async fn each_page_is_small_safe_and_whole() {
    let server = Server::start_at(SATURDAY_MS).await;
    let mut id = String::new();
    for number in 0..60 {
        id = host(&server, &format!("edge-{number:03}"), number).await;
    }
    let os = |version: usize| {
        json!({
            "name": format!("Edge {version}"), "profileName": "emt-edge", "imageId": format!("3.0.{version}"), "osType": "OS_TYPE_IMMUTABLE",
            "sha256": "a".repeat(64), "securityFeature": "SECURITY_FEATURE_NONE", "osProvider": "OS_PROVIDER_KIND_INFRA",
        })
    };
    for version in 0..30 {
        server.ok("POST", "compute/os", os(version)).await;
    }
    let browser = Browser::signed_in(&server, "admin").await;
    let host = format!("/ui/p/shops/hosts/{id}");
    let places = ["", "/hosts", "/hosts?offset=50", "/os", "/schedules"].map(|place| format!("/ui/p/shops{place}"));
    for place in places.iter().map(String::as_str).chain([host.as_str()]) {
        let answer = browser.get(place).await;
        let page = answer.text();
        assert_eq!(answer.status, 200, "{place}: {page}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(part), "{place}: {policy}");
        }
        assert!(!policy.contains("unsafe") && answer.header("cache-control") == "no-store", "{place}");
        assert_eq!((answer.header("x-content-type-options"), answer.header("referrer-policy")), ("nosniff", "same-origin"));
        assert!(page.contains(answer.header("x-request-id")), "{place} shows the id of its request");
        assert!(page.contains("<main id=\"main\"") && page.contains("class=\"skip\"") && page.contains("emtctl "), "{place}");
        assert_eq!(page.matches("<h1>").count(), 1, "{place}");
        for never in [" style=", " onclick=", "<script>", "javascript:", "http://", "//cdn"] {
            assert!(!page.contains(never), "{place} has {never}");
        }
        let mut weight = page.len();
        for asset in assets(&page) {
            let answer = browser.get(asset).await;
            assert!(answer.status == 200 && answer.header("cache-control").contains("immutable"), "{asset}");
            let packed = browser.send(Method::GET, asset, &[("accept-encoding", "br, gzip")], None).await;
            assert!(packed.header("content-encoding") == "gzip" && packed.body.len() < answer.body.len(), "{asset}");
            weight += answer.body.len();
        }
        assert!(weight < MOST, "{place}: {weight} bytes, even unpacked");
        let part = browser.send(Method::GET, place, &[("x-emt-fragment", "1")], None).await.text();
        assert!(without_forms(&page).contains(&without_forms(&part)), "{place}: the middle alone is the same");
        assert!(!part.contains("<html"), "{place}");
        let packed = browser.send(Method::GET, place, &[("accept-encoding", "gzip")], None).await;
        assert!(packed.header("content-encoding") == "gzip" && packed.body.len() * 3 < page.len() * 2, "{place}");
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&*packed.body).read_to_string(&mut unpacked).unwrap();
        let without_request = |page: &str| page.split("<footer>").next().map(without_forms);
        assert_eq!(without_request(&unpacked), without_request(&page), "{place}");
    }
    assert_eq!(browser.get("/ui/assets/0123.css").await.status, 404);
}

#[tokio::test]
async fn hosts_are_found_sorted_and_paged() {
    let server = Server::start_at(SATURDAY_MS).await;
    for number in 0..60 {
        host(&server, &format!("edge-{number:03}"), number).await;
    }
    let browser = Browser::signed_in(&server, "admin").await;
    for (query, there, not) in [
        ("", "edge-000", "edge-050"),
        ("", "1–50 of 60 hosts", "rel=\"prev\""),
        ("", "Not connected <b>60</b>", "Failing <b>60</b>"),
        ("?offset=50", "edge-059", "rel=\"next\""),
        ("?q=edge-01", "1–10 of 10 hosts", "edge-020"),
        ("?q=nothing-like-it", "Not connected <b>60</b>", "edge-0"),
        ("?offset=50", "51–60 of 60 hosts", "edge-000"),
        ("?sort=name%20desc", "edge-059", "edge-000"),
        ("?q=EDGE-007", "edge-007", "edge-008"),
        ("?filter=name%3D%22edge-01%22", "edge-019", "edge-020"),
        ("?view=not-connected", "1–50 of 60", "Nothing fits"),
        ("?view=available", "Nothing fits", "edge-0"),
        ("?view=failing", "Nothing fits", "edge-0"),
        ("?view=running", "Nothing fits", "edge-0"),
        ("?view=updating", "Nothing fits", "edge-0"),
        ("?filter=nonsense%20%3D", "role=\"alert\"", "edge-0"),
        ("?filter=%3Cscript%3E", "&#60;script&#62;", "<script>"),
        ("?sort=nothing", "role=\"alert\"", "edge-0"),
    ] {
        let page = browser.page(&format!("/ui/p/shops/hosts{query}")).await;
        assert!(page.contains(there) && !page.contains(not), "{query}: {there}, and not {not}: {page}");
    }
    let overview = browser.page("/ui/p/shops").await;
    assert!(overview.contains("<b>60</b><span>All hosts") && overview.contains("<b class=\"off\">60</b><span>Not connected"));
}

#[tokio::test]
async fn names_of_others_do_nothing() {
    let server = Server::start_at(SATURDAY_MS).await;
    let evil = "\"><script>alert('x')</script>";
    let id = host(&server, "edge", 1).await;
    let mut named: Host = server.store.load(&server.project, &id).await.unwrap().unwrap();
    named.name = evil.to_owned();
    named.serial_number = evil.to_owned();
    server.store.commit(Batch::default().update(named)).await.unwrap();
    let browser = Browser::signed_in(&server, "admin").await;
    for place in
        ["/ui/p/shops/hosts", &format!("/ui/p/shops/hosts/{id}"), "/ui/p/shops/hosts?q=%22%3E%3Cscript%3E", "/ui/%3Cscript%3E"]
    {
        let page = browser.get(place).await.text();
        assert!(!page.contains("<script>") && !page.contains("alert('x')"), "{place}: {page}");
    }
}

#[tokio::test]
async fn pages_go_by_the_rights_of_the_api() {
    let server = Server::start_at(SATURDAY_MS).await;
    let id = host(&server, "edge", 1).await;
    let project = server.project.clone();
    for (name, role, status) in [
        ("reader", format!("{project}_im-r"), 200),
        ("writer", format!("{project}_im-rw"), 200),
        ("stranger", format!("{}_im-rw", uuid::Uuid::new_v4()), 403),
        ("nobody", "other".to_owned(), 403),
        ("admin-only", "admin".to_owned(), 403),
    ] {
        server.user(name, |user| user.roles.0.push(role)).await;
        let browser = Browser::signed_in(&server, name).await;
        let token = server.login(name, crate::support::PASSWORD).await;
        for (place, path) in [
            ("/ui/p/shops".to_owned(), "compute/hosts".to_owned()),
            ("/ui/p/shops/hosts".to_owned(), "compute/hosts".to_owned()),
            (format!("/ui/p/shops/hosts/{id}"), format!("compute/hosts/{id}")),
            ("/ui/p/elsewhere".to_owned(), "/v1/projects/elsewhere/compute/hosts".to_owned()),
        ] {
            let status = if place.ends_with("elsewhere") { 403 } else { status };
            let answer = browser.get(&place).await;
            assert_eq!(answer.status, status, "{name} {place}");
            assert_eq!(server.request_as(&token, "GET", &path, None).await.0, status, "{name} {path}: the API says the same");
            if status == 403 {
                assert!(!answer.text().contains("edge"), "{name} {place}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_with_the_request() {
    let server = Server::start_at(SATURDAY_MS).await;
    let browser = Browser::signed_in(&server, "admin").await;
    for (place, status) in [
        ("/ui/p/shops/hosts/host-00000000", 404),
        ("/ui/p/shops/hosts/nonsense", 404),
        ("/ui/p/shops/nonsense", 404),
        ("/ui/nonsense", 404),
        ("/ui/p/other", 403),
    ] {
        let answer = browser.get(place).await;
        assert_eq!(answer.status, status, "{place}");
        let page = answer.text();
        assert!(page.contains("role=\"alert\"") && page.contains(answer.header("x-request-id")), "{place}: {page}");
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start_at(SATURDAY_MS).await;
    let id = host(&server, "edge", 1).await;
    let browser = Browser::signed_in(&server, "admin").await;
    for place in ["/ui/p/shops", "/ui/p/shops/hosts", &format!("/ui/p/shops/hosts/{id}"), "/ui/p/shops/os"] {
        let page = browser.page(place).await;
        let part = browser.send(Method::GET, place, &[("x-emt-fragment", "1")], None).await;
        let tag = part.header("etag").to_owned();
        assert!(tag.starts_with("W/\"") && page.contains(&tag.replace('"', "&#34;")), "{place}: {tag}");
        let again =
            async |tag: &str| browser.send(Method::GET, place, &[("x-emt-fragment", "1"), ("if-none-match", tag)], None).await;
        let same = again(&tag).await;
        assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, tag.as_str()), "{place}");
        assert_eq!(same.header("cache-control"), "no-store", "{place}");
        assert_eq!(again("W/\"another\"").await.status, 200, "{place}");
        // Whole pages are sent whenever somebody asks.
        assert_eq!(browser.send(Method::GET, place, &[("if-none-match", &tag)], None).await.status, 200, "{place}");
    }
    let tag = browser.send(Method::GET, "/ui/p/shops/hosts", &[("x-emt-fragment", "1")], None).await.header("etag").to_owned();
    server.ok("PATCH", &format!("compute/hosts/{id}"), json!({"name": "renamed"})).await;
    let asked = [("x-emt-fragment", "1"), ("if-none-match", tag.as_str())];
    let changed = browser.send(Method::GET, "/ui/p/shops/hosts", &asked, None).await;
    assert!(changed.status == 200 && changed.text().contains("renamed"), "{}", changed.status);
}

/// What is remembered for one visitor is not shown to one who may do less, and carries each one's own forms.
#[tokio::test]
async fn what_is_remembered_is_nobodys_own() {
    let server = Server::start_at(SATURDAY_MS).await;
    host(&server, "edge", 1).await;
    let project = server.project.clone();
    for (name, role) in [("reader", "im-r"), ("writer", "im-rw"), ("other", "im-rw")] {
        server.user(name, |user| user.roles.0.push(format!("{project}_{role}"))).await;
    }
    let (writer, other) = (Browser::signed_in(&server, "writer").await, Browser::signed_in(&server, "other").await);
    let reader = Browser::signed_in(&server, "reader").await;
    let place = "/ui/p/shops/hosts";
    let (of_writer, of_other) = (writer.page(place).await, other.page(place).await);
    assert_eq!(
        without_forms(of_writer.split("<main").nth(1).unwrap()).split("</main>").next(),
        without_forms(of_other.split("<main").nth(1).unwrap()).split("</main>").next()
    );
    assert!(of_writer.contains("action=\"/ui/p/shops/plan\"") && !reader.page(place).await.contains("/plan\""));
    let form = |page: &str| page.split("/plan\"><input type=\"hidden\" name=\"form\" value=\"").nth(1).unwrap()[..64].to_owned();
    let (mine, again, theirs) = (form(&of_writer), form(&writer.page(place).await), form(&of_other));
    assert!(mine != again && mine != theirs);
    for (form, status) in [(&mine, 400), (&again, 400), (&theirs, 403), (&mine[..32].to_owned(), 403)] {
        assert_eq!(writer.post("/ui/p/shops/plan", &[("form", form)]).await.status, status, "{form}");
    }
}
