//! What can be wrong with an image, or with where it goes.

use std::io;

use crate::{Digest, Encoding};

/// Why an image was not written. What is in the slot after an error is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file ends too early.
    #[error("the image file is truncated: it ends after {found} bytes{}", wanted(*expected))]
    Truncated {
        /// Bytes in the file.
        found: u64,
        /// Bytes that it should have, if that was known.
        expected: Option<u64>,
    },
    /// The file is not the one that was asked for.
    #[error("the image file is altered: its SHA-256 is {found}, expected {expected}")]
    Altered {
        /// Digest of the file.
        found: Digest,
        /// Digest that was asked for.
        expected: Digest,
    },
    /// The file is the one that was asked for (or nothing was asked for), but cannot be decoded.
    #[error("the image file cannot be decoded as {encoding}: {reason}")]
    Corrupt {
        /// Encoding that its first bytes announce.
        encoding: Encoding,
        /// What the decoder found.
        reason: String,
    },
    /// The decoded image does not fit.
    #[error("the image is larger than the slot's {capacity} bytes")]
    TooLarge {
        /// Bytes that fit.
        capacity: u64,
    },
    /// The first bytes are those of a format that cannot be written to a slot.
    #[error("the image file is in {format} format; raw, gzip and xz can be installed")]
    UnknownFormat {
        /// Name of the format.
        format: &'static str,
    },
    /// There is no room where the image goes.
    #[error("the disk is full after {written} bytes of the image")]
    DiskFull {
        /// Bytes written before.
        written: u64,
    },
    /// Reading the file failed.
    #[error("the image file cannot be read: {0}")]
    Read(#[source] io::Error),
    /// Writing the slot failed.
    #[error("the slot cannot be written: {0}")]
    Write(#[source] io::Error),
}

fn wanted(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |bytes| format!(", expected {bytes}"))
}
