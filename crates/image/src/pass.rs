//! The one pass.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use crate::{Digest, Encoding, ImageError, source::Source};

/// Bytes handled at once.
const CHUNK: usize = 256 * 1024;

/// What is known of the file before it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expected {
    /// SHA-256 of the file as served.
    pub digest: Option<Digest>,
    /// Its length in bytes.
    pub bytes: Option<u64>,
}

/// What was read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// How the file was encoded.
    pub encoding: Encoding,
    /// SHA-256 of the file.
    pub file: Digest,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// SHA-256 of what was written.
    pub decoded: Digest,
    /// Bytes written.
    pub decoded_bytes: u64,
}

/// Reads an image file to its end and writes what it decodes to, at most `capacity` bytes.
///
/// A file that is not the expected one is told as such, also when the decoder stumbles over it first. The writer is
/// not flushed to disk here.
pub fn write<R: Read, W: Write>(file: R, mut slot: W, expected: Expected, capacity: u64) -> Result<Written, ImageError> {
    let mut source = Source::new(file);
    let first = source.peek().map_err(ImageError::Read)?;
    if first.is_empty() {
        return Err(ImageError::Truncated { found: 0, expected: expected.bytes });
    }
    let encoding = Encoding::of(first);
    let mut buffer = vec![0; CHUNK];
    let outcome = match encoding {
        Ok(encoding) => decode(&mut source, encoding, &mut slot, capacity, &mut buffer),
        Err(unknown) => Err(unknown),
    };
    let outcome = match outcome {
        Err(error @ (ImageError::Read(_) | ImageError::Write(_) | ImageError::DiskFull { .. })) => return Err(error),
        other => other,
    };
    source.drain(&mut buffer).map_err(ImageError::Read)?;
    let (found, file) = (source.total(), source.digest());
    if expected.bytes.is_some_and(|bytes| found < bytes) {
        return Err(ImageError::Truncated { found, expected: expected.bytes });
    }
    if let Some(expected) = expected.digest.filter(|digest| *digest != file) {
        return Err(match outcome {
            Err(truncated @ ImageError::Truncated { .. }) => truncated,
            _ => ImageError::Altered { found: file, expected },
        });
    }
    let (encoding, decoded, decoded_bytes) = outcome?;
    slot.flush().map_err(|error| write_error(error, decoded_bytes))?;
    Ok(Written { encoding, file, file_bytes: found, decoded, decoded_bytes })
}

/// SHA-256 of the first `bytes` bytes, to read back what was written. Fewer bytes are an error.
pub fn digest_of<R: Read>(reader: R, bytes: u64) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut reader = reader.take(bytes);
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                total += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if total < bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Digest(hasher.finalize().into()))
}

fn decode<R: Read, W: Write>(
    source: &mut Source<R>,
    encoding: Encoding,
    slot: &mut W,
    capacity: u64,
    buffer: &mut [u8],
) -> Result<(Encoding, Digest, u64), ImageError> {
    let mut hasher = Sha256::new();
    let mut written: u64 = 0;
    let outcome = {
        let mut decoder = encoding.decoder(&mut *source);
        loop {
            match decoder.read(buffer) {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    if written + read as u64 > capacity {
                        return Err(ImageError::TooLarge { capacity });
                    }
                    hasher.update(&buffer[..read]);
                    slot.write_all(&buffer[..read]).map_err(|error| write_error(error, written))?;
                    written += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        }
    };
    if let Some(error) = source.take_error() {
        return Err(ImageError::Read(error));
    }
    match outcome {
        Ok(()) => Ok((encoding, Digest(hasher.finalize().into()), written)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(ImageError::Truncated { found: source.total(), expected: None })
        }
        Err(error) => Err(ImageError::Corrupt { encoding, reason: error.to_string() }),
    }
}

fn write_error(error: io::Error, written: u64) -> ImageError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ImageError::DiskFull { written }
        }
        _ => ImageError::Write(error),
    }
}
