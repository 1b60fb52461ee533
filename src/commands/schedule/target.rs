//! Whom windows hold for, and whose are asked for.

use emt_client::{
    Error as ClientError, Named, Orchestrator,
    kinds::{HOSTS, REGIONS, SITES},
};
use serde_json::{Map, Value as Json};

/// Whom windows are to hold for.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "target", required = true, multiple = false)]
pub(super) struct TargetArgs {
    /// Hosts: ids or names; each gets a window of its own
    #[arg(long, value_name = "HOST", num_args = 1..)]
    host: Vec<String>,
    /// A site, with all its hosts: id or name
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// A region, with all that is below it: id or name
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// Whose windows are asked for, or whom one is to hold for now.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "owner", multiple = false)]
pub(super) struct OwnerArgs {
    /// A host: id or name
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// A site: id or name
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// A region: id or name
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// What a window is to hold for.
pub(super) struct Target {
    pub(super) kind: &'static str,
    key: &'static str,
    id: String,
    pub(super) name: String,
}

impl TargetArgs {
    pub(super) async fn find(&self, api: &Orchestrator) -> Result<Vec<Target>, ClientError> {
        if let Some(site) = &self.site {
            return Ok(vec![target("site", &api.find(&SITES, site).await?.data)]);
        }
        if let Some(region) = &self.region {
            return Ok(vec![target("region", &api.find(&REGIONS, region).await?.data)]);
        }
        let hosts = api.find_all(&HOSTS, &self.host).await?;
        Ok(hosts.iter().map(|host| target("host", &host.data)).collect())
    }
}

impl OwnerArgs {
    pub(super) async fn find(&self, api: &Orchestrator) -> Result<Option<Target>, ClientError> {
        Ok(if let Some(host) = &self.host {
            Some(target("host", &api.find(&HOSTS, host).await?.data))
        } else if let Some(site) = &self.site {
            Some(target("site", &api.find(&SITES, site).await?.data))
        } else if let Some(region) = &self.region {
            Some(target("region", &api.find(&REGIONS, region).await?.data))
        } else {
            None
        })
    }
}

impl Target {
    /// As the parameter of a list.
    pub(super) fn query(&self) -> (&'static str, &str) {
        let key = match self.kind {
            "host" => "hostId",
            "site" => "siteId",
            _ => "regionId",
        };
        (key, &self.id)
    }

    /// Sets it in a body.
    pub(super) fn set(&self, body: &mut Map<String, Json>) {
        body.insert(self.key.to_owned(), self.id.as_str().into());
    }

    /// Sets it in a body instead of others.
    pub(super) fn move_to(&self, body: &mut Map<String, Json>) {
        for key in ["targetHostId", "targetSiteId", "targetRegionId"] {
            body.insert(key.to_owned(), "".into());
        }
        self.set(body);
    }
}

fn target(kind: &'static str, record: &impl Named) -> Target {
    let name = record.names().first().copied().filter(|name| !name.is_empty()).unwrap_or(record.id());
    let key = match kind {
        "host" => "targetHostId",
        "site" => "targetSiteId",
        _ => "targetRegionId",
    };
    Target { kind, key, id: record.id().to_owned(), name: name.to_owned() }
}
