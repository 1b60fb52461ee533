//! The part of an image that has come so far.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use emt_image::Digest;
use reqwest::header::HeaderValue;
use sha2::{Digest as _, Sha256};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
};

use super::beside;
use crate::durable;

/// Bytes read and written at once.
const CHUNK: usize = 64 * 1024;

/// A growing file and the hash of what is in it.
pub(super) struct Part {
    path: PathBuf,
    tag_path: PathBuf,
    tag: Option<HeaderValue>,
    file: File,
    hasher: Sha256,
    /// Bytes hashed, those in the buffer included.
    length: u64,
    buffer: Vec<u8>,
}

impl Part {
    /// What there is of an image, the whole of it included; its content is hashed.
    pub(super) async fn open(whole: &Path) -> io::Result<Self> {
        let (path, tag_path) = (beside(whole, "part"), beside(whole, "etag"));
        match fs::rename(whole, &path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).await?;
        let tag = fs::read(&tag_path).ok().and_then(|tag| HeaderValue::from_bytes(&tag).ok()).filter(|tag| !tag.is_empty());
        let mut part = Self { path, tag_path, tag, file, hasher: Sha256::new(), length: 0, buffer: Vec::new() };
        let mut chunk = vec![0; CHUNK];
        loop {
            match part.file.read(&mut chunk).await? {
                0 => return Ok(part),
                read => {
                    part.hasher.update(&chunk[..read]);
                    part.length += read as u64;
                }
            }
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn digest(&self) -> Digest {
        Digest(self.hasher.clone().finalize().into())
    }

    /// The tag of the file that the part is of.
    pub(super) fn tag(&self) -> Option<&HeaderValue> {
        self.tag.as_ref()
    }

    /// Keeps the tag of an answer. A weak one says nothing about bytes and cannot stand in a condition.
    pub(super) fn remember(&mut self, tag: Option<&HeaderValue>) -> io::Result<()> {
        let tag = tag.filter(|tag| !tag.as_bytes().starts_with(b"W/"));
        if self.tag.as_ref() != tag {
            self.tag = tag.cloned();
            fs::write(&self.tag_path, tag.map_or(b"".as_slice(), HeaderValue::as_bytes))?;
        }
        Ok(())
    }

    /// Begins anew.
    pub(super) async fn restart(&mut self) -> io::Result<()> {
        self.buffer.clear();
        self.file.set_len(0).await?;
        self.file.rewind().await?;
        self.hasher = Sha256::new();
        self.length = 0;
        self.remember(None)
    }

    pub(super) async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// Hands the buffer to the file.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer).await?;
        self.buffer.clear();
        self.file.flush().await
    }

    /// The image is whole: it is put on the disk under its own name.
    pub(super) async fn keep(mut self, whole: &Path) -> io::Result<()> {
        self.flush().await?;
        self.file.sync_all().await?;
        fs::rename(&self.path, whole)?;
        fs::remove_file(&self.tag_path)
            .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
        durable::sync_directory(whole)
    }
}
