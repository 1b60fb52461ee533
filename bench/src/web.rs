//! The pages with fleets of several sizes: how long a look takes when the server has just started and when it has not, what it
//! weighs, and what a thousand open pages cost.

mod browser;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use emt_api::{
    enums::StatusIndication,
    filter::Expr,
    record::Record,
    resources::{Host, Instance},
    status,
};
use emt_server::{
    data_dir::DataDir,
    identity::records::ProjectRecord,
    store::{self, Batch, Query, Store, StoreExt},
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::{sync::Mutex, task::JoinSet};

use self::browser::sign_in;
use crate::{
    Outcome,
    fleet::log_in,
    http::{Connection, Target},
    load::{Load, keep_up},
    seed,
    server::{PROJECT, Server},
};

/// Pages that are open at once.
const OPEN: usize = 1_000;
/// Changes whose way to all open pages is timed.
const CHANGES: usize = 20;
/// Looks that are timed one after the other.
const LOOKS: usize = 200;

/// What is looked at, by what comes after the project.
const PAGES: &[(&str, &str)] = &[
    ("overview", ""),
    ("hosts", "/hosts"),
    ("hosts by status", "/hosts?sort=hostStatus"),
    ("hosts by status, the other way round", "/hosts?sort=hostStatus%20desc"),
    ("hosts, a far page", "/hosts?offset=900"),
    ("hosts, the farthest page", "/hosts?offset=9950"),
    ("hosts with something newer", "/hosts?view=available"),
    ("hosts that update", "/hosts?view=updating"),
    ("hosts that fail", "/hosts?view=failing"),
    ("hosts that are not connected", "/hosts?view=not-connected"),
    ("hosts that run", "/hosts?view=running"),
    ("hosts, a common word", "/hosts?q=node"),
    ("hosts, a rare word", "/hosts?q=node-777"),
    ("hosts, a word that is nowhere", "/hosts?q=nowhere"),
    ("OS", "/os"),
];

pub(crate) async fn measure(fleets: &[usize], seconds: u64) -> Outcome<()> {
    for fleet in fleets {
        let mut server = Server::start_with(async |data| {
            seed::fill(data, *fleet).await?;
            mixed(data, *fleet).await
        })
        .await?;
        let pages = Pages::of(&server, *fleet).await?;
        pages.cold(&mut server).await?;
        let pages = Pages::of(&server, *fleet).await?;
        pages.looks().await?;
        pages.after_changes(&server).await?;
        pages.at_once(seconds).await?;
        pages.open(&server).await?;
    }
    Ok(())
}

/// Has some hosts fail, update, and say nothing, as in a fleet that lives.
async fn mixed(data: &Path, fleet: usize) -> Outcome<()> {
    let store = store::open(&DataDir::new(data.to_owned()).database())?;
    let project = store.load_all::<ProjectRecord>("", Expr::is("name", PROJECT)).await?.into_iter().next();
    let project = project.ok_or("no project")?.meta.id;
    for numbers in (0..fleet).step_by(20).collect::<Vec<_>>().chunks(500) {
        let mut batch = Batch::default();
        for number in numbers {
            let kind = number / 20 % 5;
            if kind == 0 {
                let host = store.load::<Host>(&project, &seed::host_id(*number)).await?.ok_or("no host")?;
                batch = batch.update(Host { host_status: status::NO_CONNECTION.0.to_owned(), ..host });
                continue;
            }
            let instance = store.load::<Instance>(&project, &seed::instance_id(*number)).await?.ok_or("no instance")?;
            batch = batch.update(match kind {
                1 => Instance { update_status: status::UPDATING.0.to_owned(), ..instance },
                2 => Instance { update_status_indicator: StatusIndication::Error, ..instance },
                _ => Instance { os_update_available: String::new(), ..instance },
            });
        }
        store.commit(batch).await?;
    }
    let left = store.find(Query { count: true, ..Query::all(Host::SPEC, &project).limit(0) }).await?.total;
    store.close().await;
    if left == fleet as u64 { Ok(()) } else { Err("hosts are missing".into()) }
}

/// A browser that is signed in, and its server.
struct Pages {
    target: Target,
    cookie: String,
    token: String,
    fleet: usize,
}

impl Pages {
    async fn of(server: &Server, fleet: usize) -> Outcome<Self> {
        let (cookie, token) = (sign_in(server).await?, log_in(server).await?);
        Ok(Self { target: Target::new(&server.origin, &server.authority)?, cookie, token, fleet })
    }

    fn request(&self, place: &str, more: &str) -> Vec<u8> {
        let headers = format!("cookie: {}\r\naccept: text/html\r\n{more}", self.cookie);
        self.target.plain("GET", &format!("/ui/p/{PROJECT}{place}"), &headers, "")
    }

    /// The first look after a start.
    async fn cold(&self, server: &mut Server) -> Outcome<()> {
        for (what, place) in &PAGES[..2] {
            let took = Arc::new(Mutex::new(Duration::ZERO));
            let kept = Arc::clone(&took);
            server
                .restart(async move |server: &Server| {
                    let mut connection = Target::new(&server.origin, &server.authority)?.connect().await?;
                    let begun = Instant::now();
                    connection.ask(&self.request(place, ""), |_| ()).await?;
                    *kept.lock().await = begun.elapsed();
                    Ok(())
                })
                .await?;
            println!("| {what}, first look after a start, {} hosts | {:.0} ms | | |", self.fleet, ms(*took.lock().await));
        }
        Ok(())
    }

    /// Each page, again and again, and its weight.
    async fn looks(&self) -> Outcome<()> {
        let mut connection = self.target.connect().await?;
        for (what, place) in PAGES {
            let mut weight = [0, 0];
            for (weight, more) in weight.iter_mut().zip(["", "accept-encoding: gzip\r\n"]) {
                connection.ask(&self.request(place, more), |part| *weight += part.len()).await?;
            }
            let (request, mut times) = (self.request(place, ""), Vec::with_capacity(LOOKS));
            for _ in 0..LOOKS {
                let begun = Instant::now();
                connection.ask(&request, |_| ()).await?;
                times.push(begun.elapsed());
            }
            let [plain, sent] = weight;
            println!("| {what}, {} hosts | {}, {plain} bytes, {sent} as sent | | |", self.fleet, median(times));
        }
        Ok(())
    }

    /// What an open page asks for after a change.
    async fn after_changes(&self, server: &Server) -> Outcome<()> {
        let mut connection = self.target.connect().await?;
        for (what, place) in &PAGES[..2] {
            let (request, mut times) = (self.request(place, "x-emt-fragment: 1\r\n"), Vec::with_capacity(LOOKS));
            for number in 0..LOOKS {
                self.change(&mut connection, number).await?;
                let begun = Instant::now();
                connection.ask(&request, |_| ()).await?;
                times.push(begun.elapsed());
            }
            println!("| middle of {what} after a change, {} hosts | {} | | |", self.fleet, median(times));
        }
        println!("| server memory, {} hosts looked at | {:.1} MiB | | |", self.fleet, crate::mib(server.resident_kib()?));
        Ok(())
    }

    /// Many look at the same while something changes ten times a second.
    async fn at_once(&self, seconds: u64) -> Outcome<()> {
        for (what, place) in &PAGES[..2] {
            let load = self.load(place, seconds).await?;
            println!("| middle of {what}, 32 at once, ten changes a second, {} hosts | {load} | | |", self.fleet);
        }
        Ok(())
    }

    async fn load(&self, place: &str, seconds: u64) -> Outcome<Load> {
        let connections = stream::iter(0..32).then(|_| self.target.connect()).map_ok(Mutex::new);
        let connections: Arc<[Mutex<Connection>]> = connections.try_collect::<Vec<_>>().await?.into();
        let request: Arc<[u8]> = self.request(place, "x-emt-fragment: 1\r\n").into();
        let load = keep_up(connections.len(), seconds, move |caller, _| {
            let (connections, request) = (Arc::clone(&connections), Arc::clone(&request));
            async move { connections[caller].lock().await.ask(&request, |_| ()).await }
        });
        let changes = async {
            let mut connection = self.target.connect().await?;
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            for number in 0.. {
                tick.tick().await;
                self.change(&mut connection, number).await?;
            }
            Outcome::Ok(())
        };
        tokio::select! {
            load = load => load,
            failed = changes => Err(failed.err().unwrap_or_else(|| "changes ended".into())),
        }
    }

    /// A thousand pages are open: what they cost, and how soon all know of a change.
    async fn open(&self, server: &Server) -> Outcome<()> {
        let before = server.resident_kib()?;
        let request = self.request("/events?kinds=Host,Instance,OsUpdateRun,Os,SingleSchedule,RepeatedSchedule", "");
        let mut open = Vec::with_capacity(OPEN);
        for _ in 0..OPEN {
            let mut connection = self.target.connect().await?;
            connection.follow(&request).await?;
            connection.until(b"event: ready").await?;
            open.push(connection);
        }
        let after = server.resident_kib()?;
        println!(
            "| server memory, {OPEN} pages open, {} hosts | {:.1} MiB, {} KiB a page | | |",
            self.fleet,
            crate::mib(after),
            after.saturating_sub(before) / OPEN as u64
        );
        let (mut times, mut connection) = (Vec::with_capacity(CHANGES), self.target.connect().await?);
        for number in 0..CHANGES {
            let begun = Instant::now();
            self.change(&mut connection, number).await?;
            let mut told = JoinSet::new();
            for mut page in open.drain(..) {
                told.spawn(async move { page.until(b"event: change").await.map(|()| page) });
            }
            while let Some(page) = told.join_next().await {
                open.push(page??);
            }
            times.push(begun.elapsed());
        }
        println!("| a change is known to {OPEN} open pages, {} hosts | {} | | |", self.fleet, median(times));
        println!("| server memory after that | {:.1} MiB | | |", crate::mib(server.resident_kib()?));
        Ok(())
    }

    /// Something changes.
    async fn change(&self, connection: &mut Connection, number: usize) -> Outcome<()> {
        let path = format!("/v1/projects/{PROJECT}/compute/instances/{}", seed::instance_id(number % self.fleet));
        let body = format!(r#"{{"name":"till {number} {}"}}"#, uuid::Uuid::new_v4().simple());
        connection.ask(&self.target.request("PATCH", &path, &self.token, &body), |_| ()).await
    }
}

fn median(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    format!("p50 {:.2} ms, p99 {:.2} ms", ms(at(50)), ms(at(99)))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
