//! The server and the agent inside `emtctl`, each run as a process of its own.

use std::{
    ffi::OsString,
    io::{self, Read},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use rustix::process::{Signal, getpid, kill_process};

/// Name of the hidden command, which is no part of the public command line.
pub(super) const COMMAND: &str = "demo-process";

/// Arguments of the hidden command.
#[derive(Debug, Parser)]
#[command(name = COMMAND)]
pub(crate) struct Process {
    /// End when standard input is closed, so that no process outlives the demo
    #[arg(long)]
    tether: bool,
    /// What to run
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    /// `emt-server`
    Server(emt_server::cli::Args),
    /// `emt-agent`
    Agent(emt_agent::cli::Args),
}

/// The hidden command, if the command line is one.
pub(crate) fn wanted(arguments: &[OsString]) -> Option<Process> {
    let hidden = arguments.get(1).is_some_and(|first| first == COMMAND);
    hidden.then(|| Process::parse_from(&arguments[1..]))
}

/// Runs it.
pub(crate) fn run(process: Process) -> ExitCode {
    if process.tether {
        std::thread::spawn(tether);
    }
    match process.program {
        Program::Server(args) => emt_server::cli::run(args),
        Program::Agent(args) => emt_agent::cli::run_embedded(args, &[COMMAND, "agent"]),
    }
}

/// Asks this process to end once nobody holds the other end of its standard input.
fn tether() {
    let mut stdin = io::stdin().lock();
    let mut buffer = [0; 64];
    while !matches!(stdin.read(&mut buffer), Ok(0) | Err(_)) {}
    let _ = kill_process(getpid(), Signal::TERM);
}
