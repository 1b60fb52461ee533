//! Which documents of a registry are meant for this orchestrator.

use std::{fmt, str::FromStr};

/// Which tags are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// Exactly this tag: a version, or a branch such as `main`.
    Exact(String),
    /// `~X.Y.Z`: same major and minor, and at least this patch.
    Compatible([u64; 3]),
}

/// Why a text is no revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no revision: a tag such as 0.10.8 or main is needed, or ~0.10.8 for that patch and later ones")]
pub struct RevisionError(String);

impl Revision {
    /// Whether a tag is taken. Parts of a tag that are no whole numbers count as 0, so that `0.10.9-dev` has patch 0.
    pub fn takes(&self, tag: &str) -> bool {
        match self {
            Self::Exact(wanted) => tag == wanted,
            Self::Compatible([major, minor, patch]) => {
                let [its_major, its_minor, its_patch] = parts(tag);
                (its_major, its_minor) == (*major, *minor) && its_patch >= *patch
            }
        }
    }
}

impl Default for Revision {
    fn default() -> Self {
        Self::Exact("main".to_owned())
    }
}

impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        let wrong = || RevisionError(text.chars().take(128).collect());
        let (tag, compatible) = text.strip_prefix('~').map_or((text, false), |rest| (rest, true));
        if !is_tag(tag) {
            return Err(wrong());
        }
        if !compatible {
            return Ok(Self::Exact(tag.to_owned()));
        }
        // Here a typing error must not become 0.
        let numbers = tag.split('.').count() <= 3 && tag.split('.').all(|part| part.parse::<u64>().is_ok());
        if numbers { Ok(Self::Compatible(parts(tag))) } else { Err(wrong()) }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(tag) => f.write_str(tag),
            Self::Compatible([major, minor, patch]) => write!(f, "~{major}.{minor}.{patch}"),
        }
    }
}

fn parts(tag: &str) -> [u64; 3] {
    let mut parts = tag.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

/// Whether a text can be a tag of a registry (OCI distribution 1.1).
pub(crate) fn is_tag(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|byte| plain(byte) || byte == b'.' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_that_are_taken() {
        for (revision, tag, taken) in [
            ("0.10.8", "0.10.8", true),
            ("0.10.8", "0.10.9", false),
            ("main", "main", true),
            ("main", "0.0.0", false),
            ("~0.10.8", "0.10.8", true),
            ("~0.10.8", "0.10.12", true),
            ("~0.10.8", "0.10.7", false),
            ("~0.10.8", "0.11.8", false),
            ("~0.10.8", "1.10.8", false),
            ("~0.10.8", "0.10.9-dev", false),
            ("~0.10.0", "0.10.9-dev", true),
            ("~0.10", "0.10.3", true),
            ("~0.10", "0.10", true),
            ("~0.0.0", "main", true),
            ("~0.0.1", "main", false),
            ("~0.10.8", "0.10.9.1", true),
            ("~0.10.8", "v0.10.9", true),
            ("~1.10.8", "v1.10.9", false),
        ] {
            assert_eq!(revision.parse::<Revision>().unwrap().takes(tag), taken, "{revision} and {tag}");
        }
    }

    #[test]
    fn texts_that_are_no_revision() {
        for text in ["", "~", "~main", "~1.2.3.4", "~1..2", "~-1.0.0", "a b", "-a", ".a", "~~1", &"a".repeat(129)] {
            assert!(text.parse::<Revision>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(text in "~?[0-9a-z.]{0,12}") {
            if let Ok(revision) = text.parse::<Revision>() {
                prop_assert_eq!(revision.to_string().parse::<Revision>().unwrap(), revision);
            }
        }

        #[test]
        fn any_tag_is_compared(revision in "~?[0-9.]{1,12}", tag in ".*") {
            if let Ok(revision) = revision.parse::<Revision>() {
                let _ = revision.takes(&tag);
            }
        }
    }
}
