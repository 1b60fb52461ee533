//! The operators' API with fleets of several sizes, each request beside a bare handler with the same payload.

use std::{fs::File, io::Write, path::Path, sync::Arc, time::Instant};

use tokio::{process::Child, process::Command, sync::Mutex};

use crate::{
    Outcome,
    fleet::log_in,
    http::{Connection, Target},
    load::{Load, keep_up},
    seed,
    server::{PROJECT, Server, address},
};

/// Flushes that are timed for the yardstick of writes.
const FLUSHES: usize = 200;

/// A kind of request. `path` gives what comes after `…/instances`, by a number that grows with each request.
struct Row {
    what: &'static str,
    callers: usize,
    path: fn(usize, usize) -> String,
}

/// What is read. All fleets are asked the same, so that what grows with the fleet is seen.
const ROWS: &[Row] = &[
    Row { what: "one by its id", callers: 16, path: |fleet, n| format!("/{}", seed::instance_id(n * 7 % fleet)) },
    Row { what: "page of 100", callers: 4, path: |fleet, n| format!("?pageSize=100&offset={}", n * 100 % fleet.min(1_000)) },
    Row {
        what: "page of 100 far behind",
        callers: 4,
        path: |fleet, _| format!("?pageSize=100&offset={}", (fleet - 100).min(9_900)),
    },
    Row {
        what: "those at one site",
        callers: 4,
        path: |fleet, n| {
            let site = seed::site_id(n % fleet.div_ceil(seed::HOSTS_OF_A_SITE));
            format!("?pageSize=100&filter=host.site.resourceId=%22{site}%22")
        },
    },
    Row {
        what: "page of 100 of those that are not trusted",
        callers: 4,
        path: |_, _| "?pageSize=100&filter=currentState=INSTANCE_STATE_UNTRUSTED".to_owned(),
    },
    Row { what: "page of 100 with a part of a name", callers: 4, path: |_, _| "?pageSize=100&filter=name=%22ill%22".to_owned() },
    Row { what: "all in one answer", callers: 1, path: |_, _| String::new() },
];

pub(crate) async fn measure(fleets: &[usize], seconds: u64) -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    flushes(&directory.path().join("flushed"))?;
    for fleet in fleets {
        let start = Instant::now();
        let server = Server::start_with(async |data| seed::fill(data, *fleet).await).await?;
        eprintln!("{fleet} instances were made in {:.1} s", start.elapsed().as_secs_f64());
        Bench::new(&server, *fleet, seconds).await?.all(&server).await?;
    }
    Ok(())
}

/// How long the disk takes to keep a few bytes: no durable write can be quicker.
fn flushes(file: &Path) -> Outcome<()> {
    let mut file = File::create(file)?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let median = times.get(FLUSHES / 2).copied().unwrap_or_default();
    println!("| 4 KiB appended and flushed, one after the other | p50 {:.2} ms | | |", median.as_secs_f64() * 1000.0);
    Ok(())
}

struct Bench {
    target: Target,
    token: String,
    fleet: usize,
    seconds: u64,
}

impl Bench {
    async fn new(server: &Server, fleet: usize, seconds: u64) -> Outcome<Self> {
        let token = log_in(server).await?;
        Ok(Self { target: Target::new(&server.origin, &server.authority)?, token, fleet, seconds })
    }

    async fn all(&self, server: &Server) -> Outcome<()> {
        let (mut yardstick, bare) = self.yardstick(server).await?;
        for (number, row) in ROWS.iter().enumerate() {
            let requests = (0..self.fleet.min(1_000)).map(|n| self.request("GET", &(row.path)(self.fleet, n), ""));
            let ours = self.load(&self.target, row.callers, requests.collect()).await?;
            let request = bare.request("GET", &format!("/{number}"), "", "");
            let theirs = self.load(&bare, row.callers, vec![request]).await?;
            let ratio = ours.rate / theirs.rate;
            println!(
                "| {}, of {}, {} connections | {ours} | bare axum {theirs} | {ratio:.2} |",
                row.what, self.fleet, row.callers
            );
        }
        yardstick.kill().await?;
        // Each changes something: no two that follow each other at one instance give it the same name.
        let names = (0..20_000).map(|n| {
            let path = format!("/{}", seed::instance_id(n % self.fleet.min(1_000)));
            self.request("PATCH", &path, &format!(r#"{{"name":"till {n}"}}"#))
        });
        let changed = self.load(&self.target, 8, names.collect()).await?;
        println!("| durable PATCH, of {}, 8 connections | {changed} | | |", self.fleet);
        println!("| server memory, fleet of {} | {:.1} MiB | | |", self.fleet, crate::mib(server.resident_kib()?));
        Ok(())
    }

    /// A bare server that has one answer of each row in memory.
    async fn yardstick(&self, server: &Server) -> Outcome<(Child, Target)> {
        let files = server.path("payloads");
        std::fs::create_dir(&files)?;
        for (number, row) in ROWS.iter().enumerate() {
            let mut connection = self.target.connect().await?;
            let mut file = File::create(files.join(number.to_string()))?;
            let mut kept = Vec::new();
            connection.ask(&self.request("GET", &(row.path)(self.fleet, 1), ""), |part| kept.extend_from_slice(part)).await?;
            file.write_all(&kept)?;
        }
        let (certificate, key) = server.certificate();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare-http").arg(certificate).arg(key).arg(files);
        let (child, origin) = address(&mut command).await?;
        Ok((child, Target::new(&origin, &server.authority)?))
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        self.target.request(method, &format!("/v1/projects/{PROJECT}/compute/instances{path}"), &self.token, body)
    }

    /// Each caller has a connection of its own; requests go round.
    async fn load(&self, target: &Target, callers: usize, requests: Vec<Vec<u8>>) -> Outcome<Load> {
        let mut connections = Vec::with_capacity(callers);
        for _ in 0..callers {
            connections.push(Mutex::new(target.connect().await?));
        }
        let connections: Arc<[Mutex<Connection>]> = connections.into();
        let requests: Arc<[Vec<u8>]> = requests.into();
        keep_up(callers, self.seconds, move |caller, round| {
            let (connections, requests) = (Arc::clone(&connections), Arc::clone(&requests));
            async move {
                let request = &requests[(caller + round * callers) % requests.len()];
                connections[caller].lock().await.ask(request, |_| ()).await
            }
        })
        .await
    }
}
