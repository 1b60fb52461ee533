//! Lengths of time such as `90s`, `30m`, `1h30m` or `2 days`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads a length. Days have 24 hours; months and years have no fixed length and are refused.
pub(crate) fn length(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of time: write it as 90s, 30m, 1h30m or 2d");
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| "a length of time cannot be negative".to_owned())
}

/// A length for people: `45s`, `30m`, `1h 30m`, `2d 4h`. Only its two greatest units are shown.
pub(crate) fn brief(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let Some(first) = units.iter().position(|(size, _)| seconds >= *size) else { return "0s".to_owned() };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in &units[first..units.len().min(first + 2)] {
        if rest >= *size {
            parts.push(format!("{}{unit}", rest / size));
        }
        rest %= size;
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9 .a-zPT-]{0,20}") {
            let _ = length(&text);
        }

        #[test]
        fn brief_texts_are_read(seconds in 0_u64..10_000_000) {
            let read = length(&brief(Duration::from_secs(seconds))).unwrap().as_secs();
            prop_assert!(read <= seconds && seconds - read < 3600, "{} {}", seconds, read);
        }
    }

    #[test]
    fn lengths() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("1h30m", Some(5400)),
            ("1h 30m", Some(5400)),
            ("1 hour, 30 minutes", Some(5400)),
            ("2d", Some(172_800)),
            ("PT1H", Some(3600)),
            (" 5m ", Some(300)),
            ("0s", Some(0)),
            ("-5m", None),
            ("5m ago", None),
            ("1mo", None),
            ("1y", None),
            ("30", None),
            ("m", None),
            ("", None),
        ] {
            assert_eq!(length(text).ok().map(|length| length.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn brief_texts() {
        for (seconds, expected) in
            [(0, "0s"), (45, "45s"), (60, "1m"), (90, "1m 30s"), (5400, "1h 30m"), (3601, "1h"), (187_200, "2d 4h")]
        {
            assert_eq!(brief(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }
}
