//! Holds a real server against its description with schemathesis; `tests/schemathesis/run.sh` does it.

use std::{
    path::Path,
    process::{Command, ExitCode},
};

/// How long it asks, and where its questions come from: with the same seed they are the same.
struct Task {
    seconds: u32,
    seed: u32,
}

/// Builds the server and runs the script.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let Some(task) = read(arguments) else { return failed("usage: cargo xtask schemathesis [--seconds N] [--seed N]") };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Some(server) = crate::server() else { return failed("emt-server cannot be built") };
    let script = Command::new(root.join("tests/schemathesis/run.sh"))
        .args([task.seconds, task.seed].map(|number| number.to_string()))
        .env("EMT_SERVER", server)
        .env("SCHEMATHESIS", crate::target().join("schemathesis"))
        .status();
    match script {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => failed("the server is not as its description tells, see above"),
        Err(error) => failed(&format!("tests/schemathesis/run.sh cannot be started: {error}")),
    }
}

fn read(arguments: &[String]) -> Option<Task> {
    let mut task = Task { seconds: 120, seed: 1 };
    for pair in arguments.chunks(2) {
        let [flag, number] = pair else { return None };
        let number = number.parse().ok().filter(|number| *number > 0)?;
        match flag.as_str() {
            "--seconds" => task.seconds = number,
            "--seed" => task.seed = number,
            _ => return None,
        }
    }
    Some(task)
}

fn failed(text: &str) -> ExitCode {
    eprintln!("xtask: {text}");
    ExitCode::FAILURE
}
