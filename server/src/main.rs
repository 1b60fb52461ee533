//! `emt-server`: a lightweight Edge Orchestrator in one binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    emt_server::cli::run(emt_server::cli::Args::parse())
}
