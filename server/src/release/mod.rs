//! The Release Service: images, kept by their digest, written once and served in parts.

mod range;

use std::{
    io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures::{Stream, StreamExt, pin_mut};
use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt, AsyncWriteExt, SeekFrom},
};

pub use self::range::{Part, part_of};

/// First segment of image paths, as agents know it from the file server of the Edge Orchestrator.
pub const PREFIX: &str = "files-edge-orch";
/// End of the names of files that are being received.
const PARTIAL: &str = ".part";

/// Images on disk: `<root>/<project UUID>/<SHA-256>`.
#[derive(Debug, Clone)]
pub struct Images {
    root: PathBuf,
}

/// An image that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
}

/// Why an image was not kept or is not served.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The digest in the address is none.
    #[error("{0:?} is not a SHA-256 in 64 lower-case hex digits")]
    NotADigest(String),
    /// What arrived is not what was announced.
    #[error(
        "the file has SHA-256 {actual}, but {announced} was announced: it was altered or cut short on its way; nothing was kept, send it again"
    )]
    Mismatch {
        /// As announced.
        announced: String,
        /// As received.
        actual: String,
    },
    /// The file is longer than the server takes.
    #[error("the file is longer than {limit} bytes, the most that this server takes; nothing was kept")]
    TooLong {
        /// Bytes.
        limit: u64,
    },
    /// The sender stopped.
    #[error("the sender ended after {received} bytes: {reason}; nothing was kept, send it again")]
    Interrupted {
        /// Bytes received.
        received: u64,
        /// Why.
        reason: String,
    },
    /// No space is left.
    #[error("no space left for images at {place}: free some space; nothing was kept")]
    Full {
        /// Path.
        place: String,
    },
    /// The disk failed.
    #[error("images at {place} cannot be used: {error}")]
    Disk {
        /// Path.
        place: String,
        /// In the system's words.
        error: io::Error,
    },
}

impl Images {
    /// Images below a directory, which is made when it is first needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Path under which an image of a project is served, relative to the server's address.
    pub fn url(project: &str, sha256: &str, name: &str) -> String {
        format!("{PREFIX}/{project}/{sha256}/{name}")
    }

    /// Keeps a file under the digest it was announced with. It is there for readers only when it is whole, has that
    /// digest and is on the disk. `temporary` names the file while it is being written; each upload has its own.
    pub async fn keep<E: std::fmt::Display>(
        &self,
        project: &str,
        announced: &str,
        temporary: &str,
        limit: u64,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Image, ReleaseError> {
        check_digest(announced)?;
        let directory = self.directory(project).await?;
        let partial = Partial(directory.join(format!(".{temporary}{PARTIAL}")));
        let image = self.receive(&partial.0, limit, body).await?;
        if image.sha256 != announced {
            return Err(ReleaseError::Mismatch { announced: announced.to_owned(), actual: image.sha256 });
        }
        let kept = directory.join(announced);
        self.done(&kept, fs::rename(&partial.0, &kept).await)?;
        self.done(&directory, flush_directory(&directory).await)?;
        Ok(image)
    }

    /// Removes what uploads left behind that the end of the process cut short. Nothing may be uploading.
    pub async fn clear_leftovers(&self) -> Result<(), ReleaseError> {
        let mut projects = match fs::read_dir(&self.root).await {
            Ok(projects) => projects,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.failed(&self.root, error)),
        };
        while let Some(project) = self.done(&self.root, projects.next_entry().await)? {
            let path = project.path();
            let mut files = self.done(&path, fs::read_dir(&path).await)?;
            while let Some(file) = self.done(&path, files.next_entry().await)? {
                if file.file_name().as_encoded_bytes().ends_with(PARTIAL.as_bytes()) {
                    tracing::info!(path = %file.path().display(), "an upload was cut short; what it left is removed");
                    self.done(&file.path(), fs::remove_file(file.path()).await)?;
                }
            }
        }
        Ok(())
    }

    /// Removes all images of a project; none is as good. Uploads that are under way fail.
    pub async fn forget(&self, project: &str) -> Result<(), ReleaseError> {
        let directory = self.root.join(project);
        match fs::remove_dir_all(&directory).await {
            Ok(()) => self.done(&self.root, flush_directory(&self.root).await),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.failed(&directory, error)),
        }
    }

    /// The directory of a project, made and on the disk.
    async fn directory(&self, project: &str) -> Result<PathBuf, ReleaseError> {
        let directory = self.root.join(project);
        if !fs::try_exists(&directory).await.unwrap_or(false) {
            self.done(&directory, fs::create_dir_all(&directory).await)?;
            for parent in [Some(self.root.as_path()), self.root.parent()].into_iter().flatten() {
                self.done(parent, flush_directory(parent).await)?;
            }
        }
        Ok(directory)
    }

    /// Opens a part of an image. `None` if the project has no such image.
    pub async fn open(&self, project: &str, sha256: &str) -> Result<Option<(File, Image)>, ReleaseError> {
        check_digest(sha256)?;
        let path = self.root.join(project).join(sha256);
        match File::open(&path).await {
            Ok(file) => {
                let size = self.done(&path, file.metadata().await)?.len();
                Ok(Some((file, Image { sha256: sha256.to_owned(), size })))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&path, error)),
        }
    }

    /// Goes to the first byte of a part.
    pub async fn seek(&self, file: &mut File, part: Part) -> Result<(), ReleaseError> {
        self.done(&self.root, file.seek(SeekFrom::Start(part.first)).await).map(drop)
    }

    async fn receive<E: std::fmt::Display>(
        &self,
        path: &Path,
        limit: u64,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Image, ReleaseError> {
        let mut file = self.done(path, File::create(path).await)?;
        let mut hash = Sha256::new();
        let mut size = 0;
        pin_mut!(body);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| ReleaseError::Interrupted { received: size, reason: error.to_string() })?;
            size += chunk.len() as u64;
            if size > limit {
                return Err(ReleaseError::TooLong { limit });
            }
            hash.update(&chunk);
            self.done(path, file.write_all(&chunk).await)?;
        }
        self.done(path, file.flush().await)?;
        self.done(path, file.sync_all().await)?;
        Ok(Image { sha256: hex::encode(hash.finalize()), size })
    }

    fn done<T>(&self, path: &Path, result: io::Result<T>) -> Result<T, ReleaseError> {
        result.map_err(|error| self.failed(path, error))
    }

    fn failed(&self, path: &Path, error: io::Error) -> ReleaseError {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return ReleaseError::Full { place: self.root.display().to_string() };
        }
        ReleaseError::Disk { place: path.display().to_string(), error }
    }
}

fn check_digest(text: &str) -> Result<(), ReleaseError> {
    let digits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if digits { Ok(()) } else { Err(ReleaseError::NotADigest(text.to_owned())) }
}

/// A file that is being received. It goes with this value, also when the request is given up half way, unless it was
/// renamed. What cannot be removed is a leftover that the next start clears.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A new name is durable only when its directory is.
async fn flush_directory(path: &Path) -> io::Result<()> {
    File::open(path).await?.sync_all().await
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    const PROJECT: &str = "11111111-2222-4333-8444-555555555555";

    async fn keep(images: &Images, announced: &str, chunks: Vec<Result<Bytes, String>>) -> Result<Image, ReleaseError> {
        images.keep(PROJECT, announced, "1", 10, stream::iter(chunks)).await
    }

    #[allow(clippy::unnecessary_wraps, reason = "an item of the stream")]
    fn chunk(text: &'static str) -> Result<Bytes, String> {
        Ok(Bytes::from_static(text.as_bytes()))
    }

    #[tokio::test]
    async fn only_whole_files_with_the_announced_digest_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let images = Images::new(directory.path());
        let digest = hex::encode(Sha256::digest("abcdef"));
        let refused = [
            (vec![chunk("abc")], "was announced"),
            (vec![chunk("abc"), Err("connection reset".to_owned())], "ended after 3 bytes: connection reset"),
            (vec![chunk("abcdef"), chunk("ghijkl")], "longer than 10 bytes"),
        ];
        for (chunks, expected) in refused {
            let error = keep(&images, &digest, chunks).await.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(images.open(PROJECT, &digest).await.unwrap().is_none());
            assert_eq!(std::fs::read_dir(directory.path().join(PROJECT)).unwrap().count(), 0, "nothing is left of it");
        }
        let kept = keep(&images, &digest, vec![chunk("abc"), chunk("def")]).await.unwrap();
        assert_eq!(kept, Image { sha256: digest.clone(), size: 6 });
        let (_, found) = images.open(PROJECT, &digest).await.unwrap().unwrap();
        assert_eq!(found, kept);
        assert!(
            images.open("22222222-2222-4333-8444-555555555555", &digest).await.unwrap().is_none(),
            "other projects do not see it"
        );
    }

    #[tokio::test]
    async fn an_upload_that_is_given_up_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let images = Images::new(directory.path());
        let digest = hex::encode(Sha256::digest("abcdef"));
        let never = stream::iter([chunk("abc")]).chain(stream::pending());
        let mut upload = Box::pin(images.keep(PROJECT, &digest, "1", 10, never));
        let files = || std::fs::read_dir(directory.path().join(PROJECT)).map_or(0, Iterator::count);
        while files() == 0 {
            assert!(futures::poll!(&mut upload).is_pending());
            tokio::task::yield_now().await;
        }
        drop(upload);
        assert_eq!(files(), 0);
    }

    #[tokio::test]
    async fn leftovers_are_cleared_and_images_stay() {
        let directory = tempfile::tempdir().unwrap();
        let images = Images::new(directory.path().join("images"));
        images.clear_leftovers().await.unwrap();
        let digest = hex::encode(Sha256::digest("abc"));
        keep(&images, &digest, vec![chunk("abc")]).await.unwrap();
        let project = directory.path().join("images").join(PROJECT);
        std::fs::write(project.join(".1.part"), "ab").unwrap();
        images.clear_leftovers().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(project).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [digest.as_str()]);
    }

    #[tokio::test]
    async fn an_address_cannot_leave_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let images = Images::new(directory.path());
        for digest in ["../../etc/passwd", "", &"A".repeat(64), &"a".repeat(63)] {
            assert!(matches!(images.open(PROJECT, digest).await, Err(ReleaseError::NotADigest(_))), "{digest}");
        }
    }
}
