//! Pieces of JSON.

use crate::timestamp;

/// Appends `"key":`.
pub(super) fn key(out: &mut Vec<u8>, key: &str) {
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Appends a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    #[allow(clippy::needless_bitwise_bool, reason = "without a way out early many bytes are looked at in one step")]
    let special = text.bytes().fold(false, |special, b| special | (b < 0x20) | (b == b'"') | (b == b'\\'));
    if special {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Appends a number.
pub(super) fn number(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends `{"createdAt":…,"updatedAt":…}`.
pub(super) fn times(out: &mut Vec<u8>, created_ms: i64, updated_ms: i64) {
    out.extend_from_slice(br#"{"createdAt":""#);
    timestamp::write(out, created_ms);
    out.extend_from_slice(br#"","updatedAt":""#);
    timestamp::write(out, updated_ms);
    out.extend_from_slice(br#""}"#);
}
