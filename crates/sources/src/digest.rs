//! SHA-256 as sources write it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

/// A SHA-256; 64 lower-case hex digits as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

/// Why a text is no SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 has 64 hex digits, in lower case")]
pub struct NoSha256;

impl Sha256 {
    /// Of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Hasher::digest(bytes).into())
    }

    /// What a hasher has come to.
    pub(crate) fn finish(hasher: Hasher) -> Self {
        Self(hasher.finalize().into())
    }

    /// Reads hex digits.
    pub fn parse(hex: &str) -> Result<Self, NoSha256> {
        if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(NoSha256);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(hex, &mut bytes).map_err(|_| NoSha256)?;
        Ok(Self(bytes))
    }

    /// Reads `sha256:` and hex digits.
    pub(crate) fn parse_named(text: &str) -> Result<Self, NoSha256> {
        text.strip_prefix("sha256:").ok_or(NoSha256).and_then(Self::parse)
    }

    /// `sha256:` and hex digits.
    pub fn named(self) -> String {
        format!("sha256:{self}")
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = NoSha256;

    fn try_from(hex: String) -> Result<Self, NoSha256> {
        Self::parse(&hex)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_lower_case_hex() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), empty);
        assert_eq!(Sha256::parse(empty), Ok(Sha256::of(b"")));
        assert_eq!(Sha256::parse_named(&Sha256::of(b"").named()), Ok(Sha256::of(b"")));
        for bad in ["", "e3b0", &empty.to_uppercase(), &format!("{empty}0"), &"g".repeat(64)] {
            assert!(Sha256::parse(bad).is_err(), "{bad}");
        }
        assert!(Sha256::parse_named(empty).is_err());
    }
}
