//! Which schedules hold for a host, a site or a region, and which telemetry profiles for an instance, a site or a region:
//! its own and those of everything above it.

use async_trait::async_trait;
use emt_api::{
    filter::{Expr, Path, Test},
    resources::{Host, Instance, REGION, Region, SITE, Site},
    sheet::Entry,
    value::{Link, Value},
};

use super::region::MAX_DEPTH;
use crate::store::{Snapshot, Store, StoreError, StoreExt};

/// Where sites and regions are looked up: as they are now, or as they are in a snapshot.
#[async_trait]
pub trait Above: Send {
    /// A site of a project.
    async fn site(&mut self, project: &str, id: &str) -> Result<Option<Site>, StoreError>;

    /// A region of a project.
    async fn region(&mut self, project: &str, id: &str) -> Result<Option<Region>, StoreError>;
}

#[async_trait]
impl Above for &dyn Store {
    async fn site(&mut self, project: &str, id: &str) -> Result<Option<Site>, StoreError> {
        self.load(project, id).await
    }

    async fn region(&mut self, project: &str, id: &str) -> Result<Option<Region>, StoreError> {
        self.load(project, id).await
    }
}

#[async_trait]
impl Above for Box<dyn Snapshot> {
    async fn site(&mut self, project: &str, id: &str) -> Result<Option<Site>, StoreError> {
        Ok(self.get(&SITE, project, &[id]).await?.get(0).map(Entry::record))
    }

    async fn region(&mut self, project: &str, id: &str) -> Result<Option<Region>, StoreError> {
        Ok(self.get(&REGION, project, &[id]).await?.get(0).map(Entry::record))
    }
}

/// Whose schedules are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// An instance by id; it has no schedules of its own, but its host has.
    Instance(&'a str),
    /// A host by id.
    Host(&'a str),
    /// A site by id.
    Site(&'a str),
    /// A region by id.
    Region(&'a str),
}

/// The condition that a schedule's target is the owner or above it. An unknown owner has no schedules.
pub async fn schedules_of(store: &dyn Store, project: &str, owner: Owner<'_>) -> Result<Expr, StoreError> {
    match owner {
        Owner::Instance(id) => match host_of(store, project, id).await? {
            Some(host) => schedules_of_host(&mut &*store, project, &host).await,
            None => Ok(Expr::Any(Vec::new())),
        },
        Owner::Host(id) => match store.load::<Host>(project, id).await? {
            Some(host) => schedules_of_host(&mut &*store, project, &host).await,
            None => Ok(Expr::Any(Vec::new())),
        },
        Owner::Site(id) => Ok(Expr::Any(site_and_above(&mut &*store, project, &Link::to(id)).await?)),
        Owner::Region(id) => Ok(Expr::Any(regions(region_and_above(&mut &*store, project, &Link::to(id)).await?))),
    }
}

/// Same, for a host that is at hand.
pub async fn schedules_of_host(above: &mut dyn Above, project: &str, host: &Host) -> Result<Expr, StoreError> {
    let mut targets = vec![target("target_host_id", vec![Value::from(host.meta.id.as_str())])];
    targets.extend(site_and_above(above, project, &host.site_id).await?);
    Ok(Expr::Any(targets))
}

/// The condition that a telemetry profile's target is the owner or above it.
pub async fn profiles_of(store: &dyn Store, project: &str, owner: Owner<'_>) -> Result<Expr, StoreError> {
    let site = match owner {
        Owner::Instance(id) => {
            let site = host_of(store, project, id).await?.map(|host| host.site_id).unwrap_or_default();
            let mut targets = vec![target("target_instance_id", vec![Value::from(id)])];
            targets.extend(site_and_above(&mut &*store, project, &site).await?);
            return Ok(Expr::Any(targets));
        }
        Owner::Host(id) => store.load::<Host>(project, id).await?.map(|host| host.site_id).unwrap_or_default(),
        Owner::Site(id) => Link::to(id),
        Owner::Region(id) => return Ok(Expr::Any(regions(region_and_above(&mut &*store, project, &Link::to(id)).await?))),
    };
    Ok(Expr::Any(site_and_above(&mut &*store, project, &site).await?))
}

async fn host_of(store: &dyn Store, project: &str, instance: &str) -> Result<Option<Host>, StoreError> {
    let Some(instance) = store.load::<Instance>(project, instance).await? else { return Ok(None) };
    match instance.host_id.id() {
        Some(host) => store.load(project, host).await,
        None => Ok(None),
    }
}

async fn site_and_above(above: &mut dyn Above, project: &str, site: &Link) -> Result<Vec<Expr>, StoreError> {
    let Some(id) = site.id() else { return Ok(Vec::new()) };
    let mut targets = vec![target("target_site_id", vec![Value::from(id)])];
    if let Some(site) = above.site(project, id).await? {
        targets.extend(regions(region_and_above(above, project, &site.region_id).await?));
    }
    Ok(targets)
}

async fn region_and_above(above: &mut dyn Above, project: &str, region: &Link) -> Result<Vec<Value>, StoreError> {
    let mut ids = Vec::new();
    let mut at = region.clone();
    while let Some(id) = at.id().map(str::to_owned).filter(|_| ids.len() < MAX_DEPTH) {
        let Some(region) = above.region(project, &id).await? else { break };
        ids.push(Value::Text(id));
        at = region.parent_region_id;
    }
    Ok(ids)
}

fn regions(ids: Vec<Value>) -> Vec<Expr> {
    if ids.is_empty() { Vec::new() } else { vec![target("target_region_id", ids)] }
}

fn target(column: &'static str, ids: Vec<Value>) -> Expr {
    Expr::Test(Path { steps: Vec::new(), column }, Test::In(ids))
}
