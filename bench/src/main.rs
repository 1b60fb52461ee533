//! Figures of speed and size, each beside a yardstick that is measured in the same run. `cargo xtask bench` builds
//! everything and starts this; the figures depend on the machine, the ratios much less.

#![allow(clippy::print_stdout, reason = "printing figures is what this is for")]

mod api;
mod bare;
mod bare_http;
mod cli;
mod fleet;
mod http;
mod images;
mod linking;
mod load;
mod nodes;
mod polls;
mod seed;
mod server;
mod slot;
mod sources;
mod web;
mod windows;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// What goes wrong ends the run.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug, Parser)]
struct Args {
    /// Only these groups: api, nodes, linking, cli, polls, memory, slot, windows, images, sources, web
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
    /// Nodes of the larger fleet
    #[arg(long, default_value_t = 10_000)]
    nodes: usize,
    /// Seconds for which each load is kept up
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Nodes of the fleets that API, nodes' side and pages are measured with
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    fleets: Vec<usize>,
    #[command(subcommand)]
    hidden: Option<Hidden>,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// The yardstick of the polls
    #[command(hide = true)]
    Bare {
        /// Certificate in PEM form
        certificate: PathBuf,
        /// Its key
        key: PathBuf,
    },
    /// The yardstick of the API
    #[command(hide = true)]
    BareHttp {
        /// Certificate in PEM form
        certificate: PathBuf,
        /// Its key
        key: PathBuf,
        /// Directory whose files are served
        files: PathBuf,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let outcome = runtime.block_on(async {
        match &args.hidden {
            Some(Hidden::Bare { certificate, key }) => bare::serve(certificate, key).await,
            Some(Hidden::BareHttp { certificate, key, files }) => bare_http::serve(certificate, key, files).await,
            None => measure(&args).await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

async fn measure(args: &Args) -> Outcome<()> {
    let wanted = |group: &str| args.groups.is_empty() || args.groups.iter().any(|wanted| wanted == group);
    println!("| what | figure | yardstick | ratio |\n| --- | --- | --- | --- |");
    if wanted("slot") {
        slot::measure()?;
    }
    if wanted("windows") {
        windows::measure()?;
    }
    if wanted("images") {
        images::measure(args.seconds).await?;
    }
    if wanted("sources") {
        sources::measure().await?;
    }
    if wanted("api") {
        api::measure(&args.fleets, args.seconds).await?;
    }
    if wanted("nodes") {
        nodes::measure(&args.fleets, args.seconds).await?;
    }
    if wanted("linking") {
        linking::measure(&args.fleets, args.seconds).await?;
    }
    if wanted("web") {
        web::measure(&args.fleets, args.seconds).await?;
    }
    if !["cli", "polls", "memory"].into_iter().any(wanted) {
        return Ok(());
    }
    let server = server::Server::start().await?;
    let small = 1_000.min(args.nodes);
    let mut fleet = fleet::Fleet::new(&server).await?;
    fleet.grow(small).await?;
    if wanted("memory") {
        let (kib, nodes) = (server.resident_kib()?, fleet.nodes.len());
        println!("| server memory, {nodes} nodes enrolled and reporting | {:.1} MiB | | |", mib(kib));
    }
    if wanted("cli") {
        cli::measure(&server, &fleet).await?;
    }
    fleet.grow(args.nodes).await?;
    if wanted("memory") {
        let (kib, nodes) = (server.resident_kib()?, fleet.nodes.len());
        println!("| server memory, {nodes} nodes enrolled and reporting | {:.1} MiB | 64 MiB wanted | |", mib(kib));
    }
    if wanted("polls") {
        polls::measure(&server, &fleet, args.seconds).await?;
    }
    if wanted("memory") {
        println!("| server memory after the loads | {:.1} MiB | | |", mib(server.resident_kib()?));
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "shown with one digit")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
