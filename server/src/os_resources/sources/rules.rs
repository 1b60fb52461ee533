//! What sources may do on this server: who may name one in a project is not to be able to read the server's files or to look around
//! in its network, if its operator says so.

use std::path::{Path, PathBuf};

use emt_api::{enums::OsSourceKind, resources::OsSource};
use http::Uri;

/// What sources may do.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Directories below which trees may be.
    pub directories: Vec<PathBuf>,
    /// Hosts that may be asked, such as `files.example` or `*.example`; none: any.
    pub hosts: Vec<String>,
    /// Most bytes of an image.
    pub image_limit: u64,
}

impl Rules {
    /// Refuses sources that this server is not to read.
    pub(super) fn check(&self, source: &OsSource) -> Result<(), String> {
        if source.kind == OsSourceKind::Directory {
            return self.check_directory(Path::new(&source.url));
        }
        [&source.url, &source.files_url].into_iter().filter(|url| !url.is_empty()).try_for_each(|url| self.check_host(url))
    }

    /// Who may name a source must not be able to look around in the server's network, if its operator says so.
    fn check_host(&self, url: &str) -> Result<(), String> {
        let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_ascii_lowercase)).unwrap_or_default();
        let fits = |pattern: &String| match pattern.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(&end.to_ascii_lowercase()),
            None => host.eq_ignore_ascii_case(pattern),
        };
        if self.hosts.is_empty() || self.hosts.iter().any(fits) {
            return Ok(());
        }
        Err(format!(
            "{host} is not a host that this server may ask ({}): name it in the server's settings: [os-sources] hosts",
            self.hosts.join(", ")
        ))
    }

    /// Refuses directories that nobody has allowed: who may name a source must not be able to read all of the server's files.
    fn check_directory(&self, path: &Path) -> Result<(), String> {
        let real = |path: &Path| path.canonicalize().ok();
        let within = real(path)
            .is_some_and(|path| self.directories.iter().filter_map(|root| real(root)).any(|root| path.starts_with(root)));
        if within {
            return Ok(());
        }
        let places: Vec<String> = self.directories.iter().map(|path| path.display().to_string()).collect();
        Err(format!(
            "{} is not there, or not below a directory that this server takes trees from ({}): put the tree there, or name its place in \
             the server's settings: [os-sources] directories",
            path.display(),
            places.join(", "),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_asked_that_are_allowed() {
        let rules = Rules { hosts: ["files.example".to_owned(), "*.Trusted.example".to_owned()].into(), ..Rules::default() };
        let tree = |url: &str, files: &str| OsSource {
            kind: OsSourceKind::Tree,
            url: url.to_owned(),
            files_url: files.to_owned(),
            ..OsSource::default()
        };
        for (url, files, fits) in [
            ("https://files.example/a", "", true),
            ("https://FILES.example:8443/a", "", true),
            ("https://a.trusted.example", "https://files.example", true),
            ("https://trusted.example", "", false),
            ("https://nottrusted.example", "", false),
            ("https://files.example.evil", "", false),
            ("https://files.example", "https://10.0.0.1", false),
            ("https://[::1]:1/", "", false),
            ("nonsense", "", false),
        ] {
            assert_eq!(rules.check(&tree(url, files)).is_ok(), fits, "{url} {files}");
            assert!(Rules::default().check(&tree(url, files)).is_ok());
        }
    }
}
