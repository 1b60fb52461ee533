//! A scripted server, nodes as processes, and waiting for what they do.

pub(crate) mod node;
pub(crate) mod release;
pub(crate) mod server;

use std::time::{Duration, Instant};

use emt_agent::slots::sandbox::{Health, ImageSpec, build_image};
use sha2::{Digest, Sha256};

/// Longest wait for anything; a machine that is busy elsewhere takes its time.
const PATIENCE: Duration = Duration::from_secs(45);

/// OS profile of all test images.
pub(crate) const PROFILE: &str = "emt";
/// Version that nodes begin with.
pub(crate) const OLD: &str = "3.0.1";
/// Version that they are to end with.
pub(crate) const NEW: &str = "3.0.2";

/// Waits until a condition gives something.
pub(crate) async fn wait<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The bytes of an image file.
pub(crate) fn image(version: &str, health: Health) -> Vec<u8> {
    let (name, version) = (PROFILE.to_owned(), version.to_owned());
    build_image(&ImageSpec { name, version, health, payload_bytes: 200_000 })
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    emt_agent::clock::now()
}
