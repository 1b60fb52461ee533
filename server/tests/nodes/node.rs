//! A server with one node.

use emt_api::maintmgr::{PlatformUpdateStatusResponse, update_status::StatusType};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::support::{
    SATURDAY_MS, Server,
    southbound::{Metadata, report},
};

/// How the Edge Orchestrator's Platform Update Agent is known.
pub(crate) const PUA: &str = "grpc-go/1.64.0";
/// What the node runs at first.
pub(crate) const V1: &str = "3.0.20260101.1000";
/// What is newer.
pub(crate) const V2: &str = "3.0.20260201.1000";

/// A server with two OS resources and one node that runs the first.
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) uuid: String,
    pub(crate) host: String,
    pub(crate) token: String,
    pub(crate) v1: String,
    pub(crate) v2: String,
}

/// The id of what was made.
pub(crate) fn id(answer: &Json) -> String {
    answer["resourceId"].as_str().unwrap().to_owned()
}

/// Body of an OS resource.
pub(crate) fn os(profile: &str, image: &str, os_type: &str) -> Json {
    json!({"name": format!("{profile} {image}"), "profileName": profile, "imageId": image, "imageUrl": format!("files/{image}"),
        "sha256": hex::encode(Sha256::digest(image)), "osType": os_type, "osProvider": "OS_PROVIDER_KIND_INFRA"})
}

impl Node {
    pub(crate) async fn start() -> Self {
        Self::of(Server::start_at(SATURDAY_MS).await).await
    }

    /// A node of a server.
    pub(crate) async fn of(server: Server) -> Self {
        let v1 = id(&server.ok("POST", "compute/os", os("emt", V1, "OS_TYPE_IMMUTABLE")).await);
        let v2 = id(&server.ok("POST", "compute/os", os("emt", V2, "OS_TYPE_IMMUTABLE")).await);
        let uuid = uuid::Uuid::new_v4().to_string();
        let host = id(&server.ok("POST", "compute/hosts/register", json!({"name": "till", "uuid": uuid})).await);
        let token = server.node_token(&server.project, &host, &uuid).await;
        Self { server, uuid, host, token, v1, v2 }
    }

    pub(crate) async fn tell(&self, status: StatusType, image: &str, user_agent: &str) -> PlatformUpdateStatusResponse {
        let profile = if image.is_empty() { "" } else { "emt" };
        let metadata = Metadata { user_agent: Some(user_agent.to_owned()), ..Metadata::token(&self.token) };
        self.server.report(report(&self.uuid, status, profile, image), &metadata).await.unwrap()
    }

    /// Start of the single window that an old agent is told, and the image.
    pub(crate) async fn told(&self, image: &str) -> (Option<u64>, String) {
        let answer = self.tell(StatusType::UpToDate, image, PUA).await;
        let window = answer.update_schedule.unwrap().single_schedule;
        (window.map(|window| window.start_seconds), answer.os_profile_update_source.unwrap().os_image_id)
    }

    pub(crate) async fn window(&self, from_now: i64) -> String {
        let body = json!({"name": "w", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": self.host,
            "startSeconds": self.server.now() + from_now, "endSeconds": self.server.now() + from_now + 3600});
        id(&self.server.ok("POST", "schedules/single", body).await)
    }

    pub(crate) async fn instance(&self) -> Json {
        self.server.ok("GET", "compute/instances", Json::Null).await["instances"][0].clone()
    }

    pub(crate) async fn link(&self, body: Json) -> (u16, String) {
        let path = format!("compute/instances/{}", id(&self.instance().await));
        self.server.request("PATCH", &path, Some(body.to_string())).await
    }

    /// A report with details.
    pub(crate) async fn say(&self, status: StatusType, image: &str, detail: &str) -> PlatformUpdateStatusResponse {
        let mut message = report(&self.uuid, status, if image.is_empty() { "" } else { "emt" }, image);
        detail.clone_into(&mut message.update_status.as_mut().unwrap().status_detail);
        let metadata = Metadata { user_agent: Some(PUA.to_owned()), ..Metadata::token(&self.token) };
        self.server.report(message, &metadata).await.unwrap()
    }

    /// All its runs, oldest first.
    pub(crate) async fn runs(&self) -> Vec<Json> {
        let runs = self.server.ok("GET", "os-update-runs?orderBy=startTime", Json::Null).await;
        runs["osUpdateRuns"].as_array().unwrap().clone()
    }

    /// A policy, linked to its instance.
    pub(crate) async fn policy(&self, body: Json) -> String {
        let policy = id(&self.server.ok("POST", "os-update-policies", body).await);
        let (status, text) = self.link(json!({"osUpdatePolicyID": policy})).await;
        assert_eq!(status, 200, "{text}");
        policy
    }

    /// The host as it is shown.
    pub(crate) async fn shown_host(&self) -> Json {
        self.server.ok("GET", &format!("compute/hosts/{}", self.host), Json::Null).await
    }
}
