//! The Release Service: images, kept by their digest, written once and served in parts.
//!
//! Whatever comes in is received on the local disk first, and checked; only then it goes to where images are kept
//! ([`Storage`]). Nothing is visible before it is whole.

mod append;
mod bucket;
mod bucket_settings;
mod disk;
mod error;
mod gc;
mod range;
mod storage;
mod uploads;
mod usage;
mod writer;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, pin_mut};
use sha2::Digest;
use tokio::fs;

pub use self::{
    append::Announced,
    bucket::Bucket,
    bucket_settings::{BucketError, BucketSettings, Credentials},
    error::ReleaseError,
    gc::{Facts, Gc, GcError, Idle, Removed, Rules},
    range::{Part, part_of},
    storage::{Content, Storage},
    uploads::Progress,
};
use self::{
    disk::{Disk, done, flush_directory, there},
    uploads::Uploads,
    usage::{Hold, Usage},
    writer::Writer,
};

/// First segment of image paths, as agents know it from the file server of the Edge Orchestrator.
pub const PREFIX: &str = "files-edge-orch";
/// End of the names of files that are received in one request.
const PARTIAL: &str = ".part";

/// The images of all projects. Clones are the same.
#[derive(Clone)]
pub struct Images(Arc<Inner>);

struct Inner {
    /// What is being received is below here, a directory a project; what is whole, too, unless it is kept elsewhere.
    root: PathBuf,
    storage: Arc<dyn Storage>,
    uploads: Uploads,
    usage: Usage,
}

/// An image that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
}

/// An image that is being served. It stays at least as long as this, or what is read from it, lives.
pub struct Opened {
    images: Images,
    project: String,
    hold: Hold,
    /// Which.
    pub image: Image,
}

impl Opened {
    /// The bytes of a part; `None` if the image has gone meanwhile. All that leaves the Release Service passes here: a fetch that
    /// reuses blocks of another image would be given those that are missing in this place.
    pub async fn read(self, part: Part) -> Result<Option<Content>, ReleaseError> {
        let content = self.images.0.storage.read(&self.project, &self.image.sha256, part).await?;
        let hold = self.hold;
        Ok(content.map(|content| {
            let kept = content.inspect(move |_| {
                let _ = &hold;
            });
            kept.boxed()
        }))
    }
}

impl Images {
    /// Images below a directory, which is made when it is first needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let storage = Arc::new(Disk::new(root.clone()));
        Self::in_storage(root, storage)
    }

    /// Images elsewhere; the directory is for what is being received.
    pub fn in_storage(root: impl Into<PathBuf>, storage: Arc<dyn Storage>) -> Self {
        Self(Arc::new(Inner { root: root.into(), storage, uploads: Uploads::default(), usage: Usage::new() }))
    }

    /// Images where the settings say: in a bucket, if they name one.
    pub fn of(root: impl Into<PathBuf>, bucket: Option<&BucketSettings>) -> Result<Self, BucketError> {
        let Some(settings) = bucket else { return Ok(Self::new(root)) };
        Ok(Self::in_storage(root, Arc::new(Bucket::new(settings, &settings.credentials()?)?)))
    }

    /// Whether images can be kept and served right now.
    pub async fn ready(&self) -> Result<(), ReleaseError> {
        self.0.storage.ready().await
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
        let image = receive(&partial.0, limit, body).await?;
        if image.sha256 != announced {
            return Err(ReleaseError::Mismatch { announced: announced.to_owned(), actual: image.sha256 });
        }
        self.complete(project, &image, &partial.0).await?;
        Ok(image)
    }

    /// Hands a checked file over to where images are kept.
    async fn complete(&self, project: &str, image: &Image, from: &Path) -> Result<(), ReleaseError> {
        let _look = self.0.usage.look(&image.sha256).await;
        self.0.storage.keep(project, image, from).await?;
        self.needed(project, &image.sha256).await
    }

    /// Gives an image that was just published its time anew, also if the server ends now.
    async fn needed(&self, project: &str, sha256: &str) -> Result<(), ReleaseError> {
        self.0.usage.touch(project, sha256);
        gc::unmark(&self.0.root.join(project), sha256).await
    }

    /// Removes what uploads in one request left behind that the end of the process cut short. Nothing may be uploading.
    pub async fn clear_leftovers(&self) -> Result<(), ReleaseError> {
        for project in self.projects().await? {
            let path = self.0.root.join(project);
            let mut files = done(&path, fs::read_dir(&path).await)?;
            while let Some(file) = done(&path, files.next_entry().await)? {
                if file.file_name().as_encoded_bytes().ends_with(PARTIAL.as_bytes()) {
                    tracing::info!(path = %file.path().display(), "an upload was cut short; what it left is removed");
                    done(&file.path(), fs::remove_file(file.path()).await)?;
                }
            }
        }
        Ok(())
    }

    /// Removes all images of a project; none is as good. Uploads that are under way fail.
    pub async fn forget(&self, project: &str) -> Result<(), ReleaseError> {
        self.0.storage.forget(project).await?;
        let directory = self.0.root.join(project);
        match there(&directory, fs::remove_dir_all(&directory).await)? {
            Some(()) => done(&self.0.root, flush_directory(&self.0.root).await),
            None => Ok(()),
        }
    }

    /// UUIDs of the projects that have a directory.
    async fn projects(&self) -> Result<Vec<String>, ReleaseError> {
        let root = &self.0.root;
        let Some(mut entries) = there(root, fs::read_dir(root).await)? else { return Ok(Vec::new()) };
        let mut projects = Vec::new();
        while let Some(entry) = done(root, entries.next_entry().await)? {
            projects.extend(entry.file_name().into_string().ok());
        }
        Ok(projects)
    }

    /// The directory of a project, made and on the disk.
    async fn directory(&self, project: &str) -> Result<PathBuf, ReleaseError> {
        let root = &self.0.root;
        let directory = root.join(project);
        if !fs::try_exists(&directory).await.unwrap_or(false) {
            done(&directory, fs::create_dir_all(&directory).await)?;
            for parent in [Some(root.as_path()), root.parent()].into_iter().flatten() {
                done(parent, flush_directory(parent).await)?;
            }
        }
        Ok(directory)
    }

    /// Opens an image. `None` if the project has no such image.
    pub async fn open(&self, project: &str, sha256: &str) -> Result<Option<Opened>, ReleaseError> {
        check_digest(sha256)?;
        let _look = self.0.usage.look(sha256).await;
        let size = self.0.storage.size(project, sha256).await?;
        Ok(size.map(|size| Opened {
            images: self.clone(),
            project: project.to_owned(),
            hold: self.0.usage.hold(project, sha256),
            image: Image { sha256: sha256.to_owned(), size },
        }))
    }
}

/// Writes a body into a new file, and on the disk.
async fn receive<E: std::fmt::Display>(
    path: &Path,
    limit: u64,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Image, ReleaseError> {
    let mut writer = Writer::new(done(path, fs::File::create(path).await)?.into_std().await);
    pin_mut!(body);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| ReleaseError::Interrupted { received: writer.size(), reason: error.to_string() })?;
        if writer.size() + chunk.len() as u64 > limit {
            return Err(ReleaseError::TooLong { limit });
        }
        done(path, writer.take(&chunk).await)?;
    }
    done(path, writer.sync().await)?;
    let hash = writer.hash().ok_or_else(|| ReleaseError::of(path, io::Error::other("it was not written")))?;
    Ok(Image { sha256: hex::encode(hash.finalize()), size: writer.size() })
}

fn check_digest(text: &str) -> Result<(), ReleaseError> {
    if is_digest(text) { Ok(()) } else { Err(ReleaseError::NotADigest(text.to_owned())) }
}

/// Whether a text is a SHA-256 in lower-case hex.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A file that is being received. It goes with this value, also when the request is given up half way, unless it was
/// renamed. What cannot be removed is a leftover that the next start clears.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use sha2::Sha256;

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
        let found = images.open(PROJECT, &digest).await.unwrap().unwrap();
        assert_eq!(found.image, kept);
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
