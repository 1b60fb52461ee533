//! The file of contexts.

use std::collections::BTreeMap;

use emt_client::Trust;
use serde::{Deserialize, Serialize};

use super::{
    home::{Home, Lock},
    tokens::Keep,
};
use crate::error::Error;

/// Name of the file.
const FILE: &str = "contexts.toml";
/// Longest name of a context.
const NAME_LENGTH: usize = 64;

/// All contexts.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contexts {
    /// The one that is worked in unless another is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// A server, a user of it, and a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    /// Address of the API.
    pub(crate) server: String,
    /// Issuer of its tokens.
    pub(crate) issuer: String,
    /// User.
    pub(crate) username: String,
    /// Project to work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// Where the tokens are.
    pub(crate) tokens: Keep,
    /// Certificate authority of the server as PEM, kept here so that the file it came from may be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<String>,
}

impl Context {
    /// Which certificates are trusted.
    pub(crate) fn trust(&self) -> Trust {
        self.authority.as_ref().map_or(Trust::System, |pem| Trust::Authority(pem.clone().into_bytes()))
    }
}

impl Contexts {
    /// What is kept; nothing if nobody has logged in yet.
    pub(crate) fn read(home: &Home) -> Result<Self, Error> {
        let Some(bytes) = home.read(FILE)? else { return Ok(Self::default()) };
        let unreadable = |reason: String| Error::Unreadable { path: home.path().join(FILE), reason };
        let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
        toml::from_str(&text).map_err(|error| unreadable(error.message().replace('\n', ": ")))
    }

    /// Changes what is kept.
    pub(crate) fn change<T>(home: &Home, lock: &Lock, change: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let mut contexts = Self::read(home)?;
        let result = change(&mut contexts)?;
        let text = toml::to_string_pretty(&contexts)
            .map_err(|error| Error::Unreadable { path: home.path().join(FILE), reason: error.to_string() })?;
        home.write(FILE, text.as_bytes(), lock)?;
        Ok(result)
    }

    /// The context that is named, else the current one.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<(&str, &Context), Error> {
        if let Some(name) = name {
            return self.named(name);
        }
        match &self.current {
            Some(current) => self.named(current),
            None if self.contexts.is_empty() => Err(Error::NeverLoggedIn),
            None => Err(Error::call("no context is the current one", "choose one: emtctl context use NAME")),
        }
    }

    fn named(&self, name: &str) -> Result<(&str, &Context), Error> {
        let found = self.contexts.get_key_value(name).map(|(name, context)| (name.as_str(), context));
        found.ok_or_else(|| Error::missing(format!("no context has the name {name}"), "emtctl context list shows what is there"))
    }
}

/// Checks the name of a context, which is part of a file's name too.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:@".contains(c);
    if !name.is_empty() && name.len() <= NAME_LENGTH && !name.starts_with('.') && name.chars().all(plain) {
        return Ok(());
    }
    let hint = format!("use at most {NAME_LENGTH} letters, digits, dots, hyphens, underscores, colons and @ signs");
    Err(Error::call(format!("{name:?} cannot be the name of a context"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(server: &str) -> Context {
        Context {
            server: server.to_owned(),
            issuer: "https://keycloak.x/realms/master".to_owned(),
            username: "admin".to_owned(),
            project: None,
            tokens: Keep::File,
            authority: Some("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n".to_owned()),
        }
    }

    #[test]
    fn the_named_one_wins_over_the_current_one() {
        let mut contexts = Contexts::default();
        assert!(matches!(contexts.chosen(None), Err(Error::NeverLoggedIn)));
        assert!(matches!(contexts.chosen(Some("a")), Err(Error::Missing { .. })));
        contexts.contexts.insert("a".to_owned(), context("https://a"));
        contexts.contexts.insert("b:1".to_owned(), context("https://b"));
        assert!(matches!(contexts.chosen(None), Err(Error::Call { .. })));
        contexts.current = Some("a".to_owned());
        assert_eq!(contexts.chosen(None).unwrap().0, "a");
        assert_eq!(contexts.chosen(Some("b:1")).unwrap().1.server, "https://b");
        let text = toml::to_string_pretty(&contexts).unwrap();
        assert_eq!(toml::from_str::<Contexts>(&text).unwrap(), contexts, "{text}");
    }

    #[test]
    fn names_of_contexts_are_plain() {
        for (name, good) in [
            ("emt.localhost:8443", true),
            ("::1:8443", true),
            ("a", true),
            ("", false),
            ("../x", false),
            (".x", false),
            ("a b", false),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(check_name(name).is_ok(), good, "{name}");
        }
    }
}
