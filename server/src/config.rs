//! Settings: built in, then the data directory's file, then the environment (`EMT_SERVER_…`), then flags.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use emt_api::enums::OsMode;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use crate::{
    issuer::IssuerSettings,
    maintenance::RunRules,
    release::{BucketSettings, Rules},
};

/// Prefix of environment variables: `EMT_SERVER_LISTEN` sets `listen`.
pub const ENVIRONMENT: &str = "EMT_SERVER_";
/// The settings' file in the data directory, unless another is named.
pub const FILE: &str = "emt-server.toml";

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Address and port to listen at.
    pub listen: SocketAddr,
    /// Domain name: the API answers as `api.FQDN`, identity as `keycloak.FQDN`.
    pub fqdn: String,
    /// Most bytes of one image.
    pub image_limit: u64,
    /// Requests that one client address may send to the API in a second; 0: any number.
    pub requests_per_second: u32,
    /// Origins, such as `https://ui.example.com`, whose web pages may use the API.
    pub cors_origins: Vec<String>,
    /// What the list of features is to say, such as `"edge-infrastructure-manager.oob" = true`.
    pub features: BTreeMap<String, bool>,
    /// The issuer whose tokens are taken instead of this server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<IssuerSettings>,
    /// More addresses that a browser may be sent back to after it has logged in for the client `webui-client`, exactly.
    pub web_redirects: Vec<String>,
    /// After so many days new keys sign tokens; 0: never by themselves.
    pub key_rotation_days: u32,
    /// Whether the newest OS is linked to instances by operators only (`true`, as without it) or by itself (`false`), where nothing
    /// is set at run time.
    #[serde(skip_serializing_if = "Option::is_none", alias = "osResourceManagerManualMode")]
    pub os_resource_manager_manual_mode: Option<bool>,
    /// How long update runs are waited for, and kept.
    pub update_runs: RunRules,
    /// The Release Service: what nodes may take, and what is kept.
    pub releases: Releases,
    /// What sources of OS images may do.
    pub os_sources: OsSources,
    /// Form of the log: `text` or `json`.
    pub log_format: LogFormat,
    /// What is logged, such as `info` or `info,emt_server=debug`.
    pub log: String,
}

/// The Release Service: what nodes may take, and what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Releases {
    /// Most bytes a second that the download of one node may take, so that an update does not fill the line of its site; 0: any
    /// number. Kept by agents that know it; others take what they get.
    pub node_bandwidth: u64,
    /// Hours that an image stays which no OS resource names any more; 0: it stays for ever.
    pub keep_unused_hours: u32,
    /// Days that the image of an OS resource stays which nobody uses and which can be fetched again; 0: it stays for ever.
    pub keep_cached_days: u32,
    /// The bucket that images are kept in instead of the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<BucketSettings>,
}

impl Default for Releases {
    fn default() -> Self {
        let Rules { keep_unused_hours, keep_cached_days } = Rules::default();
        Self { node_bandwidth: 0, keep_unused_hours, keep_cached_days, bucket: None }
    }
}

impl Releases {
    /// How long images are kept that nothing needs.
    pub fn rules(&self) -> Rules {
        Rules { keep_unused_hours: self.keep_unused_hours, keep_cached_days: self.keep_cached_days }
    }
}

/// What sources of OS images may do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OsSources {
    /// Directories below which trees with OS images may be, beside `sources` in the data directory.
    pub directories: Vec<PathBuf>,
    /// Hosts that may be asked for OS images, such as `files.example` or `*.example`; none: any.
    pub hosts: Vec<String>,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            fqdn: "emt.localhost".to_owned(),
            image_limit: 16 * 1024 * 1024 * 1024,
            requests_per_second: 200,
            cors_origins: Vec::new(),
            features: BTreeMap::new(),
            issuer: None,
            web_redirects: Vec::new(),
            key_rotation_days: 90,
            os_resource_manager_manual_mode: None,
            update_runs: RunRules::default(),
            releases: Releases::default(),
            os_sources: OsSources::default(),
            log_format: LogFormat::Text,
            log: "info".to_owned(),
        }
    }
}

/// What the command line sets; what is absent is left to the other sources.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Flags {
    /// See [`Config::listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// See [`Config::fqdn`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Some source has a wrong value or an unknown name.
    #[error("{0}")]
    Wrong(Box<figment::Error>),
    /// The named file is not there.
    #[error("the settings' file {0} does not exist: check the path given with --config")]
    NoFile(PathBuf),
}

impl Config {
    /// The mode of linking that the settings tell; unspecified if they do not.
    pub fn os_mode(&self) -> OsMode {
        match self.os_resource_manager_manual_mode {
            None => OsMode::Unspecified,
            Some(true) => OsMode::Manual,
            Some(false) => OsMode::Automatic,
        }
    }

    /// Reads the settings; `file` must exist, the data directory's own file may be absent.
    pub fn load(data: &Path, file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        if let Some(file) = file.filter(|file| !file.exists()) {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        let path = file.map_or_else(|| data.join(FILE), Path::to_owned);
        let mut sources = Figment::from(Serialized::defaults(Self::default()));
        if path.exists() {
            sources = sources.merge(Toml::file_exact(path));
        }
        sources
            .merge(Env::prefixed(ENVIRONMENT).map(|key| key.as_str().replace('_', "-").into()).ignore(&[
                "data-dir",
                "config",
                "issuer-web-client-secret",
            ]))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| ConfigError::Wrong(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::WEB_CLIENT_SECRET;

    #[test]
    #[allow(clippy::result_large_err, reason = "the type of the test harness")]
    fn later_sources_win() {
        figment::Jail::expect_with(|jail| {
            let data = jail.directory().to_owned();
            let load = |flags: &Flags| Config::load(&data, None, flags).unwrap();
            assert_eq!(load(&Flags::default()), Config::default());
            assert_eq!(Config::default().os_mode(), OsMode::Unspecified);
            for (line, mode) in [
                ("os-resource-manager-manual-mode = false", OsMode::Automatic),
                ("osResourceManagerManualMode = true", OsMode::Manual),
            ] {
                jail.create_file(FILE, line)?;
                assert_eq!(load(&Flags::default()).os_mode(), mode, "{line}");
            }
            jail.create_file(
                FILE,
                "listen = \"127.0.0.1:1\"\nfqdn = \"file.test\"\nlog = \"debug\"\n[releases]\nnode-bandwidth = 7",
            )?;
            jail.set_env("EMT_SERVER_LISTEN", "127.0.0.1:2");
            jail.set_env("EMT_SERVER_LOG_FORMAT", "json");
            jail.set_env(WEB_CLIENT_SECRET, "no setting");
            let flags = Flags { fqdn: Some("flag.test".to_owned()), listen: None };
            let config = load(&flags);
            assert_eq!((config.listen.port(), config.fqdn.as_str(), config.log.as_str()), (2, "flag.test", "debug"));
            assert_eq!(config.log_format, LogFormat::Json);
            assert_eq!(config.releases.node_bandwidth, 7);
            Ok(())
        });
    }

    #[test]
    #[allow(clippy::result_large_err, reason = "the type of the test harness")]
    fn wrong_settings_are_named() {
        figment::Jail::expect_with(|jail| {
            let data = jail.directory().to_owned();
            for (text, expected) in
                [("lisen = \"x\"", "lisen"), ("listen = \"nowhere\"", "listen"), ("log-format = \"xml\"", "log-format")]
            {
                jail.create_file(FILE, text)?;
                let error = Config::load(&data, None, &Flags::default()).unwrap_err().to_string();
                assert!(error.contains(expected), "{error}");
            }
            let missing = Config::load(&data, Some(Path::new("absent.toml")), &Flags::default()).unwrap_err();
            assert!(matches!(missing, ConfigError::NoFile(_)));
            Ok(())
        });
    }
}
