//! One part of an upload is received.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt, pin_mut};
use tokio::time::timeout;

use super::{
    Image, Images, Progress, ReleaseError, check_digest,
    uploads::{Partial, Turn},
};

/// Bytes after which what has arrived counts, also if the server is killed.
const SETTLED: u64 = 16 << 20;
/// How long a sender may be silent, in a request that has not ended.
const STALL: Duration = Duration::from_secs(30);
/// Bytes that uploads leave free on the disk: the database needs some, too.
const SPARE: u64 = 64 << 20;
/// Milliseconds after which an upload without progress is removed.
const KEPT_MS: i64 = 24 * 3600 * 1000;

/// Where a part begins, and what its sender tells of the whole.
#[derive(Debug, Clone, Copy)]
pub struct Announced {
    /// First byte of the part.
    pub offset: u64,
    /// Length of the image; the first part must tell it.
    pub length: Option<u64>,
    /// Most bytes that an image may have.
    pub limit: u64,
}

impl Images {
    /// How far the upload of an image is.
    pub async fn progress(&self, project: &str, sha256: &str) -> Result<Progress, ReleaseError> {
        check_digest(sha256)?;
        let look = self.0.usage.look(sha256).await;
        if let Some(size) = self.0.storage.size(project, sha256).await? {
            // Who asks whether it is here is about to name it.
            self.needed(project, sha256).await?;
            return Ok(Progress::whole(size));
        }
        drop(look);
        let partial = match self.0.uploads.known(project, sha256) {
            Some(known) => Some(known),
            None => Partial::find(&self.0.root.join(project), sha256).await?,
        };
        Ok(partial.map_or(Progress::NOTHING, Partial::progress))
    }

    /// Receives a part. What arrives of it counts, also if its sender ends early; once all is there the digest is checked, and the
    /// image is served or forgotten. It goes on when the caller is dropped: then the body ends.
    pub async fn append<E: std::fmt::Display + Send>(
        &self,
        project: &str,
        sha256: &str,
        announced: Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Progress, ReleaseError> {
        check_digest(sha256)?;
        let (images, project, sha256) = (self.clone(), project.to_owned(), sha256.to_owned());
        let receiving = tokio::spawn(async move { images.receive_part(&project, &sha256, announced, body).await });
        receiving.await.map_err(|error| ReleaseError::of(&self.0.root, std::io::Error::other(error)))?
    }

    async fn receive_part<E: std::fmt::Display>(
        &self,
        project: &str,
        sha256: &str,
        announced: Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Progress, ReleaseError> {
        let turn = self.0.uploads.begin(project, sha256)?;
        let here = self.progress(project, sha256).await?;
        let length = checked(&here, announced)?;
        if here.complete {
            return Ok(here);
        }
        let directory = self.directory(project).await?;
        self.check_space(&directory, length - here.offset)?;
        let begun = Partial { length, offset: here.offset };
        let mut writer = turn.open(&directory, begun).await?;
        let mut at = begun;
        pin_mut!(body);
        while let Ok(Some(chunk)) = timeout(STALL, body.next()).await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    tracing::debug!(sha256, %error, "a sender ended early");
                    break;
                }
            };
            if chunk.len() as u64 > length - writer.size() {
                return Err(ReleaseError::Surplus { length });
            }
            let path = turn.path(&directory, at);
            super::disk::done(&path, writer.take(&chunk).await)?;
            if writer.size() - at.offset >= SETTLED {
                at = turn.settle(&directory, at, &mut writer).await?;
            }
        }
        at = turn.settle(&directory, at, &mut writer).await?;
        if at.offset < length {
            return Ok(at.progress());
        }
        let hash = writer.hash();
        drop(writer);
        self.finish(project, sha256, &turn, &directory, at, hash).await
    }

    /// Checks what is whole, and serves it.
    async fn finish(
        &self,
        project: &str,
        sha256: &str,
        turn: &Turn,
        directory: &Path,
        at: Partial,
        hash: Option<sha2::Sha256>,
    ) -> Result<Progress, ReleaseError> {
        let actual = hash.map(|hash| hex::encode(sha2::Digest::finalize(hash))).unwrap_or_default();
        if actual != sha256 {
            turn.forget(directory, at).await?;
            return Err(ReleaseError::Mismatch { announced: sha256.to_owned(), actual });
        }
        let image = Image { sha256: actual, size: at.length };
        self.complete(project, &image, &turn.path(directory, at)).await?;
        turn.done();
        Ok(Progress::whole(at.length))
    }

    /// Removes uploads without progress for a day.
    pub async fn expire_uploads(&self, now_ms: i64) -> Result<(), ReleaseError> {
        for project in self.projects().await? {
            let directory = self.0.root.join(&project);
            self.0.uploads.expire(&project, &directory, now_ms - KEPT_MS).await?;
        }
        Ok(())
    }

    /// Whether so many more bytes fit.
    pub(super) fn check_space(&self, directory: &Path, needed: u64) -> Result<(), ReleaseError> {
        let space = rustix::fs::statvfs(directory).map_err(|error| ReleaseError::of(directory, error.into()))?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        if needed == 0 || needed.saturating_add(SPARE) <= free {
            return Ok(());
        }
        Err(ReleaseError::Tight { place: self.0.root.display().to_string(), needed, free })
    }
}

/// Length of the image, if a part fits to what is here.
fn checked(here: &Progress, announced: Announced) -> Result<u64, ReleaseError> {
    let length = match (here.length, announced.length) {
        (Some(before), Some(now)) if before != now => return Err(ReleaseError::OtherLength { before, now }),
        (None, None) => return Err(ReleaseError::NoLength),
        (Some(length), _) | (None, Some(length)) => length,
    };
    if length > announced.limit && !here.complete {
        return Err(ReleaseError::TooLong { limit: announced.limit });
    }
    if announced.offset != here.offset {
        return Err(ReleaseError::Elsewhere { here: here.offset, told: announced.offset });
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_must_fit_to_what_is_here() {
        let here = |offset| Progress { length: Some(10), offset, complete: offset == 10 };
        for (here, offset, length, expected) in [
            (Progress::NOTHING, 0, Some(10), Ok(10)),
            (Progress::NOTHING, 0, Some(100), Ok(100)),
            (Progress::NOTHING, 0, Some(101), Err("longer than 100 bytes")),
            (Progress::NOTHING, 0, None, Err("Upload-Length")),
            (Progress::NOTHING, 1, Some(10), Err("go on from byte 0")),
            (here(4), 4, None, Ok(10)),
            (here(4), 4, Some(10), Ok(10)),
            (here(4), 4, Some(11), Err("announced with 10 bytes, and now with 11")),
            (here(4), 5, None, Err("go on from byte 4")),
            (here(4), 0, None, Err("go on from byte 4")),
            (here(10), 10, None, Ok(10)),
            (here(10), 4, None, Err("go on from byte 10")),
        ] {
            let found = checked(&here, Announced { offset, length, limit: 100 });
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
                (found, expected) => panic!("{here:?} {offset} {length:?}: {found:?}, expected {expected:?}"),
            }
        }
    }
}
