//! Under which address the server calls itself in a token: the one it was called by, if that is one of its own.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, header, request::Parts},
};

use super::Oidc;

/// Where the pages of this server take a browser back, after a login and after a logout.
const WEB_PATHS: [&str; 2] = [CALLBACK, "/ui/"];
/// The first of them.
pub(crate) const CALLBACK: &str = "/ui/callback";

/// The server's names.
#[derive(Debug, Clone)]
pub struct IssuerNames {
    fqdn: String,
    port: u16,
    web: Vec<String>,
}

impl IssuerNames {
    /// A domain name and the port.
    pub fn new(fqdn: &str, port: u16) -> Self {
        Self { fqdn: fqdn.to_ascii_lowercase(), port, web: Vec::new() }
    }

    /// More addresses that a browser may be sent back to after it has logged in for the pages of this server.
    #[must_use]
    pub fn with_web_addresses(mut self, addresses: &[String]) -> Self {
        self.web.extend_from_slice(addresses);
        self
    }

    /// Where a browser may be sent back to after it has logged in for the pages of this server, or has logged out there.
    pub fn web_addresses(&self) -> Vec<String> {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        let names = [self.fqdn.clone(), format!("web-ui.{}", self.fqdn), format!("api.{}", self.fqdn)];
        let own = names.iter().flat_map(|name| WEB_PATHS.map(|path| format!("https://{name}{port}{path}")));
        own.chain(self.web.iter().cloned()).collect()
    }

    /// The base address for a request to `host`, such as `keycloak.emt.localhost:8443`. A foreign name gets the default, so
    /// that nobody can have tokens made in the name of another server.
    pub fn base(&self, host: Option<&str>) -> String {
        match host.and_then(|host| self.own(host)) {
            Some(own) => own,
            None if self.port == 443 => format!("https://keycloak.{}", self.fqdn),
            None => format!("https://keycloak.{}:{}", self.fqdn, self.port),
        }
    }

    /// The address that a browser asks, if it is one of the server's own.
    pub fn asked(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        self.own(host(uri, headers)?)
    }

    /// Where pages are, for a browser that asks under a foreign name.
    pub fn home(&self) -> String {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        format!("https://{}{port}", self.fqdn)
    }

    fn own(&self, host: &str) -> Option<String> {
        self.is_own(host).then(|| format!("https://{}", host.to_ascii_lowercase()))
    }

    fn is_own(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.to_ascii_lowercase();
        let below = name.strip_suffix(&self.fqdn).and_then(|rest| rest.strip_suffix('.'));
        let plain = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        ["localhost", "127.0.0.1", "[::1]", &self.fqdn].contains(&name.as_str())
            || below.is_some_and(|labels| labels.split('.').all(plain))
    }
}

/// HTTP/2 has the name in the address, HTTP/1.1 in a header.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let host = uri.authority().map(axum::http::uri::Authority::as_str);
    host.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()))
}

/// The base address for a request.
pub(super) struct Base(pub(super) String);

impl FromRequestParts<Oidc> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, oidc: &Oidc) -> Result<Self, Self::Rejection> {
        Ok(Self(oidc.names.base(host(&parts.uri, &parts.headers))))
    }
}

impl Base {
    /// Where a browser that asks under this name comes back to after it has signed in for the pages: nobody is sent from one
    /// name of the server to another.
    pub(super) fn own_callback(&self) -> String {
        format!("{}{CALLBACK}", self.0)
    }

    /// The issuer of tokens.
    pub(super) fn issuer(&self) -> String {
        format!("{}/realms/master", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_echoed() {
        let names = IssuerNames::new("emt.localhost", 8443);
        let default = "https://keycloak.emt.localhost:8443";
        for (host, base) in [
            (Some("keycloak.emt.localhost:8443"), default),
            (Some("API.emt.localhost:9"), "https://api.emt.localhost:9"),
            (Some("localhost:8443"), "https://localhost:8443"),
            (Some("[::1]:8443"), "https://[::1]:8443"),
            (Some("emt.localhost"), "https://emt.localhost"),
            (Some("evil.example"), default),
            (Some("evil.example/emt.localhost"), default),
            (Some("evil@x.emt.localhost"), default),
            (Some("xemt.localhost"), default),
            (Some(""), default),
            (None, default),
        ] {
            assert_eq!(names.base(host), base, "{host:?}");
        }
        assert_eq!(IssuerNames::new("emt.test", 443).base(None), "https://keycloak.emt.test");
        let more = ["https://ui.example/back".to_owned()];
        let web = IssuerNames::new("emt.test", 8443).with_web_addresses(&more).web_addresses();
        for address in ["https://emt.test:8443/ui/callback", "https://web-ui.emt.test:8443/ui/", "https://ui.example/back"] {
            assert!(web.iter().any(|known| known == address), "{address} in {web:?}");
        }
    }
}
