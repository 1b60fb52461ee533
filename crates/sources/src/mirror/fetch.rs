//! One version: its document, texts and image.

use std::{
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use futures::TryStreamExt;
use sha2::{Digest, Sha256 as Hasher};

use super::{
    Failure, MirrorError, Progress, Report,
    local::{Exchanges, Local, aside, failed, hash},
    plan::Version,
};
use crate::{
    Problem, RelativePath, Source, SourceError, UnsafePath,
    digest::Sha256,
    index::{self, Entry, File, Index},
};

/// Bytes of the largest image: who sends more has no end.
const LARGEST: u64 = 64 << 30;
/// How often an image is continued in one go.
const ATTEMPTS: u32 = 5;

pub(super) struct Work<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) local: &'a Local,
    pub(super) progress: &'a (dyn Fn(&Progress<'_>) + Send + Sync),
    pub(super) report: Report,
    /// What has come, or was there and is offered still.
    pub(super) index: Index,
    pub(super) exchanges: Exchanges,
}

impl Work<'_> {
    pub(super) fn fail(&mut self, profile: &str, version: &str, error: MirrorError) {
        self.report.failed.push(Failure { profile: profile.to_owned(), version: version.to_owned(), error });
    }

    /// Gets all that belongs to a version. Only then it is in the index.
    pub(super) async fn version(&mut self, version: &Version) -> Result<(), MirrorError> {
        let os = &version.profile.os;
        let (mut files, mut exchanges) = (Vec::new(), Exchanges::new());
        let texts = [
            ("spec.osPackageManifestURL", &version.profile.manifest_url),
            ("spec.osExistingCvesURL", &os.existing_cves_url),
            ("spec.osFixedCvesURL", &os.fixed_cves_url),
        ];
        for (key, url) in texts.into_iter().filter(|(_, url)| !url.is_empty()) {
            match file_path(key, url) {
                Ok(path) => files.push((path.clone(), self.text(&path, &mut exchanges).await?)),
                // Ubuntu's lists are at whole addresses.
                Err(_) if url.contains("://") && os.sha256.is_empty() => self.report.elsewhere.push(url.clone()),
                Err(error) => return Err(error),
            }
        }
        if os.image_url.contains("://") && os.sha256.is_empty() {
            self.report.elsewhere.push(os.image_url.clone());
        } else if let Ok(sha256) = Sha256::parse(&os.sha256) {
            let path = file_path("spec.osImageUrl", &os.image_url)?;
            let size = self.image(&path, sha256, &mut exchanges).await?;
            files.push((path, File { size, sha256 }));
        }
        let name = format!("profiles/{}/{}.yaml", os.profile_name, os.image_id);
        let path = path("spec.osImageVersion", &name)?;
        let File { size, sha256 } = self.keep(&path, &version.yaml, &mut exchanges).await?;
        let (profile, version) = (os.profile_name.clone(), os.image_id.clone());
        self.index.profiles.push(Entry { profile, version, path, size, sha256 });
        self.index.files.extend(files);
        self.exchanges.extend(exchanges);
        Ok(())
    }

    async fn keep(&mut self, path: &RelativePath, bytes: &[u8], exchanges: &mut Exchanges) -> Result<File, MirrorError> {
        let file = File { size: bytes.len() as u64, sha256: Sha256::of(bytes) };
        if self.local.look(path).await?.is_some_and(|(_, there)| there == file.sha256) {
            self.report.kept += 1;
        } else {
            self.local.keep(path, bytes, exchanges)?;
            self.fetched(path, file.size);
        }
        Ok(file)
    }

    fn fetched(&mut self, path: &RelativePath, bytes: u64) {
        self.report.fetched += 1;
        self.report.bytes += bytes;
        (self.progress)(&Progress::Fetched(path));
    }

    async fn text(&mut self, path: &RelativePath, exchanges: &mut Exchanges) -> Result<File, MirrorError> {
        // Several versions share their lists.
        if let Some(file) = self.index.files.get(path) {
            return Ok(*file);
        }
        let there = self.local.look(path).await?;
        let known = there.map(|(_, sha256)| sha256.named()).unwrap_or_default();
        match (self.source.text(path.as_str(), &known).await?, there) {
            (Some(text), _) => self.keep(path, text.text.as_bytes(), exchanges).await,
            (None, Some((size, sha256))) => {
                self.report.kept += 1;
                Ok(File { size, sha256 })
            }
            (None, None) => {
                let why = "it is said to be unchanged, and is not here";
                Err(SourceError::new("read the text", path, Problem::Malformed, why).into())
            }
        }
    }

    /// Gets an image, unless it is here; tells its length.
    async fn image(&mut self, path: &RelativePath, sha256: Sha256, exchanges: &mut Exchanges) -> Result<u64, MirrorError> {
        if let Some((size, there)) = self.local.look(path).await?
            && there == sha256
        {
            self.report.kept += 1;
            return Ok(size);
        }
        if self.index.files.get(path).is_some_and(|listed| listed.sha256 != sha256) {
            let why = "two versions name it, with different digests";
            return Err(SourceError::new("keep the image", path, Problem::Malformed, why).into());
        }
        let partial = self.local.partial(path, sha256);
        let begun = partial.clone();
        let mut download = aside(move || Download::open(&begun)).await?;
        for attempt in 1.. {
            let before = download.size;
            match self.receive(path, &mut download).await {
                Ok(()) => {}
                Err(MirrorError::Source(error)) if error.is_transient() && download.size > before && attempt < ATTEMPTS => {
                    continue;
                }
                Err(error) => return Err(error),
            }
            let found = Sha256::finish(download.hasher.clone());
            if found == sha256 {
                break;
            }
            // What was continued may be of an older file: once more from the start.
            let continued = before > 0;
            download.restart().map_err(|error| failed("write", &partial, &error))?;
            if !continued || attempt >= ATTEMPTS {
                let why = format!("its SHA-256 is {found}, and {sha256} in the profile");
                return Err(SourceError::new("read the image", path, Problem::Digest, why).into());
            }
        }
        download.file.sync_all().map_err(|error| failed("write", &partial, &error))?;
        self.local.settle(partial, path, exchanges)?;
        self.fetched(path, download.received);
        Ok(download.size)
    }

    async fn receive(&self, path: &RelativePath, download: &mut Download) -> Result<(), MirrorError> {
        let partial = |error: &std::io::Error| failed("write", Path::new(path.as_str()), error);
        let mut image = self.source.image(path.as_str(), download.size).await?;
        if image.from != download.size {
            download.restart().map_err(|error| partial(&error))?;
        }
        if image.from != download.size {
            let why = format!("it begins at byte {}", image.from);
            return Err(SourceError::new("read the image", path, Problem::Malformed, why).into());
        }
        while let Some(chunk) = image.body.try_next().await? {
            download.write(&chunk).map_err(|error| partial(&error))?;
            if download.size > image.size.unwrap_or(LARGEST).min(LARGEST) {
                let why = format!("it has more bytes than {}", image.size.unwrap_or(LARGEST));
                return Err(SourceError::new("read the image", path, Problem::TooBig, why).into());
            }
            (self.progress)(&Progress::Bytes { path, done: download.size, size: image.size });
        }
        match image.size {
            Some(size) if size != download.size => {
                let why = format!("it ended after {} of {size} bytes", download.size);
                Err(SourceError::new("read the image", path, Problem::Stalled, why).into())
            }
            _ => Ok(()),
        }
    }
}

fn path(key: &'static str, url: &str) -> Result<RelativePath, MirrorError> {
    RelativePath::parse(url).map_err(|error| MirrorError::Path { key, error })
}

/// A path of an image or a text, which must not be one of the mirror's own.
fn file_path(key: &'static str, url: &str) -> Result<RelativePath, MirrorError> {
    let path = path(key, url)?;
    if path.as_str() == index::NAME || path.as_str().starts_with("profiles/") {
        return Err(MirrorError::Path { key, error: UnsafePath::new(url, "is where a mirror keeps its index and documents") });
    }
    Ok(path)
}

/// An image that is not whole yet.
struct Download {
    file: std::fs::File,
    hasher: Hasher,
    size: u64,
    received: u64,
}

impl Download {
    fn open(path: &Path) -> Result<Self, MirrorError> {
        let read = || {
            let mut file = std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            let (hasher, size) = hash(&mut file)?;
            Ok(Self { file, hasher, size, received: 0 })
        };
        read().map_err(|error| failed("read", path, &error))
    }

    fn write(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        self.file.write_all(chunk)?;
        self.hasher.update(chunk);
        self.size += chunk.len() as u64;
        self.received += chunk.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        (self.hasher, self.size) = (Hasher::new(), 0);
        Ok(())
    }
}
