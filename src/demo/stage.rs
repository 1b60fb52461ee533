//! The temporary directory and the processes of the demo.

use std::{
    ffi::OsString,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value as Json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use super::{error::DemoError, process, voice::Voice};

/// How long a process may take to end.
const END: Duration = Duration::from_secs(15);
/// How long the server may take to start.
const START: Duration = Duration::from_secs(20);
/// How long a node may take to report, and an update to be seen.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Lines of a log that an error shows.
const TAIL: usize = 12;

/// Where the demo takes place.
pub(super) struct Stage {
    directory: tempfile::TempDir,
    program: PathBuf,
    /// In the order in which they were started.
    processes: Vec<(String, Child)>,
    /// Address of the server, "" until it serves.
    origin: String,
}

impl Stage {
    /// A new temporary directory, in the system's place or another.
    pub(super) fn new(place: Option<&Path>) -> Result<Self, DemoError> {
        let place = place.map_or_else(std::env::temp_dir, Path::to_owned);
        let directory = tempfile::Builder::new()
            .prefix("emtctl-demo-")
            .tempdir_in(&place)
            .map_err(|error| DemoError::Directory { path: place.display().to_string(), error })?;
        let program = std::env::current_exe().map_err(|error| DemoError::Start { program: "emtctl".to_owned(), error })?;
        Ok(Self { directory, program, processes: Vec::new(), origin: String::new() })
    }

    /// This program.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Address of the server, where its pages are, too.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// A path in the directory.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Keeps a secret in a file that only its owner can read.
    pub(super) fn keep_secret(&self, name: &str, secret: &str) -> Result<PathBuf, DemoError> {
        let path = self.path(name);
        let mut options = fs::OpenOptions::new();
        let written =
            options.write(true).create_new(true).mode(0o600).open(&path).and_then(|mut file| writeln!(file, "{secret}"));
        written.map_err(|error| DemoError::Directory { path: path.display().to_string(), error })?;
        Ok(path)
    }

    /// Runs the server or the agent to its end; gives what it printed.
    pub(super) async fn run(&self, program: &str, arguments: &[&str], input: &str) -> Result<String, DemoError> {
        let mut command = self.embedded(program, false, arguments);
        let output = self.finish(&mut command, program, input).await?;
        let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() { Ok(printed) } else { Err(ended(&format!("emt-{program}"), &output)) }
    }

    /// Starts the server; gives its address.
    pub(super) async fn serve(&mut self, arguments: &[&str]) -> Result<String, DemoError> {
        let mut command = self.embedded("server", true, arguments);
        command.stdout(Stdio::piped());
        let mut child = self.start(&mut command, "emt-server")?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            let _ = timeout(START, BufReader::new(out).read_line(&mut line)).await;
        }
        self.processes.push(("emt-server".to_owned(), child));
        match line.trim().strip_prefix("serving ") {
            Some(address) => {
                address.clone_into(&mut self.origin);
                Ok(address.to_owned())
            }
            None => Err(DemoError::Late {
                what: "the start of the server".to_owned(),
                seconds: START.as_secs(),
                output: self.tail("emt-server"),
            }),
        }
    }

    /// Starts an agent's process that goes on.
    pub(super) fn power_on(&mut self, name: &str, arguments: &[&str]) -> Result<(), DemoError> {
        let mut command = self.embedded("agent", true, arguments);
        let child = self.start(command.stdout(Stdio::null()), name)?;
        self.processes.push((name.to_owned(), child));
        Ok(())
    }

    /// Shows a command of the CLI and runs it in front of the reader; gives its exit code.
    pub(super) async fn show(&self, voice: &Voice, arguments: &[&str], input: Option<&Path>) -> Result<i32, DemoError> {
        let redirect = input.map_or_else(String::new, |path| format!(" < {}", path.display()));
        voice.command(&format!("emtctl {}{redirect}", arguments.join(" ")));
        let mut command = self.ctl(arguments);
        command.stdin(match input {
            Some(path) => fs::File::open(path).map_or_else(|_| Stdio::null(), Stdio::from),
            None => Stdio::null(),
        });
        let status = command.status().await.map_err(|error| DemoError::Start { program: "emtctl".to_owned(), error })?;
        Ok(status.code().unwrap_or(-1))
    }

    /// The same, for a command that must succeed.
    pub(super) async fn show_ok(&self, voice: &Voice, arguments: &[&str], input: Option<&Path>) -> Result<(), DemoError> {
        match self.show(voice, arguments, input).await? {
            0 => Ok(()),
            code => Err(DemoError::Ended {
                program: format!("emtctl {}", arguments.join(" ")),
                status: format!("exit code {code}"),
                output: String::new(),
            }),
        }
    }

    /// What a command of the CLI prints as JSON.
    pub(super) async fn json(&self, arguments: &[&str]) -> Result<Json, DemoError> {
        let mut command = self.ctl(arguments);
        command.args(["-o", "json"]);
        let output = self.finish(&mut command, "emtctl", "").await?;
        parsed(&format!("emtctl {}", arguments.join(" ")), &output)
    }

    /// What the node in a directory says of itself: slots, boot record, state.
    pub(super) async fn node(&self, name: &str) -> Result<Json, DemoError> {
        let directory = self.path(name);
        let mut command = self.embedded("agent", false, &["sandbox", "status", "--json", "--dir"]);
        command.arg(&directory);
        let output = self.finish(&mut command, "emt-agent", "").await?;
        parsed("emt-agent sandbox status", &output)
    }

    /// Waits until a JSON answer of the CLI is as wanted.
    pub(super) async fn wait(&self, what: &str, arguments: &[&str], wanted: impl Fn(&Json) -> bool) -> Result<Json, DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.json(arguments).await?;
            if wanted(&found) {
                return Ok(found);
            }
            if Instant::now() > deadline {
                let output = found.to_string().chars().take(500).collect();
                return Err(DemoError::Late { what: what.to_owned(), seconds: PATIENCE.as_secs(), output });
            }
            sleep(LOOK).await;
        }
    }

    /// Ends all processes, the last one first, and removes the directory. With `logs`, shows the end of each log before.
    pub(super) async fn end(mut self, logs: bool) -> Result<(), DemoError> {
        for (name, child) in self.processes.iter_mut().rev() {
            drop(child.stdin.take());
            if timeout(END, child.wait()).await.is_err() {
                eprintln!("warning: {name} does not end; it is killed");
                let _ = child.kill().await;
            }
        }
        if logs {
            for (name, _) in &self.processes {
                eprintln!("log of {name}:\n{}", self.tail(name));
            }
        }
        let path = self.directory.path().display().to_string();
        self.directory.close().map_err(|error| DemoError::Directory { path, error })
    }

    fn ctl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("EMTCTL_CONFIG_DIR", self.path("ctl")).env("EMTCTL_TOKENS", "file").kill_on_drop(true);
        for variable in ["EMTCTL_PROJECT", "EMTCTL_TOKEN", "EMTCTL_SERVER", "EMTCTL_CA_CERT", "EMTCTL_CONTEXT"] {
            command.env_remove(variable);
        }
        command
    }

    fn embedded(&self, program: &str, tethered: bool, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(process::COMMAND).args(tethered.then_some("--tether")).arg(program).args(arguments);
        command.kill_on_drop(true);
        command
    }

    fn start(&self, command: &mut Command, name: &str) -> Result<Child, DemoError> {
        let failed = |error| DemoError::Start { program: name.to_owned(), error };
        let log = fs::File::create(self.log(name)).map_err(failed)?;
        // Ctrl-C is for the demo, which ends its processes in order.
        command.stdin(Stdio::piped()).stderr(log).process_group(0).spawn().map_err(failed)
    }

    async fn finish(&self, command: &mut Command, name: &str, input: &str) -> Result<Output, DemoError> {
        let failed = |error| DemoError::Start { program: name.to_owned(), error };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that reads nothing may have closed it.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait_with_output().await.map_err(failed)
    }

    fn log(&self, name: &str) -> PathBuf {
        let mut file = OsString::from(name);
        file.push(".log");
        self.directory.path().join(file)
    }

    fn tail(&self, name: &str) -> String {
        let log = fs::read_to_string(self.log(name)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }
}

fn parsed(program: &str, output: &Output) -> Result<Json, DemoError> {
    if !output.status.success() {
        return Err(ended(program, output));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| DemoError::Unverified {
        what: format!("the output of {program}"),
        expected: "JSON".to_owned(),
        found: error.to_string(),
    })
}

fn ended(program: &str, output: &Output) -> DemoError {
    DemoError::Ended {
        program: program.to_owned(),
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
