//! Logins on devices without a browser (RFC 8628): the device shows a code, a person types it elsewhere and agrees.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use emt_api::filter::Expr;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    Identity, SERVER,
    enrolment::digest,
    issue::{Grant, Issue},
    oauth::{Authentication, OAuthError, Tokens},
    records::{Client, DEVICE, Device, User},
    scope,
};
use crate::store::{Batch, Query, StoreExt};

/// How long a person has, in seconds.
const LIFETIME: i64 = 600;
/// How often a device may ask, in seconds.
const INTERVAL: i64 = 5;
/// Most logins that may wait at once: anybody may begin one.
const WAITING: u64 = 10_000;
/// Letters of the code that is typed: none is taken for another, and they make no words.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them.
const LENGTH: usize = 8;

/// What a device is told first.
#[derive(Debug, Serialize)]
pub struct DeviceStart {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
}

/// A login that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Name of the client that is to be let in.
    pub client: String,
    /// The code, as it is shown.
    pub code: String,
}

/// When devices asked last, epoch milliseconds, by code. What is forgotten is let through once more.
#[derive(Default)]
pub(super) struct Polls(Mutex<HashMap<String, i64>>);

impl Polls {
    /// Whether a device asks too soon after the last time that it was let through.
    fn is_too_soon(&self, id: &str, now_ms: i64) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.get(id).is_some_and(|last| now_ms - last < INTERVAL * 1000) {
            return true;
        }
        if last.len() as u64 >= WAITING {
            last.clear();
        }
        last.insert(id.to_owned(), now_ms);
        false
    }
}

impl Identity {
    /// A device asks for a login.
    pub async fn start_device(&self, client: &Authentication, scope: &str, issuer: &str) -> Result<DeviceStart, OAuthError> {
        let client = self.client(client).await?;
        if !client.device_grant {
            let text =
                "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.";
            return Err(OAuthError::new(400, "unauthorized_client", text));
        }
        let waiting = self.store().find(Query { count: true, limit: Some(0), ..Query::all(&DEVICE, SERVER) }).await?;
        if waiting.total >= WAITING {
            let text = "too many devices wait for a login; try again in some minutes";
            return Err(OAuthError::new(503, "temporarily_unavailable", text));
        }
        let (device_code, letters) = (self.random_text(32), self.letters());
        let known: Vec<&str> = scope.split_ascii_whitespace().filter(|scope| scope::is_known(scope)).collect();
        let mut device = Device {
            user_code: digest(&letters),
            client_name: client.meta.id,
            scope: known.join(" "),
            ends: self.now() + LIFETIME,
            ..Device::default()
        };
        self.name(&mut device, digest(&device_code));
        self.store().commit(Batch::default().insert(device)).await?;
        let user_code = shown(&letters);
        Ok(DeviceStart {
            verification_uri: format!("{issuer}/device"),
            verification_uri_complete: format!("{issuer}/device?user_code={user_code}"),
            device_code,
            user_code,
            expires_in: LIFETIME,
            interval: INTERVAL,
        })
    }

    /// A device asks whether the person has agreed.
    pub async fn by_device_code(&self, client: &Authentication, code: Option<&str>, issuer: &str) -> Result<Tokens, OAuthError> {
        let client = self.client(client).await?;
        if !client.device_grant {
            return Err(OAuthError::grant("Client not allowed OAuth 2.0 Device Authorization Grant"));
        }
        let code = code.ok_or_else(|| OAuthError::new(400, "invalid_request", "Missing parameter: device_code"))?;
        let invalid = || OAuthError::grant("Device code not valid");
        let device: Device = self.store().load(SERVER, &digest(code)).await?.ok_or_else(invalid)?;
        if device.client_name != client.meta.id {
            return Err(OAuthError::grant("unauthorized client"));
        }
        if device.ends <= self.now() {
            return Err(OAuthError::new(400, "expired_token", "Device code is expired"));
        }
        if device.denied {
            self.forget::<Device>(&device.meta.id).await?;
            return Err(OAuthError::new(400, "access_denied", "The end user denied the authorization request"));
        }
        if device.user_uuid.is_empty() {
            if self.shared.polls.is_too_soon(&device.meta.id, self.shared.clock.now_ms()) {
                return Err(OAuthError::new(400, "slow_down", "Slow down"));
            }
            return Err(OAuthError::new(400, "authorization_pending", "The authorization request is still pending"));
        }
        let user: User = self.store().load(SERVER, &device.user_uuid).await?.ok_or_else(invalid)?;
        if !user.enabled {
            return Err(OAuthError::grant("User disabled"));
        }
        let session = self.new_session(&user, &client.meta.id, &device.scope, device.auth_time);
        let (user, grant) = (&user, Grant::Device);
        let tokens = self.issue(&Issue { user, session: &session, grant, issuer, narrowed: "", nonce: "" }).await?;
        // Of two that bring the same code, one gets a login.
        if self.commit_or_conflict(Batch::default().delete(&device).insert(session)).await? {
            return Err(invalid());
        }
        Ok(tokens)
    }

    /// The login that waits under a code that a person has typed, in any letters and with any marks between them.
    pub async fn waiting_device(&self, typed: &str) -> Result<Option<Waiting>, OAuthError> {
        let Some(device) = self.waiting(typed).await? else { return Ok(None) };
        let client: Option<Client> = self.store().load(SERVER, &device.client_name).await?;
        let client = client.map(|client| if client.title.is_empty() { client.meta.id } else { client.title });
        Ok(client.map(|client| Waiting { client, code: shown(&letters_of(typed)) }))
    }

    /// A person lets the device in. `false` if the code is not known any more.
    pub async fn approve_device(&self, typed: &str, username: &str, password: Zeroizing<String>) -> Result<bool, OAuthError> {
        let Some(mut device) = self.waiting(typed).await? else { return Ok(false) };
        device.user_uuid = self.checked_user(username, password).await?.meta.id;
        device.auth_time = self.now();
        Ok(!self.commit_or_conflict(Batch::default().update(device)).await?)
    }

    /// A person refuses the device. `false` if the code is not known any more.
    pub async fn deny_device(&self, typed: &str) -> Result<bool, OAuthError> {
        let Some(mut device) = self.waiting(typed).await? else { return Ok(false) };
        device.denied = true;
        Ok(!self.commit_or_conflict(Batch::default().update(device)).await?)
    }

    async fn waiting(&self, typed: &str) -> Result<Option<Device>, OAuthError> {
        let letters = letters_of(typed);
        if letters.len() != LENGTH {
            return Ok(None);
        }
        let found = self.store().load_all::<Device>(SERVER, Expr::is("user_code", digest(&letters))).await?;
        let waits = |device: &Device| device.ends > self.now() && !device.denied && device.user_uuid.is_empty();
        Ok(found.into_iter().find(waits))
    }

    fn letters(&self) -> String {
        let mut letters = String::with_capacity(LENGTH);
        let mut byte = [0];
        while letters.len() < LENGTH {
            self.shared.random.fill(&mut byte);
            // What is above would make some letters likelier.
            if byte[0] < 240 {
                letters.push(char::from(LETTERS[usize::from(byte[0]) % LETTERS.len()]));
            }
        }
        letters
    }
}

fn letters_of(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_uppercase()).take(LENGTH + 1).collect()
}

fn shown(letters: &str) -> String {
    let (first, second) = letters.split_at(letters.len() / 2);
    format!("{first}-{second}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_codes_are_read_leniently() {
        for typed in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "b.c.d.f-g.h.j.k"] {
            assert_eq!(shown(&letters_of(typed)), "BCDF-GHJK", "{typed}");
        }
        assert_eq!(letters_of(&"x".repeat(1000)).len(), LENGTH + 1);
    }

    #[test]
    fn who_asks_too_soon_does_not_push_the_time_on() {
        let polls = Polls::default();
        for (now, too_soon) in [(0, false), (4_999, true), (5_000, false), (9_000, true), (10_000, false)] {
            assert_eq!(polls.is_too_soon("a", now), too_soon, "{now}");
        }
        assert!(!polls.is_too_soon("b", 10_001));
    }
}
