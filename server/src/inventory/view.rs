//! Everything that is needed to show a page of records, read in a few steps whatever the page's size, all as of one moment.

use std::collections::{BTreeSet, HashMap, HashSet};

use emt_api::{
    filter::Expr,
    json::{self, Plan, Source},
    record::Record,
    resources::{INSTANCE, Instance, OS, OS_UPDATE_POLICY, Os, OsUpdatePolicy, REGION, SITE, by_prefix},
    sheet::{Entry, Sheet},
    spec::{Computed, Spec},
    value::{Link, MetadataItem, Value},
};

use super::target::{Target, effective_target};
use crate::store::{Query, Snapshot, Store, StoreError};

/// Records behind the links of a page, and computed values.
#[derive(Default)]
pub struct View {
    /// What links lead to; each sheet in the order of ids.
    linked: Vec<Sheet>,
    /// What links to the page's records: the link, and a sheet in its order.
    referring: Vec<(&'static str, Sheet)>,
    /// Effective targets, by instance.
    desired: HashMap<String, String>,
    total_sites: HashMap<String, u64>,
    labels_hidden: bool,
}

/// Where the records of a step are, from which the next one follows links.
#[derive(Clone, Copy)]
enum At {
    Page,
    Linked(usize),
    Referring(usize),
}

impl View {
    /// Reads what `plan` follows from `page`, level by level.
    pub async fn load(snapshot: &mut dyn Snapshot, project: &str, plan: &'static Plan, page: &Sheet) -> Result<Self, StoreError> {
        let mut view = Self::default();
        let mut steps = vec![(plan, At::Page)];
        while let Some((plan, at)) = steps.pop() {
            for (key, deeper) in plan.follow {
                let found = view.follow(snapshot, project, key, at, page).await?;
                if let Some(found) = found.filter(|_| !deeper.follow.is_empty()) {
                    steps.push((deeper, found));
                }
            }
        }
        if plan.computed {
            view.load_ancestors(snapshot, project, page).await?;
            view.load_targets(snapshot, project, page).await?;
        }
        Ok(view)
    }

    /// The view of an answer to a change: upstream shows inherited labels on reading only.
    #[must_use]
    pub fn of_a_change(mut self) -> Self {
        self.labels_hidden = true;
        self
    }

    /// Counts the sites at and below each of these regions.
    pub async fn count_sites(&mut self, store: &dyn Store, project: &str, regions: &Sheet) -> Result<(), StoreError> {
        let all = store.find(Query::all(&REGION, project)).await?.rows;
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        for region in &all {
            children.entry(region.get("parent_region_id").text()).or_default().push(&region.meta.id);
        }
        for region in regions.iter() {
            let mut below = vec![region.id()];
            let mut at = 0;
            while let Some(id) = below.get(at).copied() {
                below.extend(children.get(id).into_iter().flatten());
                at += 1;
            }
            let filter = Expr::is_in("region_id", below.into_iter().map(Value::from));
            let query = Query { count: true, ..Query::all(&SITE, project).filter(filter).limit(0) };
            self.total_sites.insert(region.id().to_owned(), store.find(query).await?.total);
        }
        Ok(())
    }

    /// Appends a record as JSON.
    pub fn write(&self, out: &mut Vec<u8>, record: Entry<'_>, plan: &Plan) {
        json::write(out, record, plan, self);
    }

    /// Reads what a key of some records leads to.
    async fn follow(
        &mut self,
        snapshot: &mut dyn Snapshot,
        project: &str,
        key: &str,
        at: At,
        page: &Sheet,
    ) -> Result<Option<At>, StoreError> {
        let records = match at {
            At::Page => Some(page),
            At::Linked(at) => self.linked.get(at),
            At::Referring(at) => self.referring.get(at).map(|(_, sheet)| sheet),
        };
        let Some(records) = records.filter(|records| !records.is_empty()) else { return Ok(None) };
        let spec = records.spec();
        let mut links = spec.fields.iter().filter_map(|field| Some((field.column, field.as_link()?)));
        if let Some((column, link)) = links.find(|(_, link)| link.object == key) {
            let Some(spec) = by_prefix(link.to) else { return Ok(None) };
            let mut ids: Vec<&str> = records.iter().map(|record| record.text(column)).filter(|id| !id.is_empty()).collect();
            ids.sort_unstable();
            ids.dedup();
            let found = snapshot.get(spec, project, &ids).await?;
            self.linked.push(found);
            return Ok(Some(At::Linked(self.linked.len() - 1)));
        }
        let mut lists = spec.fields.iter().filter_map(|field| Some((field.column, field.as_links()?)));
        if let Some((column, links)) = lists.find(|(_, links)| links.object == key) {
            let Some(spec) = by_prefix(links.to) else { return Ok(None) };
            let ids: BTreeSet<String> = records.iter().flat_map(|record| record.texts(column)).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let found = snapshot.get(spec, project, &ids).await?;
            self.linked.push(found);
            return Ok(Some(At::Linked(self.linked.len() - 1)));
        }
        let referrer = spec.computed.iter().find_map(|computed| match computed {
            Computed::Referrer { key: known, prefix, via } | Computed::Referrers { key: known, prefix, via } if *known == key => {
                Some((*prefix, *via))
            }
            _ => None,
        });
        let Some((prefix, via)) = referrer else { return Ok(None) };
        let Some(spec) = by_prefix(prefix) else { return Ok(None) };
        let mut owners: Vec<&str> = records.iter().map(|record| record.id()).collect();
        owners.sort_unstable();
        owners.dedup();
        let found = snapshot.referrers(spec, project, via, &owners).await?;
        self.referring.push((via, found));
        Ok(Some(At::Referring(self.referring.len() - 1)))
    }

    /// Reads records that are not there yet.
    async fn fetch<'a>(
        &mut self,
        snapshot: &mut dyn Snapshot,
        project: &str,
        spec: &'static Spec,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), StoreError> {
        let missing: BTreeSet<&str> =
            ids.into_iter().filter(|id| !id.is_empty() && self.record(spec.prefix, id).is_none()).collect();
        if !missing.is_empty() {
            let missing: Vec<&str> = missing.into_iter().collect();
            self.linked.push(snapshot.get(spec, project, &missing).await?);
        }
        Ok(())
    }

    /// Sites and regions above the page's records, for inherited labels.
    async fn load_ancestors(&mut self, snapshot: &mut dyn Snapshot, project: &str, page: &Sheet) -> Result<(), StoreError> {
        if !page.spec().computed.contains(&Computed::InheritedMetadata) {
            return Ok(());
        }
        let steps: &[(&'static Spec, &str)] = match page.spec().prefix {
            "host" => &[(&SITE, "site_id"), (&REGION, "region_id")],
            "site" => &[(&REGION, "region_id")],
            _ => &[(&REGION, "parent_region_id")],
        };
        let mut steps = steps.iter().copied().chain(std::iter::repeat((&REGION, "parent_region_id")));
        let above = |record: Entry<'_>, column: &str| Some(record.text(column).to_owned()).filter(|id| !id.is_empty());
        let mut seen = HashSet::new();
        let Some((mut spec, column)) = steps.next() else { return Ok(()) };
        let mut ids: BTreeSet<String> = page.iter().filter_map(|record| above(record, column)).collect();
        while !ids.is_empty() {
            self.fetch(snapshot, project, spec, ids.iter().map(String::as_str)).await?;
            let Some((higher, column)) = steps.next() else { break };
            let records = ids.iter().filter_map(|id| self.record(spec.prefix, id));
            let next = records.filter_map(|record| above(record, column)).filter(|id| !seen.contains(id)).collect();
            seen.extend(ids);
            (spec, ids) = (higher, next);
        }
        Ok(())
    }

    /// Effective targets of the page's instances.
    async fn load_targets(&mut self, snapshot: &mut dyn Snapshot, project: &str, page: &Sheet) -> Result<(), StoreError> {
        if page.spec() != &INSTANCE {
            return Ok(());
        }
        // What a target depends on: most instances have none, and the others have few different ones.
        let mut wanted: HashMap<Asked, Vec<&str>> = HashMap::new();
        for instance in page.iter() {
            let (policy, desired) = (instance.text("os_update_policy_id"), instance.text("desired_os_id"));
            let asked = match self.record(OS_UPDATE_POLICY.prefix, policy) {
                Some(_) => Asked::Policy(policy.to_owned(), self.profile(instance).to_owned()),
                None if !desired.is_empty() => Asked::Os(desired.to_owned()),
                None => continue,
            };
            wanted.entry(asked).or_default().push(instance.id());
        }
        for (asked, instances) in wanted {
            if let Some(os) = self.target(snapshot, project, asked).await? {
                self.desired.extend(instances.into_iter().map(|instance| (instance.to_owned(), os.clone())));
            }
        }
        Ok(())
    }

    /// The OS that is asked for, if it is one and is there.
    async fn target(&mut self, snapshot: &mut dyn Snapshot, project: &str, asked: Asked) -> Result<Option<String>, StoreError> {
        let (instance, policy, profile) = match asked {
            Asked::Os(id) => (Instance { desired_os_id: Link::to(id), ..Instance::default() }, None, String::new()),
            Asked::Policy(id, profile) => {
                let policy = self.record(OS_UPDATE_POLICY.prefix, &id).map(Entry::record::<OsUpdatePolicy>);
                (Instance::default(), policy, profile)
            }
        };
        let named = policy.as_ref().map_or(&instance.desired_os_id, |policy| &policy.target_os_id);
        self.fetch(snapshot, project, &OS, named.id()).await?;
        let of_profile: Vec<Os> = if policy.is_some() {
            let query = Query::all(&OS, project).filter(Expr::is("profile_name", profile.as_str())).brief();
            snapshot.find(&query).await?.0.iter().map(Entry::record).collect()
        } else {
            Vec::new()
        };
        let named: Option<Os> = named.id().and_then(|id| self.record(OS.prefix, id)).map(Entry::record);
        let target = effective_target(&instance, policy.as_ref(), &profile, |_| named.as_ref(), || of_profile.iter());
        let Target::Os(os) = target else { return Ok(None) };
        self.fetch(snapshot, project, &OS, [os.id()]).await?;
        Ok(Some(os.id().to_owned()))
    }

    /// Profile of what an instance runs.
    fn profile<'a>(&'a self, instance: Entry<'a>) -> &'a str {
        let installed = self.record(OS.prefix, instance.text("os_id"));
        installed.map_or(instance.text("running_profile"), |os| os.text("profile_name"))
    }

    /// Labels of everything above; the nearest wins, and what the record itself has is not repeated.
    fn inherited(&self, owner: Entry<'_>) -> Vec<MetadataItem> {
        let labels = |record: Entry<'_>| -> Vec<MetadataItem> {
            let text = record.text("metadata");
            if text.is_empty() { Vec::new() } else { serde_json::from_str(text).unwrap_or_default() }
        };
        let mut keys: HashSet<String> = labels(owner).into_iter().map(|label| label.key).collect();
        let mut inherited = Vec::new();
        let mut at = owner;
        for _ in 0..=super::region::MAX_DEPTH {
            let links = [("site_id", &SITE), ("region_id", &REGION), ("parent_region_id", &REGION)];
            let above = links.into_iter().map(|(column, spec)| (at.text(column), spec)).find(|(id, _)| !id.is_empty());
            let Some(above) = above.and_then(|(id, spec)| self.record(spec.prefix, id)) else { break };
            inherited.extend(labels(above).into_iter().filter(|label| keys.insert(label.key.clone())));
            at = above;
        }
        inherited
    }
}

/// What decides on a target.
#[derive(PartialEq, Eq, Hash)]
enum Asked {
    /// A link.
    Os(String),
    /// A policy, for what runs a profile.
    Policy(String, String),
}

impl Source for View {
    fn record(&self, prefix: &str, id: &str) -> Option<Entry<'_>> {
        self.linked.iter().filter(|sheet| sheet.spec().prefix == prefix).find_map(|sheet| sheet.find(id))
    }

    fn referrers(&self, prefix: &str, via: &str, owner: &str) -> Vec<Entry<'_>> {
        let sheets = self.referring.iter().filter(|(known, sheet)| *known == via && sheet.spec().prefix == prefix);
        sheets.flat_map(|(_, sheet)| sheet.linked(via, owner)).collect()
    }

    fn computed(&self, out: &mut Vec<u8>, owner: Entry<'_>, computed: &Computed) -> bool {
        match computed {
            Computed::InheritedMetadata if !self.labels_hidden => {
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(out, &self.inherited(owner));
            }
            Computed::TotalSites => {
                let Some(total) = self.total_sites.get(owner.id()) else { return false };
                out.extend_from_slice(total.to_string().as_bytes());
            }
            Computed::DesiredOs => {
                let os = self.desired.get(owner.id()).and_then(|id| self.record(OS.prefix, id));
                let Some(os) = os else { return false };
                json::write(out, os, &json::SHALLOW, self);
            }
            Computed::UpdateStatusDetail => json::string(out, owner.text("update_status_detail")),
            _ => return false,
        }
        true
    }
}
