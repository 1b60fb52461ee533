//! Tokens: in the operating system's keyring, else in a file that only its owner can read.

use std::thread;

use clap::ValueEnum;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::home::{Home, Lock};
use crate::error::Error;

/// Name of our entries in the keyring.
const SERVICE: &str = "emtctl";
/// An access token that ends within these seconds is not used any more.
const MARGIN: i64 = 30;

/// Where tokens are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Keep {
    /// In the operating system's keyring
    Keyring,
    /// In a file that only you can read
    File,
}

impl Keep {
    /// In one word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

/// What is kept of a login.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(with = "secret")]
    pub(crate) access: Zeroizing<String>,
    /// When the access token ends, epoch seconds.
    pub(crate) expires: i64,
    #[serde(with = "maybe_secret", default)]
    pub(crate) refresh: Option<Zeroizing<String>>,
}

mod secret {
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(secret: &Zeroizing<String>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(secret)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(input).map(Zeroizing::new)
    }
}

mod maybe_secret {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use zeroize::Zeroizing;

    #[allow(clippy::ref_option, reason = "as serde calls it")]
    pub(super) fn serialize<S: Serializer>(secret: &Option<Zeroizing<String>>, out: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(|secret| secret.as_str()).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Zeroizing<String>>, D::Error> {
        Option::<String>::deserialize(input).map(|secret| secret.map(Zeroizing::new))
    }
}

impl Kept {
    /// What a login gave at `now`.
    pub(crate) fn new(tokens: emt_client::Tokens, now: Timestamp) -> Self {
        let lives = i64::try_from(tokens.lives.as_secs()).unwrap_or(i64::MAX);
        Self { access: tokens.access, expires: now.as_second().saturating_add(lives), refresh: tokens.refresh }
    }

    /// Whether the access token is good for a while.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.as_second().saturating_add(MARGIN) < self.expires
    }
}

/// The place of one context's tokens.
pub(crate) struct Tokens<'a> {
    home: &'a Home,
    context: &'a str,
}

impl<'a> Tokens<'a> {
    pub(crate) fn of(home: &'a Home, context: &'a str) -> Self {
        Self { home, context }
    }

    /// Keeps tokens where it was asked for; without a wish in the keyring, or in a file where there is none. Says which.
    pub(crate) async fn save(&self, wish: Option<Keep>, kept: &Kept, lock: &Lock) -> Result<Keep, Error> {
        let text = Zeroizing::new(serde_json::to_string(kept).unwrap_or_default());
        if wish != Some(Keep::File) {
            let user = self.user();
            let secret = text.clone();
            match in_keyring(move || keyring::Entry::new(SERVICE, &user)?.set_password(&secret)).await {
                Ok(()) => {
                    self.home.remove(&self.file(), lock)?;
                    return Ok(Keep::Keyring);
                }
                Err(reason) if wish == Some(Keep::Keyring) => return Err(no_keyring(&reason)),
                Err(_) => {}
            }
        }
        self.home.write(&self.file(), text.as_bytes(), lock)?;
        Ok(Keep::File)
    }

    /// The kept tokens, if there are any.
    pub(crate) async fn load(&self, keep: Keep) -> Result<Option<Kept>, Error> {
        let text = match keep {
            Keep::File => self.home.read(&self.file())?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            Keep::Keyring => {
                let user = self.user();
                let found = in_keyring(move || match keyring::Entry::new(SERVICE, &user)?.get_password() {
                    Ok(text) => Ok(Some(text)),
                    Err(keyring::Error::NoEntry) => Ok(None),
                    Err(error) => Err(error),
                });
                found.await.map_err(|reason| no_keyring(&reason))?
            }
        };
        // What cannot be understood is as good as no login.
        Ok(text.map(Zeroizing::new).and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Removes them.
    pub(crate) async fn remove(&self, keep: Keep, lock: &Lock) -> Result<(), Error> {
        match keep {
            Keep::File => self.home.remove(&self.file(), lock),
            Keep::Keyring => {
                let user = self.user();
                let removed = in_keyring(move || match keyring::Entry::new(SERVICE, &user)?.delete_credential() {
                    Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                    Err(error) => Err(error),
                });
                removed.await.map_err(|reason| no_keyring(&reason))
            }
        }
    }

    /// For people: where they are.
    pub(crate) fn place(&self, keep: Keep) -> String {
        match keep {
            Keep::Keyring => "the keyring".to_owned(),
            Keep::File => format!("{}, which only you can read", self.home.path().join(self.file()).display()),
        }
    }

    fn file(&self) -> String {
        format!("tokens/{}.json", self.context)
    }

    /// Two directories with a context of the same name do not share a login.
    fn user(&self) -> String {
        format!("{} ({})", self.context, self.home.path().display())
    }
}

/// The keyring may ask people and has a way of its own to wait: it gets a thread of its own, which nobody waits for after an
/// interruption.
async fn in_keyring<T: Send + 'static>(work: impl FnOnce() -> keyring::Result<T> + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || sender.send(work()).is_ok());
    match receiver.await {
        Ok(Err(keyring::Error::NoDefaultStore)) => Err(match keyring::Entry::store_status() {
            Err(error) => error.to_string(),
            Ok(()) => "there is none".to_owned(),
        }),
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("it ended unexpectedly".to_owned()),
    }
}

fn no_keyring(reason: &str) -> Error {
    Error::rule(
        format!("the keyring cannot be used: {reason}"),
        "unlock it, or keep the tokens in a file: emtctl login --tokens file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let tokens = emt_client::Tokens {
            access: Zeroizing::new("a".to_owned()),
            refresh: None,
            lives: std::time::Duration::from_hours(1),
        };
        let kept = Kept::new(tokens, at(1000));
        for (now, fresh) in [(1000, true), (4569, true), (4570, false), (4600, false), (9999, false)] {
            assert_eq!(kept.is_fresh(at(now)), fresh, "{now}");
        }
    }
}
