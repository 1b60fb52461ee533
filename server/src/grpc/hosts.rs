//! The Host Manager as a gRPC service.

use emt_api::hostmgr::{
    HostStatusResp, UpdateHostStatusByHostGuidRequest, UpdateHostSystemInfoByGuidRequest, UpdateHostSystemInfoByGuidResponse,
    UpdateInstanceStateStatusByHostGuidRequest, UpdateInstanceStateStatusByHostGuidResponse,
    hostmgr_server::{Hostmgr, HostmgrServer},
};
use tonic::{Request, Response, Status};

use super::node::{Nodes, refused};
use crate::{hosts::HostManager, identity::Identity, maintenance::MaintenanceManager};

/// Most bytes of a message: a machine may have many parts, but not without end.
const LIMIT: usize = 1024 * 1024;

/// The service.
pub(super) fn hosts(hosts: HostManager, manager: MaintenanceManager, identity: Identity) -> HostmgrServer<Southbound> {
    HostmgrServer::new(Southbound { nodes: Nodes { identity, manager }, hosts }).max_decoding_message_size(LIMIT)
}

/// See [`hosts`].
pub(super) struct Southbound {
    nodes: Nodes,
    hosts: HostManager,
}

#[tonic::async_trait]
impl Hostmgr for Southbound {
    async fn update_host_status_by_host_guid(
        &self,
        request: Request<UpdateHostStatusByHostGuidRequest>,
    ) -> Result<Response<HostStatusResp>, Status> {
        let who = self.nodes.reporter(&request).await?;
        self.hosts.host_status(&who, request.get_ref()).await.map_err(refused)?;
        Ok(Response::new(HostStatusResp::default()))
    }

    async fn update_instance_state_status_by_host_guid(
        &self,
        request: Request<UpdateInstanceStateStatusByHostGuidRequest>,
    ) -> Result<Response<UpdateInstanceStateStatusByHostGuidResponse>, Status> {
        let who = self.nodes.reporter(&request).await?;
        self.hosts.heartbeat(&who, request.get_ref()).await.map_err(refused)?;
        Ok(Response::new(UpdateInstanceStateStatusByHostGuidResponse {}))
    }

    async fn update_host_system_info_by_guid(
        &self,
        request: Request<UpdateHostSystemInfoByGuidRequest>,
    ) -> Result<Response<UpdateHostSystemInfoByGuidResponse>, Status> {
        let who = self.nodes.reporter(&request).await?;
        self.hosts.system_info(&who, request.get_ref()).await.map_err(refused)?;
        Ok(Response::new(UpdateHostSystemInfoByGuidResponse {}))
    }
}
