//! Where a source is, and how it is to be spoken with.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use url::Url;

use crate::{
    RelativePath, Revision, Source,
    directory::Directory,
    registry::Registry,
    tree::Tree,
    web::{Web, WebFiles},
};

/// Where profiles are in a registry unless told.
const REPOSITORY: &str = "edge-orch/en/files/os-profile/";

/// Kinds of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// OCI registry with profiles, and a file server with images and texts.
    Registry,
    /// File tree on a web server.
    Tree,
    /// The same tree in a directory.
    Directory,
}

impl Kind {
    /// As it is written in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Tree => "tree",
            Self::Directory => "directory",
        }
    }
}

impl FromStr for Kind {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        [Self::Registry, Self::Tree, Self::Directory]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| SettingsError::new("kind", "must be registry, tree or directory"))
    }
}

/// What is needed to read a source.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// Kind.
    pub kind: Kind,
    /// Address of the registry or the tree's root; path of the directory.
    pub url: String,
    /// Address below which images and texts are: needed for registries, for trees "" means the root.
    pub files_url: String,
    /// Registries: what goes before a profile's name.
    pub repository: String,
    /// Profiles that are wanted; none means all, which registries cannot tell.
    pub profiles: Vec<String>,
    /// Registries: which tags are taken.
    pub revision: Revision,
    /// User name, "" for none. User name and password are told to both addresses, and only when they ask.
    pub username: String,
    /// Password.
    pub password: String,
    /// The only authorities to trust, as PEM; empty means those of the system.
    pub ca_pem: Vec<u8>,
    /// Whether `http://` may lead to other machines.
    pub plain_http: bool,
    /// How much and how long.
    pub limits: Limits,
}

/// How much is read at most, and how long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection is there.
    pub connect: Duration,
    /// Until the next byte comes.
    pub stall: Duration,
    /// Requests at once.
    pub requests: usize,
    /// Bytes of an index.
    pub index: usize,
    /// Bytes of all pages of a list of tags.
    pub tag_list: usize,
    /// Tags.
    pub tags: usize,
    /// Bytes of a manifest.
    pub manifest: usize,
    /// Bytes of a profile document.
    pub document: usize,
    /// Bytes of a text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            requests: 8,
            index: 64 * MIB,
            tag_list: 4 * MIB,
            tags: 10_000,
            manifest: 4 * MIB,
            document: MIB,
            text: 64 * MIB,
        }
    }
}

impl Settings {
    /// A registry, and the file server beside it.
    pub fn registry(url: impl Into<String>, files_url: impl Into<String>) -> Self {
        Self { files_url: files_url.into(), ..Self::new(Kind::Registry, url.into()) }
    }

    /// A tree on a web server.
    pub fn tree(url: impl Into<String>) -> Self {
        Self::new(Kind::Tree, url.into())
    }

    /// A tree in a directory.
    pub fn directory(path: impl Into<String>) -> Self {
        Self::new(Kind::Directory, path.into())
    }

    fn new(kind: Kind, url: String) -> Self {
        Self {
            kind,
            url,
            files_url: String::new(),
            repository: REPOSITORY.to_owned(),
            profiles: Vec::new(),
            revision: Revision::default(),
            username: String::new(),
            password: String::new(),
            ca_pem: Vec::new(),
            plain_http: false,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for Settings {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("kind", &self.kind)
            .field("url", &self.url)
            .field("files_url", &self.files_url)
            .field("repository", &self.repository)
            .field("profiles", &self.profiles)
            .field("revision", &self.revision)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// What is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {why}")]
pub struct SettingsError {
    field: &'static str,
    why: String,
}

impl SettingsError {
    pub(crate) fn new(field: &'static str, why: impl Into<String>) -> Self {
        Self { field, why: why.into() }
    }

    /// Name of the field of [`Settings`].
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What is wrong with it.
    pub fn why(&self) -> &str {
        &self.why
    }
}

/// Makes ready to read a source. Nothing is asked yet.
pub fn open(settings: &Settings) -> Result<Arc<dyn Source>, SettingsError> {
    for profile in &settings.profiles {
        if !is_profile_name(profile) {
            return Err(SettingsError::new(
                "profiles",
                format!("has {profile:?}: names have letters, digits and ._- only, 128 at most"),
            ));
        }
    }
    match settings.kind {
        Kind::Directory => {
            if settings.url.is_empty() {
                return Err(SettingsError::new("url", "is empty: the path of a directory is needed"));
            }
            if !settings.files_url.is_empty() {
                return Err(SettingsError::new("files_url", "is not for directories: their files are below them"));
            }
            Ok(Arc::new(Tree::new(Directory::new(PathBuf::from(&settings.url)), settings)))
        }
        Kind::Tree => {
            let root = base("url", &settings.url, settings.plain_http)?;
            let files = if settings.files_url.is_empty() { root.clone() } else { files(settings)? };
            Ok(Arc::new(Tree::new(WebFiles::new(Arc::new(Web::new(settings)?), root, files), settings)))
        }
        Kind::Registry => {
            let url = base("url", &settings.url, settings.plain_http)?;
            if settings.profiles.is_empty() {
                return Err(SettingsError::new("profiles", "is empty: a registry does not tell which profiles it has"));
            }
            let repository = settings.repository.strip_suffix('/').unwrap_or(&settings.repository);
            if !settings.repository.is_empty() && RelativePath::parse(repository).is_err() {
                return Err(SettingsError::new("repository", "must be a path such as edge-orch/en/files/os-profile/"));
            }
            let (web, files) = (Arc::new(Web::new(settings)?), files(settings)?);
            let files = WebFiles::new(Arc::clone(&web), files.clone(), files);
            Ok(Arc::new(Registry::new(web, url, files, settings)))
        }
    }
}

fn files(settings: &Settings) -> Result<Url, SettingsError> {
    if settings.files_url.is_empty() {
        return Err(SettingsError::new("files_url", "is empty: the address of the images is needed"));
    }
    base("files_url", &settings.files_url, settings.plain_http)
}

/// The address of a source, with a slash at its end.
pub(crate) fn base(field: &'static str, text: &str, plain_http: bool) -> Result<Url, SettingsError> {
    let wrong = |why: &str| SettingsError::new(field, why);
    let mut url = Url::parse(text).map_err(|error| wrong(&format!("is no address ({error}): https://HOST[/PATH] is needed")))?;
    let Some(host) = url.host_str() else { return Err(wrong("has no host")) };
    match url.scheme() {
        "https" => {}
        "http" if plain_http || is_this_machine(host) => {}
        "http" => return Err(wrong("is not encrypted: give an https:// address, or allow plain HTTP expressly")),
        other => return Err(wrong(&format!("begins with {other}:, and must begin with https:"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("has credentials in it: give user name and password apart"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or fragment"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    emt_api::loopback::is_loopback(host) || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_profile_name(name: &str) -> bool {
    name.len() <= 128
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_taken() {
        for (text, plain, expected) in [
            ("https://files.example", false, "https://files.example/"),
            ("https://files.example/a/b", false, "https://files.example/a/b/"),
            ("http://127.0.0.1:8080", false, "http://127.0.0.1:8080/"),
            ("http://[::1]:1/", false, "http://[::1]:1/"),
            ("http://rs.localhost/", false, "http://rs.localhost/"),
            ("http://files.example/", true, "http://files.example/"),
        ] {
            assert_eq!(base("url", text, plain).unwrap().as_str(), expected);
        }
        for (text, why) in [
            ("", "no address"),
            ("files.example", "no address"),
            ("http://files.example", "not encrypted"),
            ("http://127.0.0.1.example", "not encrypted"),
            ("ftp://files.example", "must begin with https"),
            ("file:///etc", "no host"),
            ("https://a:b@files.example", "credentials"),
            ("https://files.example/?a", "query"),
        ] {
            let error = base("url", text, false).unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let settings = Settings { password: "secret".to_owned(), ..Settings::tree("https://files.example") };
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn settings_that_cannot_be() {
        let directory = Settings::directory("/srv/tree");
        let profiles = vec!["a".to_owned()];
        let registry = Settings { profiles, ..Settings::registry("https://registry.example", "https://files.example") };
        assert!(open(&registry).is_ok() && open(&Settings::tree("https://files.example")).is_ok());
        for (settings, field) in [
            (Settings { url: String::new(), ..directory.clone() }, "url"),
            (Settings { files_url: "https://a".to_owned(), ..directory.clone() }, "files_url"),
            (Settings { profiles: vec!["../a".to_owned()], ..directory.clone() }, "profiles"),
            (Settings { profiles: vec![String::new()], ..directory }, "profiles"),
            (Settings { profiles: Vec::new(), ..registry.clone() }, "profiles"),
            (Settings { files_url: String::new(), ..registry.clone() }, "files_url"),
            (Settings { repository: "a/../b/".to_owned(), ..registry.clone() }, "repository"),
            (Settings { ca_pem: b"garbage".to_vec(), ..registry }, "ca_pem"),
            (Settings::tree("http://files.example"), "url"),
        ] {
            assert_eq!(open(&settings).err().map(|error| error.field()), Some(field));
        }
    }
}
