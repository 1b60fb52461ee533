//! Polls of nodes with nothing to do, beside a bare service.

use std::sync::Arc;

use emt_api::maintmgr::maintmgr_service_client::MaintmgrServiceClient;
use tokio::process::Command;
use tonic::transport::Channel;

use crate::{
    Outcome,
    fleet::{Fleet, Node},
    load::{Load, keep_up},
    server::{Server, address},
};

/// Connections, as from so many sites.
const CONNECTIONS: usize = 16;
/// Polls under way on each.
const STREAMS: usize = 4;

pub(crate) async fn measure(server: &Server, fleet: &Fleet, seconds: u64) -> Outcome<()> {
    let (certificate, key) = server.certificate();
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare").arg(certificate).arg(key);
    let (mut process, bare) = address(&mut command).await?;
    let nodes = Arc::new(fleet.nodes.clone());
    let connect = |origin: &str| -> Outcome<Arc<Vec<Channel>>> {
        let channels = (0..CONNECTIONS).map(|_| emt_agent::net::grpc(origin, Some(&server.authority)));
        Ok(Arc::new(channels.collect::<Result<_, _>>()?))
    };
    let (ours, theirs) = (connect(&server.origin)?, connect(&bare)?);
    // Once round the fleet, and connections that stand.
    load(&ours, &nodes, 2).await?;
    load(&theirs, &nodes, 2).await?;
    let bare = load(&theirs, &nodes, seconds).await?;
    let server = load(&ours, &nodes, seconds).await?;
    println!(
        "| polls, {} nodes, {CONNECTIONS} connections | {server} | bare tonic {bare} | {:.2} |",
        nodes.len(),
        server.rate / bare.rate
    );
    process.kill().await?;
    Ok(())
}

async fn load(channels: &Arc<Vec<Channel>>, nodes: &Arc<Vec<Node>>, seconds: u64) -> Outcome<Load> {
    let (channels, nodes) = (Arc::clone(channels), Arc::clone(nodes));
    let callers = CONNECTIONS * STREAMS;
    keep_up(callers, seconds, move |caller, round| {
        let channel = channels[caller % CONNECTIONS].clone();
        let request = Fleet::report(&nodes[(caller + round * callers) % nodes.len()]);
        async move {
            MaintmgrServiceClient::new(channel).platform_update_status(request?).await?;
            Ok(())
        }
    })
    .await
}
