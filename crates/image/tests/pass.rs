//! The pass from file bytes to slot, over all encodings.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{self, Read, Write};

use emt_image::{Digest, Encoding, Expected, ImageError, digest_of, write};
use proptest::prelude::*;
use sha2::Digest as _;

const ENCODINGS: [Encoding; 3] = [Encoding::Raw, Encoding::Gzip, Encoding::Xz];

fn encode(encoding: Encoding, content: &[u8]) -> Vec<u8> {
    match encoding {
        Encoding::Raw => content.to_vec(),
        Encoding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        }
        Encoding::Xz => {
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        }
    }
}

fn sha(bytes: &[u8]) -> Digest {
    Digest(sha2::Sha256::digest(bytes).into())
}

fn expecting(file: &[u8]) -> Expected {
    Expected { digest: Some(sha(file)), bytes: None }
}

/// Content that does not begin like a container, so that its raw form is what it is.
fn content() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..3000).prop_map(|tail| [b"raw image ".as_slice(), &tail, &[7; 500]].concat())
}

/// Gives pieces of the sizes of a list, again and again.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.sizes.next().copied().unwrap_or(1).min(buffer.len()).min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_goes_in_comes_out_however_it_is_cut(content in content(), sizes in proptest::collection::vec(1_usize..700, 1..5)) {
        for encoding in ENCODINGS {
            let file = encode(encoding, &content);
            let mut slot = Vec::new();
            let pieces = Pieces { rest: &file, sizes: sizes.iter().cycle() };
            let written = write(pieces, &mut slot, expecting(&file), content.len() as u64).unwrap();
            prop_assert_eq!(&slot, &content);
            prop_assert_eq!((written.encoding, written.file, written.decoded), (encoding, sha(&file), sha(&content)));
            prop_assert_eq!((written.file_bytes, written.decoded_bytes), (file.len() as u64, content.len() as u64));
            prop_assert_eq!(digest_of(slot.as_slice(), slot.len() as u64).unwrap(), written.decoded);
        }
    }

    #[test]
    fn a_truncated_file_is_an_error(content in content(), cut in any::<prop::sample::Index>()) {
        for encoding in ENCODINGS {
            let file = encode(encoding, &content);
            let part = &file[..cut.index(file.len())];
            let by_digest = write(part, io::sink(), expecting(&file), u64::MAX).unwrap_err();
            prop_assert!(matches!(by_digest, ImageError::Truncated { .. } | ImageError::Altered { .. }), "{by_digest}");
            let expected = Expected { bytes: Some(file.len() as u64), ..expecting(&file) };
            let by_length = write(part, io::sink(), expected, u64::MAX).unwrap_err();
            prop_assert!(matches!(by_length, ImageError::Truncated { found, .. } if found == part.len() as u64), "{by_length}");
            if encoding != Encoding::Raw {
                // Fewer bytes than the magic look like a raw file; without any expectation they are one.
                prop_assert!(part.len() < 6 || write(part, io::sink(), Expected::default(), u64::MAX).is_err());
            }
        }
    }

    #[test]
    fn an_altered_file_is_told_as_such(content in content(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        for encoding in ENCODINGS {
            let file = encode(encoding, &content);
            let mut altered = file.clone();
            altered[at.index(file.len())] ^= 1_u8 << bit;
            let error = write(altered.as_slice(), io::sink(), expecting(&file), u64::MAX).unwrap_err();
            prop_assert!(matches!(error, ImageError::Altered { .. } | ImageError::Truncated { .. }), "{error}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic(encoding in prop::sample::select(ENCODINGS.to_vec()), bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let magic: &[u8] = match encoding {
            Encoding::Raw => b"",
            Encoding::Gzip => b"\x1f\x8b\x08\0",
            Encoding::Xz => b"\xfd7zXZ\0",
        };
        let _ = write([magic, &bytes].concat().as_slice(), io::sink(), Expected::default(), 10_000);
    }

    #[test]
    fn more_than_fits_is_refused(content in content(), missing in 1_u64..400) {
        for encoding in ENCODINGS {
            let file = encode(encoding, &content);
            let capacity = content.len() as u64 - missing;
            let mut slot = Vec::new();
            let error = write(file.as_slice(), &mut slot, expecting(&file), capacity).unwrap_err();
            let told = matches!(error, ImageError::TooLarge { capacity: told } if told == capacity);
            prop_assert!(told, "{error}");
            prop_assert!(slot.len() as u64 <= capacity);
        }
    }
}

#[test]
fn members_and_streams_follow_each_other() {
    for encoding in [Encoding::Gzip, Encoding::Xz] {
        let file = [encode(encoding, b"one "), encode(encoding, b"two")].concat();
        let mut slot = Vec::new();
        write(file.as_slice(), &mut slot, expecting(&file), 100).unwrap();
        assert_eq!(slot, b"one two");
    }
}

#[test]
fn a_damaged_file_that_was_asked_for_is_corrupt() {
    for encoding in [Encoding::Gzip, Encoding::Xz] {
        let mut file = encode(encoding, &[1; 5000]);
        let last = file.len() - 6;
        file[last] ^= 0xff;
        let error = write(file.as_slice(), io::sink(), expecting(&file), u64::MAX).unwrap_err();
        assert!(matches!(error, ImageError::Corrupt { .. } | ImageError::Truncated { .. }), "{error}");
    }
    let empty = write(io::empty(), io::sink(), Expected::default(), 1).unwrap_err();
    assert!(matches!(empty, ImageError::Truncated { found: 0, .. }), "{empty}");
}

/// Takes so many bytes, then fails.
struct Broken(usize, io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let count = bytes.len().min(self.0);
        self.0 -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.write(buffer)?;
        buffer[..count].fill(1);
        Ok(count)
    }
}

#[test]
fn disk_and_source_are_blamed_for_their_own_errors() {
    let file = encode(Encoding::Gzip, &[1; 5000]);
    let at = |kind| write(file.as_slice(), Broken(10, kind), Expected::default(), u64::MAX).unwrap_err();
    assert!(matches!(at(io::ErrorKind::StorageFull), ImageError::DiskFull { .. }));
    assert!(matches!(at(io::ErrorKind::PermissionDenied), ImageError::Write(_)));
    let read = write(Broken(1000, io::ErrorKind::ConnectionReset), io::sink(), Expected::default(), u64::MAX).unwrap_err();
    assert!(matches!(read, ImageError::Read(error) if error.kind() == io::ErrorKind::ConnectionReset));
}
