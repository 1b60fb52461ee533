//! Another issuer, over HTTPS: its public keys, and what it offers to the pages of this server.

mod http;
mod keys;
mod provider;

use std::path::PathBuf;

use emt_api::loopback::is_loopback;
use serde::{Deserialize, Serialize};

pub use self::{http::IssuerHttp, keys::HttpKeys, provider::HttpProvider};

/// Variable with the secret of the pages' client, unless a file has it.
pub const WEB_CLIENT_SECRET: &str = "EMT_SERVER_ISSUER_WEB_CLIENT_SECRET";

/// The settings of another issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IssuerSettings {
    /// Its name as tokens carry it, such as `https://keycloak.example.com/realms/master`.
    pub url: String,
    /// Where its keys are; else its discovery document tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// PEM file of the authorities that are trusted for it; else those of the operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How far its clock may be from ours, in seconds.
    #[serde(default = "skew")]
    pub clock_skew: u16,
    /// The name by which it knows the pages of this server.
    #[serde(default = "web_client")]
    pub web_client_id: String,
    /// File with the secret of that client, for its owner only; absent: [`WEB_CLIENT_SECRET`], else it is a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_client_secret_file: Option<PathBuf>,
}

impl IssuerSettings {
    /// An issuer of which nothing else is set.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            jwks_url: None,
            ca_file: None,
            clock_skew: skew(),
            web_client_id: web_client(),
            web_client_secret_file: None,
        }
    }
}

const fn skew() -> u16 {
    30
}

fn web_client() -> String {
    crate::identity::WEB_CLIENT.to_owned()
}

/// Why another issuer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// An address that cannot be used.
    #[error("issuer: {0:?} is no https:// address (http:// is taken for this machine only)")]
    Address(String),
    /// The file of authorities.
    #[error("issuer: the certificates in {path} cannot be used: {reason}")]
    Authorities {
        /// Path.
        path: PathBuf,
        /// In the system's words.
        reason: String,
    },
    /// The file of the client's secret.
    #[error("issuer: the secret in {path} cannot be used: {reason}")]
    Secret {
        /// Path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The client for HTTPS.
    #[error("issuer: {0}")]
    Client(String),
}

/// Refuses an address that would be asked in the clear.
fn check(address: &str) -> Result<(), IssuerError> {
    let wrong = || IssuerError::Address(address.to_owned());
    let uri: ::http::Uri = address.parse().map_err(|_| wrong())?;
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => Ok(()),
        Some("http") if is_loopback(host) || ["127.0.0.1", "[::1]"].contains(&host) => Ok(()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_taken() {
        for (address, taken) in [
            ("https://keycloak.example/realms/master", true),
            ("http://127.0.0.1:8080/realms/master", true),
            ("http://keycloak.example/realms/master", false),
            ("ftp://x", false),
            ("keycloak.example", false),
            ("", false),
        ] {
            assert_eq!(check(address).is_ok(), taken, "{address}");
        }
    }
}
