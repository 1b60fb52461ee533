//! Times on the wire: RFC 3339 in UTC with three fractional digits or none, and epoch seconds.

/// Milliseconds since 1970 as RFC 3339; without a fraction when there is none.
pub fn rfc3339(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| "1970-01-01T00:00:00Z".to_owned(),
        |time| if milliseconds % 1000 == 0 { format!("{time:.0}") } else { format!("{time:.3}") },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fraction_has_three_digits_or_none() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_780_000_000_120), "2026-05-28T20:26:40.120Z");
        assert_eq!(rfc3339(i64::MAX), "1970-01-01T00:00:00Z");
    }
}
