//! Development tasks: `cargo xtask test` checks everything, `cargo xtask bench` measures, `cargo xtask openapi` remakes the
//! description of the API, `cargo xtask schemathesis` holds a server against it, `cargo xtask fuzz` feeds it what nobody expects,
//! `cargo xtask windows` holds maintenance windows against a scan of minutes in all zones, `cargo xtask simulate` lets large
//! random fleets live for a month.

mod fuzz;
mod openapi;
mod schemathesis;
mod simulate;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const USAGE: &str = "usage: cargo xtask test [FILTER…]
       cargo xtask bench [GROUP…] [--nodes N] [--seconds N] [--fleets N,…]
       cargo xtask openapi
       cargo xtask schemathesis [--seconds N] [--seed N]
       cargo xtask fuzz [TARGET…] [--seconds N] [--seed N]
       cargo xtask windows
       cargo xtask simulate [--nodes N] [--seed N]

  test     formatting, lints and all tests; FILTER narrows the tests down
  bench    figures of speed and size as they are shipped; groups: api, nodes, linking, cli, polls, memory, slot, windows,
           images (beside nginx, if it is installed), sources
  openapi  remake docs/openapi.json from the code
  schemathesis  ask a real server all that its description allows and forbids; needs python3 with venv, curl, jq,
           and once the package index of pip
  windows  hold maintenance windows against a scan of minutes: all zones, all changes of clocks from 2000 to 2040
  simulate let random fleets live for a month, with operators who change their minds and nodes that fail; the tests do the
           same with fewer nodes
  fuzz     feed random input to readers of what comes from outside; targets: filter, order_by, json_body, jwt,
           cron, time, ical";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let task = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match task.as_deref() {
        Some("test") => test(&rest),
        Some("bench") => bench(&rest),
        Some("openapi") => openapi::remake(),
        Some("schemathesis") => schemathesis::run(&rest),
        Some("fuzz") => fuzz::fuzz(&rest),
        Some("windows") => windows(),
        Some("simulate") => simulate::run(&rest),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Runs the checks in order of cost. The end-to-end tests run the programs, so these are built first.
fn test(filter: &[String]) -> ExitCode {
    let mut tests = vec!["test", "--workspace", "--locked"];
    tests.extend(filter.iter().map(String::as_str));
    run(&[
        &["fmt", "--all", "--check"],
        &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        &["build", "--workspace", "--bins", "--locked"],
        &tests,
    ])
}

/// Measures what is shipped: the programs are built with the `dist` profile.
fn bench(arguments: &[String]) -> ExitCode {
    let mut measure = vec!["run", "--profile", "dist", "--locked", "--quiet", "--package", "emt-bench", "--"];
    measure.extend(arguments.iter().map(String::as_str));
    run(&[&["build", "--profile", "dist", "--workspace", "--bins", "--locked"], &measure])
}

/// Holds rules of windows against a scan of every minute, at all changes of all zones.
fn windows() -> ExitCode {
    run(&[&["run", "--release", "--locked", "--quiet", "--package", "emt-windows", "--example", "all_zones"]])
}

/// Where what is built goes.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), Into::into)
}

/// Builds the server as the tests build it, so that nothing is built twice; where it is, if it can be built.
fn server() -> Option<PathBuf> {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--locked", "--workspace", "--bins"]).status();
    built.is_ok_and(|status| status.success()).then(|| target().join("debug/emt-server"))
}

/// Runs `cargo` once for each step and stops at the first that fails.
fn run(steps: &[&[&str]]) -> ExitCode {
    for step in steps {
        let line = format!("cargo {}", step.join(" "));
        println!("== {line}");
        match Command::new(env!("CARGO")).args(*step).status() {
            Ok(status) if status.success() => {}
            Ok(_) => {
                eprintln!("xtask: failed: {line}");
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("xtask: could not start `{line}`: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("xtask: done");
    ExitCode::SUCCESS
}
