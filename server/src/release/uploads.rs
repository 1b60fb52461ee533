//! Uploads in parts: what has arrived of an image stays, so that its sender can go on after anything.
//!
//! The file's name carries all that has to be known of it, `.<SHA-256>.<length>.<bytes that are on the disk>.upload`, and is
//! changed in one step once more bytes are on the disk. So what a sender is told to be there is there, whatever happens, and what
//! lies behind it does not count.

use std::{
    collections::HashMap,
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::Sha256;
use tokio::{fs, task::spawn_blocking};

use super::{
    ReleaseError,
    disk::{done, flush_directory, there},
    is_digest,
    writer::{self, Writer},
};

/// End of the names of files that grow by uploads in parts.
const END: &str = ".upload";

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Length of the image, if anybody has told it.
    pub length: Option<u64>,
    /// Bytes that are kept, from the first on.
    pub offset: u64,
    /// Whether the image is whole, checked and served.
    pub complete: bool,
}

impl Progress {
    /// Nothing is there.
    pub(super) const NOTHING: Self = Self { length: None, offset: 0, complete: false };

    /// All is there.
    pub(super) fn whole(size: u64) -> Self {
        Self { length: Some(size), offset: size, complete: true }
    }
}

/// Project and digest.
type Key = (String, String);

/// The uploads that are known of, and who writes.
#[derive(Default, Clone)]
pub(super) struct Uploads(Arc<Mutex<HashMap<Key, Slot>>>);

#[derive(Default)]
struct Slot {
    busy: bool,
    /// What is on the disk, and its hash if that need not be computed again.
    known: Option<(Partial, Option<Sha256>)>,
}

/// What the name of a file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partial {
    /// Bytes that the image will have.
    pub(super) length: u64,
    /// Bytes that are on the disk.
    pub(super) offset: u64,
}

impl Partial {
    pub(super) fn progress(self) -> Progress {
        Progress { length: Some(self.length), offset: self.offset, complete: false }
    }

    fn path(self, directory: &Path, sha256: &str) -> PathBuf {
        directory.join(format!(".{sha256}.{}.{}{END}", self.length, self.offset))
    }

    /// Digest and rest of a file's name.
    fn read(name: &str) -> Option<(&str, Self)> {
        let mut parts = name.strip_prefix('.')?.strip_suffix(END)?.split('.');
        let (sha256, length, offset) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (is_digest(sha256) && parts.next().is_none()).then_some((sha256, Self { length, offset }))
    }

    /// What a directory has of an image.
    pub(super) async fn find(directory: &Path, sha256: &str) -> Result<Option<Self>, ReleaseError> {
        Ok(Self::all(directory).await?.into_iter().find(|(found, _)| found == sha256).map(|(_, partial)| partial))
    }

    async fn all(directory: &Path) -> Result<Vec<(String, Self)>, ReleaseError> {
        let Some(mut files) = there(directory, fs::read_dir(directory).await)? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        while let Some(file) = done(directory, files.next_entry().await)? {
            let name = file.file_name();
            all.extend(name.to_str().and_then(Self::read).map(|(sha256, partial)| (sha256.to_owned(), partial)));
        }
        Ok(all)
    }
}

impl Uploads {
    /// What is known of an upload without a look at the disk.
    pub(super) fn known(&self, project: &str, sha256: &str) -> Option<Partial> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.get(&(project.to_owned(), sha256.to_owned()))?.known.as_ref().map(|(partial, _)| *partial)
    }

    /// Becomes the one who writes, unless somebody else is.
    pub(super) fn begin(&self, project: &str, sha256: &str) -> Result<Turn, ReleaseError> {
        let key = (project.to_owned(), sha256.to_owned());
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = table.entry(key.clone()).or_default();
        if std::mem::replace(&mut slot.busy, true) {
            return Err(ReleaseError::Busy);
        }
        drop(table);
        Ok(Turn { uploads: self.clone(), key })
    }

    /// Removes the uploads of a directory without progress since then, milliseconds since 1970.
    pub(super) async fn expire(&self, project: &str, directory: &Path, before_ms: i64) -> Result<(), ReleaseError> {
        for (sha256, _) in Partial::all(directory).await? {
            let Ok(turn) = self.begin(project, &sha256) else { continue };
            // It may have grown since it was listed.
            let Some(partial) = Partial::find(directory, &sha256).await? else { continue };
            let path = partial.path(directory, &sha256);
            let Some(metadata) = there(&path, fs::metadata(&path).await)? else { continue };
            let changed = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
            if changed.is_some_and(|changed| changed.as_millisecond() < before_ms) {
                tracing::info!(project, sha256, bytes = partial.offset, "an upload without progress is removed");
                turn.forget(directory, partial).await?;
            }
        }
        Ok(())
    }
}

/// The right to write an upload, as long as this value lives.
pub(super) struct Turn {
    uploads: Uploads,
    key: Key,
}

impl Turn {
    fn sha256(&self) -> &str {
        &self.key.1
    }

    fn with<T>(&self, change: impl FnOnce(&mut Slot) -> T) -> T {
        let mut table = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(table.entry(self.key.clone()).or_default())
    }

    /// Opens what is there, or a new file.
    pub(super) async fn open(&self, directory: &Path, at: Partial) -> Result<Writer, ReleaseError> {
        let path = at.path(directory, self.sha256());
        let hash = self.with(|slot| slot.known.take().and_then(|(partial, hash)| hash.filter(|_| partial == at)));
        let opened = spawn_blocking({
            let path = path.clone();
            move || -> io::Result<Writer> {
                let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
                file.set_len(at.offset)?;
                let hash = match hash {
                    Some(hash) => hash,
                    None => writer::hash_of(&mut file, at.offset)?,
                };
                io::Seek::seek(&mut file, io::SeekFrom::Start(at.offset))?;
                Ok(Writer::behind(file, hash, at.offset))
            }
        });
        let writer = done(&path, opened.await.map_err(io::Error::other).flatten())?;
        self.with(|slot| slot.known = Some((at, None)));
        Ok(writer)
    }

    /// Makes what was written count; the new state.
    pub(super) async fn settle(&self, directory: &Path, at: Partial, writer: &mut Writer) -> Result<Partial, ReleaseError> {
        let next = Partial { offset: writer.size(), ..at };
        let (from, to) = (at.path(directory, self.sha256()), next.path(directory, self.sha256()));
        done(&from, writer.sync().await)?;
        done(&from, fs::rename(&from, &to).await)?;
        done(directory, flush_directory(directory).await)?;
        self.with(|slot| slot.known = Some((next, writer.hash())));
        Ok(next)
    }

    /// Where the file is.
    pub(super) fn path(&self, directory: &Path, at: Partial) -> PathBuf {
        at.path(directory, self.sha256())
    }

    /// Removes what is there.
    pub(super) async fn forget(&self, directory: &Path, at: Partial) -> Result<(), ReleaseError> {
        let path = at.path(directory, self.sha256());
        there(&path, fs::remove_file(&path).await)?;
        self.done();
        Ok(())
    }

    /// The upload has come to its end.
    pub(super) fn done(&self) {
        self.with(|slot| slot.known = None);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut table = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        match table.get_mut(&self.key) {
            Some(slot) if slot.known.is_some() => slot.busy = false,
            _ => drop(table.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_all() {
        let sha256 = "a".repeat(64);
        let partial = Partial { length: 10, offset: 4 };
        let path = partial.path(Path::new("/x"), &sha256);
        assert_eq!(Partial::read(path.file_name().unwrap().to_str().unwrap()), Some((sha256.as_str(), partial)));
        for name in [&sha256, ".1.part", ".x.1.2.upload", &format!(".{sha256}.1.upload"), &format!(".{sha256}.1.2.3.upload")] {
            assert_eq!(Partial::read(name), None, "{name}");
        }
    }

    #[test]
    fn one_writes_at_a_time() {
        let uploads = Uploads::default();
        let turn = uploads.begin("p", "a").unwrap();
        assert!(matches!(uploads.begin("p", "a"), Err(ReleaseError::Busy)));
        drop((uploads.begin("p", "b").unwrap(), uploads.begin("q", "a").unwrap(), turn));
        drop(uploads.begin("p", "a").unwrap());
        assert!(uploads.0.lock().unwrap().is_empty(), "nothing is left of them");
    }
}
