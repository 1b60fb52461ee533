//! Trees in directories.

use std::{
    io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, SeekFrom},
};

use crate::{
    Image, Problem, RelativePath, SourceError,
    digest::Sha256,
    tree::{Fetched, Files, Wanted},
};

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;

/// A directory with a tree.
pub(crate) struct Directory {
    root: PathBuf,
    place: String,
}

impl Directory {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { place: root.display().to_string(), root }
    }

    /// A regular file below the root. Links may lead within the root only.
    async fn open(&self, what: &'static str, path: &RelativePath) -> Result<(File, u64), SourceError> {
        let asked = self.root.join(path.as_str());
        let failed = |error: &io::Error| local(what, &asked, error);
        let root = tokio::fs::canonicalize(&self.root).await.map_err(|error| local(what, &self.root, &error))?;
        let real = tokio::fs::canonicalize(&asked).await.map_err(|error| failed(&error))?;
        if !real.starts_with(&root) {
            let why = format!("it leads to {}, out of {}", real.display(), root.display());
            return Err(SourceError::new(what, asked.display(), Problem::Elsewhere, why));
        }
        // Looked at before it is opened: opening a pipe would wait for its writer.
        let about = tokio::fs::metadata(&real).await.map_err(|error| failed(&error))?;
        if !about.is_file() {
            return Err(SourceError::new(what, asked.display(), Problem::Malformed, "it is no file"));
        }
        let file = File::open(&real).await.map_err(|error| failed(&error))?;
        Ok((file, about.len()))
    }
}

#[async_trait]
impl Files for Directory {
    fn place(&self) -> &str {
        &self.place
    }

    async fn get(&self, wanted: &Wanted<'_>, known: &str) -> Result<Option<Fetched>, SourceError> {
        let place = self.root.join(wanted.path.as_str());
        let (file, _) = self.open(wanted.what, wanted.path).await?;
        let mut bytes = Vec::new();
        let most = wanted.limit as u64;
        file.take(most + 1).read_to_end(&mut bytes).await.map_err(|error| local(wanted.what, &place, &error))?;
        if bytes.len() > wanted.limit {
            let why = format!("it has more than {most} bytes");
            return Err(SourceError::new(wanted.what, place.display(), Problem::TooBig, why));
        }
        let validator = Sha256::of(&bytes).named();
        Ok((validator != known).then_some(Fetched { validator, bytes }))
    }

    async fn image(&self, path: &RelativePath, from: u64) -> Result<Image, SourceError> {
        let what = "read the image";
        let place = self.root.join(path.as_str());
        let (mut file, size) = self.open(what, path).await?;
        let from = from.min(size);
        file.seek(SeekFrom::Start(from)).await.map_err(|error| local(what, &place, &error))?;
        let body = stream::try_unfold((file, place), move |(mut file, place)| async move {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk).await.map_err(|error| local(what, &place, &error))?;
            chunk.truncate(read);
            Ok((read > 0).then(|| (Bytes::from(chunk), (file, place))))
        });
        Ok(Image { size: Some(size), from, body: body.boxed() })
    }

    fn path_of(&self, what: &'static str, url: &str) -> Result<RelativePath, SourceError> {
        RelativePath::parse(url).map_err(|error| SourceError::new(what, &self.place, Problem::Elsewhere, error.to_string()))
    }
}

fn local(what: &'static str, path: &Path, error: &io::Error) -> SourceError {
    let problem = if error.kind() == io::ErrorKind::NotFound { Problem::Missing } else { Problem::Local };
    SourceError::new(what, path.display(), problem, error.to_string())
}

#[cfg(test)]
mod tests;
