//! Making a sandbox node, and looking at one.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use emt_image::Expected;
use serde::Serialize;

use crate::{
    boot::{
        BootError,
        sandbox::{Record, SandboxBoot},
    },
    credentials::{Credentials, CredentialsError},
    journal::JournalError,
    machine::State,
    node::{Node, NodeError, io_error},
    slots::{SlotError, SlotId, Slots, sandbox::SandboxSlots},
};

/// Why a node was not made or cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its directory.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The image is none that the node can run.
    #[error("{image} cannot be installed: {error}")]
    Image {
        /// File of the image.
        image: String,
        /// Why.
        #[source]
        error: SlotError,
    },
    /// The boot record.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// The credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Makes a node in a directory that does not exist yet or holds none: slot A gets the image and boots. The directory is
/// a node only once all of it is there, so that a broken-off attempt can be repeated.
pub fn create(directory: &Path, image: &Path, uuid: &str, slot_bytes: u64) -> Result<Node, SandboxError> {
    match Node::open(directory) {
        Ok(_) => return Err(NodeError::Exists { directory: directory.display().to_string() }.into()),
        Err(NodeError::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| io_error(directory, error))?;
    let node = Node::new(directory, uuid, slot_bytes);
    let slots = node.slots(None);
    let refused = |error| SandboxError::Image { image: image.display().to_string(), error };
    let installed = slots.write(SlotId::A, image, Expected::default()).and_then(|_| slots.bootable(SlotId::A));
    if let Err(error) = installed {
        remove(&slots.path(SlotId::A))?;
        return Err(refused(error));
    }
    remove(&slots.path(SlotId::B))?;
    node.boot().replace(&Record::new(SlotId::A))?;
    node.describe()?;
    Ok(node)
}

fn remove(path: &Path) -> Result<(), SandboxError> {
    crate::durable::remove(path).map_err(|error| io_error(path, error).into())
}

/// A node as it stands, read from its directory; the node may be on or off.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// UUID of the host.
    pub uuid: String,
    /// Directory.
    pub directory: String,
    /// Bytes that a slot takes.
    pub slot_bytes: u64,
    /// Where it is enrolled.
    pub enrolment: Option<EnrolmentStatus>,
    /// Its slots.
    pub slots: SlotsStatus,
    /// Its boot record.
    pub boot: Record,
    /// What its journal says; none before the first change.
    pub state: Option<State>,
}

/// Where a node is enrolled.
#[derive(Debug, Serialize)]
pub struct EnrolmentStatus {
    /// Server.
    pub server: String,
    /// Name of the project.
    pub project: String,
}

/// Both slots.
#[derive(Debug, Serialize)]
pub struct SlotsStatus {
    /// Slot A.
    pub a: SlotStatus,
    /// Slot B.
    pub b: SlotStatus,
}

/// One slot.
#[derive(Debug, Serialize)]
pub struct SlotStatus {
    /// OS profile; none if there is no OS.
    pub profile: Option<String>,
    /// Image version.
    pub version: Option<String>,
    /// Whether it boots.
    pub bootable: bool,
    /// Why it does not.
    pub reason: Option<String>,
}

/// Looks at a node.
pub fn status(directory: &Path) -> Result<Status, SandboxError> {
    let node = Node::open(directory)?;
    let slots = node.slots(None);
    let enrolment = match Credentials::read(directory) {
        Ok(credentials) => Some(EnrolmentStatus { server: credentials.server, project: credentials.project_name }),
        Err(CredentialsError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let boot: SandboxBoot = node.boot();
    Ok(Status {
        uuid: node.uuid().to_owned(),
        directory: fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned()).display().to_string(),
        slot_bytes: node.slot_bytes(),
        enrolment,
        slots: SlotsStatus { a: slot(&slots, SlotId::A), b: slot(&slots, SlotId::B) },
        boot: boot.read()?,
        state: node.journal().look()?.and_then(Result::ok),
    })
}

fn slot(slots: &SandboxSlots, slot: SlotId) -> SlotStatus {
    let identity = slots.identity(slot).ok();
    let reason = match slots.bootable(slot) {
        Ok(()) => None,
        Err(SlotError::NoOs { reason, .. }) => Some(reason),
        Err(error) => Some(error.to_string()),
    };
    let (profile, version) = identity.map(|os| (os.profile, os.version)).unzip();
    SlotStatus { profile, version, bootable: reason.is_none(), reason }
}

impl Status {
    /// For people: one fact a line.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("node    {} in {}", self.uuid, self.directory)];
        lines.push(match &self.enrolment {
            Some(enrolment) => format!("server  {}, project {}", enrolment.server, enrolment.project),
            None => "server  not enrolled".to_owned(),
        });
        for (id, slot) in [(SlotId::A, &self.slots.a), (SlotId::B, &self.slots.b)] {
            let os = match (&slot.profile, &slot.version) {
                (Some(profile), Some(version)) => format!("{profile} {version}"),
                _ => "empty".to_owned(),
            };
            let booted = self.boot.booted.as_ref().filter(|booted| booted.slot == id);
            let mut notes = Vec::new();
            notes.extend(booted.map(|booted| if booted.trial && self.boot.default != id { "booted on trial" } else { "booted" }));
            notes.extend((self.boot.default == id).then_some("default"));
            notes.extend(self.boot.trial.as_ref().filter(|trial| trial.slot == id).map(|_| "to be tried"));
            notes.extend(slot.reason.as_deref());
            lines.push(format!(
                "slot {id}  {os}{}",
                if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
            ));
        }
        if let Some(failed) = &self.boot.failed_trial {
            lines.push(format!("trial   of slot {} failed: {}", failed.slot, failed.why));
        }
        lines.push(match &self.state {
            Some(State::Failed { failure, .. }) => format!("update  failed: {}", failure.log),
            Some(state) => match state.attempt() {
                Some(attempt) => {
                    format!("update  {} ({} {})", state.name(), attempt.target.profile_name, attempt.target.image_id)
                }
                None => format!("update  {}", state.name()),
            },
            None => "update  none yet".to_owned(),
        });
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::slots::sandbox::{Health, ImageSpec, build_image};

    fn image(directory: &Path, health: Health) -> PathBuf {
        let path = directory.join("image");
        let spec = ImageSpec { name: "emt".to_owned(), version: "3.1".to_owned(), health, payload_bytes: 100 };
        fs::write(&path, build_image(&spec)).unwrap();
        path
    }

    #[test]
    fn a_node_is_made_once_and_only_of_what_boots() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("node");
        let broken = image(directory.path(), Health::Unbootable);
        for (image, slot_bytes) in [(broken.as_path(), 10_000), (Path::new("/no/such/file"), 10_000), (directory.path(), 10_000)]
        {
            assert!(matches!(create(&at, image, "U", slot_bytes), Err(SandboxError::Image { .. })), "{image:?}");
            assert!(matches!(status(&at), Err(SandboxError::Node(NodeError::Missing { .. }))));
        }
        let good = image(directory.path(), Health::Healthy);
        assert!(matches!(create(&at, &good, "U", 50), Err(SandboxError::Image { .. })));
        create(&at, &good, "U", 10_000).unwrap();
        assert!(matches!(create(&at, &good, "U", 10_000), Err(SandboxError::Node(NodeError::Exists { .. }))));
        let status = status(&at).unwrap();
        let at = fs::canonicalize(at).unwrap();
        let expected = format!(
            "node    u in {}\nserver  not enrolled\nslot A  emt 3.1 (default)\nslot B  empty (nothing was installed yet)\nupdate  none yet",
            at.display()
        );
        assert_eq!(status.text(), expected);
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!((&json["slots"]["a"]["version"], &json["boot"]["default"]), (&"3.1".into(), &"a".into()));
    }
}
