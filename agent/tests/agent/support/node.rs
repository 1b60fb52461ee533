//! A sandbox node, switched on as a real process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use emt_agent::{
    credentials::{Credentials, Secret},
    machine::State,
    sandbox::{self, Status},
    slots::sandbox::Health,
};

use super::{OLD, image, server::Server, wait};

/// The agent's command line.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emt-agent"));
    command.env_remove("EMT_AGENT_DIR").env_remove("EMT_AGENT_LOG").env_remove("EMT_AGENT_CRASH_AT");
    command
}

/// A node in a directory of its own; it is switched off when this is dropped.
pub(crate) struct Node {
    pub(crate) uuid: String,
    pub(crate) directory: PathBuf,
    /// Time between its polls; none leaves it to the server.
    pub(crate) poll_seconds: Option<&'static str>,
    firmware: Option<Child>,
    _temporary: tempfile::TempDir,
}

impl Node {
    /// A node that runs the old version and is enrolled.
    pub(crate) fn new(server: &Server) -> Self {
        Self::with_slots(server, 1 << 20)
    }

    /// The same, with slots of so many bytes.
    pub(crate) fn with_slots(server: &Server, slot_bytes: u64) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().join("node");
        let file = temporary.path().join("image");
        fs::write(&file, image(OLD, Health::Healthy)).unwrap();
        let uuid = uuid::Uuid::new_v4().to_string();
        sandbox::create(&directory, &file, &uuid, slot_bytes).unwrap();
        credentials(server, &uuid).write(&directory).unwrap();
        Self { uuid, directory, poll_seconds: Some("0.2"), firmware: None, _temporary: temporary }
    }

    /// Switches it on.
    pub(crate) fn power_on(&mut self) {
        self.power_on_with(&[]);
    }

    /// The same, with variables in its environment.
    pub(crate) fn power_on_with(&mut self, environment: &[(&str, &str)]) {
        assert!(self.firmware.is_none(), "it is on already");
        let mut command = command();
        command.args(["sandbox", "power-on", "--poll-least", "0.5", "--retry-seconds", "1", "--dir"]).arg(&self.directory);
        command.args(self.poll_seconds.iter().flat_map(|seconds| ["--poll-seconds", seconds]));
        command.envs(environment.iter().copied()).stderr(self.log());
        self.firmware = Some(command.spawn().unwrap());
    }

    fn log(&self) -> Stdio {
        let path = self.directory.join("log");
        fs::OpenOptions::new().create(true).append(true).open(path).unwrap().into()
    }

    /// What it has logged.
    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Kills the firmware, as a power cut does.
    pub(crate) fn cut_power(&mut self) {
        let mut firmware = self.firmware.take().unwrap();
        firmware.kill().unwrap();
        firmware.wait().unwrap();
    }

    /// Switches it off in an orderly way.
    pub(crate) async fn switch_off(&mut self) -> ExitStatus {
        let mut firmware = self.firmware.take().unwrap();
        signal(firmware.id(), rustix::process::Signal::TERM);
        let status = wait("the node to switch itself off", || firmware.try_wait().unwrap()).await;
        assert!(!is_alive(self.agent_id()), "the agent outlives its firmware");
        status
    }

    /// Process id of the latest agent.
    pub(crate) fn agent_id(&self) -> Option<u32> {
        fs::read_to_string(self.directory.join("agent.lock")).ok()?.trim().parse().ok()
    }

    /// Kills the agent that runs, if one does; no other process.
    pub(crate) fn kill_agent(&self) -> bool {
        let agent = self.agent_id().filter(|id| parent(*id) == self.firmware.as_ref().map(Child::id));
        agent.is_some_and(|id| signal(id, rustix::process::Signal::KILL))
    }

    pub(crate) fn status(&self) -> Status {
        sandbox::status(&self.directory).unwrap()
    }

    /// Version in the slot that boots by default.
    pub(crate) fn default_version(&self) -> String {
        let status = self.status();
        let slot = if status.boot.default == emt_agent::slots::SlotId::A { status.slots.a } else { status.slots.b };
        slot.version.unwrap_or_default()
    }

    /// Name of the journal's state.
    pub(crate) fn state(&self) -> &'static str {
        self.status().state.as_ref().map_or("none", State::name)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("log of {}:\n{}", self.uuid, self.logged());
        }
        if let Some(mut firmware) = self.firmware.take() {
            let _ = firmware.kill();
            let _ = firmware.wait();
        }
        // The agent ends by itself when its firmware is gone; its directory is kept until then.
        let start = std::time::Instant::now();
        while is_alive(self.agent_id()) && start.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Credentials that the scripted server knows.
pub(crate) fn credentials(server: &Server, uuid: &str) -> Credentials {
    Credentials {
        server: server.url.clone(),
        host_manager: None,
        uuid: uuid.to_owned(),
        client_id: format!("edgenode-{uuid}"),
        client_secret: Secret("secret".to_owned()),
        project_id: "p".to_owned(),
        project_name: "acme".to_owned(),
        token_url: format!("{}/token", server.url),
        ca: Some(server.ca.clone()),
    }
}

pub(crate) fn signal(id: u32, signal: rustix::process::Signal) -> bool {
    let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap());
    id.is_some_and(|id| rustix::process::kill_process(id, signal).is_ok())
}

/// Whether an agent with this process id runs.
pub(crate) fn is_alive(id: Option<u32>) -> bool {
    id.is_some_and(|id| {
        let command = fs::read(Path::new("/proc").join(id.to_string()).join("cmdline")).unwrap_or_default();
        command.windows(9).any(|part| part == b"emt-agent")
    })
}

/// Process id of a process's parent: the second field after the name, which stands in parentheses.
fn parent(id: u32) -> Option<u32> {
    let text = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat")).ok()?;
    text.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}
