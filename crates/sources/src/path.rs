//! Paths within a source. They come from documents of others and end up in file names and addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most characters of a path, as the wire has it for image addresses.
const LONGEST: usize = 500;

/// A path that cannot leave its root, whatever it is appended to: segments of plain characters, none hidden, none `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(String);

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} {why}")]
pub struct UnsafePath {
    path: String,
    why: &'static str,
}

impl UnsafePath {
    pub(crate) fn new(path: &str, why: &'static str) -> Self {
        Self { path: path.chars().take(LONGEST).collect(), why }
    }
}

impl RelativePath {
    /// Reads a path. Nothing is decoded or tidied up: a publisher can write it plainly.
    pub fn parse(path: &str) -> Result<Self, UnsafePath> {
        match fault(path) {
            None => Ok(Self(path.to_owned())),
            Some(why) => Err(UnsafePath::new(path, why)),
        }
    }

    /// The path, with `/` between its segments.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RelativePath {
    type Error = UnsafePath;

    fn try_from(path: String) -> Result<Self, UnsafePath> {
        Self::parse(&path)
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        path.0
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fault(path: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+~@=,()".contains(c);
    if path.is_empty() {
        return Some("is empty");
    }
    if path.len() > LONGEST {
        return Some("has more than 500 characters");
    }
    if path.starts_with('/') {
        return Some("is absolute: paths begin at the root of the source, without a slash");
    }
    for segment in path.split('/') {
        if segment.is_empty() {
            return Some("has an empty part");
        }
        if segment.starts_with('.') {
            return Some("has a part that begins with a dot");
        }
        if segment.len() > 255 {
            return Some("has a part of more than 255 characters");
        }
        if !segment.chars().all(plain) {
            return Some("has other characters than letters, digits and ._-+~@=,()/");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_its_root() {
        for good in ["a", "files-edge-orch/repository/microvisor/non_rt/edge-readonly-3.0.1~rc(1)+b.raw.gz", "a/b..c"] {
            assert!(RelativePath::parse(good).is_ok(), "{good}");
        }
        let long = "a/".repeat(300) + "a";
        let part = "a".repeat(256);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "a/../b",
            "./a",
            "a/.",
            "a//b",
            "a/",
            ".partial/a",
            "a\\b",
            "c:/a",
            "https://x/y",
            "//x/y",
            "a%2e%2e/b",
            "%2fetc",
            "a?b",
            "a#b",
            "a b",
            "a\nb",
            "a\0b",
            "ä",
            &long,
            &part,
        ] {
            assert!(RelativePath::parse(bad).is_err(), "{bad}");
        }
    }
}
