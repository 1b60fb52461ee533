//! Reports to the Maintenance Manager.

use std::{sync::Arc, time::Duration};

use emt_api::maintmgr::{
    PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, Slot, UpdateStatus, maintmgr_service_client::MaintmgrServiceClient,
};
use tonic::{Code, Request, Status, metadata::MetadataValue, transport::Channel};

use crate::{
    machine::State,
    net,
    slots::Identity,
    token::{TokenError, Tokens},
};

/// Longest time that a report may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The node has no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The Maintenance Manager refuses it or cannot be reached.
    #[error("the Maintenance Manager at {server} has not taken the report ({code:?}): {message}")]
    Refused {
        /// Server.
        server: String,
        /// gRPC code.
        code: Code,
        /// What it says.
        message: String,
    },
}

/// The Maintenance Manager, as one node sees it.
pub struct Manager {
    server: String,
    uuid: String,
    client: MaintmgrServiceClient<Channel>,
    tokens: Arc<Tokens>,
}

impl Manager {
    /// Over a connection to a server.
    pub fn new(server: &str, uuid: &str, channel: Channel, tokens: Arc<Tokens>) -> Self {
        Self { server: server.to_owned(), uuid: uuid.to_owned(), client: MaintmgrServiceClient::new(channel), tokens }
    }

    /// Reports a state, what runs, and what the slots hold. A token that is refused is replaced once.
    pub async fn report(
        &mut self,
        state: &State,
        running: &Identity,
        slots: Vec<Slot>,
    ) -> Result<PlatformUpdateStatusResponse, ReportError> {
        let mut update_status = UpdateStatus {
            status_detail: state.detail(),
            profile_name: running.profile.clone(),
            os_image_id: running.version.clone(),
            attempt_id: state.attempt().map(|attempt| attempt.id.clone()).unwrap_or_default(),
            ..UpdateStatus::default()
        };
        update_status.set_status_type(state.status());
        let message = PlatformUpdateStatusRequest {
            host_guid: self.uuid.clone(),
            update_status: Some(update_status),
            takes_extras: true,
            slots,
        };
        let token = self.tokens.get().await?;
        match self.send(message.clone(), &token).await {
            Err(status) if is_refusal(&status) => {
                self.tokens.refused(&token).await;
                let token = self.tokens.get().await?;
                self.send(message, &token).await.map_err(|status| self.error(&status))
            }
            outcome => outcome.map_err(|status| self.error(&status)),
        }
    }

    async fn send(&mut self, message: PlatformUpdateStatusRequest, token: &str) -> Result<PlatformUpdateStatusResponse, Status> {
        let request = authorised(message, token, DEADLINE)?;
        let answer = tokio::time::timeout(DEADLINE, self.client.platform_update_status(request));
        match answer.await {
            Ok(answer) => answer.map(tonic::Response::into_inner),
            Err(_) => Err(Status::deadline_exceeded(format!("no answer within {} s", DEADLINE.as_secs()))),
        }
    }

    fn error(&self, status: &Status) -> ReportError {
        let message = net::chain(status);
        ReportError::Refused { server: self.server.clone(), code: status.code(), message }
    }
}

/// A call with a token, to be answered within a time.
pub(crate) fn authorised<T>(message: T, token: &str, deadline: Duration) -> Result<Request<T>, Status> {
    let mut request = Request::new(message);
    let mut bearer: MetadataValue<_> =
        format!("Bearer {token}").parse().map_err(|_| Status::internal("the token cannot stand in a header"))?;
    bearer.set_sensitive(true);
    request.metadata_mut().insert("authorization", bearer);
    request.set_timeout(deadline);
    Ok(request)
}

/// Whether another token may be taken.
pub(crate) fn is_refusal(status: &Status) -> bool {
    matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied)
}
