//! What becomes of instances when the catalogue or the mode of linking changes.

use std::time::Duration;

use emt_api::{
    enums::OsMode,
    filter::Expr,
    maintmgr::update_status::StatusType,
    record::Record,
    resources::{Instance, Os},
    value::Link,
};
use emt_server::{
    config::Config,
    store::{Batch, News, StoreExt},
};
use serde_json::{Value as Json, json};

use crate::{
    node::{Node, PUA, V1, V2, id, os},
    support::{SATURDAY_MS, Server},
};

const V3: &str = "3.0.20260301.1000";
const V4: &str = "3.0.20260401.1000";

impl Node {
    async fn mode(&self, mode: &str) {
        self.server.ok("PATCH", "os-resource-manager", json!({"mode": mode})).await;
    }

    /// Brings all instances up to date; how many were not.
    async fn keep(&self) -> usize {
        self.server.parts.keeper().bring_up_to_date(&self.server.project).await.unwrap()
    }

    async fn publish(&self, version: &str) -> String {
        id(&self.server.ok("POST", "compute/os", os("emt", version, "OS_TYPE_IMMUTABLE")).await)
    }

    async fn change_os(&self, os: &str, change: impl FnOnce(&mut Os)) {
        let mut record: Os = self.server.store.load(&self.server.project, os).await.unwrap().unwrap();
        change(&mut record);
        self.server.store.commit(Batch::default().update(record)).await.unwrap();
    }

    /// What is available, what is to run, and what runs.
    async fn state(&self) -> (String, String, String) {
        let instance = self.instance().await;
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        (text(&instance["osUpdateAvailable"]), text(&instance["desiredOs"]["imageId"]), text(&instance["os"]["imageId"]))
    }
}

fn state(available: &str, desired: &str, installed: &str) -> (String, String, String) {
    let name = if available.is_empty() { String::new() } else { format!("emt {available}") };
    (name, desired.to_owned(), installed.to_owned())
}

#[tokio::test]
async fn in_manual_mode_a_new_os_is_only_told() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    assert_eq!(node.state().await, state(V2, "", V1));
    let v3 = node.publish(V3).await;
    assert_eq!(node.keep().await, 1);
    assert_eq!(node.state().await, state(V3, "", V1));
    assert_eq!(node.keep().await, 0, "again changes nothing");
    node.change_os(&v3, |os| "no longer offered by main".clone_into(&mut os.withdrawn)).await;
    assert_eq!(node.keep().await, 1);
    assert_eq!(node.state().await, state(V2, "", V1));
    node.change_os(&v3, |os| os.withdrawn.clear()).await;
    node.change_os(&node.v2, |os| "by ann: too loud".clone_into(&mut os.blocked)).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V3, "", V1));
    assert_eq!(node.link(json!({"osID": v3})).await.0, 200);
    assert_eq!(node.keep().await, 0, "what a person has linked is theirs");
    node.tell(StatusType::Started, V1, PUA).await;
    node.tell(StatusType::Updated, V3, PUA).await;
    assert_eq!(node.state().await, state("", V3, V3), "nothing is available after the update");
}

#[tokio::test]
async fn in_automatic_mode_the_newest_is_linked_and_taken_back() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.mode("OS_MODE_AUTOMATIC").await;
    assert_eq!(node.keep().await, 1);
    assert_eq!(node.state().await, state(V2, V2, V1));
    let v3 = node.publish(V3).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V3, V3, V1), "what it has linked goes with what is newest");
    node.change_os(&v3, |os| "by ann".clone_into(&mut os.blocked)).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V2, V2, V1));
    // Back to manual leaves what is linked, unless it is not to be installed any more.
    node.mode("OS_MODE_MANUAL").await;
    node.change_os(&v3, |os| os.blocked.clear()).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V3, V2, V1));
    node.change_os(&node.v2, |os| "gone".clone_into(&mut os.withdrawn)).await;
    assert_eq!(node.keep().await, 1);
    assert_eq!(node.state().await, state(V3, "", V1));
    // What is linked by itself is installed as any link is; then the next one can come.
    node.mode("OS_MODE_AUTOMATIC").await;
    node.keep().await;
    node.window(60).await;
    assert_eq!(node.told(V1).await, (Some(u64::try_from(node.server.now()).unwrap() + 60), V3.to_owned()));
    node.tell(StatusType::Started, V1, PUA).await;
    node.publish(V4).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V4, V3, V1), "not in the middle of an update");
    node.tell(StatusType::Updated, V3, PUA).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V4, V4, V3));
}

#[tokio::test]
async fn an_os_can_be_deleted_that_only_automatic_mode_wants() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.mode("OS_MODE_AUTOMATIC").await;
    let v3 = node.publish(V3).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V3, V3, V1));
    let delete = async |os: &str| node.server.request("DELETE", &format!("compute/os/{os}"), None).await;
    assert_eq!(delete(&v3).await.0, 200);
    let instance = node.instance().await;
    assert_eq!(instance["desiredOs"], Json::Null, "nobody's wish is lost");
    assert_eq!(node.keep().await, 1);
    assert_eq!(node.state().await, state(V2, V2, V1), "the next best takes its place");

    // What a person has linked, and what runs, is kept, and it is said for whom.
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    let instance = id(&instance);
    for (os, words) in [(&node.v2, "are to get it by somebody's link"), (&node.v1, "run it")] {
        let (status, text) = delete(os).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.contains(&format!("{instance} {words}")) && text.contains("block it"), "{text}");
    }
    assert_eq!(node.state().await, state(V2, V2, V1));
}

#[tokio::test]
async fn what_a_person_or_a_policy_says_is_not_touched() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.mode("OS_MODE_AUTOMATIC").await;
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    node.publish(V3).await;
    node.keep().await;
    assert_eq!(node.state().await, state(V3, V2, V1));
    let policy = json!({"name": "stay", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": node.v1});
    let policy = id(&node.server.ok("POST", "os-update-policies", policy).await);
    assert_eq!(node.link(json!({"osUpdatePolicyID": policy})).await.0, 200);
    assert_eq!(node.keep().await, 0);
    assert_eq!(node.state().await, state(V3, V1, V1));
}

#[tokio::test]
async fn the_most_specific_mode_holds_and_the_settings_come_last() {
    let config = Config { os_resource_manager_manual_mode: Some(false), ..Config::default() };
    let node = Node::of(Server::with(emt_server::clock::Clock::System, &config).await).await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    let modes = node.server.ok("GET", "os-resource-manager", Json::Null).await;
    let newest = json!({"resourceId": node.v2, "name": format!("emt {V2}"), "imageId": V2});
    let expected = json!({
        "mode": "OS_MODE_UNSPECIFIED", "effectiveMode": "OS_MODE_AUTOMATIC", "serverMode": "OS_MODE_AUTOMATIC",
        "profiles": [{
            "profile": "emt", "mode": "OS_MODE_UNSPECIFIED", "effectiveMode": "OS_MODE_AUTOMATIC", "newestOs": newest,
        }],
    });
    assert_eq!(modes, expected);
    let of_server = async |mode: &str| node.server.ok("PATCH", "/v1/os-resource-manager", json!({"mode": mode})).await;
    assert_eq!(of_server("OS_MODE_MANUAL").await, json!({"mode": "OS_MODE_MANUAL", "effectiveMode": "OS_MODE_MANUAL"}));
    assert_eq!(node.keep().await, 0);
    let body = json!({"mode": "OS_MODE_AUTOMATIC", "profiles": {"emt": "OS_MODE_MANUAL", "other": "OS_MODE_AUTOMATIC"}});
    let modes = node.server.ok("PATCH", "os-resource-manager", body).await;
    assert_eq!(
        (&modes["profiles"][0]["effectiveMode"], &modes["profiles"][1]["newestOs"]),
        (&json!("OS_MODE_MANUAL"), &Json::Null)
    );
    assert_eq!(node.keep().await, 0);
    let modes = node.server.ok("PATCH", "os-resource-manager", json!({"profiles": {"emt": "OS_MODE_UNSPECIFIED"}})).await;
    assert_eq!(
        (&modes["mode"], &modes["profiles"][0]["effectiveMode"]),
        (&json!("OS_MODE_AUTOMATIC"), &json!("OS_MODE_AUTOMATIC"))
    );
    assert_eq!(node.keep().await, 1);
    let auto = json!({"mode": "OS_MODE_UNSPECIFIED", "effectiveMode": "OS_MODE_AUTOMATIC"});
    assert_eq!(of_server("OS_MODE_UNSPECIFIED").await, auto, "the settings hold again");
}

#[tokio::test]
async fn modes_that_are_none_are_refused() {
    let server = Server::start_at(SATURDAY_MS).await;
    for (path, body, words) in [
        ("os-resource-manager", json!({"mode": "automatic"}), "/mode"),
        ("os-resource-manager", json!({"mode": null}), "OS_MODE_AUTOMATIC"),
        ("os-resource-manager", json!({"modes": "OS_MODE_MANUAL"}), "modes"),
        ("os-resource-manager", json!({"profiles": ["emt"]}), "/profiles"),
        ("os-resource-manager", json!({"profiles": {"": "OS_MODE_MANUAL"}}), "minimum string length"),
        ("os-resource-manager", json!({"profiles": {"emt": 1}}), "/profiles/emt"),
        ("os-resource-manager", json!([]), "object"),
        ("/v1/os-resource-manager", json!({"profiles": {}}), "profiles"),
    ] {
        let (status, text) = server.request("PATCH", path, Some(body.to_string())).await;
        assert_eq!(status, 400, "{body}: {text}");
        assert!(text.contains(words), "{body}: {text}");
    }
    let modes = server.ok("PATCH", "os-resource-manager", json!({})).await;
    assert_eq!((&modes["effectiveMode"], &modes["profiles"]), (&json!("OS_MODE_MANUAL"), &json!([])));
}

#[tokio::test]
async fn what_is_blocked_is_installed_by_nobody() {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    node.window(60).await;
    assert_eq!(node.told(V1).await.1, V2);
    let path = format!("compute/os/{}", node.v2);
    let before = node.server.ok("GET", &path, Json::Null).await;
    assert!(before.get("blocked").is_none() && before.get("withdrawn").is_none(), "{before}");
    let blocked = node.server.ok("PUT", &format!("{path}/block"), json!({"reason": "the fans are too loud"})).await;
    assert_eq!(blocked["blocked"], "by admin: the fans are too loud");
    assert_eq!(node.told(V1).await, (None, String::new()), "nothing is told to install");
    let why = node.server.ok("GET", &format!("compute/hosts/{}/why", node.host), Json::Null).await;
    assert_eq!(why["blocker"], "UPDATE_GATE_TARGET_FOUND");
    let gates = why["gates"].as_array().unwrap();
    let gate = gates.iter().find(|gate| gate["state"] == "GATE_STATE_FAIL").unwrap();
    assert!(gate["reason"].as_str().unwrap().contains("is blocked by admin: the fans are too loud"), "{gate}");
    assert!(gate["hint"].as_str().unwrap().contains(&format!("emtctl os unblock {}", node.v2)), "{gate}");
    assert_eq!(node.link(json!({"osID": node.v1})).await.0, 200);
    let (status, text) = node.link(json!({"osID": node.v2})).await;
    assert!(status == 400 && text.contains("is blocked by admin"), "{text}");
    let free = node.server.ok("PUT", &format!("{path}/unblock"), Json::Null).await;
    assert!(free.get("blocked").is_none(), "{free}");
    assert_eq!(node.link(json!({"osID": node.v2})).await.0, 200);
    assert_eq!(node.told(V1).await.1, V2);
}

#[tokio::test]
async fn a_block_has_a_reason() {
    let node = Node::start().await;
    let path = format!("compute/os/{}/block", node.v2);
    for (body, words) in [
        (json!({}), "is missing"),
        (json!({"reason": ""}), "minimum string length"),
        (json!({"reason": 1}), "/reason"),
        (json!({"reason": "a\nb"}), "does not match"),
        (json!({"reason": "a".repeat(501)}), "maximum string length"),
        (json!({"reason": "a", "until": "b"}), "until"),
    ] {
        let (status, text) = node.server.request("PUT", &path, Some(body.to_string())).await;
        assert!(status == 400 && text.contains(words), "{body}: {text}");
    }
    let (status, text) =
        node.server.request("PUT", "compute/os/os-00000000/block", Some(json!({"reason": "a"}).to_string())).await;
    assert_eq!(status, 404, "{text}");
}

/// A node, and so many more instances that run the same.
async fn fleet(count: usize) -> Node {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    let first: Instance = node.server.store.load_all(&node.server.project, Expr::everything()).await.unwrap().remove(0);
    let more = (1..count).map(|number| {
        let mut instance = Instance { host_id: Link::default(), ..first.clone() };
        instance.meta.id = format!("inst-{number:08x}");
        instance
    });
    let batch = more.fold(Batch::default(), Batch::insert);
    node.server.store.commit(batch).await.unwrap();
    node
}

async fn linked_to(node: &Node, os: &str) -> usize {
    let all: Vec<Instance> = node.server.store.load_all(&node.server.project, Expr::is("desired_os_id", os)).await.unwrap();
    assert!(all.iter().all(Instance::is_linked_automatically));
    all.len()
}

#[tokio::test]
async fn a_fleet_is_linked_in_pages() {
    let node = fleet(450).await;
    node.mode("OS_MODE_AUTOMATIC").await;
    assert_eq!(node.keep().await, 450);
    assert_eq!((linked_to(&node, &node.v2).await, node.keep().await), (450, 0));
}

#[tokio::test]
async fn changes_are_followed_as_they_happen() {
    let node = fleet(450).await;
    let keeper = tokio::spawn(node.server.parts.keeper().run());
    let mut follower = node.server.store.feed().follow(&node.server.project, None);
    let until = async |follower: &mut emt_server::store::Follower, os: &str, count: usize| {
        while linked_to(&node, os).await != count {
            // A test that waits for what never comes is to fail, not to hang.
            let news = tokio::time::timeout(Duration::from_mins(1), follower.next()).await;
            assert!(matches!(news, Ok(Some(News::Changes(_) | News::Missed(_)))), "{news:?}");
        }
    };
    // Each change at its own level, and instances that come while nothing else happens.
    node.server.ok("PATCH", "/v1/os-resource-manager", json!({"mode": "OS_MODE_AUTOMATIC"})).await;
    until(&mut follower, &node.v2, 450).await;
    let v3 = node.publish(V3).await;
    until(&mut follower, &v3, 450).await;
    node.change_os(&v3, |os| "by ann".clone_into(&mut os.blocked)).await;
    until(&mut follower, &node.v2, 450).await;
    node.server.ok("PATCH", "os-resource-manager", json!({"profiles": {"emt": "OS_MODE_MANUAL"}})).await;
    let v4 = node.publish(V4).await;
    let mut late: Instance = node.server.store.load(&node.server.project, "inst-00000001").await.unwrap().unwrap();
    late.desired_os_id = Link::default();
    late.meta.id = "inst-0000ffff".to_owned();
    node.server.store.commit(Batch::default().insert(late)).await.unwrap();
    node.server.ok("PATCH", "os-resource-manager", json!({"profiles": {"emt": "OS_MODE_AUTOMATIC"}})).await;
    until(&mut follower, &v4, 451).await;
    let modes = node.server.parts.modes.read(&node.server.project).await.unwrap();
    assert_eq!(modes.of("emt"), OsMode::Automatic);
    // Projects that come later are followed, too.
    node.server.ok("PUT", "/v1/projects/later", json!({})).await;
    let later = node.server.identity.project_named("later").await.unwrap().unwrap().uuid;
    let mut follower = node.server.store.feed().follow(&later, None);
    let all: Vec<Os> = node.server.store.load_all(&node.server.project, Expr::everything()).await.unwrap();
    let mut instance: Instance = node.server.store.load(&node.server.project, "inst-00000002").await.unwrap().unwrap();
    (instance.desired_os_id, instance.linked_by, instance.meta.project) = (Link::default(), 0, later.clone());
    let copies = all.into_iter().map(|os| {
        let mut copy = os;
        later.clone_into(&mut copy.meta.project);
        copy
    });
    let batch = copies.fold(Batch::default(), Batch::insert).insert(instance);
    node.server.store.commit(batch).await.unwrap();
    loop {
        let instance: Instance = node.server.store.load(&later, "inst-00000002").await.unwrap().unwrap();
        if instance.desired_os_id.id() == Some(&v4) && instance.id() == "inst-00000002" {
            break;
        }
        assert!(tokio::time::timeout(Duration::from_mins(1), follower.next()).await.unwrap().is_some());
    }
    node.server.store.feed().close();
    keeper.await.unwrap();
}
