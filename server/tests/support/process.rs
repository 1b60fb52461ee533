//! The real program: made, started, stopped and killed.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, ClientBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

use super::{PASSWORD, PROJECT};

/// Longest time that something may take that is waited for.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The program with these arguments and nothing of this test's environment that it would read.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emt-server"));
    command.args(arguments).env_remove("EMT_SERVER_DATA_DIR").env_remove("EMT_SERVER_CONFIG").env("RUST_BACKTRACE", "0");
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input may have closed it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Makes a data directory that listens at a free port of loopback.
pub fn init(data: &Path) -> Output {
    let data = data.to_str().unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    let arguments = ["init", "--data-dir", data, listen[0], listen[1], "--project", PROJECT, "--admin-password-stdin"];
    run(&arguments, &format!("{PASSWORD}\n"))
}

/// A server that runs.
pub struct Process {
    child: Child,
    /// Port.
    pub port: u16,
    data: PathBuf,
    log: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Process {
    /// Starts in a data directory, and waits until it serves.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with more in its environment.
    pub fn start_with(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut child = command(&["run", "--data-dir", data.to_str().unwrap()])
            .env("EMT_SERVER_LOG_FORMAT", "json")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let kept = Arc::clone(&log);
        let reader = thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
                kept.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("it does not serve: {line:?} {}", log.lock().unwrap()));
        Self { child, port, data: data.to_owned(), log, reader: Some(reader) }
    }

    /// Address of the API.
    pub fn api(&self) -> String {
        format!("https://api.emt.localhost:{}", self.port)
    }

    /// Address of a project's resources.
    pub fn project(&self) -> String {
        format!("{}/v1/projects/{PROJECT}", self.api())
    }

    /// Certificate of the authority, PEM.
    pub fn authority(&self) -> Vec<u8> {
        std::fs::read(self.data.join("ca.pem")).unwrap()
    }

    /// Settings of a client that trusts the server and finds its names.
    pub fn client_builder(&self) -> ClientBuilder {
        let address = ([127, 0, 0, 1], self.port).into();
        ["api", "keycloak", "any.other"].into_iter().fold(
            Client::builder()
                .tls_certs_only([Certificate::from_pem(&self.authority()).unwrap()])
                .no_proxy()
                .timeout(DEADLINE)
                .resolve("emt.localhost", address),
            |builder, name| builder.resolve(&format!("{name}.emt.localhost"), address),
        )
    }

    /// A client that trusts the server and finds its names.
    pub fn client(&self) -> Client {
        self.client_builder().build().unwrap()
    }

    /// An access token of the first user.
    pub async fn token(&self) -> String {
        let form = [("grant_type", "password"), ("client_id", "system-client"), ("username", "admin"), ("password", PASSWORD)];
        let address = format!("https://keycloak.emt.localhost:{}/realms/master/protocol/openid-connect/token", self.port);
        let answer = self.client().post(address).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Json>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, and returns the exit code and all that was logged.
    pub fn end(mut self) -> (Option<i32>, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.reader.take().unwrap().join().unwrap();
                return (status.code(), self.log());
            }
            assert!(start.elapsed() < DEADLINE, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What was logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until a text is logged.
    pub fn wait_for_log(&self, text: &str) {
        let start = Instant::now();
        while !self.log().contains(text) {
            assert!(start.elapsed() < DEADLINE, "{text:?} is not logged: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Most memory that the process has had in RAM so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
