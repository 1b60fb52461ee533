//! A node that reports what the test says, over the server's real socket.

use emt_api::maintmgr::{
    PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, UpdateStatus, maintmgr_service_client::MaintmgrServiceClient,
    update_status::StatusType,
};
use serde_json::{Value as Json, json};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

/// The node.
pub(crate) struct Reporter {
    uuid: String,
    token: String,
    channel: Channel,
}

impl Reporter {
    /// Enrols a node of a server on this machine by an enrolment token.
    pub(crate) async fn enrol(port: u16, authority: &[u8], enrolment: &str, uuid: &str) -> Self {
        let base = format!("https://localhost:{port}");
        let certificate = reqwest::Certificate::from_pem(authority).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
        let body = json!({"token": enrolment.trim_end(), "uuid": uuid});
        let answer = http.post(format!("{base}/v1/enrol")).json(&body).send().await.unwrap().error_for_status().unwrap();
        let credentials: Json = answer.json().await.unwrap();
        let text = |key: &str| credentials[key].as_str().unwrap().to_owned();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", text("clientId")),
            ("client_secret", text("clientSecret")),
        ];
        let url = format!("{base}/realms/master/protocol/openid-connect/token");
        let answer: Json = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
        let channel = Channel::from_shared(base).unwrap().tls_config(tls).unwrap().connect_lazy();
        Self { uuid: uuid.to_owned(), token: answer["access_token"].as_str().unwrap().to_owned(), channel }
    }

    /// Reports; what it is told.
    pub(crate) async fn told(
        &self,
        status: StatusType,
        profile: &str,
        version: &str,
        detail: &str,
    ) -> PlatformUpdateStatusResponse {
        let update_status = UpdateStatus {
            status_type: status.into(),
            status_detail: detail.to_owned(),
            profile_name: profile.to_owned(),
            os_image_id: version.to_owned(),
            ..UpdateStatus::default()
        };
        let message = PlatformUpdateStatusRequest {
            host_guid: self.uuid.clone(),
            update_status: Some(update_status),
            ..PlatformUpdateStatusRequest::default()
        };
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        MaintmgrServiceClient::new(self.channel.clone()).platform_update_status(request).await.unwrap().into_inner()
    }
}
