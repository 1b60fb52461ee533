//! The directory in which contexts and tokens are kept.

use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{app::variable, error::Error};

/// The directory's own variable.
const VARIABLE: &str = "EMTCTL_CONFIG_DIR";
/// Time between two attempts at the lock.
const RETRY: Duration = Duration::from_millis(20);
/// Readable by the owner only.
const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// The directory.
pub(crate) struct Home(PathBuf);

/// Held while something in the directory is changed; others wait.
pub(crate) struct Lock {
    _file: File,
}

impl Home {
    /// Where it is: `EMTCTL_CONFIG_DIR`, else `emtctl` in the place for settings.
    pub(crate) fn locate() -> Result<Self, Error> {
        let absolute =
            |path: PathBuf| if path.is_absolute() { Some(path) } else { env::current_dir().ok().map(|at| at.join(path)) };
        let found = variable(VARIABLE)
            .map(PathBuf::from)
            .or_else(|| variable("XDG_CONFIG_HOME").map(|base| Path::new(&base).join("emtctl")))
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config/emtctl")));
        found.and_then(absolute).map(Self).ok_or_else(|| {
            Error::call("there is no place for settings: HOME is not set", format!("set {VARIABLE} to a directory"))
        })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until nobody else changes anything in it.
    pub(crate) async fn lock(&self) -> Result<Lock, Error> {
        make(&self.0)?;
        let path = self.0.join("lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE_FILE).open(&path);
        let file = open.map_err(Error::file("lock", &path))?;
        // Asked for again and again, so that an interruption is heard meanwhile.
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(RETRY).await,
                Err(TryLockError::Error(error)) => return Err(Error::file("lock", &path)(error)),
            }
        }
    }

    /// What a file holds; `None` if it is not there.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("read", &path)(error)),
        }
    }

    /// Replaces a file as a whole: whoever reads sees the old one or the new one.
    pub(crate) fn write(&self, name: &str, bytes: &[u8], _: &Lock) -> Result<(), Error> {
        let path = self.0.join(name);
        let directory = path.parent().unwrap_or(&self.0);
        make(directory)?;
        write_private(&path, directory, bytes).map_err(Error::file("write", &path))
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str, _: &Lock) -> Result<(), Error> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}

fn make(directory: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY).create(directory);
    made.map_err(Error::file("make", directory))
}

fn write_private(path: &Path, directory: &Path, bytes: &[u8]) -> io::Result<()> {
    // Temporary files are private from the start.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home(directory.path().join("a/b"));
        assert!(home.read("tokens/x").unwrap().is_none());
        let lock = home.lock().await.unwrap();
        home.write("tokens/x", b"one", &lock).unwrap();
        home.write("tokens/x", b"two", &lock).unwrap();
        assert_eq!(home.read("tokens/x").unwrap().as_deref(), Some(&b"two"[..]));
        let mode = |path: &str| fs::metadata(home.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(""), mode("tokens"), mode("tokens/x"), mode("lock")), (0o700, 0o700, 0o600, 0o600));
        assert_eq!(fs::read_dir(home.path().join("tokens")).unwrap().count(), 1, "no leftovers");
        home.remove("tokens/x", &lock).unwrap();
        home.remove("tokens/x", &lock).unwrap();
        assert!(home.read("tokens/x").unwrap().is_none());
    }
}
