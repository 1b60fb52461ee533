//! Requests to the issuer: bounded in time and size, to where its name or its discovery document leads.

use std::{error::Error as _, time::Duration};

use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value as Json;

use super::{IssuerError, IssuerSettings, check};

/// How long the issuer may take for an answer: less than a request to this server may take.
const ANSWER: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const LIMIT: usize = 512 * 1024;

/// Connections to the issuer. Clones share them.
#[derive(Clone)]
pub struct IssuerHttp {
    pub(super) issuer: String,
    pub(super) client: reqwest::Client,
}

impl IssuerHttp {
    /// Connections to an issuer.
    pub fn new(settings: &IssuerSettings) -> Result<Self, IssuerError> {
        check(&settings.url)?;
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
        let client = client.build().map_err(|error| IssuerError::Client(error.to_string()))?;
        Ok(Self { issuer: settings.url.clone(), client })
    }

    /// Sends a request; the status and the body, which must be JSON.
    pub(super) async fn send(&self, address: &str, request: RequestBuilder) -> Result<(StatusCode, Json), String> {
        let failed = |error: reqwest::Error| format!("{address}: {}", innermost(&error));
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&part);
            if body.len() > LIMIT {
                return Err(format!("{address}: the answer is longer than {LIMIT} bytes"));
            }
        }
        match serde_json::from_slice(&body) {
            Ok(json) => Ok((status, json)),
            Err(_) if !status.is_success() => Err(format!("{address}: status {status}")),
            Err(error) => Err(format!("{address}: the answer is no JSON: {error}")),
        }
    }

    /// A JSON document.
    pub(super) async fn get(&self, address: &str) -> Result<Json, String> {
        let (status, json) = self.send(address, self.client.get(address)).await?;
        if status.is_success() { Ok(json) } else { Err(format!("{address}: status {status}")) }
    }

    /// The discovery document.
    pub(super) async fn document(&self) -> Result<Json, String> {
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let document = self.get(&place).await?;
        // Whoever answers in another's name is not the one that is trusted (OpenID Connect Discovery, 4.3).
        if document["issuer"] != self.issuer {
            return Err(format!("{place} is about the issuer {}, not {}", document["issuer"], self.issuer));
        }
        Ok(document)
    }
}

/// An address of the discovery document.
pub(super) fn endpoint(document: &Json, name: &str) -> Result<String, String> {
    let address = document[name].as_str().unwrap_or_default();
    check(address).map_err(|error| format!("the discovery document's {name}: {error}"))?;
    Ok(address.to_owned())
}

/// What was really wrong: the outer errors only say that a request failed.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER.as_secs());
    }
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    reason
}
