//! Texts as records keep them.

use crate::SourceError;

/// Most characters that a record keeps.
pub const KEPT: usize = 500_000;

/// Why a text cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not what it should be.
    #[error("it is no {form}: {why}")]
    Form {
        /// What it should be.
        form: &'static str,
        /// What is wrong.
        why: String,
    },
    /// An Ubuntu list.
    #[error("it is a list in OVAL form, as Ubuntu has them; only the Edge Microvisor Toolkit's JSON lists are read")]
    Oval,
    /// Too long, even without white space.
    #[error("it has more than 500,000 characters without white space")]
    TooLong,
    /// A character that clients do not expect.
    #[error("it has the character {0:?}, which the API does not allow in this field")]
    Character(char),
}

impl TextError {
    /// With the address that the text came from.
    pub fn at(&self, url: &str) -> SourceError {
        let place: String = url.split(['?', '#']).next().unwrap_or_default().chars().take(500).collect();
        SourceError::new("use the text", place, crate::Problem::Malformed, self.to_string())
    }
}

/// Without white space, also within strings, as the Edge Orchestrator has it.
pub(crate) fn squeeze(text: &str, allowed: impl Fn(char) -> bool) -> Result<String, TextError> {
    let mut kept = String::new();
    for (count, c) in text.chars().filter(|c| !c.is_whitespace()).enumerate() {
        if count == KEPT {
            return Err(TextError::TooLong);
        }
        if !allowed(c) {
            return Err(TextError::Character(c));
        }
        kept.push(c);
    }
    Ok(kept)
}

/// Whether a text is one of Ubuntu's lists, packed or not.
pub(crate) fn is_oval(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BZh") || bytes.trim_ascii_start().starts_with(b"<?xml") || bytes.trim_ascii_start().starts_with(b"<oval")
}

/// What the API allows in lists of packages and of known vulnerabilities beside letters and digits.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:;=@?!#,<>*+~()\"\\ \n{}[]".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_also_within_strings() {
        assert_eq!(squeeze(" {\"a b\":\t\"c\u{a0}d\"}\r\n", is_plain).unwrap(), "{\"ab\":\"cd\"}");
        assert_eq!(squeeze("a'b", is_plain), Err(TextError::Character('\'')));
        let long = "a ".repeat(KEPT);
        assert_eq!(squeeze(&long, is_plain).unwrap().len(), KEPT);
        assert_eq!(squeeze(&(long + "a"), is_plain), Err(TextError::TooLong));
    }
}
