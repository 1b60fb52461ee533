//! Development tasks: `cargo xtask test` checks everything.

use std::{
    env,
    process::{Command, ExitCode},
};

const USAGE: &str = "usage: cargo xtask test [FILTER…]

  test   formatting, lints and all tests; FILTER narrows the tests down";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    match arguments.next().as_deref() {
        Some("test") => test(&arguments.collect::<Vec<_>>()),
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

/// Runs the checks in order of cost and stops at the first that fails.
fn test(filter: &[String]) -> ExitCode {
    let mut tests = vec!["test", "--workspace", "--locked"];
    tests.extend(filter.iter().map(String::as_str));
    let steps: [&[&str]; 3] =
        [&["fmt", "--all", "--check"], &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &tests];
    for step in steps {
        let line = format!("cargo {}", step.join(" "));
        println!("== {line}");
        match Command::new(env!("CARGO")).args(step).status() {
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
    println!("xtask: all checks passed");
    ExitCode::SUCCESS
}
