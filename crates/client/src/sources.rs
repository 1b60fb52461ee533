//! Sources of OS images, as a server of ours knows them.

use reqwest::Method;
use serde_json::json;

use crate::{
    Error, Orchestrator, Resource, kinds,
    models::{Found, Progress, Webhook},
    orchestrator::{read, understood},
};

impl Orchestrator {
    /// Looks at a source now, and waits for the end, which may take any time.
    pub async fn sync_source(&self, source: &str) -> Result<Resource<Found>, Error> {
        let url = self.url(&format!("{}/{source}/sync", kinds::SOURCES.path))?;
        let answer = self.checked(self.http.send_patiently(self.request(Method::POST, &url)).await?).await?;
        understood(&url, read(&url, answer).await?)
    }

    /// How far a source has come.
    pub async fn source_progress(&self, source: &str) -> Result<Resource<Progress>, Error> {
        let url = self.url(&format!("{}/{source}/progress", kinds::SOURCES.path))?;
        let answer = self.checked(self.http.send(self.request(Method::GET, &url)).await?).await?;
        understood(&url, read(&url, answer).await?)
    }

    /// Makes a secret with which the source's publisher can tell that there is something new. The one before ends.
    pub async fn new_source_webhook(&self, source: &str) -> Result<Resource<Webhook>, Error> {
        let url = self.url(&format!("{}/{source}/webhook", kinds::SOURCES.path))?;
        let answer = self.checked(self.http.send(self.request(Method::PUT, &url).json(&json!({}))).await?).await?;
        understood(&url, read(&url, answer).await?)
    }

    /// Ends that secret.
    pub async fn end_source_webhook(&self, source: &str) -> Result<(), Error> {
        let url = self.url(&format!("{}/{source}/webhook", kinds::SOURCES.path))?;
        self.checked(self.http.send(self.request(Method::DELETE, &url)).await?).await.map(drop)
    }
}
