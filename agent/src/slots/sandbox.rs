//! Slots of a sandbox node: two files in a directory, and the images that go into them.
//!
//! A sandbox image begins with the eight bytes of [`MAGIC`], the length of a header (32 bits, little-endian), the header
//! as JSON, and the SHA-256 of all that; then comes the payload, whose length and SHA-256 the header gives. What follows
//! in the slot is left over from before and means nothing.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use emt_image::{Digest, Expected, Written};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Identity, SlotError, SlotId, Slots, read_back::ReadBack};
use crate::crash;

/// First bytes of an image.
pub const MAGIC: [u8; 8] = *b"EMTSBX1\n";
/// Longest header, in bytes.
const MAX_HEADER: u32 = 64 * 1024;
/// The byte of the payload at each offset comes from a sequence that compresses somewhat, as a real image does.
const PAYLOAD_STEP: usize = 251;

/// What an image of the sandbox does when it is booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It boots and is fine.
    Healthy,
    /// It boots, and its health check fails.
    Unhealthy,
    /// It does not boot.
    Unbootable,
}

/// What to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSpec {
    /// OS profile.
    pub name: String,
    /// Image version.
    pub version: String,
    /// What happens when it boots.
    pub health: Health,
    /// Length of the payload, in bytes; its content depends on the version.
    pub payload_bytes: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    name: String,
    version: String,
    health: Health,
    payload_bytes: u64,
    payload_sha256: String,
}

/// Builds an image file (raw; it may be compressed afterwards).
pub fn build_image(spec: &ImageSpec) -> Vec<u8> {
    let seed = Sha256::digest(spec.version.as_bytes());
    let payload: Vec<u8> = (0..spec.payload_bytes)
        .map(|offset| seed[offset / PAYLOAD_STEP % seed.len()].wrapping_add((offset >> 12).to_le_bytes()[0]))
        .collect();
    let header = serde_json::json!(Header {
        name: spec.name.clone(),
        version: spec.version.clone(),
        health: spec.health,
        payload_bytes: payload.len() as u64,
        payload_sha256: Digest(Sha256::digest(&payload).into()).to_string(),
    })
    .to_string();
    let mut image = MAGIC.to_vec();
    image.extend(u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes());
    image.extend(header.as_bytes());
    let digest: [u8; 32] = Sha256::digest(&image).into();
    image.extend(digest);
    image.extend(payload);
    image
}

/// The slots of a node in a directory.
#[derive(Debug, Clone)]
pub struct SandboxSlots {
    directory: PathBuf,
    capacity: u64,
    active: Option<SlotId>,
}

impl SandboxSlots {
    /// Slots of so many bytes each; the active one is never written.
    pub fn new(directory: &Path, capacity: u64, active: Option<SlotId>) -> Self {
        Self { directory: directory.to_owned(), capacity, active }
    }

    /// File of a slot.
    pub fn path(&self, slot: SlotId) -> PathBuf {
        self.directory.join(match slot {
            SlotId::A => "slot-a.img",
            SlotId::B => "slot-b.img",
        })
    }

    /// Whether a slot boots: all of its image is there, and it is no image that refuses to.
    pub fn bootable(&self, slot: SlotId) -> Result<(), SlotError> {
        let (header, mut file) = self.header(slot)?;
        let found = emt_image::digest_of(&mut file, header.payload_bytes).map_err(|error| no_os(slot, &error))?;
        if found.to_string() != header.payload_sha256 {
            return Err(no_os(slot, &format!("the SHA-256 of its content is {found}, not {}", header.payload_sha256)));
        }
        if header.health == Health::Unbootable {
            return Err(SlotError::Unbootable { slot, reason: "the kernel does not start" });
        }
        Ok(())
    }

    fn header(&self, slot: SlotId) -> Result<(Header, File), SlotError> {
        let mut file = File::open(self.path(slot)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => no_os(slot, &"nothing was installed yet"),
            _ => SlotError::Io { slot, error },
        })?;
        let short = |error: io::Error| no_os(slot, &error);
        let mut fixed = [0; 12];
        file.read_exact(&mut fixed).map_err(short)?;
        let [.., a, b, c, d] = fixed;
        let length = u32::from_le_bytes([a, b, c, d]);
        if !fixed.starts_with(&MAGIC) || length > MAX_HEADER {
            return Err(no_os(slot, &"it does not begin as a sandbox image does"));
        }
        let mut text = vec![0; length as usize];
        file.read_exact(&mut text).map_err(short)?;
        let mut digest = [0; 32];
        file.read_exact(&mut digest).map_err(short)?;
        let found: [u8; 32] = Sha256::new().chain_update(fixed).chain_update(&text).finalize().into();
        if found != digest {
            return Err(no_os(slot, &"its header is damaged"));
        }
        let header = serde_json::from_slice(&text).map_err(|error| no_os(slot, &error))?;
        Ok((header, file))
    }
}

impl Slots for SandboxSlots {
    fn identity(&self, slot: SlotId) -> Result<Identity, SlotError> {
        let (header, _) = self.header(slot)?;
        Ok(Identity { profile: header.name, version: header.version })
    }

    fn write(&self, slot: SlotId, file: &Path, expected: Expected) -> Result<Written, SlotError> {
        if self.active == Some(slot) {
            return Err(SlotError::Active { slot });
        }
        let io = |error| SlotError::Io { slot, error };
        let source = File::open(file).map_err(|error| SlotError::Image(emt_image::ImageError::Read(error)))?;
        let target = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.path(slot)).map_err(io)?;
        let mut behind = ReadBack::start(&target).map_err(io)?;
        let written =
            emt_image::write(source, Followed { file: &target, written: 0, behind: &mut behind }, expected, self.capacity);
        let Ok(written) = written else {
            let _ = behind.finish(0);
            return Ok(written?);
        };
        target.sync_all().map_err(io)?;
        crate::durable::sync_directory(&self.path(slot)).map_err(io)?;
        crash::point("slot-written");
        let found = behind.finish(written.decoded_bytes).map_err(io)?;
        if found != written.decoded {
            return Err(SlotError::ReadBack { slot, written: written.decoded, found });
        }
        crash::point("slot-read-back");
        Ok(written)
    }

    fn health(&self, slot: SlotId) -> Result<(), String> {
        let (header, _) = self.header(slot).map_err(|error| error.to_string())?;
        match header.health {
            Health::Healthy => Ok(()),
            Health::Unhealthy | Health::Unbootable => {
                Err(format!("the health check of {} {} fails", header.name, header.version))
            }
        }
    }
}

/// A slot that is written and read back behind.
struct Followed<'a> {
    file: &'a File,
    written: u64,
    behind: &'a mut ReadBack,
}

impl Write for Followed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written > 0 {
            crash::point("mid-slot-write");
        }
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        self.behind.reached(self.written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn no_os(slot: SlotId, reason: &dyn ToString) -> SlotError {
    SlotError::NoOs { slot, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn image(version: &str, health: Health) -> Vec<u8> {
        build_image(&ImageSpec { name: "emt".to_owned(), version: version.to_owned(), health, payload_bytes: 5000 })
    }

    fn slots(active: Option<SlotId>) -> (tempfile::TempDir, SandboxSlots, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let slots = SandboxSlots::new(directory.path(), 10_000, active);
        let file = directory.path().join("image");
        (directory, slots, file)
    }

    #[test]
    fn an_image_is_written_over_a_longer_one() {
        let (_directory, slots, file) = slots(Some(SlotId::A));
        fs::write(slots.path(SlotId::B), [9; 9000]).unwrap();
        assert!(matches!(slots.identity(SlotId::B), Err(SlotError::NoOs { .. })));
        fs::write(&file, image("3.1", Health::Healthy)).unwrap();
        slots.write(SlotId::B, &file, Expected::default()).unwrap();
        assert_eq!(slots.identity(SlotId::B).unwrap().version, "3.1");
        slots.bootable(SlotId::B).unwrap();
        slots.health(SlotId::B).unwrap();
    }

    #[test]
    fn the_active_slot_and_what_is_too_large_are_refused() {
        let (_directory, slots, file) = slots(Some(SlotId::A));
        fs::write(&file, vec![1; 10_001]).unwrap();
        assert!(matches!(slots.write(SlotId::A, &file, Expected::default()), Err(SlotError::Active { slot: SlotId::A })));
        let large = slots.write(SlotId::B, &file, Expected::default()).unwrap_err();
        assert_eq!(large.to_string(), "the image is larger than the slot's 10000 bytes");
    }

    #[test]
    fn health() {
        let (_directory, slots, _) = slots(None);
        for (health, boots, healthy) in
            [(Health::Healthy, true, true), (Health::Unhealthy, true, false), (Health::Unbootable, false, false)]
        {
            fs::write(slots.path(SlotId::A), image("1", health)).unwrap();
            assert_eq!((slots.bootable(SlotId::A).is_ok(), slots.health(SlotId::A).is_ok()), (boots, healthy));
        }
    }

    proptest! {
        #[test]
        fn a_damaged_image_does_not_boot(at in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<bool>()) {
            let (_directory, slots, _) = slots(None);
            let mut bytes = image("1", Health::Healthy);
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1_u8 << bit }
            fs::write(slots.path(SlotId::A), bytes).unwrap();
            prop_assert!(slots.bootable(SlotId::A).is_err());
        }
    }
}
