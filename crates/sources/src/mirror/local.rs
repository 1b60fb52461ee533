//! The directory of a mirror: each file comes by a rename, after its bytes are on disk.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256 as Hasher};

use super::MirrorError;
use crate::{
    Limits, RelativePath,
    digest::Sha256,
    index::{self, Index},
};

/// Files that are on their way. No path of a tree begins with a dot.
const PARTIAL: &str = ".partial";
const LOCK: &str = ".lock";

pub(super) struct Local {
    root: PathBuf,
    /// Held until the mirror is done.
    _lock: File,
}

/// Files that wait to replace others: where they go, and where they are.
pub(super) type Exchanges = BTreeMap<RelativePath, PathBuf>;

pub(super) fn failed(doing: &'static str, path: &Path, error: &io::Error) -> MirrorError {
    MirrorError::File { doing, path: path.display().to_string(), why: error.to_string() }
}

/// Does what takes long beside everything else, so that an interruption is heard.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MirrorError> + Send + 'static,
) -> Result<T, MirrorError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(failed("read", Path::new("a file"), &io::Error::other(error))))
}

/// Hashes the rest of a file; tells its length, too.
pub(super) fn hash(file: &mut File) -> io::Result<(Hasher, u64)> {
    let (mut hasher, mut size, mut chunk) = (Hasher::new(), 0, vec![0; 256 * 1024]);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((hasher, size));
        }
        hasher.update(&chunk[..read]);
        size += read as u64;
    }
}

impl Local {
    pub(super) fn open(root: &Path) -> Result<Self, MirrorError> {
        let partial = root.join(PARTIAL);
        fs::create_dir_all(&partial).map_err(|error| failed("make", &partial, &error))?;
        let path = root.join(LOCK);
        let lock = File::create(&path).map_err(|error| failed("write", &path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(MirrorError::InUse(root.display().to_string())),
            Err(fs::TryLockError::Error(error)) => Err(failed("lock", &path, &error)),
        }
    }

    /// The index that is there; an empty one in a new directory.
    pub(super) fn index(&self) -> Result<Index, MirrorError> {
        let path = self.root.join(index::NAME);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Index::new()),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let mut json = Vec::new();
        file.take(Limits::default().index as u64).read_to_end(&mut json).map_err(|error| failed("read", &path, &error))?;
        Index::parse(&json).map_err(|error| MirrorError::Index { path: path.display().to_string(), error })
    }

    /// Length and digest of a file, if it is there.
    pub(super) async fn look(&self, path: &RelativePath) -> Result<Option<(u64, Sha256)>, MirrorError> {
        let path = self.root.join(path.as_str());
        let look = move || {
            let reading = |error: io::Error| failed("read", &path, &error);
            let mut file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(reading(error)),
            };
            let (hasher, size) = hash(&mut file).map_err(reading)?;
            Ok(Some((size, Sha256::finish(hasher))))
        };
        aside(look).await
    }

    /// Where the bytes of a file wait until they are whole; the same in the next run.
    pub(super) fn partial(&self, path: &RelativePath, digest: Sha256) -> PathBuf {
        self.root.join(PARTIAL).join(Sha256::of(format!("{path} {digest}").as_bytes()).to_string())
    }

    /// Keeps bytes as a file; see [`Self::settle`].
    pub(super) fn keep(&self, path: &RelativePath, bytes: &[u8], exchanges: &mut Exchanges) -> Result<(), MirrorError> {
        let waiting = self.partial(path, Sha256::of(bytes));
        let write = || {
            let mut file = File::create(&waiting)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| failed("write", &waiting, &error))?;
        self.settle(waiting, path, exchanges)
    }

    /// Puts a file that is whole to its place. Where another one is, it waits until the index can change, too.
    pub(super) fn settle(&self, waiting: PathBuf, path: &RelativePath, exchanges: &mut Exchanges) -> Result<(), MirrorError> {
        if self.root.join(path.as_str()).exists() {
            exchanges.insert(path.clone(), waiting);
            return Ok(());
        }
        self.rename(&waiting, path.as_str())
    }

    /// Forgets what is not whole.
    pub(super) fn tidy(&self) -> Result<(), MirrorError> {
        let partial = self.root.join(PARTIAL);
        fs::remove_dir_all(&partial).map_err(|error| failed("remove", &partial, &error))
    }

    fn rename(&self, from: &Path, path: &str) -> Result<(), MirrorError> {
        let to = self.root.join(path);
        let parent = to.parent().unwrap_or(&self.root);
        let put = || {
            fs::create_dir_all(parent)?;
            fs::rename(from, &to)?;
            File::open(parent)?.sync_all()
        };
        put().map_err(|error| failed("write", &to, &error))
    }

    /// Exchanges the index, and before it the files that wait. In between the index has nothing of them.
    pub(super) fn publish(&self, old: &Index, new: &Index, exchanges: &Exchanges) -> Result<(), MirrorError> {
        if !exchanges.is_empty() {
            let mut between = old.clone();
            between.profiles.retain(|entry| !exchanges.contains_key(&entry.path));
            between.files.retain(|path, _| !exchanges.contains_key(path));
            if between != *old {
                self.write(&between)?;
            }
            for (path, waiting) in exchanges {
                self.rename(waiting, path.as_str())?;
            }
        }
        if exchanges.is_empty() && old == new && self.root.join(index::NAME).exists() {
            return Ok(());
        }
        self.write(new)
    }

    fn write(&self, index: &Index) -> Result<(), MirrorError> {
        let path = self.root.join(PARTIAL).join(index::NAME);
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(&index.to_json())?;
            file.sync_all()
        };
        write().map_err(|error| failed("write", &path, &error))?;
        self.rename(&path, index::NAME)
    }
}
