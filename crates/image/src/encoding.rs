//! How an image file is encoded, told from its first bytes.

use std::{
    fmt,
    io::{self, Read},
};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use crate::ImageError;

/// Most memory that an xz stream may ask for, in KiB: twice what the strongest preset needs.
const XZ_MEMORY_KIB: u32 = 128 * 1024;

/// Bytes that tell the encoding.
pub(crate) const MAGIC_BYTES: usize = 6;

/// Formats that a slot cannot take, by their first bytes.
const FOREIGN: [(&[u8], &str); 6] = [
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"QFI\xfb", "qcow2"),
];

/// An encoding that can be written to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it goes into the slot.
    Raw,
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// xz, one stream or several.
    Xz,
}

impl Encoding {
    /// Tells the encoding from the first bytes of a file. What is no known container is raw.
    pub fn of(first: &[u8]) -> Result<Self, ImageError> {
        if first.starts_with(b"\x1f\x8b") {
            return Ok(Self::Gzip);
        }
        if first.starts_with(b"\xfd7zXZ\0") {
            return Ok(Self::Xz);
        }
        match FOREIGN.iter().find(|(magic, _)| first.starts_with(magic)) {
            Some((_, format)) => Err(ImageError::UnknownFormat { format }),
            None => Ok(Self::Raw),
        }
    }

    pub(crate) fn decoder<R: Read>(self, source: R) -> Decoder<R> {
        match self {
            Self::Raw => Decoder::Raw(source),
            Self::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(source))),
            Self::Xz => Decoder::Xz(Box::new(XzReader::new_mem_limit(source, true, XZ_MEMORY_KIB))),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raw => "raw",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
        })
    }
}

/// Decoded bytes.
pub(crate) enum Decoder<R: Read> {
    Raw(R),
    Gzip(Box<MultiGzDecoder<R>>),
    Xz(Box<XzReader<R>>),
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Raw(source) => source.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        for (first, expected) in [
            (b"\x1f\x8b\x08\0\0\0".as_slice(), Some(Encoding::Gzip)),
            (b"\xfd7zXZ\0", Some(Encoding::Xz)),
            (b"\xfd7zX", Some(Encoding::Raw)),
            (b"\0\0\0\0\0\0", Some(Encoding::Raw)),
            (b"", Some(Encoding::Raw)),
            (b"\x28\xb5\x2f\xfd\0\0", None),
            (b"BZh91A", None),
            (b"QFI\xfb\0\0", None),
        ] {
            assert_eq!(Encoding::of(first).ok(), expected, "{first:?}");
        }
    }
}
