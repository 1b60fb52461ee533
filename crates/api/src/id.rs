//! Resource ids: a kind's prefix, a hyphen and eight lower-case hex digits of a random number.

/// The id of a kind for a random number.
pub fn make(prefix: &str, random: u32) -> String {
    format!("{prefix}-{random:08x}")
}

/// The prefix of an id, if it has the form of one.
pub fn prefix(id: &str) -> Option<&str> {
    let (prefix, digits) = id.rsplit_once('-')?;
    let hex = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (hex && !prefix.is_empty()).then_some(prefix)
}

/// The number that an id was made for; `None` for what has not the form of one.
pub fn number(id: &str) -> Option<u32> {
    prefix(id).and_then(|prefix| u32::from_str_radix(id.get(prefix.len() + 1..)?, 16).ok())
}

/// Whether `id` is an id of the kind with this prefix.
pub fn is(id: &str, kind: &str) -> bool {
    prefix(id) == Some(kind)
}

/// Whether a text is a UUID in 8-4-4-4-12 hex form, in either case.
pub fn is_uuid(text: &str) -> bool {
    let groups = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    groups
        .iter()
        .all(|length| parts.next().is_some_and(|part| part.len() == *length && part.bytes().all(|b| b.is_ascii_hexdigit())))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_prefix_and_eight_lower_case_digits() {
        assert_eq!(make("host", 0xa1), "host-000000a1");
        for (text, expected) in [
            ("host-0a1b2c3d", Some("host")),
            ("host-0A1b2c3d", None),
            ("host-0a1b2c3", None),
            ("host-0a1b2c3d4", None),
            ("-0a1b2c3d", None),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(prefix(text), expected, "{text}");
            assert_eq!(number(text), expected.map(|_| 0x0a1b_2c3d), "{text}");
        }
    }

    #[test]
    fn uuids_have_five_groups_of_hex_digits() {
        for (text, expected) in [
            ("4c4c4544-0035-3010-8052-b4c04f4a4d32", true),
            ("4C4C4544-0035-3010-8052-B4C04F4A4D32", true),
            ("4c4c45440035-3010-8052-b4c04f4a4d32", false),
            ("{4c4c4544-0035-3010-8052-b4c04f4a4d3}", false),
            ("4c4c4544-0035-3010-8052-b4c04f4a4d32-", false),
            ("", false),
        ] {
            assert_eq!(is_uuid(text), expected, "{text}");
        }
    }
}
