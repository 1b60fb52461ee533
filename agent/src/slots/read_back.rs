//! Reading back what is written to a disk, close behind the writer: piece by piece it is flushed, forgotten by the page
//! cache, read from the disk and hashed, so that little is left to do when the last byte is written.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::mpsc::{Receiver, Sender, channel},
    thread::{self, JoinHandle},
};

use emt_image::Digest;
use sha2::{Digest as _, Sha256};

/// Bytes that are flushed at once: fewer would make the disk wait more often, more would leave more for the end.
const STEP: u64 = 16 * 1024 * 1024;
/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// A reader that follows a writer.
pub(super) struct ReadBack {
    ends: Sender<u64>,
    told: u64,
    thread: JoinHandle<io::Result<Digest>>,
}

impl ReadBack {
    /// Follows from the beginning of a file that is open for reading and writing.
    pub(super) fn start(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let (ends, received) = channel();
        let thread = thread::Builder::new().name("read-back".to_owned()).spawn(move || follow(&file, &received))?;
        Ok(Self { ends, told: 0, thread })
    }

    /// The first `end` bytes are written.
    pub(super) fn reached(&mut self, end: u64) {
        if end - self.told >= STEP {
            self.told = end;
            // A reader that has failed says so at the end.
            let _ = self.ends.send(end);
        }
    }

    /// SHA-256 of the first `end` bytes as the disk gives them back; all of them are written and flushed.
    pub(super) fn finish(self, end: u64) -> io::Result<Digest> {
        let _ = self.ends.send(end);
        drop(self.ends);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the reader has panicked")))
    }
}

fn follow(file: &File, ends: &Receiver<u64>) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    while let Ok(end) = ends.recv() {
        let end = ends.try_iter().last().unwrap_or(end);
        file.sync_data()?;
        // Without this the pages in memory would be read, not the disk.
        let _ = rustix::fs::fadvise(file, at, None, rustix::fs::Advice::DontNeed);
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
            match file.read_at(&mut buffer[..wanted], at) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    hasher.update(&buffer[..read]);
                    at += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(Digest(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let mut file = tempfile::tempfile().unwrap();
        let mut back = ReadBack::start(&file).unwrap();
        let chunk = vec![7; 5 * 1024 * 1024];
        let mut hasher = Sha256::new();
        let mut end = 0;
        for _ in 0..8 {
            file.write_all(&chunk).unwrap();
            hasher.update(&chunk);
            end += chunk.len() as u64;
            back.reached(end);
        }
        assert_eq!(back.finish(end).unwrap(), Digest(hasher.finalize().into()));
        let empty = ReadBack::start(&file).unwrap();
        assert_eq!(empty.finish(0).unwrap(), Digest(Sha256::digest(b"").into()));
        let short = ReadBack::start(&file).unwrap();
        assert_eq!(short.finish(end + 1).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
