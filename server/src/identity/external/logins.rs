//! People of the issuer sign in to the pages: this server is a client of the issuer (authorization code, PKCE, RFC 9207), and keeps
//! for each browser the tokens that it was given.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{
    super::{
        Browsing, Identity, IdentityError, OAuthError,
        callers::{self, Fingerprint},
        issue::SESSION,
    },
    External,
    browsers::{AGAIN, Held, SignedIn},
    id_token::{IdClaims, Wanted},
    provider::{Endpoints, Grant, Granted, NotGranted},
};

/// How long the discovery document holds, in seconds.
const REMEMBERED: i64 = 3600;
/// Most bytes of the tokens of one browser.
const LIMIT: usize = 32 * 1024;

/// What is known of the issuer's endpoints.
#[derive(Default)]
pub(super) struct Known {
    /// They, and since when, epoch seconds.
    found: Option<(i64, Arc<Endpoints>)>,
    /// When it was last not possible to ask for them, and why.
    failed: Option<(i64, String)>,
}

/// What a browser has brought back from the issuer.
#[derive(Debug, Clone, Copy)]
pub struct CameBack<'a> {
    /// The code.
    pub code: Option<&'a str>,
    /// The issuer that it says it comes from.
    pub issuer: Option<&'a str>,
    /// Where it was sent back to.
    pub redirect_uri: &'a str,
    /// What the challenge was made of.
    pub verifier: &'a str,
    /// What the id token must repeat.
    pub nonce: &'a str,
}

/// Where a browser signs out at the issuer, too.
#[derive(Debug)]
pub struct Farewell {
    /// The address.
    pub place: String,
    /// The name by which the issuer knows the pages.
    pub client: String,
    /// The login that is to end there.
    pub id_token: Zeroizing<String>,
}

impl External {
    /// The issuer's endpoints. One request asks for them, the others wait for it; while the issuer is away the old ones hold, and it
    /// is not asked at every request.
    async fn endpoints(&self, now: i64) -> Result<Arc<Endpoints>, IdentityError> {
        let mut known = self.endpoints.lock().await;
        let fresh = known.found.as_ref().filter(|(at, _)| (*at..*at + REMEMBERED).contains(&now));
        let failed = known.failed.as_ref().filter(|(at, _)| (*at..*at + AGAIN).contains(&now));
        match (fresh.or(known.found.as_ref().filter(|_| failed.is_some())), failed) {
            (Some((_, endpoints)), _) => return Ok(Arc::clone(endpoints)),
            (None, Some((_, error))) => return Err(self.unavailable(error)),
            (None, None) => {}
        }
        match self.issuer.provider.discover().await {
            Ok(found) => {
                let found = Arc::new(found);
                *known = Known { found: Some((now, Arc::clone(&found))), failed: None };
                Ok(found)
            }
            Err(error) => {
                let refused = self.away(&error);
                known.failed = Some((now, error));
                known.found.as_ref().map(|(_, old)| Arc::clone(old)).ok_or(refused)
            }
        }
    }

    pub(super) fn away(&self, error: &str) -> IdentityError {
        tracing::warn!(issuer = %self.issuer.url, %error, "the issuer cannot be reached");
        self.unavailable(error)
    }

    pub(super) fn unavailable(&self, error: &str) -> IdentityError {
        IdentityError::Unavailable(format!("{}, which signs people in, cannot be reached: {error}", self.issuer.url))
    }

    pub(super) async fn grant(&self, grant: Grant<'_>, now: i64) -> Result<Granted, NotGranted> {
        let endpoints = self.endpoints(now).await.map_err(|error| NotGranted::Unavailable(error.to_string()))?;
        let granted = self.issuer.provider.grant(&endpoints, grant).await?;
        if granted.len() > LIMIT {
            return Err(NotGranted::Refused(format!("its tokens are longer than {LIMIT} bytes")));
        }
        Ok(granted)
    }
}

impl Identity {
    /// Where browsers sign in for the pages, and the name of the pages there; `None` if it is here.
    pub async fn external_sign_in(&self) -> Result<Option<(String, String)>, IdentityError> {
        let Some(external) = &self.shared.external else { return Ok(None) };
        let endpoints = external.endpoints(self.now()).await?;
        Ok(Some((endpoints.authorization.clone(), external.issuer.provider.client_id().to_owned())))
    }

    /// A browser comes back from the issuer: the login is its own from now on.
    pub async fn begin_external_browsing(&self, back: &CameBack<'_>) -> Result<Browsing, OAuthError> {
        let external = self.shared.external.as_ref().ok_or_else(|| OAuthError::grant("There is no other issuer"))?;
        let now = self.now();
        let endpoints = external.endpoints(now).await?;
        match back.issuer {
            Some(issuer) if issuer == external.issuer.url => {}
            Some(_) => return Err(OAuthError::grant("The browser comes from another issuer than the one that it was sent to")),
            None if endpoints.tells_issuer => {
                return Err(OAuthError::grant("The browser does not say which issuer it comes from"));
            }
            None => {}
        }
        let code = back.code.ok_or_else(|| OAuthError::grant("Missing parameter: code"))?;
        let asked = Grant::Code { code, redirect_uri: back.redirect_uri, verifier: back.verifier };
        let granted = external.grant(asked, now).await.map_err(|error| match error {
            NotGranted::Refused(reason) => OAuthError::grant(&format!("The issuer gives no tokens: {reason}")),
            NotGranted::Unavailable(reason) => external.away(&reason).into(),
        })?;
        let Granted { access, refresh, id } = granted;
        let id_token = id.ok_or_else(|| OAuthError::grant("The issuer does not say who has signed in"))?;
        let not_taken = |what: &str, error: IdentityError| match error {
            IdentityError::Unauthenticated(reason) => {
                OAuthError::grant(&format!("The issuer's {what} is not taken ({reason:?})"))
            }
            error => error.into(),
        };
        let claims: IdClaims =
            external.verified(&id_token, self.shared.clock.now_ms()).await.map_err(|e| not_taken("id token", e))?;
        let wanted = Wanted {
            issuer: &external.issuer.url,
            client: external.issuer.provider.client_id(),
            nonce: back.nonce,
            now,
            skew: external.issuer.skew,
        };
        if let Some(fault) = claims.fault(&wanted) {
            return Err(OAuthError::grant(&format!("The issuer's id token is not taken: {fault}")));
        }
        let (caller, until) =
            external.caller(&access, self.shared.clock.now_ms()).await.map_err(|e| not_taken("access token", e))?;
        if caller.subject != claims.sub {
            return Err(OAuthError::grant("The issuer's tokens are of different people"));
        }
        let (cookie, ends) = (self.random_text(32), now + SESSION);
        let browser = SignedIn::new(caller.subject, id_token, ends, Held::new(access, refresh, now, until, external.issuer.skew));
        external.browsers.put(of_cookie(&cookie), browser, now);
        Ok(Browsing { cookie, ends })
    }

    /// Somebody signs out: the login ends here, and where it is to end at the issuer, if it has such a place.
    pub(in crate::identity) async fn end_external_browsing(external: &External, cookie: &str) -> Option<Farewell> {
        let browser = external.browsers.remove(&of_cookie(cookie))?;
        let known = external.endpoints.lock().await;
        let place = known.found.as_ref()?.1.end_session.clone()?;
        let client = external.issuer.provider.client_id().to_owned();
        Some(Farewell { place, client, id_token: browser.id_token.clone() })
    }
}

pub(super) fn of_cookie(cookie: &str) -> Fingerprint {
    callers::fingerprint(cookie)
}
