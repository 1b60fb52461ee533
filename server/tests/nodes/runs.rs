//! How update runs end: by their node, without it, and when they are removed.

use std::sync::{Arc, atomic::AtomicI64};

use emt_api::maintmgr::update_status::StatusType;
use emt_server::{clock::Clock, config::Config, maintenance::RunRules};
use serde_json::{Value as Json, json};

use crate::{
    node::{Node, PUA, V1, V2},
    support::{SATURDAY_MS, Server},
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

impl Node {
    /// A node of a server with these rules, that has reported what it runs.
    async fn with_rules(update_runs: RunRules) -> Self {
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS)));
        let node = Self::of(Server::with(clock, &Config { update_runs, ..Config::default() }).await).await;
        node.tell(StatusType::UpToDate, V1, PUA).await;
        node
    }

    /// Lets time pass and the server look after its runs. Tokens are fresh after it.
    async fn pass(&mut self, seconds: i64) {
        self.server.pass(seconds);
        self.server.parts.maintenance.upkeep().await.unwrap();
        self.server.token = self.server.login("admin", crate::support::PASSWORD).await;
        self.token = self.server.node_token(&self.server.project, &self.host, &self.uuid).await;
    }

    /// State and status of the newest run.
    async fn run(&self) -> (String, String) {
        let run = self.runs().await.pop().unwrap_or_default();
        let text = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
        (text("state").trim_start_matches("UPDATE_RUN_STATE_").to_owned(), text("status"))
    }
}

#[tokio::test]
async fn a_run_tells_how_it_ended() {
    const BACK: &str = r#"{"update_log":[{"status":"rolledback","failure_reason":"bootloader"}]}"#;
    const INBM: &str = r#"{"UpdateLog":{"StatusDetail.Status":"FAIL","FailureReason":"signaturecheck"}}"#;
    for (status, image, detail, state, text, told) in [
        (StatusType::Updated, V2, "", "SUCCEEDED", "Update completed", ""),
        (StatusType::Failed, V1, "", "FAILED", "Update failed", ""),
        (StatusType::Failed, V1, BACK, "ROLLED_BACK", "Update failed", "bootloader"),
        (StatusType::Failed, V1, INBM, "FAILED", "Update failed", "signaturecheck"),
        (StatusType::Failed, V1, "no route to host", "FAILED", "Update failed", "no route to host"),
    ] {
        let node = Node::with_rules(RunRules::default()).await;
        node.tell(StatusType::Started, V1, PUA).await;
        assert_eq!(node.run().await, ("OPEN".to_owned(), "Updating".to_owned()));
        node.say(status, image, detail).await;
        assert_eq!(node.run().await, (state.to_owned(), text.to_owned()), "{detail}");
        let run = node.runs().await.remove(0);
        assert_eq!(run["endTime"], node.server.now());
        let details = run["statusDetails"].as_str().unwrap();
        assert!(details.contains(told) && (!told.is_empty() || details.is_empty()), "{details}");
        assert_eq!(node.instance().await["updateStatusDetail"], details);
        // What clients filter for.
        let found = node.server.ok("GET", &format!("os-update-runs?filter=state=UPDATE_RUN_STATE_{state}"), Json::Null).await;
        assert_eq!(found["totalElements"], 1, "{state}");
    }
}

#[tokio::test]
async fn a_node_that_falls_silent_loses_its_run_and_may_still_end_it() {
    let mut node = Node::with_rules(RunRules::default()).await;
    node.tell(StatusType::Started, V1, PUA).await;
    node.pass(DAY - 1).await;
    assert_eq!(node.run().await.0, "OPEN");
    node.pass(1).await;
    assert_eq!(node.run().await, ("LOST".to_owned(), "Update lost".to_owned()));
    let (run, instance) = (node.runs().await.remove(0), node.instance().await);
    assert_eq!(run["endTime"], node.server.now());
    assert!(run["statusDetails"].as_str().unwrap().contains("has not reported since 2026-06-06T00:00:00Z"), "{run}");
    assert_eq!(
        (&instance["updateStatus"], &instance["updateStatusIndicator"]),
        (&json!("Update lost"), &json!("STATUS_INDICATION_ERROR"))
    );
    assert_eq!(instance["updateStatusDetail"], run["statusDetails"]);
    node.pass(HOUR).await;
    node.tell(StatusType::Updated, V2, PUA).await;
    assert_eq!(node.run().await, ("SUCCEEDED".to_owned(), "Update completed".to_owned()));
    assert_eq!(node.runs().await.len(), 1, "the same run");
    assert_eq!(node.instance().await["os"]["resourceId"], node.v2.as_str());
}

#[tokio::test]
async fn a_node_that_reports_keeps_its_run_however_long_it_takes() {
    let mut node = Node::with_rules(RunRules::default()).await;
    node.tell(StatusType::Downloading, V1, PUA).await;
    for _ in 0..4 {
        node.pass(DAY - 1).await;
        node.tell(StatusType::Downloaded, V1, PUA).await;
    }
    assert_eq!(node.run().await.0, "OPEN");
}

#[tokio::test]
async fn a_node_with_nothing_to_do_any_more_has_cancelled_its_run() {
    let mut node = Node::with_rules(RunRules::default()).await;
    node.tell(StatusType::Downloading, V1, PUA).await;
    node.pass(60).await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.pass(599).await;
    assert_eq!(node.run().await.0, "OPEN");
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node.pass(1).await;
    assert_eq!(node.run().await, ("CANCELLED".to_owned(), "Update cancelled".to_owned()));
    assert_eq!(node.instance().await["updateStatus"], "No new updates available");
    node.tell(StatusType::Downloading, V1, PUA).await;
    assert_eq!((node.runs().await.len(), node.run().await.0.as_str()), (2, "OPEN"), "the next update is another run");
}

#[tokio::test]
async fn old_runs_are_removed_and_open_ones_never() {
    let rules = RunRules { lost_after_hours: 0, ..RunRules::default() };
    let mut node = Node::with_rules(rules).await;
    node.tell(StatusType::Started, V1, PUA).await;
    node.tell(StatusType::Failed, V1, PUA).await;
    node.pass(1).await;
    node.tell(StatusType::Downloading, V1, PUA).await;
    node.pass(30 * DAY - 1).await;
    assert_eq!(node.runs().await.len(), 2);
    node.pass(1).await;
    assert_eq!((node.runs().await.len(), node.run().await.0.as_str()), (1, "OPEN"));
    node.pass(90 * DAY).await;
    assert_eq!(node.run().await.0, "OPEN");
}

#[tokio::test]
async fn an_instance_keeps_its_latest_runs() {
    let mut node = Node::with_rules(RunRules { keep_per_instance: 3, ..RunRules::default() }).await;
    for number in 0..5 {
        node.tell(StatusType::Started, V1, PUA).await;
        assert_eq!(node.runs().await.len(), (number + 1).min(3));
        node.tell(StatusType::Failed, V1, PUA).await;
        node.pass(1).await;
    }
    let starts: Vec<i64> = node.runs().await.iter().map(|run| run["startTime"].as_i64().unwrap()).collect();
    let first = SATURDAY_MS / 1000;
    assert_eq!(starts, [first + 2, first + 3, first + 4]);
}
