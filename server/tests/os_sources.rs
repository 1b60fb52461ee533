//! Sources of OS images: what they offer becomes OS resources, each by itself; what is wrong is told and tried again; images
//! come when somebody needs them.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use emt_api::{
    enums::ImageState,
    filter::Expr,
    resources::{Os, OsOffer},
};
use emt_server::{
    clock::Clock,
    config::{Config, OsSources},
    release::{Gc, Idle, Rules},
    store::StoreExt,
};
use serde_json::{Value as Json, json};
use support::{
    SATURDAY_MS, Server,
    tree::{Tree, digest, profile},
};

struct World {
    server: Server,
    trees: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let trees = tempfile::tempdir().unwrap();
        let os_sources = OsSources { directories: vec![trees.path().to_owned()], hosts: Vec::new() };
        let config = Config { image_limit: 1 << 20, os_sources, ..Config::default() };
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS)));
        Self { server: Server::with(clock, &config).await, trees }
    }

    fn tree(&self, name: &str) -> Tree {
        Tree::new(self.trees.path().join(name))
    }

    /// A source that reads a tree.
    async fn source(&self, name: &str, tree: &Tree) -> String {
        let body = json!({"name": name, "kind": "OS_SOURCE_KIND_DIRECTORY", "url": tree.root.to_str().unwrap()});
        self.server.ok("POST", "os-sources", body).await["resourceId"].as_str().unwrap().to_owned()
    }

    async fn sync(&self, source: &str) -> Json {
        self.server.ok("POST", &format!("os-sources/{source}/sync"), Json::Null).await
    }

    async fn found(&self, source: &str, expected: Json) {
        let found = self.sync(source).await;
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&found[key], value, "{key} of {found}");
        }
    }

    async fn all_os(&self) -> Vec<Os> {
        self.server.store.load_all(&self.server.project, Expr::everything()).await.unwrap()
    }

    async fn os(&self, version: &str) -> Os {
        self.server.store.first(&self.server.project, Expr::is("image_id", version)).await.unwrap().unwrap()
    }

    async fn offers(&self, version: &str) -> Vec<OsOffer> {
        self.server.store.load_all(&self.server.project, Expr::is("tag", version)).await.unwrap()
    }

    async fn status(&self, source: &str) -> (String, String) {
        let source = self.server.ok("GET", &format!("os-sources/{source}"), Json::Null).await;
        let text = |key: &str| source[key].as_str().unwrap().to_owned();
        (text("status"), text("statusIndicator"))
    }

    fn generation(&self) -> u64 {
        self.server.store.generation(&self.server.project)
    }
}

#[tokio::test]
async fn what_is_offered_becomes_os_resources_and_no_news_writes_nothing() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").write();
    let source = world.source("releases", &tree).await;
    assert_eq!(world.status(&source).await.0, "Not synchronised yet");
    world.found(&source, json!({"offered": 2, "made": 2, "failed": 0, "error": ""})).await;
    assert_eq!(world.status(&source).await, ("Synchronised".to_owned(), "STATUS_INDICATION_IDLE".to_owned()));
    let os = world.os("3.0.2").await;
    assert_eq!((os.name.as_str(), os.profile_name.as_str(), os.sha256.as_str()), ("edge 3.0.2", "edge", digest("two").as_str()));
    assert_eq!(os.installed_packages, r#"{"repo":[{"name":"kernel","version":"3.0.2"}]}"#);
    assert!(os.existing_cves.contains("CVE-3.0.2"), "{}", os.existing_cves);
    assert_eq!(os.image_state, ImageState::AtSource);
    let url = format!("files-edge-orch/{}/{}/edge-3.0.2.raw.gz", world.server.project, digest("two"));
    assert_eq!(os.image_url, url, "nodes find it here, whatever the source calls it");

    let before = world.generation();
    world.found(&source, json!({"offered": 2, "made": 0, "unchanged": 2})).await;
    world.server.pass(900);
    world.found(&source, json!({"offered": 2, "unchanged": 2})).await;
    assert_eq!(world.generation(), before, "nothing was written");

    tree.publish("edge", "3.0.3", b"three").write();
    world.found(&source, json!({"offered": 3, "made": 1, "unchanged": 2})).await;
    let shown = world.server.ok("GET", &format!("compute/os/{}", world.os("3.0.3").await.meta.id), Json::Null).await;
    assert_eq!((shown["imageState"].as_str(), shown.get("withdrawn")), (Some("IMAGE_STATE_AT_SOURCE"), None));
}

#[tokio::test]
async fn each_profile_is_taken_by_itself() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    let good = profile("edge", "3.0.1", b"one");
    let bad: [(&str, String, &str); 6] = [
        ("3.0.2", good.replace("architecture: x86_64", "arhitecture: x86_64"), "arhitecture"),
        ("3.0.3", good.replace("  name: edge 3.0.1\n", ""), "spec.name"),
        ("3.0.4", ": : no yaml {".to_owned(), "cannot be read"),
        ("3.0.5", profile("other", "3.0.5", b"five"), "says that it is other"),
        ("3.0.6", profile("edge", "3.0.6", b"six"), "packages.json"),
        ("3.0.7", good.replace("OS_TYPE_IMMUTABLE", "OS_TYPE_ODD"), "OS_TYPE_ODD"),
    ];
    tree.publish("edge", "3.0.1", b"one");
    for (version, yaml, _) in &bad {
        tree.document("edge", version, yaml);
    }
    tree.write();
    let source = world.source("releases", &tree).await;
    world.found(&source, json!({"offered": 7, "made": 1, "failed": 6})).await;
    let (text, indicator) = world.status(&source).await;
    assert_eq!((text.as_str(), indicator.as_str()), ("Synchronised, but 6 cannot be taken", "STATUS_INDICATION_ERROR"));
    for (version, _, why) in &bad {
        let offer = world.offers(version).await.remove(0);
        assert!(offer.message.contains(why), "{version}: {}", offer.message);
        assert_eq!((offer.failures, offer.retry_at > world.server.now()), (1, true), "{version}");
    }
    let listed = world.server.ok("GET", "os-offers?filter=state=OS_OFFER_STATE_FAILED", Json::Null).await;
    assert_eq!(listed["totalElements"], 6);

    // What has failed is tried again when somebody asks, and later and later by itself.
    world.sync(&source).await;
    assert_eq!(world.offers("3.0.3").await.remove(0).failures, 2);
    tree.document("edge", "3.0.3", &profile("edge", "3.0.3", b"three")).publish("edge", "3.0.3", b"three").write();
    world.found(&source, json!({"made": 1, "failed": 5})).await;
    let offer = world.offers("3.0.3").await.remove(0);
    assert_eq!((offer.message.as_str(), offer.failures, offer.retry_at), ("", 0, 0));
}

#[tokio::test]
async fn a_version_that_was_published_never_changes() {
    let world = World::new().await;
    let (mut first, mut second) = (world.tree("first"), world.tree("second"));
    first.publish("edge", "3.0.1", b"one").write();
    second.publish("edge", "3.0.1", b"another").publish("edge", "3.0.2", b"two").write();
    let (one, two) = (world.source("first", &first).await, world.source("second", &second).await);
    world.found(&one, json!({"made": 1})).await;
    world.found(&two, json!({"made": 1, "conflicts": 1})).await;
    let offer = world.offers("3.0.1").await.into_iter().find(|offer| offer.source_id.as_str() == two).unwrap();
    for part in [digest("one"), digest("another"), world.os("3.0.1").await.meta.id, "nothing was taken".to_owned()] {
        assert!(offer.message.contains(&part), "{}", offer.message);
    }
    assert_eq!(world.os("3.0.1").await.sha256, digest("one"));
    assert_eq!(world.status(&two).await.0, "Synchronised, but 1 contradicts what is known");

    // The same source with another digest under the same version.
    first.publish("edge", "3.0.1", b"altered").write();
    world.found(&one, json!({"made": 0, "conflicts": 1})).await;
    assert_eq!(world.os("3.0.1").await.sha256, digest("one"));
    first.publish("edge", "3.0.1", b"one").write();
    world.found(&one, json!({"conflicts": 0, "offered": 1})).await;
    assert_eq!(world.status(&one).await.0, "Synchronised");
}

#[tokio::test]
async fn versions_are_withdrawn_and_come_back() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").publish("edge", "3.0.3", b"three").write();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;

    tree.withdraw("edge", "3.0.2", "does not boot on board X").unpublish("edge", "3.0.3").write();
    world.found(&source, json!({"offered": 1, "withdrawn": 2})).await;
    assert_eq!(world.os("3.0.2").await.withdrawn, "does not boot on board X");
    assert_eq!(world.os("3.0.3").await.withdrawn, "releases offers it no more");
    assert_eq!(world.os("3.0.1").await.withdrawn, "");
    let shown = world.server.ok("GET", &format!("compute/os/{}", world.os("3.0.2").await.meta.id), Json::Null).await;
    assert_eq!(shown["withdrawn"], "does not boot on board X");
    let before = world.generation();
    world.found(&source, json!({"withdrawn": 2, "unchanged": 3})).await;
    assert_eq!(world.generation(), before);

    let yaml = tree.document_of("edge", "3.0.1").replace("  release: 3.0.0\n", "  release: 3.0.0\n  withdrawn: leaks memory\n");
    tree.reinstate().publish("edge", "3.0.3", b"three").document("edge", "3.0.1", &yaml).write();
    world.found(&source, json!({"offered": 2, "withdrawn": 1})).await;
    assert_eq!(world.os("3.0.1").await.withdrawn, "leaks memory");
    assert_eq!((world.os("3.0.2").await.withdrawn, world.os("3.0.3").await.withdrawn), (String::new(), String::new()));

    // Another source still offers what the first has given up.
    let mut other = world.tree("other");
    other.publish("edge", "3.0.3", b"three").write();
    let second = world.source("second", &other).await;
    world.found(&second, json!({"made": 0, "offered": 1})).await;
    tree.unpublish("edge", "3.0.3").write();
    world.found(&source, json!({"withdrawn": 2})).await;
    assert_eq!(world.os("3.0.3").await.withdrawn, "");
    other.unpublish("edge", "3.0.3").write();
    world.sync(&second).await;
    assert_eq!(world.os("3.0.3").await.withdrawn, "releases offers it no more; second offers it no more");
}

#[tokio::test]
async fn lists_of_vulnerabilities_are_kept_up_to_date_and_may_fail() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two");
    tree.file("texts/edge-3.0.2-cves.json", b"<html>please log in</html>").write();
    let source = world.source("releases", &tree).await;
    world.found(&source, json!({"made": 2, "failed": 0})).await;
    let offer = world.offers("3.0.2").await.remove(0);
    assert!(offer.message.contains("texts/edge-3.0.2-cves.json") && offer.retry_at > 0, "{}", offer.message);
    assert_eq!(world.os("3.0.2").await.existing_cves, "");
    tree.cves("edge", "3.0.1", &["CVE-1", "CVE-2"]).cves("edge", "3.0.2", &["CVE-3"]).write();
    world.sync(&source).await;
    assert!(world.os("3.0.1").await.existing_cves.contains("CVE-2"));
    assert!(world.os("3.0.2").await.existing_cves.contains("CVE-3"));
    assert_eq!(world.offers("3.0.2").await.remove(0).message, "");
    tree.file("texts/edge-3.0.1-cves.json", b"[").write();
    world.sync(&source).await;
    assert!(world.os("3.0.1").await.existing_cves.contains("CVE-2"), "what was there stays");
    assert!(world.offers("3.0.1").await.remove(0).message.contains("edge-3.0.1-cves.json"));
}

#[tokio::test]
async fn sources_that_cannot_be_read_say_so_and_change_nothing() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").write();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;
    let index = std::fs::read(tree.path("index.json")).unwrap();
    for broken in [b"<html></html>".to_vec(), b"{}".to_vec(), index[..index.len() / 2].to_vec(), Vec::new()] {
        std::fs::write(tree.path("index.json"), broken).unwrap();
        let found = world.sync(&source).await;
        assert_ne!(found["error"], "", "{found}");
        assert!(world.status(&source).await.0.starts_with("Not readable: "));
        assert_eq!(world.os("3.0.1").await.withdrawn, "");
    }
    std::fs::remove_file(tree.path("index.json")).unwrap();
    world.sync(&source).await;
    std::fs::write(tree.path("index.json"), index).unwrap();
    world.found(&source, json!({"error": "", "offered": 1})).await;
    assert_eq!(world.status(&source).await.0, "Synchronised");

    // Who may name sources must not read all of the server's files.
    let elsewhere = tempfile::tempdir().unwrap();
    let body = json!({"name": "elsewhere", "kind": "OS_SOURCE_KIND_DIRECTORY", "url": elsewhere.path().to_str().unwrap()});
    let made = world.server.ok("POST", "os-sources", body).await;
    let found = world.sync(made["resourceId"].as_str().unwrap()).await;
    assert!(found["error"].as_str().unwrap().contains("[os-sources] directories"), "{found}");
    std::os::unix::fs::symlink(elsewhere.path(), world.trees.path().join("link")).unwrap();
    let path = format!("os-sources/{}", made["resourceId"].as_str().unwrap());
    let within = json!({"url": world.trees.path().join("link").to_str().unwrap()});
    let (status, _) = world.server.request("PATCH", &path, Some(with_required(&made, &within).to_string())).await;
    assert_eq!(status, 200);
    let found = world.sync(made["resourceId"].as_str().unwrap()).await;
    assert!(found["error"].as_str().unwrap().contains("[os-sources] directories"), "{found}");
}

/// Fields that every request has to carry, and others.
fn with_required(source: &Json, other: &Json) -> Json {
    let mut body = json!({"name": source["name"], "kind": source["kind"], "url": source["url"]});
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body.as_object_mut().unwrap().remove("kind");
    body
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let world = World::new().await;
    for (body, words) in [
        (json!({"kind": "OS_SOURCE_KIND_TREE", "url": "https://files.example"}), "name"),
        (json!({"name": "a", "url": "https://files.example"}), "kind"),
        (
            json!({"name": "a", "kind": "OS_SOURCE_KIND_UNSPECIFIED", "url": "https://files.example"}),
            "kind cannot be unspecified",
        ),
        (json!({"name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "http://files.example"}), "not encrypted"),
        (json!({"name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "https://u:p@files.example"}), "credentials"),
        (
            json!({"name": "a", "kind": "OS_SOURCE_KIND_REGISTRY", "url": "https://r.example", "filesUrl": "https://f.example"}),
            "profiles",
        ),
        (
            json!({"name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "https://f.example", "profileRevision": "~1.x"}),
            "profileRevision",
        ),
        (json!({"name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "https://f.example", "username": "me"}), "go together"),
        (
            json!({"name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "https://f.example", "intervalSeconds": 1}),
            "intervalSeconds",
        ),
        (json!({"name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "https://f.example", "status": "x"}), "readOnly"),
    ] {
        let (status, text) = world.server.request("POST", "os-sources", Some(body.to_string())).await;
        assert_eq!(status, 400, "{body}: {text}");
        assert!(text.contains(words), "{body}: {text}");
    }
    let body = json!({
        "name": "a", "kind": "OS_SOURCE_KIND_TREE", "url": "https://f.example", "username": "me", "password": "Very-Secret-1",
    });
    let made = world.server.ok("POST", "os-sources", body.clone()).await;
    for path in ["os-sources".to_owned(), format!("os-sources/{}", made["resourceId"].as_str().unwrap())] {
        let text = world.server.ok("GET", &path, Json::Null).await.to_string();
        assert!(text.contains("\"me\"") && !text.contains("Very-Secret-1") && !text.contains("password"), "{text}");
    }
    let (status, text) = world.server.request("POST", "os-sources", Some(body.to_string())).await;
    assert_eq!(status, 400, "one name is one source: {text}");
}

#[tokio::test]
async fn publishers_call_with_the_secret_alone() {
    let world = World::new().await;
    let tree = world.tree("edge");
    let source = world.source("releases", &tree).await;
    let hook = format!("os-sources/{source}/webhook");
    let told = world.server.ok("PUT", &hook, Json::Null).await;
    let (url, secret) = (told["url"].as_str().unwrap(), told["secret"].as_str().unwrap().to_owned());
    let path = url.strip_prefix("https://emt.localhost:8443").unwrap().to_owned();
    let call = async |token: &str| world.server.request_as(token, "POST", &path, Some("{\"events\":[]}".to_owned())).await.0;
    assert_eq!(call(&secret).await, 200);
    for wrong in ["", "wrong", &secret[1..], &world.server.token] {
        assert_eq!(call(wrong).await, 401);
    }
    let other = path.replace(&source, "ossource-00000000");
    assert_eq!(world.server.request_as(&secret, "POST", &other, None).await.0, 401);
    let shown = world.server.ok("GET", &format!("os-sources/{source}"), Json::Null).await.to_string();
    assert!(!shown.contains(&secret) && !shown.contains("webhook"), "{shown}");
    world.server.ok("PUT", &hook, Json::Null).await;
    assert_eq!(call(&secret).await, 401, "a new secret ends the old one");
    world.server.ok("DELETE", &hook, Json::Null).await;
}

#[tokio::test]
async fn what_a_source_gave_stays_when_it_is_removed() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").write();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;
    world.server.ok("DELETE", &format!("os-sources/{source}"), Json::Null).await;
    assert_eq!(world.all_os().await.len(), 1);
    assert_eq!(world.offers("3.0.1").await.len(), 0);
    let again = world.source("releases", &tree).await;
    world.found(&again, json!({"made": 0, "offered": 1})).await;
    // An OS resource that is deleted here comes again only when its publisher changes something.
    world.server.ok("DELETE", &format!("compute/os/{}", world.os("3.0.1").await.meta.id), Json::Null).await;
    world.found(&again, json!({"made": 0, "offered": 1})).await;
    assert_eq!(world.all_os().await.len(), 0);
}

/// An instance on which a version runs.
async fn instance(world: &World, os: &str) -> String {
    let host = json!({"name": "node", "uuid": "7b2f6b1c-0000-4000-8000-000000000001", "serialNumber": "SN000001"});
    let host = world.server.ok("POST", "compute/hosts/register", host).await["resourceId"].as_str().unwrap().to_owned();
    world.server.ok("PUT", &format!("compute/hosts/{host}/adopt"), json!({"osID": os})).await["instance"]["resourceId"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Waits until an image is somewhere.
async fn until(world: &World, version: &str, state: ImageState) -> Os {
    let mut news = world.server.store.feed().any();
    loop {
        let os = world.os(version).await;
        if os.image_state == state {
            return os;
        }
        news.changed().await.unwrap();
    }
}

#[tokio::test]
async fn images_come_when_an_instance_needs_them() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").publish("edge", "3.0.3", b"three").write();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;
    let sources = world.server.parts.os_sources.clone();
    let running = tokio::spawn(async move { sources.run().await });
    let instance = instance(&world, &world.os("3.0.1").await.meta.id).await;
    let linked = json!({"osID": world.os("3.0.2").await.meta.id});
    world.server.ok("PATCH", &format!("compute/instances/{instance}"), linked).await;
    let os = until(&world, "3.0.2", ImageState::Here).await;
    let (status, bytes) = world.server.request("GET", &format!("/{}", os.image_url), None).await;
    assert_eq!((status, bytes.as_str()), (200, "two"));
    assert_eq!(world.os("3.0.3").await.image_state, ImageState::AtSource, "nobody needs it");

    let policy = json!({"name": "latest", "updatePolicy": "UPDATE_POLICY_LATEST"});
    let policy = world.server.ok("POST", "os-update-policies", policy).await["resourceId"].clone();
    world.server.ok("PATCH", &format!("compute/instances/{instance}"), json!({"osUpdatePolicyID": policy})).await;
    until(&world, "3.0.3", ImageState::Here).await;
    running.abort();
}

#[tokio::test]
async fn a_cached_image_goes_when_nobody_uses_it_and_comes_again_when_somebody_does() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").publish("edge", "3.0.3", b"three").write();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;
    let sources = world.server.parts.os_sources.clone();
    let running = tokio::spawn(async move { sources.run().await });
    let instance = instance(&world, &world.os("3.0.1").await.meta.id).await;
    let link = async |version: &str| {
        let linked = json!({"osID": world.os(version).await.meta.id});
        world.server.ok("PATCH", &format!("compute/instances/{instance}"), linked).await;
        until(&world, version, ImageState::Here).await
    };
    let two = link("3.0.2").await;
    // Tokens stay good.
    let clock = Arc::new(AtomicI64::new(SATURDAY_MS));
    let gc = Gc {
        store: world.server.store.clone(),
        images: world.server.parts.images.clone(),
        clock: Clock::Fixed(Arc::clone(&clock)),
        rules: Rules::default(),
    };
    let collect_after = async |days: i64| {
        clock.fetch_add(days * 86_400_000, Ordering::SeqCst);
        let removed = gc.run(true).await.unwrap();
        removed.into_iter().map(|removed| (removed.image.sha256, removed.idle)).collect::<Vec<_>>()
    };
    let served = async |os: &Os| world.server.request("GET", &format!("/{}", os.image_url), None).await.0;
    for _ in 0..3 {
        assert_eq!(collect_after(30).await, [], "it is linked");
    }
    link("3.0.3").await;
    assert_eq!(collect_after(1).await, [], "its time begins");
    assert_eq!(collect_after(29).await, []);

    // What cannot be fetched again stays, however old it is.
    let index = std::fs::read(tree.path("index.json")).unwrap();
    std::fs::write(tree.path("index.json"), "<html>").unwrap();
    world.sync(&source).await;
    assert_eq!(collect_after(30).await, [], "its source cannot be read");
    std::fs::write(tree.path("index.json"), index).unwrap();
    tree.unpublish("edge", "3.0.2").write();
    world.sync(&source).await;
    assert_eq!(collect_after(30).await, [], "its source offers it no more");
    tree.publish("edge", "3.0.2", b"two").write();
    world.sync(&source).await;

    assert_eq!(collect_after(0).await, [], "its time begins");
    assert_eq!(collect_after(30).await, [(digest("two"), Idle::Cached)]);
    let os = world.os("3.0.2").await;
    assert_eq!((os.image_state, served(&os).await), (ImageState::AtSource, 404));
    assert_eq!(os.installed_packages, two.installed_packages, "nothing else of it has changed");
    assert_eq!(collect_after(30).await, [], "what is newest, and linked, stays");

    assert_eq!(served(&link("3.0.2").await).await, 200, "it has come again");
    assert_eq!(collect_after(30).await, []);
    running.abort();
}

/// As if the server had ended between the record and the removal.
#[tokio::test]
async fn an_image_that_is_there_after_all_is_not_fetched() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").write();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;
    std::fs::remove_file(tree.path("images/edge-3.0.2.raw.gz")).unwrap();
    let (status, text) = world.server.request("PUT", &format!("releases/{}", digest("two")), Some("two".to_owned())).await;
    assert_eq!(status, 200, "{text}");
    let sources = world.server.parts.os_sources.clone();
    let running = tokio::spawn(async move { sources.run().await });
    let instance = instance(&world, &world.os("3.0.1").await.meta.id).await;
    let linked = json!({"osID": world.os("3.0.2").await.meta.id});
    world.server.ok("PATCH", &format!("compute/instances/{instance}"), linked).await;
    until(&world, "3.0.2", ImageState::Here).await;
    running.abort();
}

#[tokio::test]
async fn a_profile_that_is_gone_is_withdrawn_with_all_its_versions() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").publish("till", "1.0", b"till").write();
    let all = world.source("all", &tree).await;
    let body =
        json!({"name": "some", "kind": "OS_SOURCE_KIND_DIRECTORY", "url": tree.root.to_str().unwrap(), "profiles": ["edge"]});
    let some = world.server.ok("POST", "os-sources", body).await;
    let some_id = some["resourceId"].as_str().unwrap().to_owned();
    world.found(&all, json!({"offered": 3, "made": 3})).await;
    world.found(&some_id, json!({"offered": 2, "made": 0})).await;
    let withdrawn = async || {
        let mut all = Vec::new();
        for version in ["3.0.1", "3.0.2", "1.0"] {
            all.push(world.os(version).await.withdrawn);
        }
        all
    };
    tree.unpublish("edge", "3.0.1").unpublish("edge", "3.0.2").write();
    world.found(&some_id, json!({"offered": 0, "withdrawn": 2, "failed": 0})).await;
    assert_eq!(withdrawn().await, ["", "", ""], "the other source has not said so yet");
    world.found(&all, json!({"offered": 1, "withdrawn": 2})).await;
    let both = "all offers it no more; some offers it no more";
    assert_eq!(withdrawn().await, [both, both, ""]);
    let before = world.generation();
    world.found(&all, json!({"withdrawn": 2, "unchanged": 3})).await;
    world.found(&some_id, json!({"withdrawn": 2, "unchanged": 2})).await;
    assert_eq!(world.generation(), before);
    tree.publish("edge", "3.0.2", b"two").write();
    world.found(&some_id, json!({"offered": 1, "withdrawn": 1})).await;
    assert_eq!(withdrawn().await, [both, "", ""], "it is back");

    // Who asks for others only has not heard that it is gone.
    let other = with_required(&some, &json!({"profiles": ["till"]}));
    let (status, text) = world.server.request("PATCH", &format!("os-sources/{some_id}"), Some(other.to_string())).await;
    assert_eq!(status, 200, "{text}");
    world.found(&some_id, json!({"offered": 1, "withdrawn": 2})).await;
    assert_eq!(world.os("3.0.2").await.withdrawn, "all offers it no more; some is not asked for its profile any more");
}

#[tokio::test]
async fn an_image_that_is_not_what_was_promised_is_not_kept() {
    let world = World::new().await;
    let mut tree = world.tree("edge");
    tree.publish("edge", "3.0.1", b"one").publish("edge", "3.0.2", b"two").write();
    // Altered behind the back of index and profile.
    std::fs::write(tree.path("images/edge-3.0.2.raw.gz"), b"twx").unwrap();
    let source = world.source("releases", &tree).await;
    world.sync(&source).await;
    let sources = world.server.parts.os_sources.clone();
    let running = tokio::spawn(async move { sources.run().await });
    let instance = instance(&world, &world.os("3.0.1").await.meta.id).await;
    let linked = json!({"osID": world.os("3.0.2").await.meta.id});
    world.server.ok("PATCH", &format!("compute/instances/{instance}"), linked).await;
    let os = until(&world, "3.0.2", ImageState::Failed).await;
    assert!(os.image_detail.starts_with("from source releases: "), "{}", os.image_detail);
    let (status, _) = world.server.request("GET", &format!("/{}", os.image_url), None).await;
    assert_eq!(status, 404);
    running.abort();
}
