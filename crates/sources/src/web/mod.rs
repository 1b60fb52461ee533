//! Requests as sources need them: bounded in size and in silence, within one host, with credentials only when they are asked
//! for.

mod auth;
mod challenge;
mod error;
mod files;
mod names;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::{
    Client, Method, Response, StatusCode,
    header::{self, HeaderMap, HeaderValue},
    redirect::{Attempt, Policy},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

pub(crate) use self::files::WebFiles;
use self::{
    auth::Auth,
    error::{OtherHost, of_status, transport},
};
use crate::{Limits, Problem, Settings, SettingsError, SourceError, error::shown};

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// A client for one source.
pub(crate) struct Web {
    client: Client,
    requests: Arc<Semaphore>,
    auth: Auth,
}

/// A request.
pub(crate) struct Ask<'a> {
    /// Completes "cannot …".
    pub(crate) what: &'static str,
    /// GET or HEAD.
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// What the same token is good for; a repository, or "".
    pub(crate) scope: &'a str,
}

impl<'a> Ask<'a> {
    pub(crate) fn get(what: &'static str, url: Url) -> Self {
        Self { what, method: Method::GET, url, headers: HeaderMap::new(), scope: "" }
    }

    pub(crate) fn within(self, scope: &'a str) -> Self {
        Self { scope, ..self }
    }

    /// With a header, if its value can be one.
    pub(crate) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    fn failed(&self, problem: Problem, why: impl Into<String>) -> SourceError {
        SourceError::new(self.what, shown(&self.url), problem, why)
    }
}

/// An answer that is under way. It counts as a request until it is dropped.
pub(crate) struct Answer {
    what: &'static str,
    place: String,
    pub(crate) response: Response,
    _permit: OwnedSemaphorePermit,
}

impl Web {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let Limits { connect, stall, requests, .. } = settings.limits;
        let mut builder = Client::builder()
            .user_agent(concat!("emt-sources/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::custom(redirect))
            .connect_timeout(connect)
            .read_timeout(stall)
            .pool_idle_timeout(IDLE)
            .dns_resolver(Arc::new(names::Loopback));
        if !settings.ca_pem.is_empty() {
            let wrong = |why: String| SettingsError::new("ca_pem", why);
            let certificates = reqwest::Certificate::from_pem_bundle(&settings.ca_pem)
                .map_err(|error| wrong(format!("cannot be read: {error}")))?;
            if certificates.is_empty() {
                return Err(wrong("holds no certificate in PEM form".to_owned()));
            }
            builder = builder.tls_certs_only(certificates);
        }
        let client = builder.build().map_err(|error| SettingsError::new("ca_pem", format!("cannot be used: {error}")))?;
        Ok(Self { client, requests: Arc::new(Semaphore::new(requests.max(1))), auth: Auth::new(settings) })
    }

    /// Sends a request, with credentials if they are asked for. The answer's status is a success, or 304, or 416 to a request
    /// with a range.
    pub(crate) async fn send(&self, ask: Ask<'_>) -> Result<Answer, SourceError> {
        let permit = Arc::clone(&self.requests).acquire_owned().await;
        let permit = permit.map_err(|error| ask.failed(Problem::Busy, error.to_string()))?;
        let mut response = self.once(&ask).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.auth.answer(&self.client, &ask, response.headers()).await? {
            response = self.once(&ask).await?;
        }
        let status = response.status();
        let unchanged = status == StatusCode::NOT_MODIFIED;
        let no_range = status == StatusCode::RANGE_NOT_SATISFIABLE && ask.headers.contains_key(header::RANGE);
        if !status.is_success() && !unchanged && !no_range {
            self.auth.forget_if_denied(&ask, status);
            return Err(of_status(&ask, &response, self.auth.has_credentials()));
        }
        let form = response.headers().get(header::CONTENT_TYPE).and_then(|form| form.to_str().ok()).unwrap_or_default();
        if status.is_success() && ask.method == Method::GET && form.trim_start().to_ascii_lowercase().starts_with("text/html") {
            return Err(
                ask.failed(Problem::NotASource, "answered with text/html: is this the address of a release tree or registry?")
            );
        }
        Ok(Answer { what: ask.what, place: shown(&ask.url), response, _permit: permit })
    }

    async fn once(&self, ask: &Ask<'_>) -> Result<Response, SourceError> {
        let mut request = self.client.request(ask.method.clone(), ask.url.clone()).headers(ask.headers.clone());
        if let Some(value) = self.auth.header(&ask.url, ask.scope) {
            request = request.header(header::AUTHORIZATION, value);
        }
        request.send().await.map_err(|error| transport(ask.what, &shown(&ask.url), &error))
    }
}

impl Answer {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Text of a header, or "".
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn failed(&self, problem: Problem, why: impl Into<String>) -> SourceError {
        SourceError::new(self.what, &self.place, problem, why)
    }

    /// The whole body. It is cut where it has more bytes than `limit`, whatever its header says.
    pub(crate) async fn bytes(mut self, limit: usize) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.response.chunk().await.map_err(|error| transport(self.what, &self.place, &error))? {
            if chunk.len() > limit - bytes.len() {
                return Err(self.failed(Problem::TooBig, format!("it has more than {limit} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// The body as it comes.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<Bytes, SourceError>> + Send + 'static {
        stream::try_unfold(self, |mut answer| async move {
            let chunk = answer.response.chunk().await;
            let chunk = chunk.map_err(|error| transport(answer.what, &answer.place, &error))?;
            Ok(chunk.map(|chunk| (chunk, answer)))
        })
        .fuse()
    }
}

/// Redirects stay at one origin. Registries that keep their blobs in the storage of somebody else are refused, too: what a
/// source may lead to is what its operator named, and an address inside this network must not be reached by way of a
/// registry's answer.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let stays = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
    if !stays {
        let host = attempt.url().origin().ascii_serialization();
        return attempt.error(OtherHost(host));
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.stop();
    }
    attempt.follow()
}

#[cfg(test)]
pub(crate) mod tests;
