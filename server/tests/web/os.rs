//! Versions and sources: what they heal, what changes, blocks, and a look at a source now.

#![allow(clippy::unwrap_used, reason = "for tests")]

use std::sync::{Arc, atomic::AtomicI64};

use emt_api::{filter::Expr, resources::Os};
use emt_server::{
    clock::Clock,
    config::{Config, OsSources},
    store::{Batch, StoreExt},
};
use serde_json::json;

use crate::{
    browser::Browser,
    support::{SATURDAY_MS, Server, tree::Tree},
};

/// A server with a source that offers two versions.
struct World {
    server: Server,
    tree: Tree,
    source: String,
    _directory: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(directory.path().join("releases"));
        tree.publish("emt", "3.0.1", b"one").publish("emt", "3.0.2", b"two").cves("emt", "3.0.2", &["CVE-9"]).write();
        let os_sources = OsSources { directories: vec![directory.path().to_owned()], hosts: Vec::new() };
        let config = Config { image_limit: 1 << 20, os_sources, ..Config::default() };
        let server = Server::with(Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS))), &config).await;
        let body = json!({"name": "releases", "kind": "OS_SOURCE_KIND_DIRECTORY", "url": tree.root.to_str().unwrap()});
        let source = server.ok("POST", "os-sources", body).await["resourceId"].as_str().unwrap().to_owned();
        Self { server, tree, source, _directory: directory }
    }

    async fn os(&self, version: &str) -> Os {
        self.server.store.first(&self.server.project, Expr::is("image_id", version)).await.unwrap().unwrap()
    }
}

fn at(rest: &str) -> String {
    format!("/ui/p/shops/os/{rest}")
}

#[tokio::test]
async fn a_source_is_looked_at_when_somebody_asks() {
    let mut world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let form = browser.form_token().await;
    let page = at(&format!("sources/{}", world.source));
    assert!(browser.page("/ui/p/shops/os").await.contains(&page), "the list leads to it");
    let shown = browser.page(&page).await;
    assert!(shown.contains("Nothing is offered yet") && shown.contains("every 15 minutes"), "{shown}");
    let look = format!("{page}/look");
    let answer = browser.post(&look, &[("form", &form)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, page.as_str()), "{}", answer.text());
    let shown = browser.page(&page).await;
    assert!(shown.contains("2 versions offered, 2 new") && shown.contains("Synchronised"), "{shown}");
    assert!(shown.contains(&at(world.os("3.0.2").await.meta.id.as_str())), "an offer leads to what became of it");

    // What needs somebody's eyes comes first.
    world.tree.document("emt", "3.0.3", "spec: [").write();
    browser.post(&look, &[("form", &form)]).await;
    let shown = browser.page(&page).await;
    let (bad, good) = (shown.find(">failed<").unwrap(), shown.find(">taken<").unwrap());
    assert!(bad < good && shown.contains("1 failed") && shown.contains("tried again"), "{shown}");

    std::fs::remove_dir_all(&world.tree.root).unwrap();
    browser.post(&look, &[("form", &form)]).await;
    let shown = browser.page(&page).await;
    assert!(shown.contains("class=\"dot bad\""), "why it cannot be read is told: {shown}");
    for gone in ["ossource-00000000", "ossource-0", "os-00000000"] {
        assert_eq!(browser.get(&at(&format!("sources/{gone}"))).await.status, 404);
        assert_eq!(browser.post(&at(&format!("sources/{gone}/look")), &[("form", &form)]).await.status, 404);
    }
}

#[tokio::test]
async fn a_version_tells_what_it_heals_and_what_changes() {
    let world = World::new().await;
    world.server.ok("POST", &format!("os-sources/{}/sync", world.source), json!(null)).await;
    let (old, mut new) = (world.os("3.0.1").await, world.os("3.0.2").await);
    new.fixed_cves = json!([{"cve_id": "CVE-3.0.1", "priority": "critical"}, {"cve_id": "<b>", "priority": "low"}]).to_string();
    world.server.store.commit(Batch::default().update(new.clone())).await.unwrap();
    let browser = Browser::signed_in(&world.server, "admin").await;
    let list = browser.page("/ui/p/shops/os").await;
    assert!(list.contains("2 fixes, 1 critical") && list.contains("at its source"), "{list}");
    let place = at(&new.meta.id);
    let page = browser.page(&place).await;
    assert!(page.contains("newest") && page.contains(&format!("emtctl os diff {} {}", old.meta.id, new.meta.id)), "{page}");
    // Against the version before it: what was known of that is known of this no more.
    assert!(page.contains("1 vulnerability fixed") && page.contains("1 vulnerability new") && page.contains("CVE-9"), "{page}");
    assert!(page.contains("0 added, 0 removed, 1 changed") && page.contains("<td>3.0.1</td><td>3.0.2</td>"), "{page}");
    let page = browser.page(&format!("{place}?from=")).await;
    assert!(page.contains("2 vulnerabilities fixed") && page.contains("1 vulnerability known"), "{page}");
    assert!(page.contains("&#60;b&#62;") && !page.contains("<code><b>"), "{page}");
    let page = browser.page(&format!("{place}?from=os-00000000")).await;
    assert!(page.contains("vulnerability known"), "what is not there is compared with nothing: {page}");
    let page = browser.page(&at(&old.meta.id)).await;
    assert!(page.contains("1 vulnerability known"), "the first has nothing before it: {page}");
    // What is remembered ends with the revision that it was counted at.
    let mut new = world.os("3.0.2").await;
    new.fixed_cves = "[]".to_owned();
    world.server.store.commit(Batch::default().update(new)).await.unwrap();
    assert!(!browser.page("/ui/p/shops/os").await.contains("2 fixes"));
    for gone in ["os-00000000", "host-00000001", "x"] {
        assert_eq!(browser.get(&at(gone)).await.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn a_version_is_blocked_with_a_reason_by_who_may() {
    let world = World::new().await;
    world.server.ok("POST", &format!("os-sources/{}/sync", world.source), json!(null)).await;
    let id = world.os("3.0.2").await.meta.id;
    let project = world.server.project.clone();
    world.server.user("reader", |user| user.roles.0.push(format!("{project}_im-r"))).await;
    let (browser, reader) = (Browser::signed_in(&world.server, "admin").await, Browser::signed_in(&world.server, "reader").await);
    let (form, of_reader) = (browser.form_token().await, reader.form_token().await);
    let place = at(&format!("{id}/block"));
    let look = at(&format!("sources/{}/look", world.source));
    for (browser, fields, status) in [
        (&reader, vec![("form", of_reader.as_str()), ("reason", "mine")], 403),
        (&browser, vec![("form", of_reader.as_str()), ("reason", "mine")], 403),
        (&browser, vec![("form", form.as_str()), ("reason", " ")], 400),
        (&browser, vec![("form", form.as_str()), ("reason", "a\u{7}b")], 400),
    ] {
        assert_eq!(browser.post(&place, &fields).await.status, status, "{fields:?}");
        assert_eq!(world.os("3.0.2").await.blocked, "");
    }
    assert_eq!(reader.post(&look, &[("form", &of_reader)]).await.status, 403);
    for shown in [at(&id), at(&format!("sources/{}", world.source))] {
        assert_eq!(reader.page(&shown).await.matches("<form method=\"post\"").count(), 1, "a reader is offered nothing");
    }
    let answer = browser.post(&place, &[("form", &form), ("reason", "its kernel hangs")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, at(&id).as_str()));
    assert_eq!(world.os("3.0.2").await.blocked, "by admin: its kernel hangs");
    let page = browser.page(&at(&id)).await;
    assert!(page.contains("Blocked by admin: its kernel hangs") && page.contains("emtctl os unblock"), "{page}");
    assert_eq!(browser.post(&place, &[("form", &form), ("unblock", "yes")]).await.status, 303);
    assert_eq!(world.os("3.0.2").await.blocked, "");
}
