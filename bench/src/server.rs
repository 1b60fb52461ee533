//! The processes that are measured.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::Outcome;

/// Password of the user `admin`.
pub(crate) const PASSWORD: &str = "Bench-Passw0rd!";
/// The project.
pub(crate) const PROJECT: &str = "bench";

/// A server in a temporary directory, as it is shipped.
pub(crate) struct Server {
    child: Child,
    /// Address, such as `https://emt.localhost:40001`.
    pub(crate) origin: String,
    /// Its certificate authority, PEM.
    pub(crate) authority: Vec<u8>,
    directory: tempfile::TempDir,
}

/// One of the workspace's programs, beside this one.
pub(crate) fn program(name: &str) -> Outcome<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() { Ok(path) } else { Err(format!("{} is not built: use `cargo xtask bench`", path.display()).into()) }
}

/// Starts a process and reads the address that it prints.
pub(crate) async fn address(command: &mut Command) -> Outcome<(Child, String)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line).await?;
    }
    match line.trim().strip_prefix("serving ") {
        Some(address) => Ok((child, address.to_owned())),
        None => Err(format!("a process said {line:?} instead of where it serves").into()),
    }
}

impl Server {
    /// Makes its data directory and starts it.
    pub(crate) async fn start() -> Outcome<Self> {
        Self::start_with(async |_| Ok(())).await
    }

    /// Makes its data directory, has it filled, and starts it.
    pub(crate) async fn start_with(fill: impl AsyncFnOnce(&Path) -> Outcome<()>) -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let data = directory.path().join("server");
        let mut init = Command::new(program("emt-server")?)
            .args(["init", "--listen", "127.0.0.1:0", "--admin-password-stdin", "--project", PROJECT, "--data-dir"])
            .arg(&data)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = init.stdin.take() {
            stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
        }
        if !init.wait().await?.success() {
            return Err("emt-server init failed".into());
        }
        fill(&data).await?;
        let (child, origin) = run(&data).await?;
        let authority = std::fs::read(data.join("ca.pem"))?;
        Ok(Self { child, origin, authority, directory })
    }

    /// Ends it, starts it again, and tells how long it takes from there until `answered` has had its answer.
    pub(crate) async fn restart(&mut self, answered: impl AsyncFnOnce(&Self) -> Outcome<()>) -> Outcome<Duration> {
        let id = self.child.id().ok_or("the server has ended")?;
        if !Command::new("kill").arg(id.to_string()).status().await?.success() {
            return Err("the server could not be told to stop".into());
        }
        self.child.wait().await?;
        let begun = Instant::now();
        (self.child, self.origin) = run(&self.path("server")).await?;
        answered(self).await?;
        Ok(begun.elapsed())
    }

    /// A path in its directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Its certificate and key, for the yardstick.
    pub(crate) fn certificate(&self) -> (PathBuf, PathBuf) {
        (self.path("server/server.pem"), self.path("server/server-key.pem"))
    }

    /// Memory that it occupies, KiB.
    pub(crate) fn resident_kib(&self) -> Outcome<u64> {
        let id = self.child.id().ok_or("the server has ended")?;
        resident_kib(Path::new(&format!("/proc/{id}/status")))
    }
}

async fn run(data: &Path) -> Outcome<(Child, String)> {
    let mut run = Command::new(program("emt-server")?);
    run.args(["run", "--data-dir"]).arg(data).env("EMT_SERVER_LOG", "warn");
    address(&mut run).await
}

fn resident_kib(status: &Path) -> Outcome<u64> {
    let text = std::fs::read_to_string(status)?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
