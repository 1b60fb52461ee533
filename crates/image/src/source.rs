//! The file's bytes on their way to the decoder: hashed, counted, and their errors kept apart from the decoder's.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::{Digest, encoding::MAGIC_BYTES};

pub(crate) struct Source<R> {
    reader: R,
    hasher: Sha256,
    bytes: u64,
    /// First bytes, read ahead to tell the encoding; already hashed.
    ahead: [u8; MAGIC_BYTES],
    ahead_filled: usize,
    ahead_taken: usize,
    error: Option<io::Error>,
}

impl<R: Read> Source<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, hasher: Sha256::new(), bytes: 0, ahead: [0; MAGIC_BYTES], ahead_filled: 0, ahead_taken: 0, error: None }
    }

    /// The first bytes of the file, fewer only if it is shorter. To be called before anything is read.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        let mut first = [0; MAGIC_BYTES];
        let mut filled = 0;
        while filled < first.len() {
            match self.pull(&mut first[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        self.ahead = first;
        self.ahead_filled = filled;
        Ok(&self.ahead[..filled])
    }

    /// Reads what the decoder left, so that the digest covers the whole file.
    pub(crate) fn drain(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        while self.pull(buffer)? > 0 {}
        Ok(())
    }

    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    pub(crate) fn total(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest(self.hasher.clone().finalize().into())
    }

    fn pull(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Ok(read) => {
                    self.hasher.update(&buffer[..read]);
                    self.bytes += read as u64;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Read> Read for &mut Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = &self.ahead[self.ahead_taken..self.ahead_filled];
        if !ahead.is_empty() {
            let count = ahead.len().min(buffer.len());
            buffer[..count].copy_from_slice(&ahead[..count]);
            self.ahead_taken += count;
            return Ok(count);
        }
        self.pull(buffer).map_err(|error| {
            let kind = error.kind();
            self.error = Some(error);
            kind.into()
        })
    }
}
