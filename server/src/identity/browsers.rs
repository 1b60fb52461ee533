//! Browsers that are signed in to the pages of this server: a cookie stands for a login, so that no token is ever in a page's
//! reach. What the cookie's owner may do is looked up each time, as for a token.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Caller, Farewell, Identity, IdentityError, Reason, SERVER, WEB_CLIENT, callers,
    enrolment::digest,
    oauth::{Authentication, OAuthError},
    records::{Browser, Session},
};
use crate::store::{Batch, StoreExt};

/// What the id token of a login must repeat that is begun with a verifier (OpenID Connect Core, 3.1.2.1): it tells nothing of the
/// verifier, and only the browser that has that can bring it.
pub fn nonce_of(verifier: &str) -> String {
    digest(&format!("nonce {verifier}"))
}

/// What a cookie's digest is remembered under, so that it never meets that of a token.
const COOKIE: &str = "cookie ";

/// A browser that has just signed in.
#[derive(Debug)]
pub struct Browsing {
    /// What the browser is to keep, and nobody else.
    pub cookie: String,
    /// When it ends at the latest, epoch seconds.
    pub ends: i64,
}

/// What forms of this browser carry, so that no other site can send them in its name.
pub fn form_token(cookie: &str) -> String {
    let digest = Sha256::digest(format!("form {cookie}"));
    hex::encode(&digest[..16])
}

/// Whether a form comes from a page that this browser was shown.
pub fn is_form_token(cookie: &str, token: &str) -> bool {
    form_token(cookie).as_bytes().ct_eq(token.as_bytes()).into()
}

impl Identity {
    /// A browser brings back its code: the login is its own from now on.
    pub async fn begin_browsing(
        &self,
        code: Option<&str>,
        redirect_uri: &str,
        verifier: &str,
        issuer: &str,
    ) -> Result<Browsing, OAuthError> {
        let client = Authentication { id: Some(WEB_CLIENT.to_owned()), secret: None };
        let tokens = self.by_code(&client, code, Some(redirect_uri), Some(verifier), issuer).await?;
        let session = tokens.session_state.unwrap_or_default();
        let session: Session =
            self.store().load(SERVER, &session).await?.ok_or_else(|| OAuthError::grant("Session not active"))?;
        let (browsing, browser) = self.new_browser(&session);
        self.store().commit(Batch::default().insert(browser)).await?;
        Ok(browsing)
    }

    /// A browser in which a login is used, not kept yet.
    pub(super) fn new_browser(&self, session: &Session) -> (Browsing, Browser) {
        let cookie = self.random_text(32);
        let mut browser = Browser { session: session.meta.id.clone(), ends: session.ends, ..Browser::default() };
        self.name(&mut browser, digest(&cookie));
        (Browsing { cookie, ends: browser.ends }, browser)
    }

    /// Who is signed in with this cookie.
    pub async fn browsing(&self, cookie: &str) -> Result<Arc<Caller>, IdentityError> {
        if let Some(external) = &self.shared.external {
            return self.external_browsing(external, cookie).await;
        }
        let gone = || IdentityError::Unauthenticated(Reason::Revoked);
        let generation = self.store().generation(SERVER);
        let fingerprint = callers::fingerprint(&[COOKIE, cookie].concat());
        if let Some(caller) = self.shared.callers.recall(&fingerprint, generation, self.now()) {
            return Ok(caller);
        }
        let browser: Browser = self.store().load(SERVER, &digest(cookie)).await?.ok_or_else(gone)?;
        let (session, user) = self.living_session(&browser.session, WEB_CLIENT).await?.ok_or_else(gone)?;
        if !user.enabled {
            return Err(IdentityError::Unauthenticated(Reason::Disabled));
        }
        let caller = Arc::new(self.caller_of(user).await?);
        self.shared.callers.keep(fingerprint, generation, session.ends.min(browser.ends), &caller);
        Ok(caller)
    }

    /// Somebody signs out: the login ends, and what was given for it. Where it is to end at another issuer, if there is one.
    pub async fn end_browsing(&self, cookie: &str) -> Result<Option<Farewell>, IdentityError> {
        if let Some(external) = &self.shared.external {
            return Ok(Self::end_external_browsing(external, cookie).await);
        }
        let id = digest(cookie);
        if let Some(browser) = self.store().load::<Browser>(SERVER, &id).await? {
            self.forget::<Session>(&browser.session).await?;
            self.forget::<Browser>(&id).await?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_for_one_browser() {
        let token = form_token("a");
        assert!(is_form_token("a", &token));
        for (cookie, token) in [("b", token.as_str()), ("a", ""), ("a", "a"), ("", &token), ("a", &token[1..])] {
            assert!(!is_form_token(cookie, token), "{cookie:?} {token:?}");
        }
    }
}
