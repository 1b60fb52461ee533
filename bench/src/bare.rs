//! The yardstick of the polls: a tonic service over TLS that answers a constant.

use std::path::Path;

use emt_api::maintmgr::{
    OsProfileUpdateSource, PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, UpdateSchedule, UpdateSource,
    maintmgr_service_server::{MaintmgrService, MaintmgrServiceServer},
};
use tonic::{
    Request, Response, Status,
    transport::{Identity, Server, ServerTlsConfig, server::TcpIncoming},
};

use crate::Outcome;

struct Constant;

#[tonic::async_trait]
impl MaintmgrService for Constant {
    async fn platform_update_status(
        &self,
        _: Request<PlatformUpdateStatusRequest>,
    ) -> Result<Response<PlatformUpdateStatusResponse>, Status> {
        Ok(Response::new(PlatformUpdateStatusResponse {
            update_source: Some(UpdateSource::default()),
            update_schedule: Some(UpdateSchedule::default()),
            os_type: 2,
            os_profile_update_source: Some(OsProfileUpdateSource::default()),
            ..PlatformUpdateStatusResponse::default()
        }))
    }
}

/// Serves at a free port, which it prints, until it is killed.
pub(crate) async fn serve(certificate: &Path, key: &Path) -> Outcome<()> {
    let identity = Identity::from_pem(std::fs::read(certificate)?, std::fs::read(key)?);
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    println!("serving https://emt.localhost:{}", incoming.local_addr()?.port());
    Server::builder()
        .tls_config(ServerTlsConfig::new().identity(identity))?
        .add_service(MaintmgrServiceServer::new(Constant))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}
