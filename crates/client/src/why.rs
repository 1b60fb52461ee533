//! Why a host updates or does not, as a server of ours tells it.

use reqwest::Method;

use crate::{
    Error, Orchestrator, Resource,
    models::{Gate, Why},
    orchestrator::{read, understood},
};

impl Why {
    /// The gate that does not hold, if one does not.
    pub fn blocker(&self) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.state == "GATE_STATE_FAIL")
    }
}

impl Orchestrator {
    /// Whether a host may update now, to what, and if not, why not and when that changes. An Edge Orchestrator has no answer:
    /// 404.
    pub async fn why(&self, host: &str) -> Result<Resource<Why>, Error> {
        let url = self.url(&format!("compute/hosts/{host}/why"))?;
        let answer = self.checked(self.http.send(self.request(Method::GET, &url)).await?).await?;
        understood(&url, read(&url, answer).await?)
    }
}
