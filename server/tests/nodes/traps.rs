//! The traps of the Edge Orchestrator's agent and server (southbound contract, section 0.2), each with what this server does
//! about it, tried with a model of that agent. T10 (TLS from 1.3 on, no client certificate) is tried at a real socket in
//! `listener.rs`. T11 (a reboot between download and update) and T13 (a node that trusts no repository) happen on the node
//! alone: what is left to a server is to keep the reason, as T6 has it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use emt_api::{maintmgr::update_status::StatusType, record::Row, spec::Spec};
use emt_server::{
    clock::Randomness,
    maintenance::{Agent, MaintenanceManager, Refusal, Reporter, RunRules},
    store::{Batch, Feed, Page, Query, Snapshot, Store, StoreError},
};
use serde_json::{Value as Json, json};

use crate::{
    node::{Node, PUA, V1, V2, id, os},
    old_agent::OldAgent,
    support::southbound::report,
};

/// A node whose agent has installed the first version itself, and is to install the second.
async fn targeted() -> (Node, OldAgent) {
    let (node, agent) = known().await;
    node.policy(json!({"name": "to", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": node.v2})).await;
    (node, agent)
}

async fn known() -> (Node, OldAgent) {
    let node = Node::start().await;
    let v1 = node.server.ok("GET", &format!("compute/os/{}", node.v1), Json::Null).await;
    let mut agent = OldAgent::that_installed("emt", V1, v1["sha256"].as_str().unwrap());
    agent.tick(&node).await;
    (node, agent)
}

impl Node {
    async fn single(&self, kind: &str, start: i64, end: i64) -> String {
        let mut body = json!({"name": "w", "scheduleStatus": format!("SCHEDULE_STATUS_{kind}"), "targetHostId": self.host,
            "startSeconds": self.server.now() + start});
        if end > 0 {
            body["endSeconds"] = json!(self.server.now() + end);
        }
        id(&self.server.ok("POST", "schedules/single", body).await)
    }
}

#[tokio::test]
async fn t01_a_moved_window_is_taken_although_the_old_one_waits() {
    let (node, mut agent) = targeted().await;
    let window = node.single("OS_UPDATE", 300, 3000).await;
    agent.live(&node, 60).await;
    let start = node.server.now() + 900;
    let moved = json!({"scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "startSeconds": start, "endSeconds": start + 1800});
    node.server.ok("PATCH", &format!("schedules/single/{window}"), moved).await;
    agent.live(&node, 1000).await;
    assert_eq!(agent.begun, [u64::try_from(start).unwrap()]);
    assert_eq!(node.instance().await["os"]["resourceId"], node.v2.as_str());
}

#[tokio::test]
async fn t02_only_windows_for_updates_start_updates() {
    let (node, mut agent) = targeted().await;
    node.single("MAINTENANCE", 60, 1800).await;
    agent.live(&node, 900).await;
    assert_eq!((agent.begun.len(), agent.downloads.len()), (0, 0));
}

#[tokio::test]
async fn t03_a_window_with_nothing_to_install_does_no_harm() {
    let (node, mut agent) = known().await;
    node.single("OS_UPDATE", 60, 1800).await;
    agent.live(&node, 900).await;
    assert_eq!((agent.downloads.len(), agent.status), (0, None), "no empty address is fetched");
    assert_eq!(node.instance().await["updateStatus"], "No new updates available");
}

#[tokio::test]
async fn t04_what_is_installed_is_not_installed_again() {
    let node = Node::start().await;
    // The server knows what was provisioned; the agent does not.
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.policy(json!({"name": "to", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": node.v1})).await;
    node.single("OS_UPDATE", 60, 1800).await;
    let mut agent = OldAgent::default();
    agent.live(&node, 900).await;
    assert_eq!((agent.downloads.len(), agent.installed.len(), agent.reboots), (0, 0, 0));
}

#[tokio::test]
async fn t05_a_window_without_an_end_is_used() {
    let (node, mut agent) = targeted().await;
    node.single("OS_UPDATE", 60, 0).await;
    agent.live(&node, 300).await;
    assert_eq!(agent.installed, [V2]);
    assert_eq!(node.instance().await["os"]["resourceId"], node.v2.as_str());
}

#[tokio::test]
async fn t06_the_reason_of_a_failure_is_kept_in_any_form() {
    let (node, mut agent) = targeted().await;
    agent.broken = true;
    node.single("OS_UPDATE", 60, 1800).await;
    agent.live(&node, 300).await;
    let run = node.runs().await.remove(0);
    assert_eq!((&run["status"], &run["state"]), (&json!("Update failed"), &json!("UPDATE_RUN_STATE_ROLLED_BACK")));
    let details: Json = serde_json::from_str(run["statusDetails"].as_str().unwrap()).unwrap();
    assert_eq!(details["update_log"][0]["failure_reason"], "bootloader");
    assert_eq!(node.instance().await["updateStatusDetail"], run["statusDetails"]);
}

/// A store that keeps nothing while it is out of order.
struct Faulty {
    inner: Arc<dyn Store>,
    is_faulty: AtomicBool,
}

#[async_trait]
impl Store for Faulty {
    async fn get(&self, spec: &'static Spec, project: &str, id: &str) -> Result<Option<Row>, StoreError> {
        self.inner.get(spec, project, id).await
    }
    async fn get_many(&self, spec: &'static Spec, project: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        self.inner.get_many(spec, project, ids).await
    }
    async fn find(&self, query: Query) -> Result<Page, StoreError> {
        self.inner.find(query).await
    }
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.snapshot().await
    }
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if self.is_faulty.load(Ordering::SeqCst) {
            return Err(StoreError::Full { place: "here".to_owned() });
        }
        self.inner.commit(batch).await
    }
    fn generation(&self, project: &str) -> u64 {
        self.inner.generation(project)
    }
    fn generation_of(&self, project: &str, spec: &'static Spec) -> u64 {
        self.inner.generation_of(project, spec)
    }
    fn feed(&self) -> &Feed {
        self.inner.feed()
    }
    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

#[tokio::test]
async fn t07_what_is_not_kept_is_not_acknowledged() {
    let (node, _) = targeted().await;
    node.tell(StatusType::Started, V1, PUA).await;
    let store = Arc::new(Faulty { inner: Arc::clone(&node.server.store), is_faulty: AtomicBool::new(true) });
    let kept: Arc<dyn Store> = Arc::<Faulty>::clone(&store);
    let manager = MaintenanceManager::new(kept, node.server.parts.clock.clone(), Randomness::System, RunRules::default());
    let who = Reporter { project: node.server.project.clone(), host_uuid: node.uuid.clone(), agent: Agent::PlatformUpdateAgent };
    let updated = report(&node.uuid, StatusType::Updated, "emt", V2);
    assert!(matches!(manager.report(&who, &updated).await, Err(Refusal::Store(_))));
    assert_eq!(node.instance().await["os"]["resourceId"], node.v1.as_str());
    store.is_faulty.store(false, Ordering::SeqCst);
    manager.report(&who, &updated).await.unwrap();
    assert_eq!(node.instance().await["os"]["resourceId"], node.v2.as_str());
}

/// The one report of success was taken by a server that did not keep it; from then on the agent only says what it runs.
#[tokio::test]
async fn t07_a_lost_report_of_success_is_made_good_by_the_next() {
    let (node, mut agent) = targeted().await;
    node.single("OS_UPDATE", 60, 1800).await;
    while agent.status != Some(StatusType::Started) {
        agent.live(&node, 0).await;
    }
    agent.tick(&node).await;
    agent.reboot();
    agent.status = Some(StatusType::UpToDate);
    agent.tick(&node).await;
    assert_eq!(agent.image(), V2);
    let instance = node.instance().await;
    assert_eq!((&instance["os"]["resourceId"], &instance["updateStatus"]), (&json!(node.v2), &json!("No new updates available")));
    assert_eq!(node.runs().await[0]["state"], "UPDATE_RUN_STATE_SUCCEEDED");
}

#[tokio::test]
async fn t08_builds_of_one_day_are_in_the_order_of_their_numbers() {
    let (node, mut agent) = known().await;
    for build in ["3.0.20260602.2200", "3.0.20260602.0732"] {
        node.server.ok("POST", "compute/os", os("emt", build, "OS_TYPE_IMMUTABLE")).await;
    }
    node.policy(json!({"name": "latest", "updatePolicy": "UPDATE_POLICY_LATEST"})).await;
    node.single("OS_UPDATE", 60, 1800).await;
    agent.live(&node, 300).await;
    assert_eq!(agent.installed, ["3.0.20260602.2200"]);
}

#[tokio::test]
async fn t09_addresses_are_told_as_paths() {
    let (node, mut agent) = known().await;
    let mut body = os("emt", "3.0.20260301.1000", "OS_TYPE_IMMUTABLE");
    body["imageUrl"] = json!("https://files.example/repository/emt.raw.gz");
    let wanted = id(&node.server.ok("POST", "compute/os", body).await);
    assert_eq!(node.link(json!({"osID": wanted})).await.0, 200);
    node.single("OS_UPDATE", 60, 1800).await;
    agent.live(&node, 300).await;
    assert_eq!(agent.downloads, ["https://files.example/repository/emt.raw.gz"]);
}

#[tokio::test]
async fn t12_whether_a_run_is_open_is_told_in_so_many_words() {
    let (node, mut agent) = targeted().await;
    node.single("OS_UPDATE", 60, 1800).await;
    while agent.status != Some(StatusType::Started) {
        agent.live(&node, 0).await;
    }
    agent.tick(&node).await;
    let run = node.runs().await.remove(0);
    assert_eq!((&run["endTime"], &run["state"]), (&json!(1_410_065_407), &json!("UPDATE_RUN_STATE_OPEN")));
    agent.reboot();
    agent.tick(&node).await;
    let run = node.runs().await.remove(0);
    assert_eq!((&run["endTime"], &run["state"]), (&json!(node.server.now()), &json!("UPDATE_RUN_STATE_SUCCEEDED")));
}

#[tokio::test]
async fn t14_a_kernel_command_does_not_reboot_a_node_for_ever() {
    for (length, most) in [(7200, 0), (600, 1)] {
        let (node, mut agent) = known().await;
        node.policy(json!({"name": "quiet", "updatePolicy": "UPDATE_POLICY_TARGET", "updateKernelCommand": "quiet"})).await;
        node.single("OS_UPDATE", 60, 60 + length).await;
        agent.live(&node, 1800).await;
        assert_eq!(agent.reboots, most, "a window of {length} s");
    }
}

#[tokio::test]
async fn t15_profiles_are_matched_whole() {
    let (node, mut agent) = known().await;
    node.server.ok("POST", "compute/os", os("emt-rt", "9.0.0", "OS_TYPE_IMMUTABLE")).await;
    node.policy(json!({"name": "latest", "updatePolicy": "UPDATE_POLICY_LATEST"})).await;
    assert_eq!(node.instance().await["osUpdateAvailable"], format!("emt {V2}"));
    node.single("OS_UPDATE", 60, 1800).await;
    agent.live(&node, 300).await;
    assert_eq!(agent.installed, [V2]);
    // Part of a version is no version.
    node.tell(StatusType::Updated, "20260101", PUA).await;
    assert_eq!(node.instance().await["os"]["resourceId"], node.v2.as_str());
}
