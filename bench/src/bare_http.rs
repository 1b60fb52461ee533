//! The yardstick of the API: an axum handler over TLS that answers with bytes it has in memory, and does nothing else.

use std::{path::Path, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, http::header, response::IntoResponse, routing::get};
use bytes::Bytes;
use emt_server::tls::{self, Pair};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::Outcome;

/// Serves `files` (named 0, 1, …) as JSON at a free port, which it prints, until it is killed.
pub(crate) async fn serve(certificate: &Path, key: &Path, files: &Path) -> Outcome<()> {
    let mut payloads = Vec::new();
    while let Ok(payload) = std::fs::read(files.join(payloads.len().to_string())) {
        payloads.push(Bytes::from(payload));
    }
    let routes = Router::new().route("/{number}", get(payload)).with_state(Arc::from(payloads));
    let pair = Pair { certificate: std::fs::read_to_string(certificate)?, key: std::fs::read_to_string(key)? };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("serving https://emt.localhost:{}", listener.local_addr()?.port());
    serve_routes(listener, &pair, routes).await
}

/// Serves over TLS until it is dropped.
pub(crate) async fn serve_routes(listener: TcpListener, pair: &Pair, routes: Router) -> Outcome<()> {
    let acceptor = TlsAcceptor::from(tls::server_config(pair)?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (acceptor, routes) = (acceptor.clone(), routes.clone());
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                let service = TowerToHyperService::new(routes);
                // A connection that breaks is the client's affair.
                drop(auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
            }
        });
    }
}

async fn payload(
    State(payloads): State<Arc<[Bytes]>>,
    axum::extract::Path(number): axum::extract::Path<usize>,
) -> impl IntoResponse {
    match payloads.get(number) {
        Some(payload) => ([(header::CONTENT_TYPE, "application/json")], payload.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
