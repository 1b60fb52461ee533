//! Schedules that the wire cannot say: their windows are told one by one, to old agents and new ones.

use emt_api::maintmgr::update_status::StatusType;
use serde_json::{Value as Json, json};

use crate::{
    node::{Node, V1, V2, id},
    old_agent::OldAgent,
    support::PASSWORD,
};

const DAY: i64 = 86_400;
/// An agent that can take the contract's plain answers.
const CAREFUL: &str = "tonic/0.14";

/// A node that is to install the second version in windows of 20 minutes at 02:30 in Berlin (00:30 in UTC), but not on the 7th.
async fn nightly(more: Json) -> (Node, String) {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, CAREFUL).await;
    node.link(json!({"osID": node.v2})).await;
    let mut body = json!({"name": "night", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "durationSeconds": 1200,
        "cron": "30 2 * * *", "timeZone": "Europe/Berlin", "exceptions": ["2026-06-07"], "targetHostId": node.host});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let schedule = id(&node.server.ok("POST", "schedules/repeated", body).await);
    (node, schedule)
}

impl Node {
    /// Lets time pass, longer than tokens last.
    async fn later(&mut self, seconds: i64) {
        self.server.pass(seconds);
        self.server.token = self.server.login("admin", PASSWORD).await;
        self.token = self.server.node_token(&self.server.project, &self.host, &self.uuid).await;
    }

    /// The single window that a careful agent is told, in seconds from an instant.
    async fn single_from(&self, from: i64) -> Option<(i64, i64)> {
        let schedule = self.tell(StatusType::UpToDate, V1, CAREFUL).await.update_schedule.unwrap();
        assert!(schedule.repeated_schedules.is_empty(), "{schedule:?}");
        let seconds = |seconds: u64| i64::try_from(seconds).unwrap() - from;
        schedule.single_schedule.map(|window| (seconds(window.start_seconds), seconds(window.end_seconds)))
    }
}

#[tokio::test]
async fn zoned_windows_are_told_one_by_one_and_none_on_days_left_out() {
    let (mut node, _) = nightly(json!({})).await;
    let midnight = node.server.now();
    let first = Some((1800, 3000));
    let third = Some((1800 + 2 * DAY, 3000 + 2 * DAY));
    for (at, told) in [(0, first), (1799, first), (1800, first), (3000, first), (3001, third), (DAY + 1800, third)] {
        node.later(midnight + at - node.server.now()).await;
        assert_eq!(node.single_from(midnight).await, told, "at {at}");
    }
}

#[tokio::test]
async fn polls_between_the_edges_of_zoned_windows_write_nothing() {
    let (node, _) = nightly(json!({})).await;
    let midnight = node.server.now();
    node.single_from(midnight).await;
    let before = node.server.store.generation(&node.server.project);
    for _ in 0..50 {
        node.server.pass(60);
        node.single_from(midnight).await;
    }
    assert_eq!(node.server.store.generation(&node.server.project), before);
}

#[tokio::test]
async fn a_change_of_a_zoned_schedule_is_told_at_once_and_to_old_agents_after_a_gap() {
    let (node, schedule) = nightly(json!({})).await;
    let midnight = u64::try_from(node.server.now()).unwrap();
    assert_eq!(node.told(V1).await, (Some(midnight + 1800), V2.to_owned()));
    node.server.ok("PATCH", &format!("schedules/repeated/{schedule}"), json!({"timeZone": "Europe/London"})).await;
    assert_eq!(node.told(V1).await.0, None, "told none once, so that it forgets the old one");
    assert_eq!(node.told(V1).await.0, Some(midnight + 5400));
    node.server.ok("DELETE", &format!("schedules/repeated/{schedule}"), Json::Null).await;
    assert_eq!(node.told(V1).await.0, None);
}

#[tokio::test]
async fn an_old_agent_goes_from_window_to_window() {
    let (node, _) = nightly(json!({})).await;
    let midnight = u64::try_from(node.server.now()).unwrap();
    assert_eq!(node.told(V1).await.0, Some(midnight + 1800));
    node.server.pass(3001);
    assert_eq!(node.told(V1).await.0, None, "a gap");
    assert_eq!(node.told(V1).await.0, Some(midnight + 1800 + 2 * DAY.unsigned_abs()));
}

#[tokio::test]
async fn an_old_agent_installs_in_a_zoned_window() {
    let (node, _) = nightly(json!({})).await;
    let v1 = node.server.ok("GET", &format!("compute/os/{}", node.v1), Json::Null).await;
    let mut agent = OldAgent::that_installed("emt", V1, v1["sha256"].as_str().unwrap());
    agent.live(&node, 1700).await;
    assert_eq!(agent.image(), V1, "the window is not open");
    agent.live(&node, 300).await;
    assert_eq!(agent.image(), V2);
}

#[tokio::test]
async fn notice_and_end_of_work_hold_for_what_is_told() {
    let (node, schedule) = nightly(json!({"minimumNoticeSeconds": 2400, "finishBy": "02:45"})).await;
    let midnight = node.server.now();
    assert_eq!(node.single_from(midnight).await, Some((2400, 2700)));
    node.server.pass(120);
    node.server.ok("PATCH", &format!("schedules/repeated/{schedule}"), json!({"name": "later"})).await;
    assert_eq!(node.single_from(midnight).await, Some((2400, 2700)), "a name is no plan");
    node.server.ok("PATCH", &format!("schedules/repeated/{schedule}"), json!({"durationSeconds": 7200})).await;
    assert_eq!(node.single_from(midnight).await, Some((2520, 2700)), "a change is announced as long ahead");
}

#[tokio::test]
async fn a_blackout_takes_from_an_open_end() {
    let (mut node, schedule) = nightly(json!({})).await;
    node.server.ok("DELETE", &format!("schedules/repeated/{schedule}"), Json::Null).await;
    let midnight = node.server.now();
    let body = json!({"name": "open", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "startSeconds": midnight + 3600,
        "timeZone": "Europe/Berlin", "exceptions": ["2026-06-07"], "targetHostId": node.host});
    node.server.ok("POST", "schedules/single", body).await;
    // The 7th begins at 22:00 in UTC.
    assert_eq!(node.single_from(midnight).await, Some((3600, 22 * 3600 - 1)));
    node.later(22 * 3600).await;
    let told = node.single_from(midnight).await.unwrap();
    assert!(told.0 == 46 * 3600 && told.1 > 10 * DAY, "{told:?}");
}
