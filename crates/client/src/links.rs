//! Links that sign a browser in, as a server of ours makes them.

use reqwest::Method;
use serde_json::json;

use crate::{Error, Orchestrator, Resource, models::SignInLink, orchestrator::understood};

impl Orchestrator {
    /// A link that signs one browser in to the server's pages, once. An Edge Orchestrator has no answer: 404.
    pub async fn sign_in_link(&self, page: &str) -> Result<Resource<SignInLink>, Error> {
        let path = ["v1", "sign-in-links"];
        understood(&self.below(&path)?, self.outside(Method::POST, &path, &[], Some(&json!({"page": page}))).await?)
    }
}
