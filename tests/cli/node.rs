//! A node that reports what the test says.

use std::fs;

use emt_api::maintmgr::{
    PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, UpdateStatus, maintmgr_service_client::MaintmgrServiceClient,
    update_status::StatusType,
};
use serde_json::{Value as Json, json};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use crate::world::World;

/// The node.
pub struct Node<'a> {
    world: &'a World,
    uuid: String,
    token: String,
    channel: Channel,
}

impl<'a> Node<'a> {
    /// Registers a host and enrols its node; it has not reported yet.
    pub fn enrol(world: &'a World, name: &str, number: u32) -> Self {
        let uuid = world.uuid(number);
        world.ok(&["host", "register", name, "--uuid", &uuid, "--token-file", "token"]);
        let token = fs::read_to_string(world.path("token")).unwrap();
        let pem = fs::read(world.server.authority()).unwrap();
        let base = format!("https://localhost:{}", world.server.port);
        let (token, channel) = world.server.runtime.block_on(async {
            let authority = reqwest::Certificate::from_pem(&pem).unwrap();
            let http = reqwest::Client::builder().tls_certs_only([authority]).build().unwrap();
            let body = json!({"token": token.trim_end(), "uuid": uuid});
            let answer = http.post(format!("{base}/v1/enrol")).json(&body).send().await.unwrap().error_for_status().unwrap();
            let credentials: Json = answer.json().await.unwrap();
            let part = |key: &str| credentials[key].as_str().unwrap().to_owned();
            let form = [
                ("grant_type", "client_credentials".to_owned()),
                ("client_id", part("clientId")),
                ("client_secret", part("clientSecret")),
            ];
            let url = format!("{base}/realms/master/protocol/openid-connect/token");
            let answer: Json = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&pem));
            let channel = Channel::from_shared(base).unwrap().tls_config(tls).unwrap().connect_lazy();
            (answer["access_token"].as_str().unwrap().to_owned(), channel)
        });
        Self { world, uuid, token, channel }
    }

    /// The same, and it reports what it runs, with which its instance is there.
    pub fn running(world: &'a World, name: &str, number: u32, profile: &str, version: &str) -> Self {
        let node = Self::enrol(world, name, number);
        node.report(StatusType::UpToDate, profile, version, "");
        node
    }

    /// Reports.
    pub fn report(&self, status: StatusType, profile: &str, version: &str, detail: &str) {
        self.told(status, profile, version, detail);
    }

    /// Reports; what it is told.
    pub fn told(&self, status: StatusType, profile: &str, version: &str, detail: &str) -> PlatformUpdateStatusResponse {
        let update_status = UpdateStatus {
            status_type: status.into(),
            status_detail: detail.to_owned(),
            profile_name: profile.to_owned(),
            os_image_id: version.to_owned(),
            ..UpdateStatus::default()
        };
        let message = PlatformUpdateStatusRequest { host_guid: self.uuid.clone(), update_status: Some(update_status) };
        self.world.server.runtime.block_on(async {
            let mut request = tonic::Request::new(message);
            request.metadata_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
            MaintmgrServiceClient::new(self.channel.clone()).platform_update_status(request).await.unwrap().into_inner()
        })
    }
}
