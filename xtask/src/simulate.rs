//! A month of random fleets, larger than in the tests.

use std::process::{Command, ExitCode};

/// Nodes of a project in the simulation.
const NODES_OF_A_PROJECT: u64 = 20;

/// `[--nodes N] [--seed N]`.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let (mut nodes, mut seed) = (1_000, 1);
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let number = arguments.next().and_then(|number| number.parse::<u64>().ok());
        match (name.as_str(), number) {
            ("--nodes", Some(number)) => nodes = number,
            ("--seed", Some(number)) => seed = number,
            _ => {
                eprintln!("xtask: simulate takes --nodes N and --seed N");
                return ExitCode::from(2);
            }
        }
    }
    let simulated = Command::new(env!("CARGO"))
        .args(["test", "--release", "--workspace", "--locked", "--test", "simulation", "--", "--nocapture"])
        .env("EMT_SIMULATION", format!("{seed},{}", nodes.div_ceil(NODES_OF_A_PROJECT)))
        .status();
    match simulated {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: cargo cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
