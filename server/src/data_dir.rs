//! The data directory: what is where in it, and how its files come to be.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::tls::{self, Pair, TlsError};

/// Where the server keeps everything.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
}

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file cannot be read or written.
    #[error("{path} cannot be used: {error}")]
    File {
        /// Path.
        path: PathBuf,
        /// In the system's words.
        error: io::Error,
    },
    /// It was never made.
    #[error("{0} holds no server: make one with `emt-server init --data-dir {0}`")]
    NotMade(PathBuf),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Another server uses it.
    #[error("{0} is in use by another emt-server: stop it first, or use another directory")]
    InUse(PathBuf),
}

impl DataDir {
    /// A directory that may not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("emt.db")
    }

    /// The images.
    pub fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// Where trees with OS images may be put for sources to read.
    pub fn sources(&self) -> PathBuf {
        self.root.join("sources")
    }

    /// Certificate of the server's own authority, for clients to trust.
    pub fn authority(&self) -> PathBuf {
        self.root.join("ca.pem")
    }

    /// The public keys of another issuer, as they were last seen.
    pub fn issuer_keys(&self) -> PathBuf {
        self.root.join("issuer-keys.json")
    }

    fn authority_key(&self) -> PathBuf {
        self.root.join("ca-key.pem")
    }

    fn settings(&self) -> PathBuf {
        self.root.join(crate::config::FILE)
    }

    /// Makes the directory, for its owner only.
    pub fn make(&self) -> Result<(), DataError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.root).map_err(|error| failed(&self.root, error))
    }

    /// Makes the database's file, for its owner only: it holds the keys that sign tokens. What the engine puts beside it gets
    /// the same mode.
    pub fn make_database(&self) -> Result<(), DataError> {
        let path = self.database();
        let made = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        made.map(drop).map_err(|error| failed(&path, error))
    }

    /// Keeps others out while the returned value lives: two servers on one database would each be right alone only.
    pub fn lock(&self) -> Result<File, DataError> {
        let path = self.root.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(|error| failed(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(DataError::InUse(self.root.clone())),
            Err(fs::TryLockError::Error(error)) => Err(failed(&path, error)),
        }
    }

    /// Whether `init` was here.
    pub fn is_made(&self) -> bool {
        self.authority().exists() && self.database().exists()
    }

    /// The authority; made on first use. The key is there before the certificate is, so that a certificate that is there
    /// always has its key.
    pub fn authority_or_new(&self, now_ms: i64) -> Result<Pair, DataError> {
        if !self.authority().exists() {
            let made = tls::authority(now_ms)?;
            write(&self.authority_key(), &made.key, 0o600)?;
            write(&self.authority(), &made.certificate, 0o644)?;
        }
        self.read_authority()
    }

    /// The authority that was made.
    pub fn read_authority(&self) -> Result<Pair, DataError> {
        if !self.authority().exists() {
            return Err(DataError::NotMade(self.root.clone()));
        }
        Ok(Pair { certificate: read(&self.authority())?, key: read(&self.authority_key())? })
    }

    /// Issues the server's certificate and keeps it.
    pub fn issue(&self, authority: &Pair, fqdn: &str, now_ms: i64) -> Result<Pair, DataError> {
        let issued = tls::certificate(authority, fqdn, now_ms)?;
        write(&self.root.join("server-key.pem"), &issued.key, 0o600)?;
        write(&self.root.join("server.pem"), &issued.certificate, 0o644)?;
        Ok(issued)
    }

    /// Writes the settings' file unless there is one.
    pub fn write_settings(&self, text: &str) -> Result<(), DataError> {
        if self.settings().exists() { Ok(()) } else { write(&self.settings(), text, 0o600) }
    }
}

fn read(path: &Path) -> Result<String, DataError> {
    fs::read_to_string(path).map_err(|error| failed(path, error))
}

/// Whole or not at all, and on the disk.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), DataError> {
    let temporary = path.with_extension("new");
    let written = (|| {
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    })();
    written.map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> DataError {
    DataError::File { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_for_the_owner_and_stay() {
        let place = tempfile::tempdir().unwrap();
        let data = DataDir::new(place.path().join("data"));
        assert!(matches!(data.read_authority(), Err(DataError::NotMade(_))));
        data.make().unwrap();
        let first = data.authority_or_new(1_780_000_000_000).unwrap();
        data.issue(&first, "emt.localhost", 1_780_000_000_000).unwrap();
        assert_eq!(data.authority_or_new(1_790_000_000_000).unwrap().certificate, first.certificate);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(data.root()), 0o700);
        for key in ["ca-key.pem", "server-key.pem"] {
            assert_eq!(mode(&data.root().join(key)), 0o600, "{key}");
        }
    }

    #[test]
    fn one_server_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let data = DataDir::new(place.path());
        let held = data.lock().unwrap();
        assert!(matches!(data.lock(), Err(DataError::InUse(_))));
        drop(held);
        data.lock().unwrap();
    }
}
