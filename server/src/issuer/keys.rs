//! The public keys of another issuer: found by its discovery document, kept in the data directory, so that a server that starts
//! while the issuer is away knows them.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::{IssuerError, IssuerHttp, IssuerSettings, check, http::endpoint};
use crate::identity::KeySource;

/// Keys that are fetched over HTTPS.
pub struct HttpKeys {
    http: IssuerHttp,
    jwks_url: Option<String>,
    kept: PathBuf,
}

impl HttpKeys {
    /// Keys of an issuer. `kept`: the file that remembers them.
    pub fn new(settings: &IssuerSettings, http: IssuerHttp, kept: &Path) -> Result<Self, IssuerError> {
        settings.jwks_url.iter().try_for_each(|address| check(address))?;
        Ok(Self { http, jwks_url: settings.jwks_url.clone(), kept: kept.to_owned() })
    }

    async fn address_of_keys(&self) -> Result<String, String> {
        match &self.jwks_url {
            Some(address) => Ok(address.clone()),
            None => endpoint(&self.http.document().await?, "jwks_uri"),
        }
    }

    /// Remembers the keys. If that fails they are known until this process ends.
    fn keep(&self, keys: &Json) {
        let text = json!({"issuer": self.http.issuer, "jwks": keys}).to_string();
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
        let keys = self.http.get(&self.address_of_keys().await?).await?;
        self.keep(&keys);
        Ok(keys)
    }

    fn last_known(&self) -> Option<Json> {
        let mut kept: Json = serde_json::from_str(&std::fs::read_to_string(&self.kept).ok()?).ok()?;
        (kept["issuer"] == self.http.issuer).then(|| kept["jwks"].take())
    }
}
