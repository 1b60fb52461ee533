//! The nodes' side: enrolment, tokens, reports, and messages as JSON.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue},
};
use emt_api::{
    hostmgr::{
        InstanceState, InstanceStatus, UpdateInstanceStateStatusByHostGuidRequest as Heartbeat, hostmgr_client::HostmgrClient,
    },
    maintmgr::{
        PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, RepeatedSchedule, UpdateStatus,
        maintmgr_service_client::MaintmgrServiceClient, update_status::StatusType,
    },
};
use serde_json::{Map, Value as Json, json};
use tonic::{Code, Status};
use tower::ServiceExt;

use super::Server;

/// What a node sends beside its report.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// `authorization`.
    pub authorization: Option<String>,
    /// `activeprojectid`.
    pub project: Option<String>,
    /// `user-agent`.
    pub user_agent: Option<String>,
}

impl Metadata {
    /// A token and nothing else.
    pub fn token(token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), ..Self::default() }
    }
}

/// What a gRPC client of the server calls.
pub trait NodeService:
    tower::Service<http::Request<tonic::body::Body>, Response = axum::response::Response, Error = Infallible, Future: Send>
    + Clone
    + Send
{
}
impl<S> NodeService for S where
    S: tower::Service<http::Request<tonic::body::Body>, Response = axum::response::Response, Error = Infallible, Future: Send>
        + Clone
        + Send
{
}

impl Server {
    /// Credentials for the node with this UUID: the answer of the enrolment.
    pub async fn enrol(&self, project: &str, host: &str, uuid: &str) -> Json {
        let token = self.identity.issue_enrolment_token(project, host, uuid).await.unwrap();
        let (status, body) = self.redeem(&token, uuid).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Exchanges an enrolment token.
    pub async fn redeem(&self, token: &str, uuid: &str) -> (u16, String) {
        let request = Request::post("/v1/enrol")
            .header("content-type", "application/json")
            .body(Body::from(json!({"token": token, "uuid": uuid}).to_string()))
            .unwrap();
        self.send(request).await
    }

    /// Answer of the token endpoint to a node's credentials.
    pub async fn node_login(&self, credentials: &Json) -> (u16, Json) {
        let text = |key: &str| credentials[key].as_str().unwrap().to_owned();
        let form = format!("grant_type=client_credentials&client_id={}&client_secret={}", text("clientId"), text("clientSecret"));
        let request = Request::post("/realms/master/protocol/openid-connect/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let (status, body) = self.send(request).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// An access token of the node with this UUID.
    pub async fn node_token(&self, project: &str, host: &str, uuid: &str) -> String {
        let credentials = self.enrol(project, host, uuid).await;
        let (status, answer) = self.node_login(&credentials).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// A connection of a node to the server's gRPC routes.
    pub fn southbound(&self, metadata: &Metadata) -> impl NodeService + use<> {
        let headers: Vec<(HeaderName, HeaderValue)> = [
            ("authorization", &metadata.authorization),
            ("activeprojectid", &metadata.project),
            ("user-agent", &metadata.user_agent),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), value.as_ref()?.parse().unwrap())))
        .collect();
        self.service().map_request(move |request: http::Request<tonic::body::Body>| {
            let mut request = request.map(Body::new);
            request.headers_mut().extend(headers.clone());
            request
        })
    }

    /// A heartbeat through the server's gRPC route.
    pub async fn heartbeat(&self, message: Heartbeat, metadata: &Metadata) -> Result<(), Status> {
        let mut client = HostmgrClient::new(self.southbound(metadata));
        client.update_instance_state_status_by_host_guid(message).await.map(drop)
    }

    /// A report through the server's gRPC route.
    pub async fn report(
        &self,
        message: PlatformUpdateStatusRequest,
        metadata: &Metadata,
    ) -> Result<PlatformUpdateStatusResponse, Status> {
        let answer = MaintmgrServiceClient::new(self.southbound(metadata)).platform_update_status(message).await;
        answer.map(tonic::Response::into_inner)
    }
}

/// A heartbeat of a node on which everything runs.
pub fn heartbeat(uuid: &str, status: InstanceStatus) -> Heartbeat {
    Heartbeat {
        host_guid: uuid.to_owned(),
        instance_status: status.into(),
        instance_state: InstanceState::Running.into(),
        provider_status_detail: "9 of 9 components running".to_owned(),
    }
}

/// A report of a node that runs an image.
pub fn report(uuid: &str, status: StatusType, profile: &str, image: &str) -> PlatformUpdateStatusRequest {
    PlatformUpdateStatusRequest {
        host_guid: uuid.to_owned(),
        update_status: Some(UpdateStatus {
            status_type: status.into(),
            profile_name: profile.to_owned(),
            os_image_id: image.to_owned(),
            ..UpdateStatus::default()
        }),
        ..PlatformUpdateStatusRequest::default()
    }
}

/// A request from JSON with the names of the proto file.
pub fn request(json: &Json) -> PlatformUpdateStatusRequest {
    let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().to_owned();
    PlatformUpdateStatusRequest {
        host_guid: text(json, "host_guid"),
        update_status: json.get("update_status").map(|status| UpdateStatus {
            status_type: match &status["status_type"] {
                Json::String(name) => StatusType::from_str_name(name).unwrap().into(),
                number => i32::try_from(number.as_i64().unwrap_or_default()).unwrap(),
            },
            status_detail: text(status, "status_detail"),
            profile_name: text(status, "profile_name"),
            profile_version: text(status, "profile_version"),
            os_image_id: text(status, "os_image_id"),
            os_update_available: text(status, "os_update_available"),
            ..UpdateStatus::default()
        }),
        ..PlatformUpdateStatusRequest::default()
    }
}

/// An answer as JSON: absent what is empty, `{}` what is there and empty.
pub fn answer(message: &PlatformUpdateStatusResponse) -> Json {
    let mut json = Map::new();
    if let Some(source) = &message.update_source {
        let repos = json!(source.custom_repos);
        #[allow(deprecated, reason = "it must stay empty, so it is looked at")]
        let texts = [("kernel_command", json!(source.kernel_command)), ("os_repo_url", json!(source.os_repo_url))];
        json.insert("update_source".to_owned(), filled(texts.into_iter().chain([("custom_repos", repos)])));
    }
    if let Some(schedule) = &message.update_schedule {
        let single = schedule
            .single_schedule
            .as_ref()
            .map(|window| filled([("start_seconds", json!(window.start_seconds)), ("end_seconds", json!(window.end_seconds))]));
        #[allow(deprecated, reason = "old nodes read it")]
        let first = schedule.repeated_schedule.as_ref().map(repeated);
        let all: Vec<Json> = schedule.repeated_schedules.iter().map(repeated).collect();
        let parts = [("single_schedule", json!(single)), ("repeated_schedule", json!(first)), ("repeated_schedules", json!(all))];
        json.insert("update_schedule".to_owned(), filled(parts));
    }
    if !message.installed_packages.is_empty() {
        json.insert("installed_packages".to_owned(), json!(message.installed_packages));
    }
    if message.os_type != 0 {
        json.insert("os_type".to_owned(), json!(message.os_type().as_str_name()));
    }
    if let Some(source) = &message.os_profile_update_source {
        let texts = [
            ("os_image_url", json!(source.os_image_url)),
            ("os_image_id", json!(source.os_image_id)),
            ("os_image_sha", json!(source.os_image_sha)),
            ("profile_name", json!(source.profile_name)),
            ("profile_version", json!(source.profile_version)),
        ];
        json.insert("os_profile_update_source".to_owned(), filled(texts));
    }
    Json::Object(json)
}

fn repeated(window: &RepeatedSchedule) -> Json {
    filled([
        ("duration_seconds", json!(window.duration_seconds)),
        ("cron_minutes", json!(window.cron_minutes)),
        ("cron_hours", json!(window.cron_hours)),
        ("cron_day_month", json!(window.cron_day_month)),
        ("cron_month", json!(window.cron_month)),
        ("cron_day_week", json!(window.cron_day_week)),
    ])
}

/// An object of what is not empty.
fn filled<'a>(parts: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    let empty = |value: &Json| match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Number(number) => number.as_u64() == Some(0),
        Json::Bool(_) | Json::Object(_) => false,
    };
    parts.into_iter().filter(|(_, value)| !empty(value)).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A gRPC code by the name that recordings use.
pub fn code(name: &str) -> Code {
    match name {
        "OK" => Code::Ok,
        "Unknown" => Code::Unknown,
        "InvalidArgument" => Code::InvalidArgument,
        "NotFound" => Code::NotFound,
        "PermissionDenied" => Code::PermissionDenied,
        "FailedPrecondition" => Code::FailedPrecondition,
        "Unauthenticated" => Code::Unauthenticated,
        other => panic!("{other} is no code that is recorded"),
    }
}
