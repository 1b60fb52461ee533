//! The Host Manager: heartbeats, what they show, and what silence does.

use std::sync::Arc;

use emt_api::{
    hostmgr::{
        BiosInfo, HostStatus, HwInfo, InstanceStatus, SystemCpu, SystemInfo, UpdateHostStatusByHostGuidRequest,
        UpdateHostSystemInfoByGuidRequest, host_status, hostmgr_client::HostmgrClient,
    },
    maintmgr::update_status::StatusType,
};
use emt_server::hosts::HostManager;
use serde_json::{Value as Json, json};
use tonic::Code;

use crate::{
    node::{Node, PUA, V1},
    support::southbound::{Metadata, heartbeat},
};

/// A node that has reported what it runs.
async fn known() -> Node {
    let node = Node::start().await;
    node.tell(StatusType::UpToDate, V1, PUA).await;
    node
}

impl Node {
    async fn beat(&self, status: InstanceStatus) {
        self.server.heartbeat(heartbeat(&self.uuid, status), &Metadata::token(&self.token)).await.unwrap();
    }

    /// Lets time pass and the server look.
    async fn quiet(&self, seconds: i64) {
        self.server.pass(seconds);
        self.server.parts.hosts.look().await.unwrap();
    }

    async fn status(&self) -> String {
        self.shown_host().await["hostStatus"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn heartbeats_are_shown() {
    let node = known().await;
    for (sent, host, instance, indicator) in [
        (InstanceStatus::Running, "Running", "Running", "STATUS_INDICATION_IDLE"),
        (InstanceStatus::Initializing, "Running", "Initializing", "STATUS_INDICATION_IN_PROGRESS"),
        (InstanceStatus::Error, "Error", "Error", "STATUS_INDICATION_ERROR"),
        (InstanceStatus::Booting, "Unknown", "Unknown", "STATUS_INDICATION_UNSPECIFIED"),
        (InstanceStatus::Running, "Running", "Running", "STATUS_INDICATION_IDLE"),
    ] {
        node.beat(sent).await;
        let shown = node.shown_host().await;
        assert_eq!(shown["hostStatus"], host, "{sent:?}");
        assert_eq!(shown["instance"]["instanceStatus"], instance);
        assert_eq!(shown["instance"]["instanceStatusIndicator"], indicator);
        assert_eq!(shown["instance"]["instanceStatusDetail"], "9 of 9 components running");
    }
}

#[tokio::test]
async fn a_silent_node_is_lost_after_three_heartbeats_and_comes_back_with_the_next() {
    let node = known().await;
    node.beat(InstanceStatus::Running).await;
    node.quiet(29).await;
    assert_eq!(node.status().await, "Running");
    node.quiet(1).await;
    let shown = node.shown_host().await;
    assert_eq!(
        (&shown["hostStatus"], &shown["hostStatusIndicator"]),
        (&json!("No Connection"), &json!("STATUS_INDICATION_ERROR"))
    );
    assert_eq!(shown["hostStatusTimestamp"], node.server.now());
    node.quiet(1800).await;
    assert_eq!(node.shown_host().await["hostStatusTimestamp"], node.server.now() - 1800, "it is recorded once");
    node.beat(InstanceStatus::Running).await;
    assert_eq!(node.status().await, "Running");
    node.quiet(30).await;
    assert_eq!(node.status().await, "No Connection", "and it can be lost again");
}

#[tokio::test]
async fn a_node_without_heartbeats_is_not_lost() {
    let node = known().await;
    node.quiet(3000).await;
    assert_eq!(node.status().await, "Running");
}

#[tokio::test]
async fn heartbeats_that_say_nothing_new_write_nothing() {
    let node = known().await;
    node.beat(InstanceStatus::Running).await;
    let (generation, before) = (node.server.store.generation(&node.server.project), node.shown_host().await);
    for _ in 0..10 {
        node.quiet(10).await;
        node.beat(InstanceStatus::Running).await;
    }
    assert_eq!(node.server.store.generation(&node.server.project), generation);
    assert_eq!(node.shown_host().await, before);
}

#[tokio::test]
async fn the_reboot_of_an_update_is_no_outage_until_it_takes_too_long() {
    let node = known().await;
    node.beat(InstanceStatus::Running).await;
    node.tell(StatusType::Started, V1, PUA).await;
    node.beat(InstanceStatus::Error).await;
    assert_eq!(node.status().await, "Running", "the status is frozen");
    for _ in 0..29 {
        node.quiet(30).await;
        assert_eq!(node.status().await, "Running");
    }
    node.quiet(30).await;
    assert_eq!(node.status().await, "No Connection");
    node.beat(InstanceStatus::Running).await;
    assert_eq!(node.status().await, "Running");
}

#[tokio::test]
async fn after_an_update_silence_counts_again() {
    let node = known().await;
    node.beat(InstanceStatus::Running).await;
    node.tell(StatusType::Started, V1, PUA).await;
    node.quiet(60).await;
    node.tell(StatusType::Failed, V1, PUA).await;
    node.quiet(30).await;
    assert_eq!(node.status().await, "No Connection");
}

#[tokio::test]
async fn after_a_restart_nodes_have_time_to_find_the_server() {
    let node = known().await;
    node.beat(InstanceStatus::Running).await;
    let again = HostManager::new(Arc::clone(&node.server.store), node.server.parts.clock.clone());
    again.restore().await.unwrap();
    node.server.pass(299);
    again.look().await.unwrap();
    assert_eq!(node.status().await, "Running");
    node.server.pass(1);
    again.look().await.unwrap();
    assert_eq!(node.status().await, "No Connection");
}

#[tokio::test]
async fn deleted_and_untrusted_hosts_are_left_alone() {
    let node = known().await;
    node.beat(InstanceStatus::Running).await;
    node.server.ok("PUT", &format!("compute/hosts/{}/invalidate", node.host), Json::Null).await;
    let outcome = node.server.heartbeat(heartbeat(&node.uuid, InstanceStatus::Running), &Metadata::token(&node.token)).await;
    assert_eq!(outcome.unwrap_err().code(), Code::Unauthenticated);
    let instance = node.shown_host().await["instance"]["resourceId"].as_str().unwrap().to_owned();
    node.server.ok("DELETE", &format!("compute/hosts/{}", node.host), Json::Null).await;
    node.server.ok("DELETE", &format!("compute/instances/{instance}"), Json::Null).await;
    node.quiet(31).await;
    let outcome = node.server.heartbeat(heartbeat(&node.uuid, InstanceStatus::Running), &Metadata::token(&node.token)).await;
    assert!(matches!(outcome.unwrap_err().code(), Code::NotFound | Code::Unauthenticated));
}

#[tokio::test]
async fn who_may_send_heartbeats() {
    let node = known().await;
    let server = &node.server;
    let other = uuid::Uuid::new_v4().to_string();
    server.ok("POST", "compute/hosts/register", json!({"name": "next", "uuid": other})).await;
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    for (authorization, project, uuid, code) in [
        (bearer(&node.token), None, node.uuid.as_str(), Code::Ok),
        (bearer(&node.token), Some(server.project.clone()), node.uuid.as_str(), Code::Ok),
        (bearer(&node.token), Some("garbage".to_owned()), node.uuid.as_str(), Code::PermissionDenied),
        (bearer(&node.token), None, other.as_str(), Code::PermissionDenied),
        (bearer(&node.token), None, "garbage", Code::InvalidArgument),
        (bearer(&node.token), None, "", Code::InvalidArgument),
        (bearer(&server.token), None, node.uuid.as_str(), Code::Unauthenticated),
        (bearer("garbage"), None, node.uuid.as_str(), Code::PermissionDenied),
        (None, None, node.uuid.as_str(), Code::Unauthenticated),
    ] {
        let metadata = Metadata { authorization, project, user_agent: None };
        let outcome = server.heartbeat(heartbeat(uuid, InstanceStatus::Running), &metadata).await;
        assert_eq!(outcome.map_or_else(|status| status.code(), |()| Code::Ok), code, "{metadata:?} for {uuid}");
    }
    let upper =
        server.heartbeat(heartbeat(&node.uuid.to_uppercase(), InstanceStatus::Running), &Metadata::token(&node.token)).await;
    assert!(upper.is_ok());
}

#[tokio::test]
async fn nothing_is_known_of_a_node_before_its_first_report() {
    let node = Node::start().await;
    let outcome = node.server.heartbeat(heartbeat(&node.uuid, InstanceStatus::Running), &Metadata::token(&node.token)).await;
    assert_eq!(outcome.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_host_tells_its_status_and_what_it_is_made_of() {
    let node = known().await;
    let mut client = HostmgrClient::new(node.server.southbound(&Metadata::token(&node.token)));
    let host_status = HostStatus { host_status: host_status::HostStatus::Booting.into(), ..HostStatus::default() };
    let message = UpdateHostStatusByHostGuidRequest { host_guid: node.uuid.clone(), host_status: Some(host_status) };
    let answer = client.update_host_status_by_host_guid(message).await.unwrap();
    assert_eq!(answer.into_inner(), emt_api::hostmgr::HostStatusResp::default());
    assert_eq!(node.status().await, "Booting");
    let without = UpdateHostStatusByHostGuidRequest { host_guid: node.uuid.clone(), host_status: None };
    assert_eq!(client.update_host_status_by_host_guid(without).await.unwrap_err().code(), Code::InvalidArgument);
    let cpu = SystemCpu { model: "Atom x7".to_owned(), cores: 4, ..SystemCpu::default() };
    let system_info = SystemInfo {
        hw_info: Some(HwInfo { serial_num: "SN77".to_owned(), cpu: Some(cpu), ..HwInfo::default() }),
        bios_info: Some(BiosInfo { version: "1.2".to_owned(), ..BiosInfo::default() }),
        bm_ctl_info: None,
    };
    let message = UpdateHostSystemInfoByGuidRequest { host_guid: node.uuid.clone(), system_info: Some(system_info) };
    client.update_host_system_info_by_guid(message).await.unwrap();
    let shown = node.shown_host().await;
    assert_eq!((&shown["serialNumber"], &shown["cpuModel"], &shown["cpuCores"]), (&json!("SN77"), &json!("Atom x7"), &json!(4)));
    assert_eq!(shown["biosVersion"], "1.2");
}
