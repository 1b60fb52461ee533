//! The OS Resource Manager: how long it takes to read a release tree on a web server for the first time, again without news, and
//! with one version more; what it asks the web server for, and what it writes. A look without news must write nothing.

mod published;

use std::time::{Duration, Instant};

use emt_api::resources::{OS, OS_OFFER, OS_SOURCE};
use emt_server::{
    data_dir::DataDir,
    store::{self, Query, Store},
};
use serde_json::{Value as Json, json};

use self::published::Published;
use crate::{
    Outcome,
    fleet::log_in,
    http::Target,
    server::{PROJECT, Server},
};

/// Versions of the one profile.
const VERSIONS: usize = 1_000;
/// Connections of the yardstick, as many as the server uses.
const CONNECTIONS: usize = 8;

pub(crate) async fn measure() -> Outcome<()> {
    let server = Server::start().await?;
    let mut published = Published::serve(&server, VERSIONS).await?;
    let operator = Operator::new(&server).await?;
    let source = operator.source(&published.origin).await?;

    let first = operator.look(&source, &published).await?;
    let plain = fetch(&server, &published).await?;
    println!(
        "| {VERSIONS} versions found | {first} | {:.2} s to fetch the same {} files | {:.2} |",
        plain.as_secs_f64(),
        published.files(),
        plain.as_secs_f64() / first.took.as_secs_f64()
    );
    let again = operator.look(&source, &published).await?;
    println!("| {VERSIONS} versions looked at without news | {again} | nothing written | |");
    if again.written != 0 {
        return Err(format!("a look without news wrote {} records", again.written).into());
    }
    published.add(VERSIONS)?;
    println!("| one version more | {} | | |", operator.look(&source, &published).await?);
    Ok(())
}

/// Who keeps the sources.
struct Operator<'a> {
    server: &'a Server,
    http: reqwest::Client,
    base: String,
    token: String,
}

/// One look at a source.
struct Look {
    took: Duration,
    requests: u64,
    written: i64,
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, requests, written) = (self.took.as_secs_f64(), self.requests, self.written);
        write!(f, "{seconds:.3} s, {requests} requests, {written} records written")
    }
}

impl<'a> Operator<'a> {
    async fn new(server: &'a Server) -> Outcome<Self> {
        let http = emt_agent::net::https(Some(&server.authority))?;
        let base = format!("{}/v1/projects/{PROJECT}/os-sources", server.origin);
        Ok(Self { server, http, base, token: log_in(server).await? })
    }

    async fn post(&self, path: &str, body: &Json) -> Outcome<Json> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(body) };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// A source that is not looked at by itself as long as this runs.
    async fn source(&self, origin: &str) -> Outcome<String> {
        let authority = std::str::from_utf8(&self.server.authority)?;
        let body = json!({"name": "bench", "kind": "OS_SOURCE_KIND_TREE", "url": origin, "caCert": authority, "intervalSeconds": 86_400});
        Ok(self.post("", &body).await?["resourceId"].as_str().ok_or("no id")?.to_owned())
    }

    async fn look(&self, source: &str, published: &Published) -> Outcome<Look> {
        let (written, requests) = (self.written().await?, published.requests());
        let begun = Instant::now();
        let found = self.post(&format!("/{source}/sync"), &Json::Null).await?;
        let took = begun.elapsed();
        if found["error"] != "" || found["failed"] != 0 || found["offered"] != published.versions() {
            return Err(format!("the look found {found}").into());
        }
        Ok(Look { took, requests: published.requests() - requests, written: self.written().await? - written })
    }

    /// How often records of sources and OS resources have been written, read beside the server: each write counts a revision.
    async fn written(&self) -> Outcome<i64> {
        let store = store::open(&DataDir::new(self.server.path("server")).database())?;
        let mut written = 0;
        for spec in [&OS, &OS_OFFER, &OS_SOURCE] {
            let rows = store.find(Query { project: None, ..Query::all(spec, "") }).await?.rows;
            written += rows.iter().map(|row| row.meta.revision).sum::<i64>();
        }
        store.close().await;
        Ok(written)
    }
}

/// Fetches all files once, as plainly as can be.
async fn fetch(server: &Server, published: &Published) -> Outcome<Duration> {
    let target = Target::new(&published.origin, &server.authority)?;
    let paths = published.paths();
    let begun = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let target = target.clone();
            let mine: Vec<String> = paths.iter().skip(number).step_by(CONNECTIONS).cloned().collect();
            tokio::spawn(async move {
                let mut connection = target.connect().await?;
                for path in mine {
                    connection.ask(&target.request("GET", &format!("/{path}"), "", ""), |_| {}).await?;
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(begun.elapsed())
}
