//! `emt-server`: a lightweight Edge Orchestrator in one binary.

use std::process::ExitCode;

use clap::Parser;

/// Gives memory back once it is not needed, which the system's allocator does late with many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    emt_server::cli::run(emt_server::cli::Args::parse())
}
