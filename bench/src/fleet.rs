//! A fleet as it comes about: registered, enrolled, with a token each, and a first report.

use std::sync::Arc;

use emt_api::maintmgr::{PlatformUpdateStatusRequest, UpdateStatus, maintmgr_service_client::MaintmgrServiceClient};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value as Json, json};
use tonic::{Request, transport::Channel};

use crate::{
    Outcome,
    server::{PASSWORD, PROJECT, Server},
};

/// Enrolments at once.
const WIDTH: usize = 64;
/// The operator's login.
const LOGIN: [(&str, &str); 4] =
    [("grant_type", "password"), ("client_id", "system-client"), ("username", "admin"), ("password", PASSWORD)];

/// One node.
#[derive(Clone)]
pub(crate) struct Node {
    /// Its UUID.
    pub(crate) uuid: String,
    /// `Bearer …`.
    pub(crate) bearer: String,
}

/// An access token of the operator.
pub(crate) async fn log_in(server: &Server) -> Outcome<String> {
    let http = emt_agent::net::https(Some(&server.authority))?;
    access_token(&http, &server.origin, &LOGIN).await
}

async fn access_token(http: &reqwest::Client, origin: &str, form: &[(&str, &str)]) -> Outcome<String> {
    let url = format!("{origin}/realms/master/protocol/openid-connect/token");
    let answer: Json = http.post(url).form(form).send().await?.error_for_status()?.json().await?;
    Ok(answer["access_token"].as_str().ok_or("no token")?.to_owned())
}

/// Nodes of one server, and its operator.
pub(crate) struct Fleet {
    /// HTTPS client.
    pub(crate) http: reqwest::Client,
    /// Base of the API.
    pub(crate) base: String,
    /// The operator's access token.
    pub(crate) token: String,
    /// gRPC connection.
    pub(crate) channel: Channel,
    /// Enrolled nodes.
    pub(crate) nodes: Vec<Node>,
    origin: String,
}

impl Fleet {
    /// An operator without nodes; two OS resources.
    pub(crate) async fn new(server: &Server) -> Outcome<Self> {
        let http = emt_agent::net::https(Some(&server.authority))?;
        let channel = emt_agent::net::grpc(&server.origin, Some(&server.authority))?;
        let base = format!("{}/v1/projects/{PROJECT}", server.origin);
        let mut fleet = Self { http, base, token: String::new(), channel, nodes: Vec::new(), origin: server.origin.clone() };
        fleet.token = fleet.token(&LOGIN).await?;
        for version in ["3.0.1", "3.0.2"] {
            let os = json!({
                "name": format!("EMT {version}"), "profileName": "emt", "imageId": version, "architecture": "x86_64",
                "imageUrl": format!("files/emt-{version}.raw.gz"), "sha256": "ab".repeat(32), "osType": "OS_TYPE_IMMUTABLE",
                "osProvider": "OS_PROVIDER_KIND_INFRA", "securityFeature": "SECURITY_FEATURE_NONE",
            });
            fleet.post(&format!("{}/compute/os", fleet.base), &os).await?;
        }
        Ok(fleet)
    }

    /// Enrols nodes until there are so many.
    pub(crate) async fn grow(&mut self, total: usize) -> Outcome<()> {
        let missing = total.saturating_sub(self.nodes.len());
        let shared = Arc::new(&*self);
        let new: Vec<Node> = stream::iter(0..missing)
            .map(|number| {
                let fleet = Arc::clone(&shared);
                async move { fleet.enrol(fleet.nodes.len() + number).await }
            })
            .buffer_unordered(WIDTH)
            .try_collect()
            .await?;
        self.nodes.extend(new);
        Ok(())
    }

    /// What a node with nothing to do sends.
    pub(crate) fn report(node: &Node) -> Outcome<Request<PlatformUpdateStatusRequest>> {
        let update_status = UpdateStatus {
            status_type: 1,
            profile_name: "emt".to_owned(),
            os_image_id: "3.0.2".to_owned(),
            ..UpdateStatus::default()
        };
        let message = PlatformUpdateStatusRequest {
            host_guid: node.uuid.clone(),
            update_status: Some(update_status),
            ..PlatformUpdateStatusRequest::default()
        };
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", node.bearer.parse()?);
        Ok(request)
    }

    async fn enrol(&self, number: usize) -> Outcome<Node> {
        let uuid = uuid::Uuid::new_v4().to_string();
        let register = json!({"name": format!("node-{number}"), "uuid": uuid, "autoOnboard": true});
        let registered = self.post(&format!("{}/compute/hosts/register?enrolment=true", self.base), &register).await?;
        let redeem = json!({"token": registered["enrolmentToken"], "uuid": uuid});
        let credentials = self.post(&format!("{}/v1/enrol", self.origin), &redeem).await?;
        let part = |key: &str| credentials[key].as_str().unwrap_or_default().to_owned();
        let (id, secret) = (part("clientId"), part("clientSecret"));
        let form = [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", secret.as_str())];
        let node = Node { uuid, bearer: format!("Bearer {}", self.token(&form).await?) };
        MaintmgrServiceClient::new(self.channel.clone()).platform_update_status(Self::report(&node)?).await?;
        Ok(node)
    }

    async fn token(&self, form: &[(&str, &str)]) -> Outcome<String> {
        access_token(&self.http, &self.origin, form).await
    }

    async fn post(&self, url: &str, body: &Json) -> Outcome<Json> {
        let answer = self.http.post(url).bearer_auth(&self.token).json(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if status.is_success() { Ok(serde_json::from_str(&text)?) } else { Err(format!("{url}: {status} {text}").into()) }
    }
}
