//! What schedules hold for: names of many at once, one by what people call it, and how many hosts that are.

use std::collections::HashMap;

use emt_api::{
    filter::{Expr, Path, Step, Test},
    id,
    resources::{HOST, REGION, SITE},
    sheet::Entry,
    spec::Spec,
    value::Value,
};

use super::known::Schedule;
use crate::{
    store::{Query, Snapshot, StoreError},
    web::fleet::linked,
};

/// Names that are offered.
const OFFERED: u64 = 50;
/// Records among which one is looked for that is written otherwise.
const LOOKED_AT: u64 = 500;
/// Candidates that are told.
const TOLD: usize = 5;
/// Levels of regions below a region that a filter's path reaches.
const REACHED: usize = 4;

/// Kinds of targets.
pub(super) const KINDS: [&str; 3] = ["host", "site", "region"];

/// What a schedule holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// One of [`KINDS`].
    pub(super) kind: &'static str,
    pub(super) id: String,
    /// Its name; its id if it has none, or is not there.
    pub(super) name: String,
    /// What names it and nothing else: what it was found by.
    pub(super) called: String,
}

impl Target {
    /// In words.
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// The key of the API that says a kind.
pub(super) fn key(kind: &str) -> &'static str {
    match kind {
        "host" => "targetHostId",
        "site" => "targetSiteId",
        _ => "targetRegionId",
    }
}

fn spec(kind: &str) -> &'static Spec {
    match kind {
        "host" => &HOST,
        "site" => &SITE,
        _ => &REGION,
    }
}

/// What schedules hold for, by ids.
pub(in crate::web) struct Targets(HashMap<String, String>);

impl Targets {
    /// Looks up what these schedules hold for: once a kind.
    pub(in crate::web) async fn of<'a>(
        snapshot: &mut dyn Snapshot,
        project: &str,
        schedules: impl Iterator<Item = &'a Schedule> + Clone,
    ) -> Result<Self, StoreError> {
        let mut names = HashMap::new();
        for kind in KINDS {
            let ids = schedules.clone().map(Schedule::target).filter(|(of, _)| *of == kind).map(|(_, id)| id);
            let found = linked(snapshot, spec(kind), project, ids).await?;
            names.extend(found.iter().map(|record| (record.id().to_owned(), record.text("name").to_owned())));
        }
        Ok(Self(names))
    }

    /// What a schedule holds for; nothing if its target is gone.
    pub(super) fn target(&self, schedule: &Schedule) -> Option<Target> {
        let (kind, id) = schedule.target();
        let name = self.0.get(id).filter(|name| !name.is_empty()).map_or(id, String::as_str);
        (!kind.is_empty()).then(|| Target { kind, id: id.to_owned(), name: name.to_owned(), called: id.to_owned() })
    }

    /// The same in words.
    pub(in crate::web) fn words(&self, schedule: &Schedule) -> String {
        self.target(schedule).map_or_else(|| "nobody".to_owned(), |target| target.words())
    }
}

/// Why nothing is meant by a name, or the store's error.
pub(super) type Found = Result<Result<Target, String>, StoreError>;

/// The one record of a kind that has this id or, in any case, this name (hosts also UUID or serial number).
pub(super) async fn find(snapshot: &mut dyn Snapshot, project: &str, kind: &str, wanted: &str) -> Found {
    let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
        return Ok(Err("choose a host, a site or a region".to_owned()));
    };
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return Ok(Err(format!("name a {kind}, by name or id")));
    }
    let spec = spec(kind);
    if id::is(wanted, spec.id_prefix()) {
        let found = snapshot.get(spec, project, &[wanted]).await?;
        return Ok(found.get(0).map(|record| target(kind, record, wanted)).ok_or_else(|| format!("there is no {kind} {wanted}")));
    }
    let columns: &[&'static str] = if kind == "host" { &["name", "uuid", "serial_number"] } else { &["name"] };
    let like = any(columns, &Test::Like(wanted.to_owned()));
    let exact = any(columns, &Test::Is(Value::from(wanted)));
    let mut found = snapshot.find(&Query::all(spec, project).filter(exact).limit(TOLD as u64 + 1)).await?.0;
    if found.is_empty() {
        let query = Query { order: vec![("name", false)], ..Query::all(spec, project).filter(like).limit(LOOKED_AT) };
        let near = snapshot.find(&query).await?.0;
        let is_meant = |record: &Entry<'_>| columns.iter().any(|column| record.text(column).eq_ignore_ascii_case(wanted));
        if !near.iter().any(|record| is_meant(&record)) {
            let names: Vec<&str> = near.iter().take(TOLD).map(|record| record.text("name")).collect();
            let hint = if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) };
            return Ok(Err(format!("no {kind} is called {wanted:?}{hint}")));
        }
        found = near;
        found.retain(|record| is_meant(&record));
    }
    if found.len() > 1 {
        let ids: Vec<&str> = found.iter().take(TOLD).map(|record| record.id()).collect();
        let more = if found.len() > TOLD { " and others" } else { "" };
        return Ok(Err(format!("several {kind}s are called {wanted:?}: write the id, {}{more}", ids.join(" or "))));
    }
    Ok(found.get(0).map(|record| target(kind, record, wanted)).ok_or_else(|| format!("no {kind} is called {wanted:?}")))
}

/// Names that begin a look-up: what contains the text, the first by name. Of those that share a name the ids, with the names.
pub(super) async fn offered(
    snapshot: &mut dyn Snapshot,
    project: &str,
    kind: &str,
    begun: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let spec = spec(if KINDS.contains(&kind) { kind } else { "host" });
    let like = Expr::Test(Path { steps: Vec::new(), column: "name" }, Test::Like(begun.trim().to_owned()));
    let filter = if begun.trim().is_empty() { Expr::everything() } else { like };
    let query = Query { order: vec![("name", false)], ..Query::all(spec, project).filter(filter).limit(OFFERED) };
    let found = snapshot.find(&query).await?.0;
    let mut times: HashMap<&str, usize> = HashMap::new();
    for record in found.iter() {
        *times.entry(record.text("name")).or_default() += 1;
    }
    let offer = |record: Entry<'_>| match record.text("name") {
        name if name.is_empty() || times.get(name).is_some_and(|times| *times > 1) => (record.id().to_owned(), name.to_owned()),
        name => (name.to_owned(), String::new()),
    };
    Ok(found.iter().map(offer).collect())
}

/// Hosts that a target stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hosts {
    pub(super) count: u64,
    /// The API's filter that lists them; "" if none can say it.
    pub(super) filter: String,
}

/// Counts the hosts that a target stands for.
pub(super) async fn hosts(snapshot: &mut dyn Snapshot, project: &str, target: &Target) -> Result<Hosts, StoreError> {
    let (held, filter) = match target.kind {
        "host" => (Expr::is("resource_id", target.id.as_str()), format!("resourceId='{}'", target.id)),
        "site" => (Expr::is("site_id", target.id.as_str()), format!("site.resourceId='{}'", target.id)),
        _ => {
            let levels = below(snapshot, project, &target.id).await?;
            let path = Path { steps: vec![Step::To("site_id")], column: "region_id" };
            let regions = levels.iter().flatten().map(|id| Value::from(id.as_str())).collect();
            let level = |level| format!("site.region{}.resourceId='{}'", ".parentRegion".repeat(level), target.id);
            let filter: Vec<String> = (0..levels.len()).map(level).collect();
            let filter = if levels.len() > REACHED { String::new() } else { filter.join(" OR ") };
            (Expr::Test(path, Test::In(regions)), filter)
        }
    };
    let query = Query { count: true, ..Query::all(&HOST, project).filter(held).limit(0) };
    Ok(Hosts { count: snapshot.find(&query).await?.1, filter })
}

/// A region and those below it, level by level.
async fn below(snapshot: &mut dyn Snapshot, project: &str, region: &str) -> Result<Vec<Vec<String>>, StoreError> {
    let mut levels = vec![vec![region.to_owned()]];
    // The tree has no more levels than that.
    while levels.len() <= REACHED + 1 {
        let above: Vec<&str> = levels.last().into_iter().flatten().map(String::as_str).collect();
        let mut sorted = above;
        sorted.sort_unstable();
        let found = snapshot.referrers(&REGION, project, "parent_region_id", &sorted).await?;
        if found.is_empty() {
            break;
        }
        levels.push(found.iter().map(|record| record.id().to_owned()).collect());
    }
    Ok(levels)
}

fn any(columns: &[&'static str], test: &Test) -> Expr {
    Expr::Any(columns.iter().map(|column| Expr::Test(Path { steps: Vec::new(), column }, test.clone())).collect())
}

fn target(kind: &'static str, record: Entry<'_>, called: &str) -> Target {
    let name = Some(record.text("name")).filter(|name| !name.is_empty()).unwrap_or(record.id());
    Target { kind, id: record.id().to_owned(), name: name.to_owned(), called: called.to_owned() }
}
