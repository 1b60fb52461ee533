//! `index.json`: what a file tree has. The same file serves trees on web servers and in directories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{RelativePath, digest::Sha256};

/// Name of the file at the root of a tree.
pub const NAME: &str = "index.json";
/// The format that is written and read.
const FORMAT: u64 = 1;

/// What a tree has. Keys that are not known are passed over, so that newer trees can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Index {
    /// Always 1.
    format: u64,
    /// Profile documents.
    pub profiles: Vec<Entry>,
    /// Images and texts, where the tree holds them and tells their digests.
    #[serde(default)]
    pub files: BTreeMap<RelativePath, File>,
    /// Versions that are taken back.
    #[serde(default)]
    pub withdrawn: Vec<Withdrawn>,
}

/// A profile document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Profile.
    pub profile: String,
    /// Version of the image.
    pub version: String,
    /// Where it is.
    pub path: RelativePath,
    /// Length in bytes.
    pub size: u64,
    /// Digest.
    pub sha256: Sha256,
}

/// An image or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Length in bytes.
    pub size: u64,
    /// Digest.
    pub sha256: Sha256,
}

/// A version that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Profile.
    pub profile: String,
    /// Version.
    pub version: String,
    /// Why, for people.
    #[serde(default)]
    pub reason: String,
}

/// Why a file is no index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Not of this form; says where.
    #[error("it is no index of a release tree: {0}")]
    Form(String),
    /// Of a later format.
    #[error("its format is {0}; this program knows format 1: update it")]
    Format(u64),
    /// A document that is listed twice.
    #[error("profile {profile} {version} is listed twice")]
    Twice {
        /// Profile.
        profile: String,
        /// Version.
        version: String,
    },
    /// A name that cannot be.
    #[error("{0:?} is no name of a profile or version")]
    Name(String),
}

impl Index {
    /// An index of nothing.
    pub fn new() -> Self {
        Self { format: FORMAT, ..Self::default() }
    }

    /// Reads an index.
    pub fn parse(json: &[u8]) -> Result<Self, IndexError> {
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        let form = |error: serde_json::Error| IndexError::Form(error.to_string());
        // Later formats may differ in everything else.
        let Head { format } = serde_json::from_slice(json).map_err(form)?;
        if format != FORMAT {
            return Err(IndexError::Format(format));
        }
        let index: Self = serde_json::from_slice(json).map_err(form)?;
        let mut seen = std::collections::HashSet::new();
        for entry in &index.profiles {
            if !seen.insert((&entry.profile, &entry.version)) {
                return Err(IndexError::Twice { profile: entry.profile.clone(), version: entry.version.clone() });
            }
        }
        let names = index.profiles.iter().flat_map(|entry| [&entry.profile, &entry.version]);
        let mut names = names.chain(index.withdrawn.iter().flat_map(|entry| [&entry.profile, &entry.version]));
        if let Some(name) = names.find(|name| !is_name(name)) {
            return Err(IndexError::Name(name.chars().take(128).collect()));
        }
        drop(names);
        Ok(index)
    }

    /// As a file.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 500 && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHA: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn entry(version: &str, path: &str, sha: &str) -> String {
        format!(r#"{{"profile":"a","version":"{version}","path":"{path}","size":0,"sha256":"{sha}"}}"#)
    }

    #[test]
    fn an_index_is_read_as_it_is_written() {
        let mut index = Index::new();
        let path = |text| RelativePath::parse(text).unwrap();
        let sha256 = Sha256::of(b"");
        index.profiles.push(Entry {
            profile: "a".to_owned(),
            version: "1.0".to_owned(),
            path: path("profiles/a/1.0.yaml"),
            size: 0,
            sha256,
        });
        index.files.insert(path("a/b.raw.gz"), File { size: 0, sha256 });
        index.withdrawn.push(Withdrawn { profile: "a".to_owned(), version: "0.9".to_owned(), reason: "old".to_owned() });
        assert_eq!(Index::parse(&index.to_json()).unwrap(), index);
        let newer = format!(r#"{{"format":1,"profiles":[{}],"signatures":[]}}"#, entry("1", "a", SHA));
        assert_eq!(Index::parse(newer.as_bytes()).unwrap().profiles.len(), 1, "keys that are not known are passed over");
    }

    #[test]
    fn files_that_are_no_index() {
        let with = |entries: &str| format!(r#"{{"format":1,"profiles":[{entries}]}}"#);
        for (json, word) in [
            (String::new(), "no index"),
            ("<html>".to_owned(), "no index"),
            ("{}".to_owned(), "format"),
            (r#"{"format":2}"#.to_owned(), "format is 2"),
            (r#"{"format":1}"#.to_owned(), "profiles"),
            (with(&entry("1", "../a", SHA)), "../a"),
            (with(&entry("1", "/a", SHA)), "absolute"),
            (with(&entry("1", "https://a/b", SHA)), "other characters"),
            (with(&entry("1", "a", "00")), "64 hex digits"),
            (with(&entry("", "a", SHA)), "no name"),
            (with(&entry("\\u0007", "a", SHA)), "no name"),
            (with(&format!("{0},{0}", entry("1", "a", SHA))), "twice"),
            (format!(r#"{{"format":1,"profiles":[],"files":{{"a/../b":{{"size":1,"sha256":"{SHA}"}}}}}}"#), "a/../b"),
        ] {
            let error = Index::parse(json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(word), "{json}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Index::parse(&bytes);
        }

        #[test]
        fn any_damage_is_read_or_refused(at in 0_usize..200, with in "[a-z0-9{}\\[\\]:,\"/.]{0,6}") {
            let mut json = format!(r#"{{"format":1,"profiles":[{}]}}"#, entry("1", "a/b", SHA));
            let at = at.min(json.len());
            json.insert_str(at, &with);
            if let Ok(index) = Index::parse(json.as_bytes()) {
                prop_assert!(index.profiles.iter().all(|entry| RelativePath::parse(entry.path.as_str()).is_ok()));
            }
        }
    }
}
