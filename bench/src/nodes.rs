//! The nodes' side with fleets of several sizes: how soon a server that starts answers, polls beside a bare service, how long one
//! takes at half load, and changes of status, each of which is durable.

use std::{path::Path, sync::Arc, time::Instant};

use emt_api::maintmgr::{
    PlatformUpdateStatusRequest, UpdateStatus, maintmgr_service_client::MaintmgrServiceClient, update_status::StatusType,
};
use emt_server::{
    clock::{Clock, Randomness},
    data_dir::DataDir,
    identity::{Authentication, Identity},
    store::{self, Store},
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value as Json;
use tokio::{process::Command, sync::Mutex};
use tonic::{Request, transport::Channel};

use crate::{
    Outcome,
    load::{Load, keep_up, keep_up_at},
    seed,
    server::{PROJECT, Server, address},
};

/// Connections, as from so many sites.
const CONNECTIONS: usize = 16;
/// Reports under way on each.
const STREAMS: usize = 4;
const CALLERS: usize = CONNECTIONS * STREAMS;
/// Credentials that are made at once.
const WIDTH: usize = 256;

pub(crate) async fn measure(fleets: &[usize], seconds: u64) -> Outcome<()> {
    for fleet in fleets {
        Nodes::start(*fleet, *fleet).await?.all(seconds).await?;
    }
    Ok(())
}

/// A token for each node, made as the server makes them.
async fn credentials(data: &Path, fleet: usize) -> Outcome<Vec<String>> {
    let store = store::open(&DataDir::new(data.to_owned()).database())?;
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    let identity = Identity::open(shared, Clock::System, Randomness::System).await?;
    let project = identity.project_named(PROJECT).await?.ok_or("no project")?.uuid;
    let tokens = stream::iter(0..fleet).map(|number| {
        let (identity, project) = (identity.clone(), project.clone());
        let made = tokio::spawn(async move {
            let made = identity.issue_node_credentials(&project, &seed::host_id(number), &seed::uuid(number)).await?;
            let secret = made.client_secret.as_str().to_owned().into();
            let who = Authentication { id: Some(made.client_id), secret: Some(secret) };
            let tokens = identity.by_client_credentials(&who, "openid", "https://bench", None).await;
            let tokens: Json = serde_json::to_value(tokens.map_err(|error| format!("{error:?}"))?)?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(tokens["access_token"].as_str().ok_or("no token")?.to_owned())
        });
        async move { made.await? }
    });
    let tokens = tokens.buffered(WIDTH).try_collect().await?;
    store.close().await;
    Ok(tokens)
}

/// A server with a fleet whose nodes have credentials.
pub(crate) struct Nodes {
    server: Server,
    tokens: Arc<[String]>,
}

impl Nodes {
    /// A fleet, and credentials of so many of its nodes.
    pub(crate) async fn start(fleet: usize, reporting: usize) -> Outcome<Self> {
        let tokens = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&tokens);
        let server = Server::start_with(async move |data| {
            seed::fill(data, fleet).await?;
            *kept.lock().await = credentials(data, reporting).await?;
            Ok(())
        })
        .await?;
        let tokens = std::mem::take(&mut *tokens.lock().await);
        Ok(Self { server, tokens: tokens.into() })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// So many polls a second of the nodes that have credentials.
    pub(crate) async fn polls_at(&self, rate: f64, seconds: u64) -> Outcome<Load> {
        self.polls(&self.connect(&self.server.origin)?, Some(rate), seconds).await
    }

    async fn all(mut self, seconds: u64) -> Outcome<()> {
        let fleet = self.tokens.len();
        let (certificate, key) = self.server.certificate();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(certificate).arg(key);
        let (mut process, bare) = address(&mut command).await?;
        let (ours, theirs) = (self.connect(&self.server.origin)?, self.connect(&bare)?);
        // Each node's first report is kept.
        self.round(&ours, StatusType::UpToDate).await?;
        // After a change in the project each node is looked up once; then all are known.
        let looked_up = self.round(&ours, StatusType::UpToDate).await?;
        println!("| polls, each the node's first since a change in the project, {fleet} nodes | {looked_up:.0}/s | | |");
        println!("| server memory, {fleet} nodes have reported | {:.1} MiB | | |", crate::mib(self.server.resident_kib()?));
        self.polls(&theirs, None, 2).await?;
        let bare = self.polls(&theirs, None, seconds).await?;
        let full = self.polls(&ours, None, seconds).await?;
        println!(
            "| polls, {fleet} nodes, {CONNECTIONS} connections | {full} | bare tonic {bare} | {:.2} |",
            full.rate / bare.rate
        );
        let half = self.polls(&ours, Some(full.rate / 2.0), seconds).await?;
        println!("| polls at half of that | {half} | p99 5 ms wanted | |");
        let rate = self.round(&ours, StatusType::Downloading).await?;
        println!("| changes of status, each durable, {fleet} nodes | {rate:.0}/s | | |");
        println!("| server memory after the loads | {:.1} MiB | | |", crate::mib(self.server.resident_kib()?));
        process.kill().await?;
        let first = self.request(0, StatusType::Downloading)?;
        let answered =
            async |server: &Server| report(emt_agent::net::grpc(&server.origin, Some(&server.authority))?, first).await;
        let took = self.server.restart(answered).await?;
        println!("| start to first answer, {fleet} nodes | {:.0} ms | 500 ms wanted | |", took.as_secs_f64() * 1000.0);
        Ok(())
    }

    fn connect(&self, origin: &str) -> Outcome<Arc<[Channel]>> {
        (0..CONNECTIONS).map(|_| Ok(emt_agent::net::grpc(origin, Some(&self.server.authority))?)).collect()
    }

    /// One report of each node; how many there were in a second.
    async fn round(&self, channels: &Arc<[Channel]>, status: StatusType) -> Outcome<f64> {
        let begun = Instant::now();
        let reports = stream::iter(0..self.tokens.len()).map(|number| {
            let (channel, request) = (channels[number % CONNECTIONS].clone(), self.request(number, status));
            async move { report(channel, request?).await }
        });
        let () = reports.buffer_unordered(CALLERS).try_collect().await?;
        #[allow(clippy::cast_precision_loss, reason = "few nodes")]
        Ok(self.tokens.len() as f64 / begun.elapsed().as_secs_f64())
    }

    async fn polls(&self, channels: &Arc<[Channel]>, rate: Option<f64>, seconds: u64) -> Outcome<Load> {
        let (channels, tokens) = (Arc::clone(channels), Arc::clone(&self.tokens));
        let ask = move |caller: usize, round: usize| {
            let channel = channels[caller % CONNECTIONS].clone();
            let request = request(&tokens, (caller + round * CALLERS) % tokens.len(), StatusType::UpToDate);
            async move { report(channel, request?).await }
        };
        match rate {
            None => keep_up(CALLERS, seconds, ask).await,
            rate => keep_up_at(rate, CALLERS, seconds, ask).await,
        }
    }

    fn request(&self, number: usize, status: StatusType) -> Outcome<Request<PlatformUpdateStatusRequest>> {
        request(&self.tokens, number, status)
    }
}

fn request(tokens: &[String], number: usize, status: StatusType) -> Outcome<Request<PlatformUpdateStatusRequest>> {
    let update_status = UpdateStatus {
        status_type: status.into(),
        profile_name: "emt-edge".to_owned(),
        os_image_id: "3.0.0".to_owned(),
        ..UpdateStatus::default()
    };
    let message = PlatformUpdateStatusRequest {
        host_guid: seed::uuid(number),
        update_status: Some(update_status),
        ..PlatformUpdateStatusRequest::default()
    };
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {}", tokens[number]).parse()?);
    Ok(request)
}

async fn report(channel: Channel, request: Request<PlatformUpdateStatusRequest>) -> Outcome<()> {
    MaintmgrServiceClient::new(channel).platform_update_status(request).await?;
    Ok(())
}
