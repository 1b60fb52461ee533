//! Credentials: none unless asked, then user name and password, or a token that is fetched for them (the token flow of OCI
//! registries) and kept until it ends.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Client, StatusCode,
    header::{self, HeaderMap, HeaderValue},
};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::{
    Ask,
    challenge::{self, Challenge},
    error::transport,
};
use crate::{Problem, Settings, SourceError, error::shown};

/// Most bytes of a token's answer.
const ANSWER: usize = 1024 * 1024;
/// How long a token is good unless its giver says.
const GOOD: u64 = 60;
/// How long before its end a token is no longer used.
const EARLIER: u64 = 10;
/// How long a token is used at most.
const LONGEST: u64 = 3600;

pub(super) struct Auth {
    username: String,
    password: String,
    /// What is sent: by origin and scope.
    kept: Mutex<HashMap<(String, String), Kept>>,
}

struct Kept {
    value: HeaderValue,
    until: Option<Instant>,
}

impl Kept {
    fn is_good(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: Option<String>,
    expires_in: Option<u64>,
}

impl Auth {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { username: settings.username.clone(), password: settings.password.clone(), kept: Mutex::default() }
    }

    pub(super) fn has_credentials(&self) -> bool {
        !self.username.is_empty()
    }

    /// What is to be sent along.
    pub(super) fn header(&self, url: &Url, scope: &str) -> Option<HeaderValue> {
        let kept = self.kept();
        let kept = kept.get(&key(url, scope))?;
        kept.is_good(Instant::now()).then(|| kept.value.clone())
    }

    /// Gets what the answer 401 asks for; `false` if there is nothing that could be sent.
    pub(super) async fn answer(&self, client: &Client, ask: &Ask<'_>, headers: &HeaderMap) -> Result<bool, SourceError> {
        let headers = headers.get_all(header::WWW_AUTHENTICATE);
        let challenges: Vec<_> = headers.iter().filter_map(|value| value.to_str().ok()).flat_map(challenge::read).collect();
        let bearer = challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let kept = match bearer {
            Some(Challenge::Bearer { realm, service, scope }) => self.token(client, ask, realm, service, scope).await?,
            _ if challenges.contains(&Challenge::Basic) && self.has_credentials() => {
                Kept { value: secret(ask, &self.basic())?, until: None }
            }
            _ => return Ok(false),
        };
        self.kept().insert(key(&ask.url, ask.scope), kept);
        Ok(true)
    }

    /// Credentials that do not do are not sent again.
    pub(super) fn forget_if_denied(&self, ask: &Ask<'_>, status: StatusCode) {
        if status == StatusCode::UNAUTHORIZED {
            self.kept().remove(&key(&ask.url, ask.scope));
        }
    }

    async fn token(&self, client: &Client, ask: &Ask<'_>, realm: &str, service: &str, scope: &str) -> Result<Kept, SourceError> {
        let what = "get a token";
        let mut url = Url::parse(realm).map_err(|error| {
            ask.failed(Problem::Malformed, format!("it wants a token from {realm:?}, which is no address: {error}"))
        })?;
        // The registry decides who gets its users' passwords; but never in the clear to anybody else.
        if url.scheme() != "https" && (url.scheme(), url.host()) != (ask.url.scheme(), ask.url.host()) {
            let why = format!("it wants a token from {}, which is not encrypted", shown(&url));
            return Err(ask.failed(Problem::Elsewhere, why));
        }
        let place = shown(&url);
        for (name, value) in [("service", service), ("scope", scope)] {
            if !value.is_empty() {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        let mut request = client.get(url);
        if self.has_credentials() {
            request = request.header(header::AUTHORIZATION, secret(ask, &self.basic())?);
        }
        let failed = |problem, why: String| SourceError::new(what, &place, problem, why);
        let mut response = request.send().await.map_err(|error| transport(what, &place, &error))?;
        let status = response.status();
        if !status.is_success() {
            let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(failed(if passing { Problem::Busy } else { Problem::Denied }, format!("answered with {status}")));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(what, &place, &error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER {
                return Err(failed(Problem::TooBig, format!("it has more than {ANSWER} bytes")));
            }
        }
        let malformed = || failed(Problem::Malformed, "the answer has no token".to_owned());
        let token: Token = serde_json::from_slice(&bytes).map_err(|_| malformed())?;
        let text = token.token.filter(|token| !token.is_empty()).ok_or_else(malformed)?;
        let until = Instant::now() + lifetime(token.expires_in);
        Ok(Kept { value: secret(ask, &format!("Bearer {text}"))?, until: Some(until) })
    }

    fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password)))
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(String, String), Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a token is used that is good for so many seconds. A token that ends at once still does for the request that is
/// waiting for it.
fn lifetime(seconds: Option<u64>) -> Duration {
    Duration::from_secs(seconds.unwrap_or(GOOD).min(LONGEST).saturating_sub(EARLIER).max(1))
}

fn key(url: &Url, scope: &str) -> (String, String) {
    (url.origin().ascii_serialization(), scope.to_owned())
}

fn secret(ask: &Ask<'_>, text: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| ask.failed(Problem::Malformed, "the token that was given has characters that no token may have"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_used_until_shortly_before_their_end() {
        for (told, used) in [(None, 50), (Some(0), 1), (Some(10), 1), (Some(300), 290), (Some(u64::MAX), 3590)] {
            assert_eq!(lifetime(told), Duration::from_secs(used), "{told:?}");
        }
        let now = Instant::now();
        let until = |until| Kept { value: HeaderValue::from_static("x"), until };
        assert!(until(None).is_good(now) && until(Some(now + Duration::from_secs(1))).is_good(now));
        assert!(!until(Some(now)).is_good(now));
    }
}
