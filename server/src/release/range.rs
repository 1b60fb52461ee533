//! Which part of a file a request asks for (RFC 9110, section 14).

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// First byte.
    pub first: u64,
    /// Number of bytes.
    pub length: u64,
}

/// The part that a `Range` header asks for: `Ok(None)` for the whole file, which is also the answer to a header that
/// cannot be read or asks for several parts; `Err` if the part lies outside.
#[allow(clippy::result_unit_err, reason = "there is one way to lie outside")]
pub fn part_of(header: Option<&str>, size: u64) -> Result<Option<Part>, ()> {
    let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Ok(None) };
    let Some((first, last)) = range.trim().split_once('-') else { return Ok(None) };
    let number = |text: &str| -> Option<u64> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
    };
    match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => within(first, u64::MAX, size),
        (Some(first), Some(last)) if first <= last => within(first, last, size),
        (None, Some(length)) if first.is_empty() => match length.min(size) {
            0 => Err(()),
            length => Ok(Some(Part { first: size - length, length })),
        },
        _ => Ok(None),
    }
}

fn within(first: u64, last: u64, size: u64) -> Result<Option<Part>, ()> {
    if first >= size {
        return Err(());
    }
    Ok(Some(Part { first, length: last.min(size - 1) - first + 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_ten_bytes() {
        let part = |first, length| Ok(Some(Part { first, length }));
        for (header, expected) in [
            ("bytes=0-", part(0, 10)),
            ("bytes=4-", part(4, 6)),
            ("bytes=4-4", part(4, 1)),
            ("bytes=4-99", part(4, 6)),
            ("bytes=-3", part(7, 3)),
            ("bytes=-99", part(0, 10)),
            ("bytes=10-", Err(())),
            ("bytes=-0", Err(())),
            ("bytes=5-4", Ok(None)),
            ("bytes=0-1,3-4", Ok(None)),
            ("bytes=+1-2", Ok(None)),
            ("lines=1-2", Ok(None)),
            ("bytes=a-b", Ok(None)),
            ("", Ok(None)),
            ("bytes=99999999999999999999999-", Ok(None)),
        ] {
            assert_eq!(part_of(Some(header), 10), expected, "{header}");
        }
        assert_eq!(part_of(None, 10), Ok(None));
        assert_eq!(part_of(Some("bytes=0-"), 0), Err(()));
    }
}
