//! The conformance exchanges between nodes and the Maintenance Manager (southbound contract, section 7.1), one test each.
//! What a running upstream service answered to the same is replayed in `southbound.rs`; here ours is held against the
//! section's words, also where it is to do better.

use emt_api::maintmgr::{PlatformUpdateStatusRequest, update_status::StatusType};
use serde_json::{Value as Json, json};
use tonic::Code;

use crate::{
    node::{Node, PUA, V1, V2, id, os},
    support::southbound::{Metadata, answer, report},
};

const ACCEPTED: &str =
    r#"{"update_log":[{"update_type":"OS","status":"installed","version":"3.0.20260201.1000","failure_reason":"nofailure"}]}"#;
const BACK: &str = r#"{"update_log":[{"update_type":"OS","status":"rolledback","failure_reason":"bootloader"}]}"#;
/// An agent that can take the contract's plain answers.
const CAREFUL: &str = "tonic/0.14";
const UNFINISHED: u32 = 1_410_065_407;

impl Node {
    /// One that has reported what it runs.
    async fn known() -> Self {
        let node = Self::start().await;
        node.tell(StatusType::UpToDate, V1, CAREFUL).await;
        node
    }

    /// One that is to install the newer version.
    async fn targeted() -> Self {
        let node = Self::known().await;
        node.policy(json!({"name": "to", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": node.v2})).await;
        node
    }

    async fn update_status(&self) -> (String, String) {
        let instance = self.instance().await;
        let text = |key: &str| instance[key].as_str().unwrap().to_owned();
        (text("updateStatus"), text("updateStatusIndicator").trim_start_matches("STATUS_INDICATION_").to_owned())
    }

    async fn offered(&self) -> Json {
        answer(&self.tell(StatusType::UpToDate, V1, CAREFUL).await)
    }
}

fn pair(text: &str, indicator: &str) -> (String, String) {
    (text.to_owned(), indicator.to_owned())
}

#[tokio::test]
async fn e01_nothing_to_do() {
    let node = Node::known().await;
    let empty =
        json!({"update_source": {}, "update_schedule": {}, "os_type": "OS_TYPE_IMMUTABLE", "os_profile_update_source": {}});
    assert_eq!(node.offered().await, empty);
    assert_eq!(node.update_status().await, pair("No new updates available", "IDLE"));
}

#[tokio::test]
async fn e02_the_same_again_writes_nothing() {
    let node = Node::known().await;
    let before = node.server.store.generation(&node.server.project);
    for _ in 0..3 {
        node.server.pass(20);
        node.offered().await;
    }
    assert_eq!(node.server.store.generation(&node.server.project), before);
}

#[tokio::test]
async fn e03_a_newer_image_is_named() {
    let node = Node::known().await;
    assert_eq!(node.instance().await["osUpdateAvailable"], format!("emt {V2}"));
}

#[tokio::test]
async fn e04_target_and_window() {
    let node = Node::targeted().await;
    node.window(3600).await;
    let (offer, now) = (node.offered().await, node.server.now());
    let single = json!({"start_seconds": now + 3600, "end_seconds": now + 7200});
    assert_eq!(offer["update_schedule"], json!({"single_schedule": single}));
    let source = offer["os_profile_update_source"].as_object().unwrap();
    assert_eq!((&source["os_image_id"], &source["profile_name"]), (&json!(V2), &json!("emt")));
    assert!(["os_image_url", "os_image_sha"].iter().all(|key| source.contains_key(*key)), "{source:?}");
}

#[tokio::test]
async fn e05_downloading_opens_a_run() {
    let node = Node::targeted().await;
    node.tell(StatusType::Downloading, V1, CAREFUL).await;
    let run = node.runs().await.remove(0);
    assert_eq!((&run["status"], &run["endTime"]), (&json!("Downloading artifacts"), &json!(UNFINISHED)));
    assert_eq!(node.update_status().await, pair("Downloading artifacts", "IDLE"));
}

#[tokio::test]
async fn e06_downloaded() {
    let node = Node::targeted().await;
    node.tell(StatusType::Downloading, V1, CAREFUL).await;
    node.tell(StatusType::Downloaded, V1, CAREFUL).await;
    assert_eq!(node.runs().await[0]["status"], "Download complete");
}

#[tokio::test]
async fn e07_started_freezes_the_host() {
    let node = Node::targeted().await;
    node.tell(StatusType::Downloading, V1, CAREFUL).await;
    node.tell(StatusType::Started, V1, CAREFUL).await;
    let runs = node.runs().await;
    assert_eq!((runs.len(), &runs[0]["status"]), (1, &json!("Updating")));
    assert_eq!(node.update_status().await, pair("Updating", "IN_PROGRESS"));
    let before = node.shown_host().await["hostStatus"].clone();
    let beat = crate::support::southbound::heartbeat(&node.uuid, emt_api::hostmgr::InstanceStatus::Error);
    node.server.heartbeat(beat, &Metadata::token(&node.token)).await.unwrap();
    assert_eq!(node.shown_host().await["hostStatus"], before);
}

#[tokio::test]
async fn e08_updated_moves_the_os_and_ends_the_run() {
    let node = Node::targeted().await;
    node.tell(StatusType::Started, V1, CAREFUL).await;
    node.say(StatusType::Updated, V2, ACCEPTED).await;
    let (run, instance) = (node.runs().await.remove(0), node.instance().await);
    assert_eq!((&run["status"], &run["statusDetails"]), (&json!("Update completed"), &json!(ACCEPTED)));
    assert_eq!(run["endTime"], node.server.now());
    assert_eq!(instance["os"]["resourceId"], node.v2.as_str());
    assert_eq!(instance["existingCves"], instance["os"]["existingCves"]);
}

#[tokio::test]
async fn e09_up_to_date_after_it() {
    let node = Node::targeted().await;
    node.tell(StatusType::Started, V1, CAREFUL).await;
    node.say(StatusType::Updated, V2, ACCEPTED).await;
    node.tell(StatusType::UpToDate, V2, CAREFUL).await;
    assert_eq!(node.update_status().await, pair("No new updates available", "IDLE"));
    assert_eq!(node.instance().await["osUpdateAvailable"], "");
}

#[tokio::test]
async fn e10_failed_ends_the_run_with_its_reason() {
    let node = Node::targeted().await;
    node.tell(StatusType::Started, V1, CAREFUL).await;
    node.say(StatusType::Failed, V1, BACK).await;
    let run = node.runs().await.remove(0);
    let shown = (&run["status"], &run["statusIndicator"], &run["statusDetails"]);
    assert_eq!(shown, (&json!("Update failed"), &json!("STATUS_INDICATION_ERROR"), &json!(BACK)));
    assert_eq!(run["endTime"], node.server.now());
}

#[tokio::test]
async fn e11_updated_with_what_is_recorded_confirms() {
    let node = Node::targeted().await;
    node.tell(StatusType::Started, V1, CAREFUL).await;
    node.say(StatusType::Updated, V2, ACCEPTED).await;
    let before = (node.runs().await, node.instance().await);
    node.say(StatusType::Updated, V2, ACCEPTED).await;
    assert_eq!((node.runs().await, node.instance().await), before);
}

#[tokio::test]
async fn e12_started_without_download_opens_a_run() {
    let node = Node::targeted().await;
    node.tell(StatusType::Started, V1, CAREFUL).await;
    assert_eq!(node.runs().await.len(), 1);
}

#[tokio::test]
async fn e13_failed_without_a_run_makes_none() {
    let node = Node::targeted().await;
    node.say(StatusType::Failed, V1, BACK).await;
    assert_eq!(node.runs().await, Vec::<Json>::new());
    assert_eq!(node.instance().await["updateStatusDetail"], BACK, "the instance tells why");
}

#[tokio::test]
async fn e14_who_gets_no_answer() {
    let node = Node::known().await;
    let unprovisioned = json!({"name": "bare", "uuid": uuid::Uuid::new_v4().to_string()});
    let bare = node.server.ok("POST", "compute/hosts/register", unprovisioned).await;
    let (bare_uuid, bare_id) = (bare["uuid"].as_str().unwrap(), id(&bare));
    let bare_token = node.server.node_token(&node.server.project, &bare_id, bare_uuid).await;
    node.server.ok("DELETE", &format!("compute/hosts/{bare_id}"), Json::Null).await;
    node.server.ok("PUT", &format!("compute/hosts/{}/invalidate", node.host), Json::Null).await;
    for (token, uuid, code) in
        [(&node.token, node.uuid.as_str(), Code::Unauthenticated), (&bare_token, bare_uuid, Code::NotFound)]
    {
        let outcome = node.server.report(report(uuid, StatusType::UpToDate, "emt", V1), &Metadata::token(token)).await;
        assert_eq!(outcome.unwrap_err().code(), code, "{uuid}");
    }
}

#[tokio::test]
async fn e15_what_is_not_well_formed_is_refused() {
    let node = Node::known().await;
    let without_status = PlatformUpdateStatusRequest { host_guid: node.uuid.clone(), ..PlatformUpdateStatusRequest::default() };
    for message in [report("garbage", StatusType::UpToDate, "emt", V1), without_status] {
        let outcome = node.server.report(message, &Metadata::token(&node.token)).await;
        assert_eq!(outcome.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn e16_hosts_of_other_projects_are_unknown() {
    let node = Node::known().await;
    node.server.ok("PUT", "/v1/projects/other", json!({})).await;
    let far = uuid::Uuid::new_v4().to_string();
    node.server.ok("POST", "/v1/projects/other/compute/hosts/register", json!({"name": "far", "uuid": far})).await;
    let outcome = node.server.report(report(&far, StatusType::UpToDate, "emt", V1), &Metadata::token(&node.token)).await;
    assert_eq!(outcome.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn e17_repeated_windows_of_everything_above_are_told() {
    let node = Node::targeted().await;
    let top = id(&node.server.ok("POST", "regions", json!({"name": "top"})).await);
    let below = id(&node.server.ok("POST", "regions", json!({"name": "below", "parentId": top})).await);
    let site = id(&node.server.ok("POST", "regions/x/sites", json!({"name": "s", "regionId": below})).await);
    node.server.ok("PATCH", &format!("compute/hosts/{}", node.host), json!({"name": "till", "siteId": site})).await;
    for (hour, (key, target)) in
        [("targetHostId", &node.host), ("targetSiteId", &site), ("targetRegionId", &below), ("targetRegionId", &top)]
            .into_iter()
            .enumerate()
    {
        let mut body = json!({"scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "durationSeconds": 600, "cronMinutes": "0",
            "cronHours": hour.to_string(), "cronDayMonth": "*", "cronMonth": "*", "cronDayWeek": "*"});
        body[key] = json!(target);
        node.server.ok("POST", "schedules/repeated", body).await;
    }
    let schedule = node.offered().await["update_schedule"].clone();
    let all = schedule["repeated_schedules"].as_array().unwrap();
    let mut hours: Vec<&str> = all.iter().map(|window| window["cron_hours"].as_str().unwrap()).collect();
    assert_eq!(schedule["repeated_schedule"], all[0]);
    hours.sort_unstable();
    assert_eq!(hours, ["0", "1", "2", "3"]);
}

/// Upstream has the one whose start is nearer to now, so that one that began long ago hides the next.
#[tokio::test]
async fn e18_an_open_window_goes_before_the_next_one() {
    let node = Node::targeted().await;
    let body =
        json!({"scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": node.host, "startSeconds": node.server.now() + 60});
    node.server.ok("POST", "schedules/single", body).await;
    node.server.pass(600);
    node.window(7 * 86_400).await;
    let single = node.offered().await["update_schedule"]["single_schedule"].clone();
    assert_eq!(single["start_seconds"], node.server.now() - 540);
}

/// Upstream has the build of the morning above that of the night.
#[tokio::test]
async fn e19_latest_is_the_greatest_number() {
    let node = Node::known().await;
    for build in ["3.0.20260602.2200", "3.0.20260602.0732"] {
        node.server.ok("POST", "compute/os", os("emt", build, "OS_TYPE_IMMUTABLE")).await;
    }
    node.policy(json!({"name": "latest", "updatePolicy": "UPDATE_POLICY_LATEST"})).await;
    node.window(3600).await;
    assert_eq!(node.offered().await["os_profile_update_source"]["os_image_id"], "3.0.20260602.2200");
}

#[tokio::test]
async fn e20_a_kernel_command_comes_alone() {
    let node = Node::known().await;
    node.policy(
        json!({"name": "quiet", "updatePolicy": "UPDATE_POLICY_TARGET", "updateKernelCommand": "quiet", "targetOsId": node.v2}),
    )
    .await;
    let offer = node.offered().await;
    assert_eq!(offer["update_source"], json!({"kernel_command": "quiet"}));
    assert_eq!(offer["os_profile_update_source"], json!({}));
    assert_eq!(answer(&node.tell(StatusType::UpToDate, V1, PUA).await)["update_source"], json!({"kernel_command": "quiet"}));
}
