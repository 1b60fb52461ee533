//! Which bucket, and the credentials for it. These come from the environment or from a file that nobody else may read: never
//! from the command line or the settings' file.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use emt_api::loopback::is_loopback;
use object_store::Certificate;
use serde::{Deserialize, Serialize};

/// The bucket that images are kept in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketSettings {
    /// Its name.
    pub name: String,
    /// Address of the store, such as `https://s3.example.com`; absent: Amazon's of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Region.
    #[serde(default = "region")]
    pub region: String,
    /// What comes before project and digest in the names of objects, such as `emt/images`.
    #[serde(default)]
    pub prefix: String,
    /// Whether the bucket's name is a part of the host's name instead of the path.
    #[serde(default)]
    pub virtual_hosts: bool,
    /// Whether an address with `http://` is taken; for this machine it always is.
    #[serde(default)]
    pub allow_http: bool,
    /// PEM file of authorities that are trusted beside those of the operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// TOML file with `access-key-id`, `secret-access-key` and, if needed, `session-token`, for its owner only; absent: the
    /// environment has `AWS_ACCESS_KEY_ID` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_file: Option<PathBuf>,
}

fn region() -> String {
    "us-east-1".to_owned()
}

/// What the store is asked with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Credentials {
    /// Name of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// Of credentials that end.
    #[serde(default)]
    pub session_token: Option<String>,
}

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The address.
    #[error(
        "releases.bucket: endpoint {0:?} is no https:// address; http:// is taken for this machine, elsewhere with allow-http = true"
    )]
    Endpoint(String),
    /// The name.
    #[error("releases.bucket: the name is empty: name the bucket that images are to be kept in")]
    NoName,
    /// Nobody gave credentials.
    #[error(
        "releases.bucket: there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the server's environment, or name a credentials-file"
    )]
    NoCredentials,
    /// A file.
    #[error("releases.bucket: {path} cannot be used: {reason}")]
    File {
        /// Path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Anything else about the settings.
    #[error("releases.bucket: {0}")]
    Unusable(String),
}

impl BucketSettings {
    pub(super) fn check(&self) -> Result<(), BucketError> {
        if self.name.is_empty() {
            return Err(BucketError::NoName);
        }
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        if endpoint.starts_with("https://") || endpoint.starts_with("http://") && self.speaks_http() {
            return Ok(());
        }
        Err(BucketError::Endpoint(endpoint.clone()))
    }

    /// Whether plain HTTP is taken.
    pub(super) fn speaks_http(&self) -> bool {
        let uri = self.endpoint.as_ref().and_then(|endpoint| endpoint.parse::<http::Uri>().ok());
        let here = |host: &str| is_loopback(host) || ["127.0.0.1", "[::1]"].contains(&host);
        self.allow_http || uri.is_some_and(|uri| uri.host().is_some_and(here))
    }

    pub(super) fn authorities(&self) -> Result<Vec<Certificate>, BucketError> {
        let Some(path) = &self.ca_file else { return Ok(Vec::new()) };
        let failed = |reason: String| BucketError::File { path: path.clone(), reason };
        let pem = fs::read(path).map_err(|error| failed(error.to_string()))?;
        let found = Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
        if found.is_empty() { Err(failed("it holds no certificate in PEM form".to_owned())) } else { Ok(found) }
    }

    /// The credentials, from where the settings say they are.
    pub fn credentials(&self) -> Result<Credentials, BucketError> {
        match &self.credentials_file {
            Some(path) => from_file(path),
            None => from_variables(|name| env::var(name).ok()),
        }
    }
}

fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Credentials, BucketError> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let (id, secret) = (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY"));
    let (access_key_id, secret) = id.zip(secret).ok_or(BucketError::NoCredentials)?;
    let session_token = given("AWS_SESSION_TOKEN");
    Ok(Credentials { access_key_id, secret_access_key: secret, session_token })
}

fn from_file(path: &Path) -> Result<Credentials, BucketError> {
    let failed = |reason: String| BucketError::File { path: path.to_owned(), reason };
    let mode = fs::metadata(path).map_err(|error| failed(error.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(failed(format!("others may read it (mode {:o}): chmod 600 it, and replace the key", mode & 0o777)));
    }
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    // The parser's own words would show what the file holds.
    toml::from_str(&text).map_err(|_| failed("it needs the lines access-key-id = \"…\" and secret-access-key = \"…\"".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> BucketSettings {
        toml::from_str(&format!("name = \"images\"\nendpoint = \"{endpoint}\"")).unwrap()
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for (endpoint, fits) in [
            ("https://s3.example.com", true),
            ("http://127.0.0.1:9000", true),
            ("http://localhost:9000", true),
            ("http://s3.example.com", false),
            ("http://localhost.example.com", false),
            ("s3.example.com", false),
            ("ftp://127.0.0.1", false),
        ] {
            assert_eq!(settings(endpoint).check().is_ok(), fits, "{endpoint}");
        }
        assert!(BucketSettings { allow_http: true, ..settings("http://s3.example.com") }.check().is_ok());
        assert!(matches!(BucketSettings { name: String::new(), ..settings("https://x") }.check(), Err(BucketError::NoName)));
    }

    #[test]
    fn credentials_are_for_the_owner_and_are_not_told() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s3.toml");
        let with = |text: &str, mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            BucketSettings { credentials_file: Some(path.clone()), ..settings("https://x") }.credentials()
        };
        let good = "access-key-id = \"id\"\nsecret-access-key = \"geheim\"\n";
        let found = with(good, 0o600).ok().unwrap();
        assert_eq!((found.access_key_id.as_str(), found.secret_access_key.as_str()), ("id", "geheim"));
        for (text, mode, words) in [
            (good, 0o640, "others may read it (mode 640)"),
            ("secret-access-key = \"geheim\"", 0o600, "it needs the lines"),
            ("access-key-id = \"id\"\nsecret-access-key = geheim", 0o600, "it needs the lines"),
        ] {
            let error = with(text, mode).err().unwrap().to_string();
            assert!(error.contains(words) && !error.contains("geheim"), "{error}");
        }
        let variables = |name: &str| (name != "AWS_SESSION_TOKEN").then(|| name.to_owned());
        assert_eq!(from_variables(variables).ok().unwrap().access_key_id, "AWS_ACCESS_KEY_ID");
        let half = |name: &str| (name == "AWS_ACCESS_KEY_ID").then(|| name.to_owned());
        assert!(matches!(from_variables(half), Err(BucketError::NoCredentials)));
    }
}
