//! Images on a disk: `<root>/<project UUID>/<SHA-256>`.

use std::{
    fs::File as StdFile,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::{
    fs::{self, File},
    task::spawn_blocking,
};

use super::{
    Image, Part, ReleaseError, is_digest,
    storage::{Content, Storage},
};

/// Bytes read at once.
const CHUNK: u64 = 128 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Images below a directory, which is there already when one is kept.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn path(&self, project: &str, sha256: &str) -> PathBuf {
        self.root.join(project).join(sha256)
    }
}

#[async_trait]
impl Storage for Disk {
    async fn keep(&self, project: &str, image: &Image, from: &Path) -> Result<(), ReleaseError> {
        let kept = self.path(project, &image.sha256);
        done(&kept, fs::rename(from, &kept).await)?;
        let directory = self.root.join(project);
        done(&directory, flush_directory(&directory).await)
    }

    async fn size(&self, project: &str, sha256: &str) -> Result<Option<u64>, ReleaseError> {
        let path = self.path(project, sha256);
        there(&path, fs::metadata(&path).await).map(|metadata| metadata.map(|metadata| metadata.len()))
    }

    async fn read(&self, project: &str, sha256: &str, part: Part) -> Result<Option<Content>, ReleaseError> {
        let path = self.path(project, sha256);
        let Some(file) = there(&path, File::open(&path).await)? else { return Ok(None) };
        Ok(Some(chunks(Arc::new(file.into_std().await), part)))
    }

    async fn list(&self, project: &str) -> Result<Vec<Image>, ReleaseError> {
        let directory = self.root.join(project);
        let Some(mut files) = there(&directory, fs::read_dir(&directory).await)? else { return Ok(Vec::new()) };
        let mut images = Vec::new();
        while let Some(file) = done(&directory, files.next_entry().await)? {
            let Some(sha256) = file.file_name().to_str().filter(|name| is_digest(name)).map(str::to_owned) else { continue };
            let Some(metadata) = there(&directory, file.metadata().await)? else { continue };
            images.push(Image { sha256, size: metadata.len() });
        }
        Ok(images)
    }

    async fn remove(&self, project: &str, sha256: &str) -> Result<(), ReleaseError> {
        let path = self.path(project, sha256);
        if there(&path, fs::remove_file(&path).await)?.is_some() {
            let directory = self.root.join(project);
            done(&directory, flush_directory(&directory).await)?;
        }
        Ok(())
    }

    async fn forget(&self, _: &str) -> Result<(), ReleaseError> {
        // They go with the project's directory.
        Ok(())
    }

    async fn ready(&self) -> Result<(), ReleaseError> {
        there(&self.root, fs::metadata(&self.root).await).map(drop)
    }
}

/// The bytes of a part, read off the runtime's threads, one chunk ahead of nobody: a client that takes them slowly holds one.
fn chunks(file: Arc<StdFile>, part: Part) -> Content {
    stream::try_unfold(part, move |part| {
        let file = Arc::clone(&file);
        async move {
            let length = part.length.min(CHUNK);
            if length == 0 {
                return Ok(None);
            }
            let bytes = spawn_blocking(move || read_at(&file, part.first, usize::try_from(length).unwrap_or(usize::MAX)));
            let bytes = bytes.await.map_err(io::Error::other)??;
            Ok(Some((bytes, Part { first: part.first + length, length: part.length - length })))
        }
    })
    .boxed()
}

fn read_at(file: &StdFile, first: u64, length: usize) -> io::Result<Bytes> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, first)?;
    Ok(bytes.into())
}

/// A new name is durable only when its directory is.
pub(super) async fn flush_directory(path: &Path) -> io::Result<()> {
    File::open(path).await?.sync_all().await
}

/// What an operation gave, or where it failed.
pub(super) fn done<T>(path: &Path, result: io::Result<T>) -> Result<T, ReleaseError> {
    result.map_err(|error| ReleaseError::of(path, error))
}

/// The same; `None` if nothing is there.
pub(super) fn there<T>(path: &Path, result: io::Result<T>) -> Result<Option<T>, ReleaseError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReleaseError::of(path, error)),
    }
}
