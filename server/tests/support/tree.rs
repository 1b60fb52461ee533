//! A tree of OS images in a directory, as a publisher would make it.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "for tests, each of which uses what it needs")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The tree; what is changed is there after [`Tree::write`].
pub struct Tree {
    /// Where it is.
    pub root: PathBuf,
    profiles: BTreeMap<(String, String), String>,
    files: BTreeMap<String, Vec<u8>>,
    withdrawn: Vec<Json>,
}

/// Of some bytes, as hex.
pub fn digest(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A profile document.
pub fn profile(profile: &str, version: &str, image: &[u8]) -> String {
    format!(
        "appVersion: apps/v1\nmetadata:\n  release: 3.0.0\nspec:\n  name: {profile} {version}\n  type: OS_TYPE_IMMUTABLE\n  provider: \
         OS_PROVIDER_KIND_INFRA\n  architecture: x86_64\n  profileName: {profile}\n  osImageUrl: images/{profile}-{version}.raw.gz\n  \
         osImageVersion: {version}\n  osImageSha256: {}\n  osPackageManifestURL: texts/{profile}-{version}-packages.json\n  \
         osExistingCvesURL: texts/{profile}-{version}-cves.json\n  securityFeature: SECURITY_FEATURE_NONE\n",
        digest(image)
    )
}

impl Tree {
    /// An empty tree.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let mut tree = Self { root: root.into(), profiles: BTreeMap::new(), files: BTreeMap::new(), withdrawn: Vec::new() };
        tree.write();
        tree
    }

    /// Adds a version with its image, its list of packages and one vulnerability.
    pub fn publish(&mut self, name: &str, version: &str, image: &[u8]) -> &mut Self {
        self.document(name, version, &profile(name, version, image));
        self.files.insert(format!("images/{name}-{version}.raw.gz"), image.to_vec());
        let packages = json!({"repo": [{"name": "kernel", "version": version}]});
        self.files.insert(format!("texts/{name}-{version}-packages.json"), packages.to_string().into_bytes());
        self.cves(name, version, &[&format!("CVE-{version}")])
    }

    /// What is known to be wrong with a version.
    pub fn cves(&mut self, name: &str, version: &str, ids: &[&str]) -> &mut Self {
        let cves: Vec<Json> =
            ids.iter().map(|id| json!({"cve_id": id, "priority": "high", "affected_packages": ["kernel"]})).collect();
        self.files.insert(format!("texts/{name}-{version}-cves.json"), Json::from(cves).to_string().into_bytes());
        self
    }

    /// Sets the text of a profile document.
    pub fn document(&mut self, name: &str, version: &str, yaml: &str) -> &mut Self {
        self.profiles.insert((name.to_owned(), version.to_owned()), yaml.to_owned());
        self
    }

    /// The text of a profile document.
    pub fn document_of(&self, name: &str, version: &str) -> String {
        self.profiles[&(name.to_owned(), version.to_owned())].clone()
    }

    /// Sets the bytes of a file.
    pub fn file(&mut self, path: &str, bytes: &[u8]) -> &mut Self {
        self.files.insert(path.to_owned(), bytes.to_vec());
        self
    }

    /// Offers a version no more.
    pub fn unpublish(&mut self, name: &str, version: &str) -> &mut Self {
        self.profiles.remove(&(name.to_owned(), version.to_owned()));
        self
    }

    /// Warns of a version.
    pub fn withdraw(&mut self, name: &str, version: &str, reason: &str) -> &mut Self {
        self.withdrawn.push(json!({"profile": name, "version": version, "reason": reason}));
        self
    }

    /// Warns of nothing any more.
    pub fn reinstate(&mut self) -> &mut Self {
        self.withdrawn.clear();
        self
    }

    /// Writes all of it.
    pub fn write(&mut self) {
        let put = |path: &str, bytes: &[u8]| {
            let path = self.root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        let mut profiles = Vec::new();
        for ((name, version), yaml) in &self.profiles {
            let path = format!("profiles/{name}/{version}.yaml");
            put(&path, yaml.as_bytes());
            profiles.push(json!({
                "profile": name, "version": version, "path": path, "size": yaml.len(), "sha256": digest(yaml),
            }));
        }
        let mut files = serde_json::Map::new();
        for (path, bytes) in &self.files {
            put(path, bytes);
            files.insert(path.clone(), json!({"size": bytes.len(), "sha256": digest(bytes)}));
        }
        let index = json!({"format": 1, "profiles": profiles, "files": files, "withdrawn": self.withdrawn});
        put("index.json", index.to_string().as_bytes());
    }

    /// Path of a file.
    pub fn path(&self, path: &str) -> PathBuf {
        Path::new(&self.root).join(path)
    }
}
