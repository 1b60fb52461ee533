//! Access tokens by the client credentials grant, refreshed ahead of their expiry.

use std::time::Duration;

use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    credentials::{Credentials, Secret},
    net::chain,
};

/// A token is replaced when so much of its life is left, but never before half of it has passed.
const AHEAD: Duration = Duration::from_mins(1);
/// Longest time that the token endpoint may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The server refuses the node's credentials.
    #[error("{url} refuses the node's credentials ({status}): enrol the node again if it was removed or its trust withdrawn")]
    Refused {
        /// Token endpoint.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The server cannot be reached, or does not answer as it should.
    #[error("no token from {url}: {reason}")]
    Failed {
        /// Token endpoint.
        url: String,
        /// What happened.
        reason: String,
    },
}

struct Token {
    text: Secret,
    renew: Instant,
}

/// A source of tokens for one node.
pub struct Tokens {
    http: reqwest::Client,
    url: String,
    client_id: String,
    client_secret: Secret,
    current: Mutex<Option<Token>>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

impl Tokens {
    /// For these credentials.
    pub fn new(http: reqwest::Client, credentials: &Credentials) -> Self {
        Self {
            http,
            url: credentials.token_url.clone(),
            client_id: credentials.client_id.clone(),
            client_secret: credentials.client_secret.clone(),
            current: Mutex::new(None),
        }
    }

    /// A token that is good for a while.
    pub async fn get(&self) -> Result<String, TokenError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Instant::now() < token.renew) {
            return Ok(token.text.0.clone());
        }
        let answer = self.fetch().await?;
        let life = Duration::from_secs(answer.expires_in);
        let renew = Instant::now() + life.saturating_sub(AHEAD.min(life / 2));
        *current = Some(Token { text: Secret(answer.access_token.clone()), renew });
        Ok(answer.access_token)
    }

    /// Forgets a token that a server has refused; the next one is new.
    pub async fn refused(&self, token: &str) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|current| current.text.0 == token) {
            *current = None;
        }
    }

    async fn fetch(&self) -> Result<Answer, TokenError> {
        let failed = |reason: String| TokenError::Failed { url: self.url.clone(), reason };
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.0.as_str()),
        ];
        let request = self.http.post(&self.url).form(&form).timeout(DEADLINE);
        let answer = request.send().await.map_err(|error| failed(chain(&error)))?;
        match answer.status().as_u16() {
            200 => answer.json().await.map_err(|error| failed(chain(&error))),
            status @ (400 | 401 | 403) => Err(TokenError::Refused { url: self.url.clone(), status }),
            status => Err(failed(format!("the answer is {status}"))),
        }
    }
}
