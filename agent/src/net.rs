//! Connections: TLS with the node's own certificate authority, and names that mean this machine.

use std::{io, net::SocketAddr, time::Duration};

use emt_api::loopback::is_loopback;
use futures::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::{TcpStream, lookup_host};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

/// Longest time to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence of a server that is sending.
const SILENCE: Duration = Duration::from_secs(30);
/// Redirects followed one after the other.
const MAX_REDIRECTS: usize = 5;
/// Pings keep a connection from hanging half open.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A connection that cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The address is no HTTPS URL.
    #[error("{url:?} is no server address: write https://HOST or https://HOST:PORT")]
    Url {
        /// As given.
        url: String,
    },
    /// The certificate authority cannot be used.
    #[error("the certificate authority cannot be used: {0}")]
    Authority(String),
}

/// The base of a server's URLs, without a slash at its end.
pub fn base_url(url: &str) -> Result<String, NetError> {
    let wrong = || NetError::Url { url: url.to_owned() };
    let parsed = reqwest::Url::parse(url).map_err(|_| wrong())?;
    let plain = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
    if parsed.scheme() == "https" && parsed.has_host() && plain {
        Ok(parsed.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(wrong())
    }
}

/// An HTTPS client that trusts this authority and no other, or those of the system.
pub fn https(authority: Option<&[u8]>) -> Result<reqwest::Client, NetError> {
    let wrong = |error: reqwest::Error| NetError::Authority(chain(&error));
    let mut builder = reqwest::Client::builder()
        .https_only(true)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        // Nodes reach their server directly, as their gRPC connection does.
        .no_proxy()
        .redirect(same_origin())
        .dns_resolver(LoopbackNames)
        .user_agent(concat!("emt-agent/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = authority {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(wrong)?;
        if certificates.is_empty() {
            return Err(NetError::Authority("the file holds no certificate in PEM form".to_owned()));
        }
        builder = builder.tls_certs_only(certificates);
    }
    builder.build().map_err(wrong)
}

/// Redirects are followed to the same origin only: tokens and secrets go to no other server. An answer that points
/// elsewhere is handed to the caller as it is.
fn same_origin() -> reqwest::redirect::Policy {
    reqwest::redirect::Policy::custom(|attempt| {
        let same = attempt.previous().iter().all(|before| before.origin() == attempt.url().origin());
        if same && attempt.previous().len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
    })
}

/// A gRPC connection to the same server; it connects when it is first used, and again when it breaks.
pub fn grpc(server: &str, authority: Option<&[u8]>) -> Result<Channel, NetError> {
    let wrong = |error: tonic::transport::Error| NetError::Authority(chain(&error));
    let tls = match authority {
        Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    let endpoint = Endpoint::from_shared(server.to_owned())
        .map_err(|_| NetError::Url { url: server.to_owned() })?
        .tls_config(tls)
        .map_err(wrong)?
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    let connect = |uri: Uri| -> BoxFuture<'static, io::Result<TokioIo<TcpStream>>> { Box::pin(connect(uri)) };
    Ok(endpoint.connect_with_connector_lazy(tower::service_fn(connect)))
}

/// An error and its causes, which is where TLS and connection errors say what they are.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

async fn connect(uri: Uri) -> io::Result<TokioIo<TcpStream>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let addresses = resolve(host, uri.port_u16().unwrap_or(443)).await?;
    let stream = TcpStream::connect(addresses.as_slice()).await?;
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(stream))
}

async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if is_loopback(host) {
        return Ok(vec![([127, 0, 0, 1], port).into(), ([0_u16, 0, 0, 0, 0, 0, 0, 1], port).into()]);
    }
    Ok(lookup_host((host, port)).await?.collect())
}

struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Addrs = Box::new(resolve(name.as_str(), 0).await?.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_addresses() {
        for (url, expected) in [
            ("https://emt.localhost:8443/", Some("https://emt.localhost:8443")),
            ("https://emt.example.org", Some("https://emt.example.org")),
            ("http://emt.example.org", None),
            ("emt.example.org:8443", None),
            ("https://", None),
            ("https://user@host", None),
            ("https://host/?x", None),
        ] {
            assert_eq!(base_url(url).ok().as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_file_that_is_no_certificate_is_refused() {
        for pem in [b"".as_slice(), b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(https(Some(pem)), Err(NetError::Authority(_))), "{pem:?}");
        }
    }
}
