//! Modes of linking, and blocks, as a server of ours has them.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    Error, Orchestrator, Resource, kinds,
    models::{Os, OsModes, ServerMode},
    orchestrator::{read, understood},
};

const PATH: &str = "os-resource-manager";

impl Orchestrator {
    /// Whether the newest OS is linked to the project's instances by itself. An Edge Orchestrator has no answer: 404.
    pub async fn os_modes(&self) -> Result<Resource<OsModes>, Error> {
        let url = self.url(PATH)?;
        understood(&url, self.said(Method::GET, &url, None).await?)
    }

    /// Sets the mode of the project, or of one of its profiles.
    pub async fn set_os_mode(&self, profile: Option<&str>, mode: &str) -> Result<Resource<OsModes>, Error> {
        let body = match profile {
            None => json!({"mode": mode}),
            Some(profile) => json!({"profiles": {profile: mode}}),
        };
        let url = self.url(PATH)?;
        understood(&url, self.said(Method::PATCH, &url, Some(&body)).await?)
    }

    /// The mode that holds where projects set nothing.
    pub async fn server_os_mode(&self) -> Result<Resource<ServerMode>, Error> {
        let url = self.below(&["v1", PATH])?;
        understood(&url, self.said(Method::GET, &url, None).await?)
    }

    /// Sets it.
    pub async fn set_server_os_mode(&self, mode: &str) -> Result<Resource<ServerMode>, Error> {
        let url = self.below(&["v1", PATH])?;
        understood(&url, self.said(Method::PATCH, &url, Some(&json!({"mode": mode}))).await?)
    }

    /// Blocks an OS, so that nobody installs it.
    pub async fn block_os(&self, id: &str, reason: &str) -> Result<Resource<Os>, Error> {
        self.put(&kinds::OS, id, "block", &[], &json!({"reason": reason})).await
    }

    /// Takes the block of an OS away.
    pub async fn unblock_os(&self, id: &str) -> Result<Resource<Os>, Error> {
        self.put(&kinds::OS, id, "unblock", &[], &json!({})).await
    }

    async fn said(&self, method: Method, url: &url::Url, body: Option<&Json>) -> Result<Json, Error> {
        let mut request = self.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        read(url, self.checked(self.http.send(request).await?).await?).await
    }
}
