//! Hosts as lists show them, each with what runs and what is to run: read in a few steps whatever their number.

use std::collections::HashMap;

use emt_api::{
    record::Record,
    resources::{HOST, Host, INSTANCE, Instance, OS, OS_UPDATE_POLICY, OsUpdatePolicy, SITE, Site},
    sheet::{Entry, Sheet},
    status,
};

use super::words::{Status, When};
use crate::{
    inventory::{Chosen, Target, effective_target},
    os_resources::Catalogue,
    store::{Query, Snapshot, Store, StoreError},
};

/// Hosts that are counted at most for a list: nobody reads further.
pub(super) const COUNTED: u64 = 10_000;

/// A host of a list.
pub(super) struct HostRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) site: String,
    pub(super) status: Status,
    pub(super) instance: String,
    pub(super) profile: String,
    pub(super) version: String,
    /// What it is to run, if that is not what runs.
    pub(super) target: String,
    pub(super) update: Status,
    pub(super) since: When,
    /// What is newer; "" if nothing is.
    pub(super) available: String,
}

/// A page of hosts.
pub(super) struct HostPage {
    pub(super) rows: Vec<HostRow>,
    /// How many fit; more than [`COUNTED`] stands for any number above it, unless that was known.
    pub(super) total: u64,
}

/// The OS resources of a project, without their long texts.
pub(super) async fn catalogue(snapshot: &mut dyn Snapshot, project: &str) -> Result<Catalogue, StoreError> {
    Ok(snapshot.find(&Query::all(&OS, project).brief()).await?.0.iter().map(Entry::record).collect())
}

/// A page of hosts. `known` is how many fit, if that is known; else they are counted, up to [`COUNTED`].
pub(super) async fn hosts(
    store: &dyn Store,
    project: &str,
    chosen: Chosen,
    known: Option<u64>,
    offset: u64,
    size: u64,
) -> Result<HostPage, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let query = Query {
        order: chosen.order,
        offset,
        count: true,
        known,
        most: Some(COUNTED + 1),
        ..Query::all(&HOST, project).filter(chosen.filter).limit(size)
    };
    let (hosts, total) = snapshot.find(&query).await?;
    let catalogue = catalogue(&mut *snapshot, project).await?;
    let hosts: Vec<Host> = hosts.iter().map(Entry::record).collect();
    let mut ids: Vec<&str> = hosts.iter().map(Record::id).collect();
    ids.sort_unstable();
    let instances = snapshot.referrers(&INSTANCE, project, "host_id", &ids).await?;
    let instances: HashMap<String, Instance> = by(&instances, |instance: &Instance| instance.host_id.as_str().to_owned());
    let sites = linked(&mut *snapshot, &SITE, project, hosts.iter().map(|host| host.site_id.as_str())).await?;
    let sites: HashMap<String, Site> = by(&sites, |site: &Site| site.id().to_owned());
    let policies = instances.values().map(|instance| instance.os_update_policy_id.as_str());
    let policies = linked(&mut *snapshot, &OS_UPDATE_POLICY, project, policies).await?;
    let policies: HashMap<String, OsUpdatePolicy> = by(&policies, |policy: &OsUpdatePolicy| policy.id().to_owned());
    let row = |host: &Host| {
        let instance = instances.get(host.id());
        let policy = instance.and_then(|instance| policies.get(instance.os_update_policy_id.as_str()));
        let place = sites.get(host.site_id.as_str()).map(|place| place.name.clone());
        host_row(host, instance, policy, place.unwrap_or_default(), &catalogue)
    };
    Ok(HostPage { rows: hosts.iter().map(row).collect(), total })
}

fn host_row(
    host: &Host,
    instance: Option<&Instance>,
    policy: Option<&OsUpdatePolicy>,
    site: String,
    catalogue: &Catalogue,
) -> HostRow {
    let mut row = HostRow {
        id: host.id().to_owned(),
        name: host.name.clone(),
        site,
        status: Status::of(&host.host_status, host.host_status_indicator),
        instance: String::new(),
        profile: String::new(),
        version: String::new(),
        target: String::new(),
        update: Status { text: String::new(), tone: "off" },
        since: When(0),
        available: String::new(),
    };
    let Some(instance) = instance else { return row };
    let installed = catalogue.get(instance.os_id.as_str());
    let profile = installed.map_or(instance.running_profile.as_str(), |os| &os.profile_name);
    let target = effective_target(instance, policy, profile, |id| catalogue.get(id), || catalogue.of_profile(profile).iter());
    row.target = match target {
        Target::Os(os) if instance.os_id.id() != Some(os.id()) => os.image_id.clone(),
        Target::KernelCommand(_) => "kernel command line".to_owned(),
        Target::Missing => "an OS that is not there".to_owned(),
        Target::Os(_) | Target::Nothing | Target::Packages => String::new(),
    };
    profile.clone_into(&mut row.profile);
    row.version = installed.map_or_else(|| instance.running_image.clone(), |os| os.image_id.clone());
    instance.id().clone_into(&mut row.instance);
    row.update = Status::of(&instance.update_status, instance.update_status_indicator);
    if is_only_the_nodes_view(instance) {
        row.update.text.clear();
    }
    row.since = When(instance.update_status_timestamp.into());
    row.available.clone_from(&instance.os_update_available);
    row
}

/// Whether the update status says that nothing is new although something is: the node knows only of what it is linked to. Next to
/// the notice that something is available it would be misread.
pub(super) fn is_only_the_nodes_view(instance: &Instance) -> bool {
    instance.update_status == status::NO_NEW_UPDATES.0 && !instance.os_update_available.is_empty()
}

/// Records that links lead to.
pub(super) async fn linked<'a>(
    snapshot: &mut dyn Snapshot,
    spec: &'static emt_api::spec::Spec,
    project: &str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Sheet, StoreError> {
    let mut ids: Vec<&str> = ids.filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    ids.dedup();
    snapshot.get(spec, project, &ids).await
}

fn by<R: Record>(sheet: &Sheet, key: impl Fn(&R) -> String) -> HashMap<String, R> {
    sheet.iter().map(Entry::record).map(|record: R| (key(&record), record)).collect()
}
