//! A server over TLS on loopback that answers as a test wants.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "for tests, each of which uses what it needs")]

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{Response, StatusCode, header},
};
use emt_client::{Http, Orchestrator, Trust};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// The server.
pub struct Fake {
    /// Its address.
    pub base: Url,
    /// Its certificate.
    pub trust: Trust,
}

impl Fake {
    /// Serves `routes` until the test ends.
    pub async fn serve(routes: Router) -> Self {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port()).parse().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(routes.clone()));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
                    }
                });
            }
        });
        Self { base, trust: Trust::Authority(own.cert.pem().into_bytes()) }
    }

    /// Connections to it.
    pub fn http(&self) -> Http {
        Http::new(&self.trust, "test").unwrap()
    }

    /// The server as an orchestrator with the project `shops`.
    pub fn api(&self) -> Orchestrator {
        Orchestrator::new(self.http(), self.base.clone(), "shops", "secret".to_owned().into())
    }
}

/// Requests that came, each as `METHOD path?query body`.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Notes a request; gives it back as text.
    pub async fn note(&self, request: Request) -> String {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let path = parts.uri.path_and_query().unwrap();
        let text = format!("{} {path} {}", parts.method, String::from_utf8_lossy(&body));
        let text = text.replace("/v1/projects/shops/", "").trim_end().to_owned();
        self.0.lock().unwrap().push(text.clone());
        text
    }

    /// What came so far; forgets it.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// An answer with JSON.
pub fn json(status: u16, body: &Json) -> Response<Body> {
    let body = Body::from(body.to_string());
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .unwrap()
}
