//! The Maintenance Manager as a gRPC service.

use emt_api::maintmgr::{
    PlatformUpdateStatusRequest, PlatformUpdateStatusResponse,
    maintmgr_service_server::{MaintmgrService, MaintmgrServiceServer},
};
use tonic::{Request, Response, Status};

use super::node::{Nodes, refused};
use crate::{identity::Identity, maintenance::MaintenanceManager};

/// Most bytes of a report: an update log may be long, but not without end.
const REPORT_LIMIT: usize = 1024 * 1024;

/// The service.
pub(super) fn maintenance(manager: MaintenanceManager, identity: Identity) -> MaintmgrServiceServer<Southbound> {
    MaintmgrServiceServer::new(Southbound { nodes: Nodes { identity, manager } }).max_decoding_message_size(REPORT_LIMIT)
}

/// See [`maintenance`].
pub(super) struct Southbound {
    nodes: Nodes,
}

#[tonic::async_trait]
impl MaintmgrService for Southbound {
    async fn platform_update_status(
        &self,
        request: Request<PlatformUpdateStatusRequest>,
    ) -> Result<Response<PlatformUpdateStatusResponse>, Status> {
        let who = self.nodes.reporter(&request).await?;
        let answer = self.nodes.manager.report(&who, request.get_ref()).await.map_err(refused)?;
        Ok(Response::new(answer))
    }
}
