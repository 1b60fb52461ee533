//! The nodes' side: parse, authorise, call a manager, answer.

mod hosts;
mod maintenance;
mod node;

use axum::Router;

use crate::{hosts::HostManager, identity::Identity, maintenance::MaintenanceManager};

/// The services that nodes call.
pub fn router(maintenance: MaintenanceManager, hosts: HostManager, identity: Identity) -> Router {
    Router::new()
        .route_service("/hostmgr_southbound_proto.Hostmgr/{method}", hosts::hosts(hosts, maintenance.clone(), identity.clone()))
        .route_service("/maintmgr.v1.MaintmgrService/{method}", maintenance::maintenance(maintenance, identity))
}
