//! Times, statuses and versions as pages show them: the words are those of the API.

use std::{fmt, sync::LazyLock};

use askama::filters::{Html, HtmlSafe};
use emt_api::{enums::StatusIndication, record::Record, resources::Host};
use jiff::Timestamp;
use regex::Regex;

/// Most characters of a window's name.
const NAME: usize = 50;

/// An instant, epoch seconds: in UTC, and for the script to show on the visitor's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When(pub(super) i64);

impl HtmlSafe for When {}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0).ok().filter(|_| self.0 != 0) {
            Some(time) => write!(f, "<time datetime=\"{time}\">{}</time>", time.strftime("%Y-%m-%d %H:%M UTC")),
            None => f.write_str("<span class=\"none\">never</span>"),
        }
    }
}

/// A text in which instants are shown on the visitor's clock, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prose(pub(super) String);

/// Instants as the server writes them.
static INSTANT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").ok());

impl HtmlSafe for Prose {}

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |text: &str, f: &mut fmt::Formatter<'_>| match askama::filters::escape(text, Html) {
            Ok(safe) => write!(f, "{safe}"),
            Err(never) => match never {},
        };
        let mut rest = self.0.as_str();
        while let Some(found) = INSTANT.as_ref().and_then(|instant| instant.find(rest)) {
            escaped(&rest[..found.start()], f)?;
            match found.as_str().parse::<Timestamp>() {
                Ok(time) => write!(f, "{}", When(time.as_second()))?,
                Err(_) => escaped(found.as_str(), f)?,
            }
            rest = &rest[found.end()..];
        }
        escaped(rest, f)
    }
}

/// A status text with the way it is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// As the API tells it.
    pub(super) text: String,
    /// Class of the style.
    pub(super) tone: &'static str,
}

impl Status {
    /// A status of a record; one that nobody has set is nothing.
    pub(super) fn of(text: &str, indicator: StatusIndication) -> Self {
        let tone = match indicator {
            StatusIndication::Error => "bad",
            StatusIndication::InProgress => "busy",
            StatusIndication::Idle => "good",
            StatusIndication::Unspecified => "off",
        };
        Self { text: text.to_owned(), tone }
    }
}

/// What a host is called: its name, or its id if it has none.
pub(super) fn called(host: &Host) -> &str {
    if host.name.is_empty() { host.id() } else { &host.name }
}

/// Name of a window that nobody has named: made of its target and a tail that tells windows of it apart.
pub(super) fn window_name(target: &str, tail: &str) -> String {
    target.chars().take(NAME - tail.len()).chain(tail.chars()).collect()
}

/// So many of something.
pub(super) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// A word of a command as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=,@".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_safe_in_shells() {
        for (word, expected) in [("edge-1", "edge-1"), ("a b", "'a b'"), ("", "''"), ("it's $(x)", "'it'\\''s $(x)'")] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn times() {
        let prose = Prose("<b> from 2026-06-06T00:00:00Z & 2026-99-06T00:00:00Z".to_owned()).to_string();
        let time = When(1_780_704_000).to_string();
        assert_eq!(prose, format!("&#60;b&#62; from {time} &#38; 2026-99-06T00:00:00Z"));
        assert_eq!(When(0).to_string(), "<span class=\"none\">never</span>");
        assert_eq!(When(1_780_704_000).to_string(), "<time datetime=\"2026-06-06T00:00:00Z\">2026-06-06 00:00 UTC</time>");
    }
}
