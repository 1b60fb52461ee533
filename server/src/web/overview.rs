//! The fleet at a glance: how it is, what is available, what happens next.

use askama::Template;
use axum::{extract::State, http::Uri};
use emt_api::{
    enums::StatusIndication,
    filter::Expr,
    record::Record,
    resources::{HOST, Host, INSTANCE, Instance, OS_UPDATE_RUN, OsUpdateRun},
    sheet::Entry,
    value::Value,
};

use super::{
    Failure, Page, Web,
    counts::{Count, counts},
    fleet::{catalogue, linked},
    middles::Question,
    timeline::{Timeline, timeline},
    versions::{Version, versions},
    visit::Visit,
    words::When,
};
use crate::store::{Query, Snapshot, StoreError};

/// Lanes of the timeline.
const LANES: usize = 8;
/// Failures that are shown.
const FAILURES: u64 = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    project: &'a str,
    total: u64,
    counts: Vec<Count>,
    versions: Vec<Version>,
    more_versions: usize,
    timeline: Timeline,
    failures: Vec<FailedRun>,
    now: When,
}

/// An update that failed.
pub(super) struct FailedRun {
    host: String,
    host_name: String,
    reason: String,
    when: When,
}

/// `GET /ui/p/{project}`.
pub(super) async fn show(State(site): State<Web>, visit: Visit, uri: Uri) -> Result<Page, Failure> {
    let question = Question::of(&site, &visit, &uri);
    if let Some(page) = site.middles.recall(&question) {
        return Ok(page);
    }
    let store = &*site.rest.inventory.store;
    let now = site.clock.now();
    let tally = site.rest.inventory.tallies.counts(&visit.project).await?;
    let counts = counts(&tally);
    let mut snapshot = store.snapshot().await?;
    let (versions, more_versions) = versions(&catalogue(&mut *snapshot, &visit.project).await?, &tally);
    let timeline = timeline(&mut *snapshot, &visit.project, now, LANES).await?;
    let failures = failures(&mut *snapshot, &visit.project).await?;
    let total = counts.first().map_or(0, |count| count.number);
    let overview = Overview { project: &visit.name, total, counts, versions, more_versions, timeline, failures, now: When(now) };
    let page = Page::new(format!("Overview · {}", visit.name), &overview)?;
    let page = page
        .live("Host,Instance,OsUpdateRun,Os,SingleSchedule,RepeatedSchedule")
        .command("emtctl host list")
        .command("emtctl schedule list")
        .command("emtctl os list");
    site.middles.keep(question, &page);
    Ok(page)
}

/// The last updates that failed.
async fn failures(snapshot: &mut dyn Snapshot, project: &str) -> Result<Vec<FailedRun>, StoreError> {
    let query = Query {
        order: vec![("end_time", true)],
        ..Query::all(&OS_UPDATE_RUN, project)
            .filter(Expr::is("status_indicator", Value::Int(StatusIndication::Error as i64)))
            .limit(FAILURES)
    };
    let runs: Vec<OsUpdateRun> = snapshot.find(&query).await?.0.iter().map(Entry::record).collect();
    let instances = linked(snapshot, &INSTANCE, project, runs.iter().map(|run| run.instance_id.as_str())).await?;
    let instances: Vec<Instance> = instances.iter().map(Entry::record).collect();
    let hosts = linked(snapshot, &HOST, project, instances.iter().map(|instance| instance.host_id.as_str())).await?;
    let failed = |run: &OsUpdateRun| {
        let instance = instances.iter().find(|instance| run.instance_id.id() == Some(instance.id()))?;
        let host: Host = hosts.find(instance.host_id.as_str())?.record();
        Some(FailedRun {
            host: host.id().to_owned(),
            reason: super::host::reason(&run.status, &run.status_details),
            host_name: host.name,
            when: When(run.end_time.into()),
        })
    };
    Ok(runs.iter().filter_map(failed).collect())
}
