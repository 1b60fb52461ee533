//! Named points at which a test may have the process killed, as by a power cut.
//!
//! Inert unless the environment names a point. Each point kills once for a node: a marker file in the node's directory
//! remembers it, so that the next boot gets past it.

use std::{fs::OpenOptions, path::PathBuf, sync::OnceLock};

/// Environment variable that names the point.
pub const VARIABLE: &str = "EMT_AGENT_CRASH_AT";

/// Every point, in the order in which an update that succeeds comes by.
pub const POINTS: [&str; 19] = [
    "file-before-rename",
    "journal-downloading",
    "mid-download",
    "after-download",
    "journal-downloaded",
    "journal-installing",
    "before-disarm",
    "mid-slot-write",
    "slot-written",
    "slot-read-back",
    "journal-rebooting",
    "before-arm",
    "after-arm",
    "journal-verifying",
    "before-commit",
    "after-commit",
    "journal-updated",
    "after-updated-report",
    "journal-up-to-date",
];

struct Armed {
    point: String,
    marker: PathBuf,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Reads the environment; the marker file is kept in a node's directory. Without this call no point does anything.
pub fn arm(directory: &std::path::Path) {
    let _ = ARMED.get_or_init(|| {
        let point = std::env::var(VARIABLE).ok()?;
        let marker = directory.join(format!("crashed-{point}"));
        Some(Armed { point, marker })
    });
}

/// Ends the process at once if this is the point.
pub fn point(name: &str) {
    if let Some(Some(armed)) = ARMED.get()
        && armed.point == name
        && OpenOptions::new().write(true).create_new(true).open(&armed.marker).is_ok()
    {
        tracing::warn!(point = name, "killed at this point, as {VARIABLE} asks");
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
