//! What the Release Service's answer to a request for a part means.

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, HeaderName, LOCATION};

use crate::detail::Reason;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The image from its beginning; its length, if that is known.
    Whole { total: Option<u64> },
    /// What follows the part that is there; length of the whole image.
    Rest { total: u64 },
    /// Nothing follows the part that is there: it is the whole image.
    Complete,
    /// Some other part than what was asked for.
    Elsewhere,
    /// Not now.
    Later(String),
    /// Never.
    Refused(Reason, String),
}

/// Reads the answer to a request for what follows the first `from` bytes.
pub(super) fn read(status: u16, headers: &HeaderMap, from: u64) -> Answer {
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match status {
        200 => Answer::Whole { total: header(CONTENT_LENGTH).and_then(|length| length.parse().ok()) },
        206 => match header(CONTENT_RANGE).and_then(range) {
            Some((Some((first, last)), Some(total))) if first == from && last + 1 == total => Answer::Rest { total },
            _ => Answer::Elsewhere,
        },
        416 if from > 0 => match header(CONTENT_RANGE).and_then(range) {
            Some((None, Some(total))) if total == from => Answer::Complete,
            _ => Answer::Elsewhere,
        },
        401 | 403 => Answer::Refused(Reason::RsAuthentication, format!("the Release Service refuses the node ({status})")),
        404 | 410 => Answer::Refused(Reason::Download, format!("the Release Service has no such image ({status})")),
        300..=399 => {
            let to = header(LOCATION).unwrap_or("nowhere");
            Answer::Refused(
                Reason::Download,
                format!("the answer ({status}) points to {to}, another server, which is not followed"),
            )
        }
        408 | 425 | 429 | 500.. => Answer::Later(format!("the Release Service answers {status}")),
        _ => Answer::Refused(Reason::Download, format!("the Release Service answers {status}")),
    }
}

type Range = (Option<(u64, u64)>, Option<u64>);

/// `bytes FIRST-LAST/TOTAL`, of which both sides of the slash may be `*`.
fn range(text: &str) -> Option<Range> {
    let (part, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let part = match part {
        "*" => None,
        part => {
            let (first, last) = part.split_once('-')?;
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            Some((first, last)).filter(|(first, last)| first <= last && *last < u64::MAX)
        }
    };
    Some((part, if total == "*" { None } else { Some(total.parse().ok()?) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let refused = |reason, text: &str| Answer::Refused(reason, text.to_owned());
        for (status, name, value, from, expected) in [
            (200, CONTENT_LENGTH, "10", 0, Answer::Whole { total: Some(10) }),
            (200, LOCATION, "", 5, Answer::Whole { total: None }),
            (206, CONTENT_RANGE, "bytes 5-9/10", 5, Answer::Rest { total: 10 }),
            (206, CONTENT_RANGE, "bytes 4-9/10", 5, Answer::Elsewhere),
            (206, CONTENT_RANGE, "bytes 5-8/10", 5, Answer::Elsewhere),
            (206, CONTENT_RANGE, "bytes 5-9/*", 5, Answer::Elsewhere),
            (206, CONTENT_RANGE, "bytes 5-18446744073709551615/10", 5, Answer::Elsewhere),
            (206, LOCATION, "", 5, Answer::Elsewhere),
            (416, CONTENT_RANGE, "bytes */5", 5, Answer::Complete),
            (416, CONTENT_RANGE, "bytes */4", 5, Answer::Elsewhere),
            (416, CONTENT_RANGE, "bytes */0", 0, refused(Reason::Download, "the Release Service answers 416")),
            (401, LOCATION, "", 0, refused(Reason::RsAuthentication, "the Release Service refuses the node (401)")),
            (403, LOCATION, "", 0, refused(Reason::RsAuthentication, "the Release Service refuses the node (403)")),
            (404, LOCATION, "", 0, refused(Reason::Download, "the Release Service has no such image (404)")),
            (
                307,
                LOCATION,
                "https://x/",
                0,
                refused(Reason::Download, "the answer (307) points to https://x/, another server, which is not followed"),
            ),
            (429, LOCATION, "", 0, Answer::Later("the Release Service answers 429".to_owned())),
            (503, LOCATION, "", 0, Answer::Later("the Release Service answers 503".to_owned())),
            (418, LOCATION, "", 0, refused(Reason::Download, "the Release Service answers 418")),
        ] {
            let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
            assert_eq!(read(status, &headers, from), expected, "{status} {value:?} from {from}");
        }
    }
}
