//! Connections: what is trusted, where names lead, and how long an answer may take.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use emt_api::loopback::is_loopback;
use reqwest::{
    RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
};

use crate::Error;

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an ordinary request may take; servers end theirs after 15 s.
const ANSWER: Duration = Duration::from_secs(30);
/// Header that finds a request in the server's log.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Which certificates are trusted.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// Those that the operating system trusts.
    #[default]
    System,
    /// Those of this authority only, as PEM.
    Authority(Vec<u8>),
}

impl Trust {
    /// The authority in a file.
    pub fn file(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::File { path: path.display().to_string(), reason };
        let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
        if certificates.is_empty() {
            return Err(failed("it holds no certificate in PEM form".to_owned()));
        }
        Ok(Self::Authority(pem))
    }
}

/// One request that was answered, for whoever wants to see them.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// Method.
    pub method: &'a str,
    /// Address, without secrets: tokens travel in headers and bodies only.
    pub url: &'a str,
    /// Status of the answer.
    pub status: u16,
    /// Time until the answer began.
    pub took: Duration,
    /// Id that finds the request in the server's log, or "".
    pub request_id: &'a str,
}

type Observer = Arc<dyn Fn(&Exchange<'_>) + Send + Sync>;

/// An HTTP client. Clones share its connections.
#[derive(Clone)]
pub struct Http {
    pub(crate) client: reqwest::Client,
    observer: Option<Observer>,
}

impl Http {
    /// A client that names itself so to servers.
    pub fn new(trust: &Trust, agent: &str) -> Result<Self, Error> {
        let failed =
            |error: reqwest::Error| Error::File { path: "the trusted certificate".to_owned(), reason: error.to_string() };
        let mut builder = reqwest::Client::builder()
            .user_agent(agent)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .dns_resolver(Arc::new(Loopback));
        if let Trust::Authority(pem) = trust {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem).map_err(failed)?);
        }
        Ok(Self { client: builder.build().map_err(failed)?, observer: None })
    }

    /// Calls `observer` for every request that is answered.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sends a request that is answered soon.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        self.send_patiently(request.timeout(ANSWER)).await
    }

    /// Sends a request that may take any time.
    pub(crate) async fn send_patiently(&self, request: RequestBuilder) -> Result<Response, Error> {
        let (client, request) = request.build_split();
        let request = request.map_err(|error| Error::transport(&error))?;
        let (method, url) = (request.method().clone(), request.url().clone());
        let begun = Instant::now();
        let response = client.execute(request).await.map_err(|error| Error::transport(&error))?;
        if let Some(observer) = &self.observer {
            observer(&Exchange {
                method: method.as_str(),
                url: url.as_str(),
                status: response.status().as_u16(),
                took: begun.elapsed(),
                request_id: header_text(&response, REQUEST_ID),
            });
        }
        Ok(response)
    }
}

/// Text of a header, or "".
pub(crate) fn header_text<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The server's clock as an answer tells it (RFC 9110, 6.6.1), such as `Tue, 15 Nov 1994 08:12:31 GMT`.
pub(crate) fn date(response: &Response) -> Option<&str> {
    Some(header_text(response, header::DATE.as_str())).filter(|date| !date.is_empty())
}

/// Names that end in `localhost` lead to this machine (RFC 6761, 6.3), whatever the system's resolver thinks of them.
struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            if is_loopback(&name) {
                let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
                return Ok(addresses);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_must_be_a_certificate() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        assert!(matches!(Trust::file(&path), Err(Error::File { .. })), "absent");
        std::fs::write(&path, "not a certificate").unwrap();
        assert!(matches!(Trust::file(&path), Err(Error::File { .. })), "garbage");
        let own = rcgen::generate_simple_self_signed(["emt.localhost".to_owned()]).unwrap();
        std::fs::write(&path, own.cert.pem()).unwrap();
        assert!(matches!(Trust::file(&path), Ok(Trust::Authority(_))), "good");
    }
}
