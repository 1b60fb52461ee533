//! The public keys of another issuer: found by its discovery document, fetched over HTTPS, kept in the data directory, so that
//! a server that starts while the issuer is away knows them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use emt_api::loopback::is_loopback;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::identity::KeySource;

/// How long the issuer may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const LIMIT: usize = 512 * 1024;

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
}

const fn skew() -> u16 {
    30
}

/// Why the keys cannot be fetched.
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
    /// The client for HTTPS.
    #[error("issuer: {0}")]
    Client(String),
}

/// Keys that are fetched over HTTPS.
pub struct HttpKeys {
    issuer: String,
    jwks_url: Option<String>,
    http: reqwest::Client,
    kept: PathBuf,
}

impl HttpKeys {
    /// Keys of an issuer. `kept`: the file that remembers them.
    pub fn new(settings: &IssuerSettings, kept: &Path) -> Result<Self, IssuerError> {
        for address in std::iter::once(&settings.url).chain(&settings.jwks_url) {
            check(address)?;
        }
        // An issuer that sends elsewhere could be made to send anywhere.
        let mut client = reqwest::Client::builder().timeout(ANSWER).redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &settings.ca_file {
            let failed = |reason: String| IssuerError::Authorities { path: path.clone(), reason };
            let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
            if authorities.is_empty() {
                return Err(failed("it holds no certificate in PEM form".to_owned()));
            }
            client = client.tls_certs_only(authorities);
        }
        let http = client.build().map_err(|error| IssuerError::Client(error.to_string()))?;
        Ok(Self { issuer: settings.url.clone(), jwks_url: settings.jwks_url.clone(), http, kept: kept.to_owned() })
    }

    async fn get(&self, address: &str) -> Result<Json, String> {
        let failed = |error: reqwest::Error| format!("{address}: {error}");
        let mut answer = self.http.get(address).send().await.map_err(failed)?.error_for_status().map_err(failed)?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&part);
            if body.len() > LIMIT {
                return Err(format!("{address}: the answer is longer than {LIMIT} bytes"));
            }
        }
        serde_json::from_slice(&body).map_err(|error| format!("{address}: the answer is no JSON: {error}"))
    }

    async fn address_of_keys(&self) -> Result<String, String> {
        if let Some(address) = &self.jwks_url {
            return Ok(address.clone());
        }
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let document = self.get(&place).await?;
        // Whoever answers in another's name is not the one that is trusted (OpenID Connect Discovery, 4.3).
        if document["issuer"] != self.issuer {
            return Err(format!("{place} is about the issuer {}, not {}", document["issuer"], self.issuer));
        }
        let address = document["jwks_uri"].as_str().unwrap_or_default();
        check(address).map_err(|error| format!("{place}: {error}"))?;
        Ok(address.to_owned())
    }

    /// Remembers the keys. If that fails they are known until this process ends.
    fn keep(&self, keys: &Json) {
        let text = json!({"issuer": self.issuer, "jwks": keys}).to_string();
        if std::fs::read_to_string(&self.kept).is_ok_and(|kept| kept == text) {
            return;
        }
        let temporary = self.kept.with_extension("new");
        if let Err(error) = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, &self.kept)) {
            tracing::warn!(path = %self.kept.display(), %error, "the issuer's keys were not kept");
        }
    }
}

#[async_trait]
impl KeySource for HttpKeys {
    async fn fetch(&self) -> Result<Json, String> {
        let keys = self.get(&self.address_of_keys().await?).await?;
        self.keep(&keys);
        Ok(keys)
    }

    fn last_known(&self) -> Option<Json> {
        let mut kept: Json = serde_json::from_str(&std::fs::read_to_string(&self.kept).ok()?).ok()?;
        (kept["issuer"] == self.issuer).then(|| kept["jwks"].take())
    }
}

fn check(address: &str) -> Result<(), IssuerError> {
    let wrong = || IssuerError::Address(address.to_owned());
    let uri: http::Uri = address.parse().map_err(|_| wrong())?;
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
