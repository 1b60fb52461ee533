//! `emtctl` beside what operators type without it.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    Outcome,
    fleet::Fleet,
    server::{PASSWORD, PROJECT, Server, program},
};

/// Runs of each command; the median counts.
const RUNS: usize = 31;

pub(crate) async fn measure(server: &Server, fleet: &Fleet) -> Outcome<()> {
    let config = server.path("ctl");
    let emtctl = program("emtctl")?;
    let authority = server.path("server/ca.pem");
    let ctl = |arguments: &[&str]| {
        let mut command = Command::new(&emtctl);
        command.args(arguments).env("EMTCTL_CONFIG_DIR", &config).env("EMTCTL_TOKENS", "file");
        command
    };
    let mut login = ctl(&["login", "--server", &server.origin, "--username", "admin", "--password-stdin", "--project", PROJECT]);
    let mut login = login.arg("--ca-cert").arg(&authority).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = login.stdin.take() {
        stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
    }
    if !login.wait().await?.success() {
        return Err("emtctl login failed".into());
    }
    let version = median(|| ctl(&["--version"])).await?;
    let curl_version = median(|| {
        let mut command = Command::new("curl");
        command.arg("--version");
        command
    });
    let curl_version = curl_version.await?;
    row("emtctl --version", version, "curl --version", curl_version);
    // A login that is kept, as curl's token is kept in a variable.
    let list = median(|| ctl(&["os", "list"])).await?;
    let script = "curl -sf -H \"Authorization: Bearer $TOKEN\" \"$URL\" | jq -r '.OperatingSystemResources[] | [.resourceId, .name] | @tsv'";
    let curl = median(|| {
        let mut command = Command::new("bash");
        command.args(["-c", script]).env("TOKEN", &fleet.token).env("CURL_CA_BUNDLE", &authority);
        command.env("URL", format!("{}/compute/os", fleet.base));
        command
    });
    row("emtctl os list", list, "curl | jq", curl.await?);
    Ok(())
}

fn row(what: &str, ours: Duration, yardstick: &str, theirs: Duration) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("| {what} | {:.1} ms | {yardstick} {:.1} ms | {ratio:.2} |", ms(ours), ms(theirs));
}

async fn median(command: impl Fn() -> Command) -> Outcome<Duration> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut command = command();
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        if !command.status().await?.success() {
            return Err(format!("{command:?} failed").into());
        }
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[RUNS / 2])
}
