//! Holds a real server against its description with schemathesis; `tests/schemathesis/run.sh` does it.

use std::{
    path::Path,
    process::{Command, ExitCode},
};

/// Seconds, unless told.
const SECONDS: &str = "120";

/// Builds the server and runs the script.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let seconds = match arguments {
        [] => SECONDS,
        [flag, seconds] if flag == "--seconds" && seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0) => seconds,
        _ => return failed("usage: cargo xtask schemathesis [--seconds N]"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let build = Command::new(env!("CARGO")).args(["build", "--quiet", "--locked", "--package", "emt-server"]).status();
    if !build.is_ok_and(|status| status.success()) {
        return failed("emt-server cannot be built");
    }
    let script = Command::new(root.join("tests/schemathesis/run.sh"))
        .arg(seconds)
        .env("EMT_SERVER", target.join("debug/emt-server"))
        .env("SCHEMATHESIS", target.join("schemathesis"))
        .status();
    match script {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => failed("the server is not as its description tells, see above"),
        Err(error) => failed(&format!("tests/schemathesis/run.sh cannot be started: {error}")),
    }
}

fn failed(text: &str) -> ExitCode {
    eprintln!("xtask: {text}");
    ExitCode::FAILURE
}
