//! OS images: one pass from bytes to slot.
//!
//! [`write`] reads the bytes of an image file once: it hashes them as they are served, decodes them, hashes what comes
//! out and writes that, in memory that does not grow with the image. Nothing here knows networks or disks.

mod digest;
mod encoding;
mod error;
mod pass;
mod source;

pub use self::{
    digest::{Digest, NotADigest},
    encoding::Encoding,
    error::ImageError,
    pass::{Expected, Written, digest_of, write},
};
