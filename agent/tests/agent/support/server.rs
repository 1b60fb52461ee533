//! The server that a test scripts: tokens, enrolment, images and the Maintenance Manager behind one TLS listener.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{Form, Json, Router, body::Body, extract::State, http::StatusCode, routing};
use emt_api::{
    hostmgr::{
        HostStatusResp, InstanceStatus, UpdateHostStatusByHostGuidRequest, UpdateHostSystemInfoByGuidRequest,
        UpdateHostSystemInfoByGuidResponse, UpdateInstanceStateStatusByHostGuidRequest,
        UpdateInstanceStateStatusByHostGuidResponse,
        hostmgr_server::{Hostmgr, HostmgrServer},
    },
    maintmgr::{
        Extras, OsProfileUpdateSource, PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, SingleSchedule, UpdateSchedule,
        UpdateSource,
        maintmgr_service_server::{MaintmgrService, MaintmgrServiceServer},
        update_status::StatusType,
    },
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use tonic::{Request, Response, Status};

use super::{
    PROFILE, now,
    release::{self, Release},
    sha256,
};

/// A report, and when it came.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) status: StatusType,
    pub(crate) version: String,
    pub(crate) detail: String,
    pub(crate) attempt: String,
    pub(crate) at: i64,
}

/// What a node is told, and what it has told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    /// Version, path and digest of the image to install.
    target: Option<(String, String, String)>,
    window: (u64, u64),
    /// What it is told beyond the contract, if it takes that.
    pub(crate) extras: Option<Extras>,
    pub(crate) told: Vec<Told>,
    /// Statuses of its heartbeats, and how many reports came before each.
    pub(crate) beats: Vec<(InstanceStatus, usize)>,
    /// Reports are turned away.
    pub(crate) down: bool,
}

/// What all connections share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) nodes: HashMap<String, Script>,
    pub(crate) releases: HashMap<String, Release>,
    /// Number of the token that is good.
    pub(crate) token: u32,
    /// Credentials are refused.
    pub(crate) refuses_credentials: bool,
    url: String,
}

/// A server on a port of its own; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    /// Its certificate, which is its own authority.
    pub(crate) ca: Vec<u8>,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let names = ["localhost", "*.emt.localhost"].map(str::to_owned);
        let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://api.emt.localhost:{}", listener.local_addr().unwrap().port());
        let shared = Arc::new(Mutex::new(Shared { token: 1, url: url.clone(), ..Shared::default() }));
        let manager = MaintmgrServiceServer::new(Manager { shared: shared.clone() });
        let router = Router::new()
            .route("/token", routing::post(token))
            .route("/v1/enrol", routing::post(enrol))
            .route("/files/{name}", routing::get(release::download))
            .with_state(shared.clone())
            .route_service("/hostmgr_southbound_proto.Hostmgr/{method}", HostmgrServer::new(Manager { shared: shared.clone() }))
            .route_service("/maintmgr.v1.MaintmgrService/{method}", manager);
        let task = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), router));
        Self { url, ca: cert.pem().into_bytes(), shared, task }
    }

    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// Serves a release; gives its path and the digest that it is announced with.
    pub(crate) fn publish(&self, name: &str, release: Release) -> (String, String) {
        let digest = sha256(&release.bytes);
        self.shared().releases.insert(name.to_owned(), release);
        (format!("files/{name}"), digest)
    }

    /// Has a node install a release as a version, from `start` on, in seconds from now.
    pub(crate) fn want(&self, uuid: &str, version: &str, (path, digest): (String, String), start: i64) {
        let start = u64::try_from(now() + start).unwrap();
        let mut shared = self.shared();
        let script = shared.nodes.entry(uuid.to_owned()).or_default();
        script.target = Some((version.to_owned(), path, digest));
        script.window = (start, start + 3600);
    }

    /// What a node has told so far.
    pub(crate) fn told(&self, uuid: &str) -> Vec<Told> {
        self.shared().nodes.get(uuid).map(|script| script.told.clone()).unwrap_or_default()
    }

    /// Turns reports of a node away, or no longer.
    pub(crate) fn set_down(&self, uuid: &str, down: bool) {
        self.shared().nodes.entry(uuid.to_owned()).or_default().down = down;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service =
                tower::ServiceExt::map_request(router, |request: hyper::Request<hyper::body::Incoming>| request.map(Body::new));
            // A connection that a client breaks off is none of the test's business.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                .await;
        });
    }
}

type Answer = (StatusCode, Json<Value>);

async fn token(State(shared): State<Arc<Mutex<Shared>>>, Form(form): Form<HashMap<String, String>>) -> Answer {
    let shared = shared.lock().unwrap();
    let known = form["grant_type"] == "client_credentials" && form["client_secret"] == "secret";
    if shared.refuses_credentials || !known {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "unauthorized_client"})));
    }
    (StatusCode::OK, Json(json!({"access_token": format!("token-{}", shared.token), "expires_in": 300})))
}

/// The one-time token tells what happens.
async fn enrol(State(shared): State<Arc<Mutex<Shared>>>, Json(body): Json<Value>) -> Answer {
    let url = shared.lock().unwrap().url.clone();
    let refused = |message: &str| (StatusCode::UNAUTHORIZED, Json(json!({"code": "Unauthenticated", "message": message})));
    let uuid = body["uuid"].as_str().unwrap();
    match body["token"].as_str().unwrap() {
        "good" => {
            let credentials = json!({
                "clientId": format!("edgenode-{uuid}"), "clientSecret": "secret", "projectId": "p", "projectName": "acme",
                "tokenUrl": format!("{url}/token"),
            });
            (StatusCode::OK, Json(credentials))
        }
        "odd" => (StatusCode::OK, Json(json!({"hello": "world"}))),
        "absent" => (StatusCode::NOT_FOUND, Json(json!({"message": "no such path"}))),
        message => refused(message),
    }
}

struct Manager {
    shared: Arc<Mutex<Shared>>,
}

impl Manager {
    fn check<T>(shared: &Shared, request: &Request<T>) -> Result<(), Status> {
        let bearer = request.metadata().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if bearer == format!("Bearer token-{}", shared.token) {
            Ok(())
        } else {
            Err(Status::permission_denied("the token is not valid"))
        }
    }
}

#[tonic::async_trait]
impl Hostmgr for Manager {
    async fn update_instance_state_status_by_host_guid(
        &self,
        request: Request<UpdateInstanceStateStatusByHostGuidRequest>,
    ) -> Result<Response<UpdateInstanceStateStatusByHostGuidResponse>, Status> {
        let mut shared = self.shared.lock().unwrap();
        Self::check(&shared, &request)?;
        let script = shared.nodes.entry(request.get_ref().host_guid.clone()).or_default();
        let reports = script.told.len();
        script.beats.push((request.get_ref().instance_status(), reports));
        Ok(Response::new(UpdateInstanceStateStatusByHostGuidResponse {}))
    }

    async fn update_host_status_by_host_guid(
        &self,
        _: Request<UpdateHostStatusByHostGuidRequest>,
    ) -> Result<Response<HostStatusResp>, Status> {
        Err(Status::unimplemented("no node sends it"))
    }

    async fn update_host_system_info_by_guid(
        &self,
        _: Request<UpdateHostSystemInfoByGuidRequest>,
    ) -> Result<Response<UpdateHostSystemInfoByGuidResponse>, Status> {
        Err(Status::unimplemented("no node sends it"))
    }
}

#[tonic::async_trait]
impl MaintmgrService for Manager {
    async fn platform_update_status(
        &self,
        request: Request<PlatformUpdateStatusRequest>,
    ) -> Result<Response<PlatformUpdateStatusResponse>, Status> {
        let mut shared = self.shared.lock().unwrap();
        Self::check(&shared, &request)?;
        let report = request.get_ref();
        let status = report.update_status.as_ref().unwrap();
        let script = shared.nodes.entry(report.host_guid.clone()).or_default();
        if script.down {
            return Err(Status::unavailable("down"));
        }
        assert_eq!(status.profile_name, PROFILE);
        script.told.push(Told {
            status: status.status_type(),
            version: status.os_image_id.clone(),
            detail: status.status_detail.clone(),
            attempt: status.attempt_id.clone(),
            at: now(),
        });
        let mut answer = PlatformUpdateStatusResponse {
            update_source: Some(UpdateSource::default()),
            update_schedule: Some(UpdateSchedule::default()),
            os_profile_update_source: Some(OsProfileUpdateSource::default()),
            extras: script.extras.clone().filter(|_| report.takes_extras),
            ..PlatformUpdateStatusResponse::default()
        };
        if let Some((version, path, digest)) = script.target.clone().filter(|(version, ..)| *version != status.os_image_id) {
            answer.os_profile_update_source = Some(OsProfileUpdateSource {
                os_image_url: path,
                os_image_id: version,
                os_image_sha: digest,
                profile_name: PROFILE.to_owned(),
                profile_version: String::new(),
            });
            let (start_seconds, end_seconds) = script.window;
            answer.update_schedule = Some(UpdateSchedule {
                single_schedule: Some(SingleSchedule { start_seconds, end_seconds }),
                ..UpdateSchedule::default()
            });
        }
        Ok(Response::new(answer))
    }
}
