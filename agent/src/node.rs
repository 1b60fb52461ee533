//! The directory of a sandbox node: what is where, and who may work in it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use crate::{
    boot::sandbox::SandboxBoot,
    durable::{self, Readers},
    journal::Journal,
    slots::{SlotId, sandbox::SandboxSlots},
};

/// Version of the description's format.
const VERSION: u32 = 1;
/// File of the description.
const FILE: &str = "node.json";
/// Pause between two looks at a lock that is held.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is wrong with a node's directory.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// There is no node.
    #[error("{directory} holds no node: make one with `emt-agent sandbox create`")]
    Missing {
        /// Directory.
        directory: String,
    },
    /// There is a node already.
    #[error("{directory} holds a node already; nothing was changed")]
    Exists {
        /// Directory.
        directory: String,
    },
    /// The description cannot be read.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// File.
        path: String,
        /// What was found.
        reason: String,
    },
    /// Another process works there.
    #[error("{directory} is in use by {role}{}: end that process first", process(*.holder))]
    InUse {
        /// Directory.
        directory: String,
        /// What kind of process.
        role: Role,
        /// Its process id, if known.
        holder: Option<u32>,
    },
    /// Input or output failed.
    #[error("{path}: {error}")]
    Io {
        /// File or directory.
        path: String,
        /// What failed.
        #[source]
        error: io::Error,
    },
}

fn process(id: Option<u32>) -> String {
    id.map_or_else(String::new, |id| format!(" (process {id})"))
}

/// Processes of which a node has one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The firmware.
    Firmware,
    /// The agent.
    Agent,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Firmware => "a node that is switched on",
            Self::Agent => "an agent",
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    version: u32,
    uuid: String,
    slot_bytes: u64,
}

/// A sandbox node.
#[derive(Debug, Clone)]
pub struct Node {
    directory: PathBuf,
    uuid: String,
    slot_bytes: u64,
}

impl Node {
    /// The node in a directory.
    pub fn open(directory: &Path) -> Result<Self, NodeError> {
        let path = directory.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(NodeError::Missing { directory: directory.display().to_string() });
            }
            Err(error) => return Err(io_error(&path, error)),
        };
        let damaged = |reason: String| NodeError::Damaged { path: path.display().to_string(), reason };
        let description: Description = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if description.version != VERSION {
            return Err(damaged(format!("its version is {}, not {VERSION}", description.version)));
        }
        Ok(Self::new(directory, &description.uuid, description.slot_bytes))
    }

    /// A node that is being made.
    pub(crate) fn new(directory: &Path, uuid: &str, slot_bytes: u64) -> Self {
        Self { directory: directory.to_owned(), uuid: uuid.to_ascii_lowercase(), slot_bytes }
    }

    /// Writes the description, which makes the node one.
    pub(crate) fn describe(&self) -> Result<(), NodeError> {
        let path = self.directory.join(FILE);
        let description = Description { version: VERSION, uuid: self.uuid.clone(), slot_bytes: self.slot_bytes };
        let text = serde_json::to_vec_pretty(&description).map_err(|error| io_error(&path, error.into()))?;
        durable::replace(&path, &text, Readers::All).map_err(|error| io_error(&path, error))
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// UUID of the host that it plays, lower case.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// Bytes that a slot takes.
    pub fn slot_bytes(&self) -> u64 {
        self.slot_bytes
    }

    /// Its boot record.
    pub fn boot(&self) -> SandboxBoot {
        SandboxBoot::new(self.directory.join("boot.json"))
    }

    /// Its slots; the active one is never written.
    pub fn slots(&self, active: Option<SlotId>) -> SandboxSlots {
        SandboxSlots::new(&self.directory, self.slot_bytes, active)
    }

    /// Its journal.
    pub fn journal(&self) -> Journal {
        Journal::new(self.directory.join("journal.json"))
    }

    /// Directory of fetched images.
    pub fn downloads(&self) -> PathBuf {
        self.directory.join("download")
    }

    /// Takes the place of the one process of a kind. A holder that is about to end is waited for so long.
    pub fn lock(&self, role: Role, patience: Duration) -> Result<Lock, NodeError> {
        let path = self.directory.join(match role {
            Role::Firmware => "firmware.lock",
            Role::Agent => "agent.lock",
        });
        let failed = |error: io::Error| io_error(&path, error);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let start = Instant::now();
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(rustix::io::Errno::WOULDBLOCK) if start.elapsed() < patience => thread::sleep(LOOK_AGAIN),
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    let mut holder = String::new();
                    let _ = file.read_to_string(&mut holder);
                    let directory = self.directory.display().to_string();
                    return Err(NodeError::InUse { directory, role, holder: holder.trim().parse().ok() });
                }
                Err(error) => return Err(failed(error.into())),
            }
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Lock { _file: file })
    }
}

/// The place of the one process of a kind; free again when this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

pub(crate) fn io_error(path: &Path, error: io::Error) -> NodeError {
    NodeError::Io { path: path.display().to_string(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_described_and_has_one_process_of_a_kind() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Node::open(directory.path()), Err(NodeError::Missing { .. })));
        Node::new(directory.path(), "ABCD", 5).describe().unwrap();
        let node = Node::open(directory.path()).unwrap();
        assert_eq!((node.uuid(), node.slot_bytes()), ("abcd", 5));

        let lock = node.lock(Role::Agent, Duration::ZERO).unwrap();
        let _other = node.lock(Role::Firmware, Duration::ZERO).unwrap();
        let error = node.lock(Role::Agent, Duration::from_millis(30)).unwrap_err();
        let holder = format!("is in use by an agent (process {}): end that process first", std::process::id());
        assert!(error.to_string().ends_with(&holder), "{error}");
        drop(lock);
        node.lock(Role::Agent, Duration::ZERO).unwrap();

        fs::write(directory.path().join(FILE), r#"{"version":2,"uuid":"u","slotBytes":1}"#).unwrap();
        assert!(matches!(Node::open(directory.path()), Err(NodeError::Damaged { .. })));
    }
}
