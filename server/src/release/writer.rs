//! A file that is being received: bytes are gathered, and hashed and written off the runtime's threads.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    mem,
};

use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

/// Bytes that are gathered before they are written.
const CHUNK: usize = 256 * 1024;

/// See the module. After an error it is of no use any more.
pub(super) struct Writer {
    open: Option<Open>,
    gathered: Vec<u8>,
    size: u64,
}

struct Open {
    file: File,
    hash: Sha256,
}

impl Writer {
    /// Writes an empty file.
    pub(super) fn new(file: File) -> Self {
        Self::behind(file, Sha256::new(), 0)
    }

    /// Goes on behind the first `size` bytes of a file, whose hash this is.
    pub(super) fn behind(file: File, hash: Sha256, size: u64) -> Self {
        Self { open: Some(Open { file, hash }), gathered: Vec::new(), size }
    }

    /// Bytes in the file, with those that are to be written yet.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Takes some bytes.
    pub(super) async fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() < CHUNK { Ok(()) } else { self.write(false).await }
    }

    /// Returns when all that was taken is on the disk.
    pub(super) async fn sync(&mut self) -> io::Result<()> {
        self.write(true).await
    }

    /// Hash of what is in the file; only after [`Self::sync`].
    pub(super) fn hash(&self) -> Option<Sha256> {
        self.open.as_ref().map(|open| open.hash.clone())
    }

    async fn write(&mut self, sync: bool) -> io::Result<()> {
        let mut bytes = mem::take(&mut self.gathered);
        let mut open = self.open.take().ok_or_else(|| io::Error::other("an earlier write failed"))?;
        let written = spawn_blocking(move || -> io::Result<(Open, Vec<u8>)> {
            open.hash.update(&bytes);
            open.file.write_all(&bytes)?;
            if sync {
                open.file.sync_data()?;
            }
            bytes.clear();
            Ok((open, bytes))
        });
        let (open, bytes) = written.await.map_err(io::Error::other)??;
        (self.open, self.gathered) = (Some(open), bytes);
        Ok(())
    }
}

/// Hash of the first `size` bytes of a file, which is left behind them. Blocks.
pub(super) fn hash_of(file: &mut File, size: u64) -> io::Result<Sha256> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut left, mut buffer) = (Sha256::new(), size, vec![0; CHUNK]);
    while left > 0 {
        let part = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        file.read_exact(&mut buffer[..part])?;
        hash.update(&buffer[..part]);
        left -= part as u64;
    }
    Ok(hash)
}
