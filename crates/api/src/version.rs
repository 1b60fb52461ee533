//! Order of image versions such as `3.0.20260602.2200`.
//!
//! Every dot-separated part is compared as a number, so that two builds of one day sort by their time. Versions with
//! a part that is no number have no order: nothing is newer than something unknown.

use std::cmp::Ordering;

/// Compares two versions; `None` if one of them cannot be read.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (parts(a)?, parts(b)?);
    Some(a.cmp(&b))
}

/// Whether `a` is newer than `b`, both readable.
pub fn is_newer(a: &str, b: &str) -> bool {
    compare(a, b) == Some(Ordering::Greater)
}

fn parts(version: &str) -> Option<Vec<u64>> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    version.split('.').map(|part| if digits(part) { part.parse().ok() } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_a_number() {
        for (a, b, expected) in [
            ("3.0.20260602.2200", "3.0.20260602.0732", Some(Ordering::Greater)),
            ("3.0.20260602", "3.0.20260602.2200", Some(Ordering::Less)),
            ("10.0.0", "3.0.0", Some(Ordering::Greater)),
            ("3.0.20260602.0732", "3.0.20260602.732", Some(Ordering::Equal)),
            ("3.1", "3.0.1", Some(Ordering::Greater)),
            ("latest-build", "3.0.1", None),
            ("3.0.1-rc1", "3.0.1", None),
            ("3..1", "3.0.1", None),
            ("", "", None),
            ("3.+1", "3.0", None),
            ("99999999999999999999999", "1", None),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
        }
    }
}
