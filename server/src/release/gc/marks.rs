//! Since when images are idle: a file `.<SHA-256>.idle` each beside what is being received, so that a restart does not give all
//! of them their time anew.

use std::path::{Path, PathBuf};

use tokio::fs;

use super::rule::Idle;
use crate::release::{
    ReleaseError,
    disk::{done, flush_directory, there},
    is_digest,
};

/// End of the files' names.
const END: &str = ".idle";

/// What was noted of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) idle: Idle,
    /// Milliseconds since 1970.
    pub(super) since_ms: i64,
}

fn path(directory: &Path, sha256: &str) -> PathBuf {
    directory.join(format!(".{sha256}{END}"))
}

/// The note on an image; one that cannot be read counts as none.
pub(super) async fn read(directory: &Path, sha256: &str) -> Result<Option<Mark>, ReleaseError> {
    let path = path(directory, sha256);
    let Some(bytes) = there(&path, fs::read(&path).await)? else { return Ok(None) };
    Ok(std::str::from_utf8(&bytes).ok().and_then(|text| {
        let (word, since) = text.trim_end().split_once(' ')?;
        Some(Mark { idle: Idle::read(word)?, since_ms: since.parse().ok()? })
    }))
}

/// Notes something. A note that is lost gives the image more time.
pub(super) async fn write(directory: &Path, sha256: &str, mark: Mark) -> Result<(), ReleaseError> {
    let path = path(directory, sha256);
    done(&path, fs::write(&path, format!("{} {}\n", mark.idle.word(), mark.since_ms)).await)
}

/// Takes a note back, durably: its image may be about to be named.
pub(in crate::release) async fn remove(directory: &Path, sha256: &str) -> Result<(), ReleaseError> {
    let path = path(directory, sha256);
    match there(&path, fs::remove_file(&path).await)? {
        Some(()) => done(directory, flush_directory(directory).await),
        None => Ok(()),
    }
}

/// Digests with a note.
pub(super) async fn all(directory: &Path) -> Result<Vec<String>, ReleaseError> {
    let Some(mut files) = there(directory, fs::read_dir(directory).await)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    while let Some(file) = done(directory, files.next_entry().await)? {
        let name = file.file_name();
        let digest = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(END));
        all.extend(digest.filter(|digest| is_digest(digest)).map(str::to_owned));
    }
    Ok(all)
}
