//! Fuzzing: the targets of `fuzz/` are built with the compiler's coverage instrumentation and run for a while each.
//!
//! `cargo fuzz` does the same, but wants a nightly compiler for its sanitizers. The programs have no unsafe code of their own,
//! so that coverage is enough, and that the stable compiler has.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const TARGETS: [&str; 10] = ["filter", "order_by", "json_body", "jwt", "cron", "time", "ical", "profile", "index", "os_diff"];
/// Seconds a target, unless told.
const SECONDS: u32 = 60;
/// What makes libFuzzer see which code an input reaches.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Runs one target or all.
pub(crate) fn fuzz(arguments: &[String]) -> ExitCode {
    match read(arguments).and_then(|task| all(&task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("xtask: {text}");
            ExitCode::FAILURE
        }
    }
}

/// What is run.
struct Task {
    targets: Vec<&'static str>,
    seconds: u32,
    /// Where inputs come from: with the same seed they are the same, as far as time allows.
    seed: u32,
}

fn read(arguments: &[String]) -> Result<Task, String> {
    let mut task = Task { targets: Vec::new(), seconds: SECONDS, seed: 1 };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let number = arguments.next().and_then(|number| number.parse().ok());
            number.filter(|number| *number > 0).ok_or_else(|| format!("{argument} needs a number above 0"))
        };
        match argument.as_str() {
            "--seconds" => task.seconds = number()?,
            "--seed" => task.seed = number()?,
            name => match TARGETS.iter().find(|target| **target == name) {
                Some(target) => task.targets.push(*target),
                None => return Err(format!("there is no target {name}: choose of {}", TARGETS.join(", "))),
            },
        }
    }
    if task.targets.is_empty() {
        task.targets = TARGETS.to_vec();
    }
    Ok(task)
}

fn all(Task { targets, seconds, seed }: &Task) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let host = host()?;
    let made = root.join("target/fuzz");
    println!("== building the targets with instrumentation");
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--release", "--locked", "--quiet", "--target", &host, "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"));
    build.arg("--target-dir").arg(&made).env("RUSTFLAGS", INSTRUMENTED);
    for target in targets {
        build.args(["--bin", target]);
    }
    if targets.contains(&"jwt") {
        build.args(["--features", "server"]);
    }
    run(&mut build)?;
    for target in targets {
        println!("== {target}: {seconds} seconds");
        let found = made.join("corpus").join(target);
        let crashes = made.join("artifacts").join(target);
        for directory in [&found, &crashes] {
            fs::create_dir_all(directory).map_err(|error| format!("{} cannot be made: {error}", directory.display()))?;
        }
        let program: PathBuf = made.join(&host).join("release").join(target);
        let mut fuzz = Command::new(program);
        // What is found goes into the first directory; the second holds what is checked in.
        fuzz.arg(&found).arg(root.join("fuzz/corpus").join(target));
        fuzz.arg(format!("-max_total_time={seconds}"))
            .arg(format!("-seed={seed}"))
            .arg(format!("-artifact_prefix={}/", crashes.display()));
        fuzz.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1", "-verbosity=0"]);
        run(&mut fuzz).map_err(|error| format!("{target}: {error}; the input is in {}", crashes.display()))?;
    }
    println!("xtask: done");
    Ok(())
}

/// The triple of this machine, as the compiler calls it.
fn host() -> Result<String, String> {
    let told = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&told.stdout);
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned).ok_or_else(|| "rustc tells no host".to_owned())
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", command.get_program().display())),
        Err(error) => Err(format!("{} cannot be started: {error}", command.get_program().display())),
    }
}
