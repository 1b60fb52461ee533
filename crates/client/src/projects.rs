//! Projects, and what an orchestrator says of itself.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{Error, Orchestrator, Resource, models::Project, orchestrator::understood};

/// What an orchestrator has, as it says itself.
#[derive(Debug, Clone, Default)]
pub struct Features(Json);

impl Features {
    /// Whether a feature is installed, such as `["emt", "desired-os"]`.
    pub fn has(&self, path: &[&str]) -> bool {
        let feature = path.iter().try_fold(&self.0, |at, key| at.get(key));
        feature.and_then(|feature| feature.get("installed")).and_then(Json::as_bool).unwrap_or(false)
    }
}

impl Orchestrator {
    /// What the orchestrator has. One that does not say has nothing beyond the first generation.
    pub async fn features(&self) -> Result<Features, Error> {
        match self.outside(Method::GET, &["v1", "orchestrator"], &[], None).await {
            Ok(mut json) => {
                let features = json.get_mut("orchestrator").and_then(|it| it.get_mut("features")).map(Json::take);
                Ok(Features(features.unwrap_or_default()))
            }
            Err(error) if error.status() == Some(404) => Ok(Features::default()),
            Err(error) => Err(error),
        }
    }

    /// The projects that the caller is a member of.
    pub async fn projects(&self) -> Result<Vec<Resource<Project>>, Error> {
        let answer = self.outside(Method::GET, &["v1", "projects"], &[("member-role", "true")], None).await?;
        let url = self.url("")?;
        match answer {
            Json::Array(projects) => projects.into_iter().map(|json| understood(&url, json)).collect(),
            _ => Ok(Vec::new()),
        }
    }

    /// One project. The answer does not repeat its name.
    pub async fn project(&self, name: &str) -> Result<Resource<Project>, Error> {
        let answer = self.outside(Method::GET, &["v1", "projects", name], &[], None).await?;
        understood(&self.url("")?, answer)
    }

    /// Makes a project, or changes its description.
    pub async fn put_project(&self, name: &str, description: &str) -> Result<(), Error> {
        let body = json!({"description": description});
        self.outside(Method::PUT, &["v1", "projects", name], &[], Some(&body)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_count_only_where_they_say_so() {
        let features =
            Features(json!({"emt": {"installed": true, "desired-os": {"installed": true}, "other": {"installed": "yes"}}}));
        for (path, there) in [
            (&["emt"][..], true),
            (&["emt", "desired-os"], true),
            (&["emt", "other"], false),
            (&["emt", "absent"], false),
            (&["absent", "desired-os"], false),
        ] {
            assert_eq!(features.has(path), there, "{path:?}");
        }
        assert!(!Features::default().has(&["emt"]));
    }
}
