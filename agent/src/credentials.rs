//! What enrolment leaves behind: who the node is and how it proves it.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::durable::{self, Readers};

/// File of the credentials in a node's directory.
pub const FILE: &str = "credentials.json";
/// File of the certificate authority in a node's directory.
pub const CA_FILE: &str = "ca.pem";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Credentials of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// Base URL of the server.
    pub server: String,
    /// Base URL of the Host Manager, where it is not the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_manager: Option<String>,
    /// UUID of the host, lower case.
    pub uuid: String,
    /// OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// UUID of the project.
    pub project_id: String,
    /// Name of the project.
    pub project_name: String,
    /// Where tokens come from.
    pub token_url: String,
    /// The certificate authority to trust, and no other, as PEM; none trusts those of the system.
    #[serde(skip)]
    pub ca: Option<Vec<u8>>,
}

/// Credentials that cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// There are none.
    #[error("{directory} holds no credentials: enrol the node with `emt-agent enroll`")]
    Missing {
        /// Directory of the node.
        directory: String,
    },
    /// They are damaged.
    #[error("{path} is damaged ({reason}): enrol the node again with `emt-agent enroll --force`")]
    Damaged {
        /// File.
        path: String,
        /// What was found.
        reason: String,
    },
    /// Input or output failed.
    #[error("{path}: {error}")]
    Io {
        /// File.
        path: String,
        /// What failed.
        #[source]
        error: io::Error,
    },
}

impl Credentials {
    /// Reads those of the node in a directory.
    pub fn read(directory: &Path) -> Result<Self, CredentialsError> {
        let path = directory.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CredentialsError::Missing { directory: directory.display().to_string() });
            }
            Err(error) => return Err(failed(&path, error)),
        };
        let mut credentials: Self = serde_json::from_slice(&text)
            .map_err(|error| CredentialsError::Damaged { path: path.display().to_string(), reason: error.to_string() })?;
        let ca = directory.join(CA_FILE);
        credentials.ca = match fs::read(&ca) {
            Ok(pem) => Some(pem),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&ca, error)),
        };
        Ok(credentials)
    }

    /// Keeps them durably, readable by their owner only.
    pub fn write(&self, directory: &Path) -> Result<(), CredentialsError> {
        let ca = directory.join(CA_FILE);
        match &self.ca {
            Some(pem) => durable::replace(&ca, pem, Readers::All),
            None => durable::remove(&ca),
        }
        .map_err(|error| failed(&ca, error))?;
        let path = directory.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(&path, error.into()))?;
        durable::replace(&path, &text, Readers::Owner).map_err(|error| failed(&path, error))
    }
}

fn failed(path: &Path, error: io::Error) -> CredentialsError {
    let path: PathBuf = path.to_owned();
    CredentialsError::Io { path: path.display().to_string(), error }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn they_are_kept_for_their_owner_and_never_shown() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Credentials::read(directory.path()), Err(CredentialsError::Missing { .. })));
        let mut credentials = Credentials {
            server: "https://localhost".to_owned(),
            host_manager: None,
            uuid: "u".to_owned(),
            client_id: "edgenode-u".to_owned(),
            client_secret: Secret("hush".to_owned()),
            project_id: "p".to_owned(),
            project_name: "n".to_owned(),
            token_url: "https://localhost/token".to_owned(),
            ca: Some(b"pem".to_vec()),
        };
        for ca in [Some(b"pem".to_vec()), None] {
            credentials.ca = ca;
            credentials.write(directory.path()).unwrap();
            assert_eq!(Credentials::read(directory.path()).unwrap(), credentials);
        }
        let mode = fs::metadata(directory.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{credentials:?}").contains("hush"));
        fs::write(directory.path().join(FILE), "{}").unwrap();
        assert!(matches!(Credentials::read(directory.path()), Err(CredentialsError::Damaged { .. })));
    }
}
