//! Tokens of browsers in use: renewed shortly before they end, by one request, while others wait.

use std::sync::Arc;

use super::{
    super::{Caller, Identity, IdentityError, Reason, callers::Fingerprint},
    External,
    browsers::{Held, SignedIn, Tokens},
    logins::of_cookie,
    provider::{Grant, NotGranted},
};

impl Identity {
    /// Who is signed in with this cookie; their tokens are renewed if it is time.
    pub(in crate::identity) async fn external_browsing(
        &self,
        external: &External,
        cookie: &str,
    ) -> Result<Arc<Caller>, IdentityError> {
        let gone = || IdentityError::Unauthenticated(Reason::Revoked);
        let id = of_cookie(cookie);
        let browser = external.browsers.get(&id, self.now()).ok_or_else(gone)?;
        // What is refused before its time, such as when the issuer has new keys, is renewed once.
        for last in [false, true] {
            let state = browser.held().state(self.now());
            match state {
                Tokens::Good => {}
                Tokens::Due => self.renew(id, &browser).await?,
                Tokens::Lost => return Err(external.unavailable("it was tried just now")),
            }
            let access = browser.held().access.clone();
            match self.authenticate_token(&access).await {
                Err(IdentityError::Unauthenticated(_)) if !last => browser.held().spoil(),
                Err(IdentityError::Unauthenticated(reason)) => {
                    external.browsers.remove(&id);
                    return Err(IdentityError::Unauthenticated(reason));
                }
                done => return done,
            }
        }
        Err(gone())
    }

    /// Renews the tokens of a browser. It goes on when nobody waits for it any more: what the issuer gives for a refresh token
    /// may be given once only.
    async fn renew(&self, id: Fingerprint, browser: &Arc<SignedIn>) -> Result<(), IdentityError> {
        let (identity, browser) = (self.clone(), Arc::clone(browser));
        let renewed = tokio::spawn(async move { identity.renewed(id, &browser).await });
        renewed.await.unwrap_or_else(|error| Err(IdentityError::Unavailable(error.to_string())))
    }

    async fn renewed(&self, id: Fingerprint, browser: &SignedIn) -> Result<(), IdentityError> {
        let Some(external) = &self.shared.external else { return Ok(()) };
        let _one = browser.renewing.lock().await;
        let now = self.now();
        let refresh = {
            let held = browser.held();
            match held.state(now) {
                Tokens::Due => held.refresh.clone(),
                Tokens::Good => return Ok(()),
                Tokens::Lost => return Err(external.unavailable("it was tried just now")),
            }
        };
        let ended = |why: &str| {
            tracing::info!(user = browser.subject, why, "the login of a browser has ended at the issuer");
            external.browsers.remove(&id);
            Err(IdentityError::Unauthenticated(Reason::Revoked))
        };
        let Some(refresh) = refresh else { return ended("there is no refresh token") };
        let granted = match external.grant(Grant::Refresh(&refresh), now).await {
            Ok(granted) => granted,
            Err(NotGranted::Refused(reason)) => return ended(&reason),
            Err(NotGranted::Unavailable(reason)) => {
                return if browser.held().failed(now) { Ok(()) } else { Err(external.away(&reason)) };
            }
        };
        match external.caller(&granted.access, self.shared.clock.now_ms()).await {
            Ok((caller, until)) if caller.subject == browser.subject => {
                // An issuer that does not rotate refresh tokens sends none.
                *browser.held() = Held::new(granted.access, granted.refresh.or(Some(refresh)), now, until, external.issuer.skew);
                Ok(())
            }
            Ok(_) => ended("its tokens are of somebody else"),
            Err(IdentityError::Unauthenticated(reason)) => ended(&format!("its access token is not taken ({reason:?})")),
            Err(error) => Err(error),
        }
    }
}
