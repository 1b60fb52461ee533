//! Automatic linking: how long it takes until a whole fleet is linked once the mode is set, and how long nodes wait for their
//! answers meanwhile.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use emt_api::{filter::Expr, resources::INSTANCE};
use emt_server::{
    data_dir::DataDir,
    store::{self, Query, Store},
};

use crate::{
    Outcome,
    fleet::log_in,
    http::Target,
    load::Load,
    nodes::Nodes,
    server::{PROJECT, Server},
};

/// A node at rest polls so seldom.
const POLL_SECONDS: f64 = 60.0;
/// Nodes that poll for all; to make credentials takes its time.
const POLLING: usize = 10_000;
/// How often is looked how far it is.
const LOOK: Duration = Duration::from_millis(100);
/// How long is waited at the most.
const PATIENCE: Duration = Duration::from_mins(10);

pub(crate) async fn measure(fleets: &[usize], seconds: u64) -> Outcome<()> {
    for fleet in fleets.iter().filter(|fleet| **fleet >= 10_000) {
        let nodes = Nodes::start(*fleet, POLLING.min(*fleet)).await?;
        #[allow(clippy::cast_precision_loss, reason = "few nodes")]
        let rate = *fleet as f64 / POLL_SECONDS;
        let at_rest = nodes.polls_at(rate, seconds).await?;
        let (took, polls) = tokio::try_join!(linked(nodes.server(), *fleet), nodes.polls_at(rate, seconds))?;
        row(*fleet, took, &polls, &at_rest);
    }
    Ok(())
}

fn row(fleet: usize, took: Duration, polls: &Load, at_rest: &Load) {
    let rate = {
        #[allow(clippy::cast_precision_loss, reason = "few nodes")]
        let fleet = fleet as f64;
        fleet / took.as_secs_f64()
    };
    println!("| {fleet} instances linked by automatic mode | {:.1} s, {rate:.0}/s | | |", took.as_secs_f64());
    println!("| polls meanwhile | {polls} | at rest {at_rest} | |");
}

/// Sets the mode; how long it takes until all are linked.
async fn linked(server: &Server, fleet: usize) -> Outcome<Duration> {
    let token = log_in(server).await?;
    let target = Target::new(&server.origin, &server.authority)?;
    let path = format!("/v1/projects/{PROJECT}/os-resource-manager");
    let request = target.request("PATCH", &path, &token, r#"{"mode":"OS_MODE_AUTOMATIC"}"#);
    let begun = Instant::now();
    target.connect().await?.ask(&request, |_| {}).await?;
    let data = server.path("server");
    while count(&data).await? < fleet as u64 {
        if begun.elapsed() > PATIENCE {
            return Err("not all instances were linked".into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(begun.elapsed())
}

/// How many are linked, read beside the server.
async fn count(data: &Path) -> Outcome<u64> {
    let store = store::open(&DataDir::new(data.to_owned()).database())?;
    let linked = Query { project: None, count: true, ..Query::all(&INSTANCE, "").filter(Expr::is("linked_by", 1)).limit(0) };
    let total = store.find(linked).await?.total;
    store.close().await;
    Ok(total)
}
