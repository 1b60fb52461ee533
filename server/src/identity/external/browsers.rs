//! Browsers in which people of the issuer are signed in. Its tokens are in memory only, each kind of copy wiped when it goes:
//! after a restart browsers are sent to the issuer again, which usually asks nothing.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use zeroize::Zeroizing;

use super::super::callers::Fingerprint;

/// Browsers that are kept; a further one takes the place of the one that nobody has used for longest.
const MOST: usize = 2_000;
/// Seconds before its end in which an access token is renewed; less if it does not live four times as long.
const EARLY: i64 = 30;
/// Seconds after which an issuer that could not be reached is asked again.
pub(super) const AGAIN: i64 = 10;

/// Browsers by the digest of their cookie.
#[derive(Default)]
pub(in crate::identity) struct Browsers {
    known: Mutex<HashMap<Fingerprint, Arc<SignedIn>>>,
    uses: AtomicU64,
}

/// A browser in which somebody is signed in.
pub(in crate::identity) struct SignedIn {
    /// Whose login it is, as the issuer names them.
    pub(super) subject: String,
    /// What signing out at the issuer goes by.
    pub(super) id_token: Zeroizing<String>,
    /// When it ends at the latest, epoch seconds.
    pub(super) ends: i64,
    pub(super) held: Mutex<Held>,
    /// Whoever renews the tokens; others wait.
    pub(super) renewing: tokio::sync::Mutex<()>,
    used: AtomicU64,
}

/// Tokens in use.
pub(super) struct Held {
    pub(super) access: Zeroizing<String>,
    pub(super) refresh: Option<Zeroizing<String>>,
    /// Until when the access token is good, epoch seconds.
    until: i64,
    /// From when on it is to be renewed.
    renew_at: i64,
    /// When the issuer could not be reached, epoch seconds.
    failed_at: Option<i64>,
}

/// What is to be done with tokens before they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tokens {
    /// Nothing.
    Good,
    /// They are to be renewed.
    Due,
    /// They are over, and the issuer could not be reached just now.
    Lost,
}

impl Held {
    /// Tokens that were given now. `until`: when the access token ends by our clock, `skew` of it for clocks that differ.
    pub(super) fn new(access: Zeroizing<String>, refresh: Option<Zeroizing<String>>, now: i64, until: i64, skew: i64) -> Self {
        let ends = until - skew;
        let renew_at = (ends - EARLY).max(now + (ends - now) * 3 / 4);
        Self { access, refresh, until, renew_at, failed_at: None }
    }

    pub(super) fn state(&self, now: i64) -> Tokens {
        let failed_just_now = self.failed_at.is_some_and(|at| (at..at + AGAIN).contains(&now));
        match (now < self.until, now < self.renew_at) {
            (true, true) => Tokens::Good,
            // Without a refresh token it is used to its end.
            (true, false) if failed_just_now || self.refresh.is_none() => Tokens::Good,
            (false, _) if failed_just_now => Tokens::Lost,
            _ => Tokens::Due,
        }
    }

    /// The issuer could not be reached. Whether the access token is still good.
    pub(super) fn failed(&mut self, now: i64) -> bool {
        self.failed_at = Some(now);
        now < self.until
    }

    /// The access token is refused before its time.
    pub(super) fn spoil(&mut self) {
        (self.until, self.failed_at) = (0, None);
    }
}

impl SignedIn {
    pub(super) fn new(subject: String, id_token: Zeroizing<String>, ends: i64, held: Held) -> Self {
        let (held, renewing, used) = (Mutex::new(held), tokio::sync::Mutex::default(), AtomicU64::default());
        Self { subject, id_token, ends, held, renewing, used }
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browsers {
    fn known(&self) -> MutexGuard<'_, HashMap<Fingerprint, Arc<SignedIn>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, browser: &SignedIn) {
        browser.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// A browser whose login has not ended.
    pub(super) fn get(&self, id: &Fingerprint, now: i64) -> Option<Arc<SignedIn>> {
        let found = self.known().get(id).cloned().filter(|browser| now < browser.ends)?;
        self.touch(&found);
        Some(found)
    }

    /// Keeps a browser.
    pub(super) fn put(&self, id: Fingerprint, browser: SignedIn, now: i64) {
        self.touch(&browser);
        if self.known().len() >= MOST {
            self.purge(now);
        }
        let mut known = self.known();
        if known.len() >= MOST {
            let unused = known.iter().min_by_key(|(_, browser)| browser.used.load(Ordering::Relaxed)).map(|(id, _)| *id);
            unused.and_then(|id| known.remove(&id));
        }
        known.insert(id, Arc::new(browser));
    }

    /// Forgets a browser.
    pub(super) fn remove(&self, id: &Fingerprint) -> Option<Arc<SignedIn>> {
        self.known().remove(id)
    }

    /// Forgets those whose login has ended.
    pub(super) fn purge(&self, now: i64) {
        self.known().retain(|_, browser| now < browser.ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(refresh: bool, now: i64, until: i64) -> Held {
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        Held::new(secret("access"), refresh.then(|| secret("refresh")), now, until, 0)
    }

    #[test]
    fn tokens_are_renewed_shortly_before_they_end() {
        for (refresh, until, now, expected) in [
            (true, 300, 269, Tokens::Good),
            (true, 300, 270, Tokens::Due),
            (true, 300, 300, Tokens::Due),
            (true, 60, 44, Tokens::Good),
            (true, 60, 45, Tokens::Due),
            (false, 300, 299, Tokens::Good),
            (false, 300, 300, Tokens::Due),
        ] {
            assert_eq!(held(refresh, 0, until).state(now), expected, "{refresh} {until} {now}");
        }
    }

    #[test]
    fn an_issuer_that_is_away_is_not_asked_at_every_request() {
        let mut held = held(true, 0, 300);
        assert!(held.failed(280));
        for (now, expected) in [(280, Tokens::Good), (289, Tokens::Good), (290, Tokens::Due)] {
            assert_eq!(held.state(now), expected, "{now}");
        }
        assert!(!held.failed(300));
        for (now, expected) in [(300, Tokens::Lost), (309, Tokens::Lost), (310, Tokens::Due), (299, Tokens::Due)] {
            assert_eq!(held.state(now), expected, "{now}");
        }
        held.spoil();
        assert_eq!(held.state(10), Tokens::Due);
    }

    #[test]
    fn memory_is_bounded_and_whoever_is_active_stays() {
        let browsers = Browsers::default();
        let id = |number: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_be_bytes());
            id
        };
        let put = |number: usize, ends: i64, now: i64| {
            let browser = SignedIn::new("ann".to_owned(), Zeroizing::new(String::new()), ends, held(true, 0, 300));
            browsers.put(id(number), browser, now);
        };
        for number in 0..MOST {
            put(number, 1000, 0);
        }
        assert!(browsers.get(&id(0), 0).is_some());
        put(MOST, 2000, 0);
        assert!(browsers.get(&id(0), 0).is_some() && browsers.get(&id(1), 0).is_none(), "the least used went");
        assert_eq!(browsers.known().len(), MOST);
        assert!(browsers.get(&id(0), 1000).is_none(), "its login has ended");
        put(MOST + 1, 2000, 1000);
        assert_eq!(browsers.known().len(), 2, "what had ended went first");
    }
}
