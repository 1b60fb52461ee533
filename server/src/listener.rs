//! One TLS listener for everything: REST, OIDC and gRPC, over HTTP/1.1 and HTTP/2.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::http::{Peer, Service};

/// How long a client may take for the TLS handshake, and then for the head of its request.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long requests that were accepted may take once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// After so long without any request under way, connections that do not end are given up: their clients are dead or asleep.
const QUIET: Duration = Duration::from_secs(2);
/// Most connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 16_384;
/// Requests of one HTTP/2 connection at once.
const STREAMS: u32 = 128;
/// Bytes of a request's headers: the token of a user who works in hundreds of projects has a role for each.
const HEADERS: u32 = 128 * 1024;
/// How often an idle HTTP/2 connection is asked whether the other side is still there.
const PING: Duration = Duration::from_mins(1);
/// How long to wait when the system has no more descriptors.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Serves until `stop` becomes true, then finishes what was accepted.
pub async fn serve(
    listener: TcpListener,
    tls: watch::Receiver<Arc<ServerConfig>>,
    service: impl Service,
    mut stop: watch::Receiver<bool>,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HANDSHAKE);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).keep_alive_interval(PING);
    builder.http2().max_header_list_size(HEADERS);
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let under_way = UnderWay::default();
    let stopped = async move {
        // An error means that nobody can ask for a stop any more.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    tokio::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stopped => break,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        let acceptor = TlsAcceptor::from(tls.borrow().clone());
        let (builder, service, watcher) = (Arc::clone(&builder), service.clone(), graceful.watcher());
        let under_way = under_way.clone();
        tokio::spawn(async move {
            let _place = place;
            let stream = match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(%peer, %error, "no TLS"),
                Err(_) => return tracing::debug!(%peer, "no TLS in time"),
            };
            let service = tower::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let (mut request, token): (Request, _) = (request.map(Body::new), under_way.begin());
                request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
                let response = service.clone().oneshot(request);
                async move { response.await.map(|response: Response| response.map(|body| Counted { body, _token: token })) }
            });
            let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%peer, error = &*error, "connection ended");
            }
        });
    }
    drop(listener);
    tracing::info!(connections = graceful.count(), "stopping: finishing what was accepted");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = under_way.quiet() => tracing::info!("some clients keep their connections open"),
        () = tokio::time::sleep(DRAIN) => tracing::warn!("some requests did not end in time"),
    }
}

/// Counts requests from their arrival until their answer is written.
#[derive(Clone)]
struct UnderWay(Arc<watch::Sender<usize>>);

impl Default for UnderWay {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl UnderWay {
    fn begin(&self) -> Token {
        self.0.send_modify(|count| *count += 1);
        Token(self.clone())
    }

    /// Waits until there was none for [`QUIET`].
    async fn quiet(&self) {
        let mut count = self.0.subscribe();
        loop {
            if count.wait_for(|count| *count == 0).await.is_err() || timeout(QUIET, count.changed()).await.is_err() {
                return;
            }
        }
    }
}

struct Token(UnderWay);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// A body whose end is the end of its request.
struct Counted {
    body: Body,
    _token: Token,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}
