//! The firmware of a sandbox node: what a machine does from power-on to the start of its OS, with the agent as the OS.
//!
//! A boot decides which slot runs, writes that down, and starts the agent as a child process. How the child ends says
//! what comes next: see [`Next`]. A firmware that is killed takes its child along, because the child watches its
//! standard input, which only the firmware holds open.

use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use crate::{
    boot::BootError,
    node::{Node, NodeError, Role},
    pace,
    signals::Signals,
    slots::{SlotId, Slots},
};

/// Exit code of an agent that wants its node rebooted.
pub const REBOOT: u8 = 100;
/// Longest time that an agent may take to end in an orderly way.
const GRACE: Duration = Duration::from_secs(10);
/// A life of an agent that is shorter than this is a short one: the pause before the next grows.
const SHORT_LIFE: Duration = Duration::from_secs(10);
/// How long the lock of a firmware is waited for that was killed just now.
const HANDOVER: Duration = Duration::from_secs(1);
/// How long an agent is waited for that lost its firmware just now.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a node cannot be switched on.
#[derive(Debug, thiserror::Error)]
pub enum FirmwareError {
    /// Its directory.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Its boot record.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// No slot holds an OS that boots.
    #[error("no slot boots: {a}; {b}")]
    NothingBoots {
        /// What is wrong with slot A.
        a: String,
        /// What is wrong with slot B.
        b: String,
    },
    /// The agent cannot be started, or signals not be received.
    #[error("{program} cannot be started: {error}")]
    Start {
        /// Program of the agent.
        program: String,
        /// What failed.
        #[source]
        error: io::Error,
    },
}

/// The command that runs an agent.
#[derive(Debug, Clone)]
pub struct AgentCommand {
    /// Program.
    pub program: PathBuf,
    /// Arguments.
    pub arguments: Vec<OsString>,
}

/// What the end of an agent means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It was asked to stop: so does the node.
    Off,
    /// The node is to reboot.
    Reboot,
    /// It was killed: the power was cut.
    PowerCut,
    /// It failed: it is started again in the same boot, as a service manager does.
    Restart,
}

impl Next {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Off,
            (Some(code), _) if code == i32::from(REBOOT) => Self::Reboot,
            (_, Some(_)) => Self::PowerCut,
            _ => Self::Restart,
        }
    }
}

/// Switches a node on; ends when the node is switched off, by a signal to this process or an agent that stops.
pub async fn power_on(node: &Node, agent: &AgentCommand) -> Result<(), FirmwareError> {
    let started = |error| FirmwareError::Start { program: agent.program.display().to_string(), error };
    let mut signals = Signals::new().map_err(started)?;
    let _lock = node.lock(Role::Firmware, HANDOVER)?;
    let mut next = Next::Reboot;
    let mut short_lives = 0;
    loop {
        if next != Next::Restart {
            // An agent of a firmware that is gone may still be at the boot record.
            drop(node.lock(Role::Agent, PATIENCE)?);
            boot(node)?;
        }
        let mut child = start(agent).map_err(started)?;
        // Waiting for a child closes what is left there.
        let _leash = child.stdin.take();
        let born = Instant::now();
        let status = tokio::select! {
            status = child.wait() => status.map_err(started)?,
            () = signals.next() => {
                end(&mut child).await;
                return Ok(());
            }
        };
        next = Next::of(status);
        tracing::info!(%status, ?next, "the agent has ended");
        short_lives = if born.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
        match next {
            Next::Off => return Ok(()),
            Next::Reboot => {}
            Next::PowerCut | Next::Restart => tokio::select! {
                () = tokio::time::sleep(pace::restart(short_lives)) => {}
                () = signals.next() => return Ok(()),
            },
        }
    }
}

/// Decides which slot runs, and writes it down.
fn boot(node: &Node) -> Result<(), FirmwareError> {
    let (loader, slots) = (node.boot(), node.slots(None));
    let bootable = |slot| slots.bootable(slot).map_err(|error| error.to_string());
    let why = |slot| bootable(slot).err().unwrap_or_default();
    let boot_id = uuid::Uuid::new_v4().to_string();
    let nothing = || FirmwareError::NothingBoots { a: why(SlotId::A), b: why(SlotId::B) };
    let before = loader.read()?;
    let record = before.clone().power_on(&boot_id, bootable).ok_or_else(nothing)?;
    loader.replace(&record)?;
    if let Some(booted) = &record.booted {
        let identity = slots.identity(booted.slot).ok();
        let (profile, version) = identity.map_or_else(Default::default, |os| (os.profile, os.version));
        tracing::info!(slot = %booted.slot, trial = booted.trial, %profile, %version, "the node boots");
    }
    if let Some(failed) = record.failed_trial.as_ref().filter(|_| before.trial.is_some()) {
        tracing::warn!(slot = %failed.slot, why = %failed.why, "the slot on trial was given up");
    }
    Ok(())
}

fn start(agent: &AgentCommand) -> io::Result<Child> {
    Command::new(&agent.program).args(&agent.arguments).stdin(Stdio::piped()).kill_on_drop(true).spawn()
}

/// Has a child end: by asking, and if that does not help, by force.
async fn end(child: &mut Child) {
    let process = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(process) = process {
        let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        tracing::warn!("the agent does not end within {} s and is killed", GRACE.as_secs());
        let _ = child.kill().await;
    }
}

/// The agent's side: ends this process at once, as a power cut does, when the firmware that started it is gone.
pub fn die_with_firmware(directory: &Path) {
    let directory = directory.display().to_string();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        tracing::warn!(%directory, "the firmware is gone, and the agent with it");
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_an_agent_ends() {
        for (wait_status, expected) in [
            (0, Next::Off),
            (i32::from(REBOOT) << 8, Next::Reboot),
            (1 << 8, Next::Restart),
            (101 << 8, Next::Restart),
            (9, Next::PowerCut),
            (11, Next::PowerCut),
        ] {
            assert_eq!(Next::of(ExitStatus::from_raw(wait_status)), expected, "{wait_status}");
        }
    }
}
