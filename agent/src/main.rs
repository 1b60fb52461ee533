//! `emt-agent`: the Platform Update Agent of one node.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    emt_agent::cli::run(emt_agent::cli::Args::parse())
}
