//! Passwords: argon2id, off the threads that serve, a few at a time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::IdentityError;
use crate::clock::Randomness;

/// Memory of a hash, KiB, and passes over it: of the equally strong choices for argon2id (OWASP's list) the smallest, since
/// the server is to be light.
const COST: (u32, u32) = (7 * 1024, 5);
/// Hashes at once.
const AT_ONCE: usize = 2;
/// So many wrong passwords within [`WINDOW`] lock a user for that long.
const FAILURES: u32 = 30;
/// Seconds.
const WINDOW: i64 = 60;
/// Users whose failures are remembered; more are forgotten all at once.
const REMEMBERED: usize = 10_000;

/// Checks and makes hashes.
pub(super) struct Passwords {
    places: Semaphore,
    failures: Mutex<HashMap<String, (u32, i64)>>,
    /// A hash that no password fits: an unknown user must cost as much as a wrong password.
    decoy: String,
}

impl Passwords {
    pub(super) fn new(random: &Randomness) -> Result<Self, IdentityError> {
        let mut nobody = [0; 32];
        random.fill(&mut nobody);
        let decoy = hash(&nobody, random)?;
        Ok(Self { places: Semaphore::new(AT_ONCE), failures: Mutex::default(), decoy })
    }

    /// A hash to keep.
    pub(super) async fn hash(&self, password: Zeroizing<String>, random: &Randomness) -> Result<String, IdentityError> {
        let random = random.clone();
        self.aside(move || hash(password.as_bytes(), &random)).await?
    }

    /// Whether a password fits the kept hash; without a hash it never does. A locked user's never does.
    pub(super) async fn fits(
        &self,
        username: &str,
        password: Zeroizing<String>,
        kept: Option<String>,
        now: i64,
    ) -> Result<bool, IdentityError> {
        // Who has no password yet costs as much as well.
        let kept = kept.filter(|kept| !kept.is_empty());
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.clone());
        let locked = self.is_locked(username, now);
        let fits = self
            .aside(move || {
                PasswordHash::new(&kept).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        let fits = fits && known && !locked;
        // Names that nobody has are not counted: they would push out those that somebody has.
        if known {
            self.remember(username, fits, now);
        }
        Ok(fits)
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, IdentityError> {
        let _place = self.places.acquire().await.map_err(|error| IdentityError::Crypto(error.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| IdentityError::Crypto(error.to_string()))
    }

    /// Whether a user has to wait.
    pub(super) fn is_locked(&self, username: &str, now: i64) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(username).is_some_and(|(count, last)| *count >= FAILURES && now - last < WINDOW)
    }

    /// Wrong passwords so far do not count any more.
    pub(super) fn forget_failures(&self, username: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(username);
    }

    /// How many wrong passwords count against a user, and when the last one came, epoch seconds.
    pub(super) fn failures(&self, username: &str, now: i64) -> Option<(u32, i64)> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(username).copied().filter(|(_, last)| now - last < WINDOW)
    }

    fn remember(&self, username: &str, fits: bool, now: i64) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if fits {
            failures.remove(username);
            return;
        }
        if failures.len() >= REMEMBERED {
            failures.clear();
        }
        let (count, last) = failures.entry(username.to_owned()).or_insert((0, now));
        *count = if now - *last >= WINDOW { 1 } else { *count + 1 };
        *last = now;
    }
}

fn hash(password: &[u8], random: &Randomness) -> Result<String, IdentityError> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let crypto = |error: argon2::Error| IdentityError::Crypto(error.to_string());
    let cost = Params::new(COST.0, COST.1, 1, None).map_err(crypto)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let hash = argon2.hash_password_with_salt(password, &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| IdentityError::Crypto(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let random = Randomness::seeded(1);
        let passwords = Passwords::new(&random).unwrap();
        let kept = passwords.hash(secret("right"), &random).await.unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(passwords.fits("a", secret("right"), Some(kept.clone()), 0).await.unwrap());
        assert!(!passwords.fits("a", secret("wrong"), Some(kept), 0).await.unwrap());
        assert!(!passwords.fits("b", secret("right"), None, 0).await.unwrap());
    }

    #[test]
    fn many_wrong_passwords_lock_for_a_while() {
        let passwords = Passwords::new(&Randomness::seeded(1)).unwrap();
        for _ in 0..FAILURES {
            assert!(!passwords.is_locked("a", 100));
            passwords.remember("a", false, 100);
        }
        assert!(passwords.is_locked("a", 100 + WINDOW - 1));
        assert!(!passwords.is_locked("a", 100 + WINDOW));
        assert!(!passwords.is_locked("b", 100));
    }
}
