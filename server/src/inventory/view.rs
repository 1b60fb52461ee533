//! Everything that is needed to show a page of records, fetched in a few queries whatever the page's size.

use std::collections::{BTreeSet, HashMap, HashSet};

use emt_api::{
    filter::Expr,
    json::{self, Plan, Source},
    record::{Record, Row},
    resources::{INSTANCE, Instance, OS, OS_UPDATE_POLICY, Os, OsUpdatePolicy, REGION, SITE, by_prefix},
    spec::{Computed, Spec},
    value::{MetadataItem, Value},
};

use super::target::{Target, effective_target};
use crate::store::{Query, Store, StoreError};

/// Records behind the links of a page, and computed values.
#[derive(Default)]
pub struct View {
    rows: HashMap<String, Row>,
    referrers: HashMap<(String, &'static str), Vec<String>>,
    desired: HashMap<String, String>,
    total_sites: HashMap<String, u64>,
    labels_hidden: bool,
}

struct Wanted {
    plan: &'static Plan,
    ids: Vec<String>,
}

impl View {
    /// Fetches what `plan` follows from `rows`, level by level.
    pub async fn load(store: &dyn Store, project: &str, plan: &'static Plan, rows: &[Row]) -> Result<Self, StoreError> {
        let mut view = Self::default();
        let mut level: Vec<(&'static Plan, Vec<Row>)> = vec![(plan, rows.to_vec())];
        while let Some((plan, rows)) = level.pop() {
            for (key, deeper) in plan.follow {
                let found = view.follow(store, project, key, deeper, &rows).await?;
                if !found.is_empty() && !deeper.follow.is_empty() {
                    level.push((deeper, found));
                }
            }
        }
        if plan.computed {
            view.load_ancestors(store, project, rows).await?;
            view.load_targets(store, project, rows).await?;
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
    pub async fn count_sites(&mut self, store: &dyn Store, project: &str, regions: &[Row]) -> Result<(), StoreError> {
        let all = store.find(Query::all(&REGION, project)).await?.rows;
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        for region in &all {
            children.entry(region.get("parent_region_id").text()).or_default().push(&region.meta.id);
        }
        for region in regions {
            let mut below = vec![region.meta.id.as_str()];
            let mut at = 0;
            while let Some(id) = below.get(at).copied() {
                below.extend(children.get(id).into_iter().flatten());
                at += 1;
            }
            let filter = Expr::is_in("region_id", below.into_iter().map(Value::from));
            let query = Query { count: true, ..Query::all(&SITE, project).filter(filter).limit(0) };
            self.total_sites.insert(region.meta.id.clone(), store.find(query).await?.total);
        }
        Ok(())
    }

    /// Appends a record as JSON.
    pub fn write(&self, out: &mut Vec<u8>, row: &Row, plan: &Plan) {
        json::write(out, row, plan, self);
    }

    async fn follow(
        &mut self,
        store: &dyn Store,
        project: &str,
        key: &str,
        plan: &'static Plan,
        rows: &[Row],
    ) -> Result<Vec<Row>, StoreError> {
        let Some(first) = rows.first() else { return Ok(Vec::new()) };
        let links = first.spec.fields.iter().filter_map(|field| Some((field.column, field.as_link()?)));
        if let Some((column, link)) = links.into_iter().find(|(_, link)| link.object == key) {
            let ids: BTreeSet<&str> = rows.iter().map(|row| row.get(column).text()).filter(|id| !id.is_empty()).collect();
            let Some(spec) = by_prefix(link.to) else { return Ok(Vec::new()) };
            return self.fetch(store, project, spec, &Wanted { plan, ids: ids.into_iter().map(str::to_owned).collect() }).await;
        }
        if let Some((column, links)) = first
            .spec
            .fields
            .iter()
            .filter_map(|field| Some((field.column, field.as_links()?)))
            .find(|(_, links)| links.object == key)
        {
            let ids: BTreeSet<String> = rows.iter().flat_map(|row| row.get(column).texts()).collect();
            let Some(spec) = by_prefix(links.to) else { return Ok(Vec::new()) };
            return self.fetch(store, project, spec, &Wanted { plan, ids: ids.into_iter().collect() }).await;
        }
        let referrer = first.spec.computed.iter().find_map(|computed| match computed {
            Computed::Referrer { key: known, prefix, via } | Computed::Referrers { key: known, prefix, via } if *known == key => {
                Some((*prefix, *via))
            }
            _ => None,
        });
        let Some((prefix, via)) = referrer else { return Ok(Vec::new()) };
        let Some(spec) = by_prefix(prefix) else { return Ok(Vec::new()) };
        let owners = rows.iter().map(|row| Value::from(row.meta.id.as_str()));
        let found = store.find(Query::all(spec, project).filter(Expr::is_in(via, owners))).await?.rows;
        for row in &found {
            self.referrers.entry((row.get(via).text().to_owned(), prefix)).or_default().push(row.meta.id.clone());
            self.rows.insert(row.meta.id.clone(), row.clone());
        }
        Ok(found)
    }

    async fn fetch(
        &mut self,
        store: &dyn Store,
        project: &str,
        spec: &'static Spec,
        wanted: &Wanted,
    ) -> Result<Vec<Row>, StoreError> {
        let missing: Vec<String> = wanted.ids.iter().filter(|id| !self.rows.contains_key(*id)).cloned().collect();
        if !missing.is_empty() {
            for row in store.get_many(spec, project, &missing).await? {
                self.rows.insert(row.meta.id.clone(), row);
            }
        }
        if wanted.plan.follow.is_empty() {
            return Ok(Vec::new());
        }
        Ok(wanted.ids.iter().filter_map(|id| self.rows.get(id).cloned()).collect())
    }

    /// Sites and regions above the page's records, for inherited labels.
    async fn load_ancestors(&mut self, store: &dyn Store, project: &str, rows: &[Row]) -> Result<(), StoreError> {
        let Some(first) = rows.first().filter(|row| row.spec.computed.contains(&Computed::InheritedMetadata)) else {
            return Ok(());
        };
        let steps: &[(&'static Spec, &str)] = match first.spec.prefix {
            "host" => &[(&SITE, "site_id"), (&REGION, "region_id")],
            "site" => &[(&REGION, "region_id")],
            _ => &[(&REGION, "parent_region_id")],
        };
        let mut level = rows.to_vec();
        let mut steps = steps.iter().copied().chain(std::iter::repeat((&REGION, "parent_region_id")));
        let mut seen = HashSet::new();
        while let Some((spec, column)) = steps.next().filter(|_| !level.is_empty()) {
            let ids: BTreeSet<String> = level
                .iter()
                .map(|row| row.get(column).text().to_owned())
                .filter(|id| !id.is_empty() && seen.insert(id.clone()))
                .collect();
            let wanted = Wanted { plan: &ANY, ids: ids.into_iter().collect() };
            level = self.fetch(store, project, spec, &wanted).await?;
        }
        Ok(())
    }

    /// Effective targets of the page's instances.
    async fn load_targets(&mut self, store: &dyn Store, project: &str, rows: &[Row]) -> Result<(), StoreError> {
        if rows.first().is_none_or(|row| row.spec != &INSTANCE) {
            return Ok(());
        }
        let instances: Vec<Instance> = rows.iter().cloned().map(Instance::from_row).collect();
        let policies: HashMap<String, OsUpdatePolicy> = self
            .rows
            .values()
            .filter(|row| row.spec == &OS_UPDATE_POLICY)
            .map(|row| (row.meta.id.clone(), OsUpdatePolicy::from_row(row.clone())))
            .collect();
        let policy = |instance: &Instance| instance.os_update_policy_id.id().and_then(|id| policies.get(id));
        let mut ids = BTreeSet::new();
        let mut profiles = BTreeSet::new();
        for instance in &instances {
            ids.extend(instance.desired_os_id.id().map(str::to_owned));
            if let Some(policy) = policy(instance) {
                ids.extend(policy.target_os_id.id().map(str::to_owned));
                profiles.insert(Value::from(self.profile(instance)));
            }
        }
        self.fetch(store, project, &OS, &Wanted { plan: &ANY, ids: ids.into_iter().collect() }).await?;
        let of_profiles: Vec<Os> = if profiles.is_empty() {
            Vec::new()
        } else {
            let query = Query::all(&OS, project).filter(Expr::is_in("profile_name", profiles));
            store.find(query).await?.rows.into_iter().map(Os::from_row).collect()
        };
        let named: HashMap<&str, Os> = self
            .rows
            .values()
            .filter(|row| row.spec == &OS)
            .map(|row| (row.meta.id.as_str(), Os::from_row(row.clone())))
            .collect();
        let mut desired = HashMap::new();
        for instance in &instances {
            let target =
                effective_target(instance, policy(instance), &self.profile(instance), |id| named.get(id), || of_profiles.iter());
            if let Target::Os(os) = target {
                let mut out = Vec::new();
                json::write(&mut out, &os.into_row(), &json::SHALLOW, self);
                desired.insert(instance.id().to_owned(), String::from_utf8_lossy(&out).into_owned());
            }
        }
        self.desired = desired;
        Ok(())
    }

    /// Profile of what an instance runs.
    fn profile(&self, instance: &Instance) -> String {
        let installed = instance.os_id.id().and_then(|id| self.rows.get(id));
        installed.map_or(&*instance.running_profile, |os| os.get("profile_name").text()).to_owned()
    }

    /// Labels of everything above; the nearest wins, and what the record itself has is not repeated.
    fn inherited(&self, owner: &Row) -> String {
        let labels = |row: &Row| -> Vec<MetadataItem> { serde_json::from_str(row.get("metadata").text()).unwrap_or_default() };
        let mut keys: HashSet<String> = labels(owner).into_iter().map(|label| label.key).collect();
        let mut inherited = Vec::new();
        let mut at = owner;
        for _ in 0..=super::region::MAX_DEPTH {
            let up =
                ["site_id", "region_id", "parent_region_id"].iter().map(|column| at.get(column).text()).find(|id| !id.is_empty());
            let Some(above) = up.and_then(|id| self.rows.get(id)) else { break };
            inherited.extend(labels(above).into_iter().filter(|label| keys.insert(label.key.clone())));
            at = above;
        }
        serde_json::to_string(&inherited).unwrap_or_default()
    }
}

/// Stands for "whatever is deeper is fetched elsewhere", yet returns what was fetched.
static ANY: Plan = Plan { follow: &[("", &json::SHALLOW)], computed: false };

impl Source for View {
    fn row(&self, _: &str, id: &str) -> Option<&Row> {
        self.rows.get(id)
    }

    fn referrers(&self, prefix: &str, owner: &str) -> Vec<&Row> {
        let ids = by_prefix(prefix).and_then(|spec| self.referrers.get(&(owner.to_owned(), spec.prefix)));
        ids.into_iter().flatten().filter_map(|id| self.rows.get(id)).collect()
    }

    fn computed(&self, owner: &Row, computed: &Computed) -> Option<String> {
        match computed {
            Computed::InheritedMetadata if self.labels_hidden => None,
            Computed::InheritedMetadata => Some(self.inherited(owner)),
            Computed::TotalSites => self.total_sites.get(&owner.meta.id).map(u64::to_string),
            Computed::DesiredOs => self.desired.get(&owner.meta.id).cloned(),
            Computed::UpdateStatusDetail => {
                let mut out = Vec::new();
                json::string(&mut out, owner.get("update_status_detail").text());
                String::from_utf8(out).ok()
            }
            _ => None,
        }
    }
}
