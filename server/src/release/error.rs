//! Why an image was not kept or is not served.

use std::io;

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
    /// The first part of an upload does not say how long the whole is.
    #[error("nothing of this image is here yet, and its length is not known: send the header Upload-Length with the first part")]
    NoLength,
    /// Parts of one file tell different lengths.
    #[error(
        "the image was announced with {before} bytes, and now with {now}: send the same file, or wait a day until the upload that was begun expires"
    )]
    OtherLength {
        /// Bytes, as the first part told.
        before: u64,
        /// Bytes, as this one tells.
        now: u64,
    },
    /// More was sent than was announced.
    #[error("more was sent than the {length} bytes that were announced; what was sent with this request was not kept")]
    Surplus {
        /// Bytes.
        length: u64,
    },
    /// The part does not begin where the upload is.
    #[error("{here} bytes of the image are here, and a part from byte {told} on was sent: go on from byte {here}")]
    Elsewhere {
        /// Bytes that are kept.
        here: u64,
        /// Where the part begins.
        told: u64,
    },
    /// Another request sends the same image.
    #[error("another request is sending this image: wait for its end, and ask then what is missing")]
    Busy,
    /// No space is left.
    #[error("no space left for images at {place}: free some space; nothing was kept")]
    Full {
        /// Path.
        place: String,
    },
    /// What is still to come does not fit on the disk.
    #[error(
        "no space left for images at {place}: {needed} bytes are needed and {free} are free: free some space; what was sent before is kept for a day"
    )]
    Tight {
        /// Path.
        place: String,
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
    /// The store of a bucket failed, or cannot be reached.
    #[error("images in {place} cannot be used: {reason}")]
    Bucket {
        /// Its name.
        place: String,
        /// In the store's words.
        reason: String,
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

impl ReleaseError {
    /// An error of the file system at a place.
    pub(super) fn of(place: &std::path::Path, error: io::Error) -> Self {
        let place = place.display().to_string();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { place },
            _ => Self::Disk { place, error },
        }
    }
}
