//! Tokens of another issuer, such as a Keycloak that serves the whole company. It knows the people and their roles; here are
//! the projects that the roles' names tell. A token is judged by the issuer's public keys alone, so that the issuer need not
//! be reachable: what it revokes is good until it expires.

mod browsers;
mod id_token;
mod logins;
mod provider;
mod renewal;

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, PublicKeyUse},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

pub use self::{
    logins::{CameBack, Farewell},
    provider::{Endpoints, Grant, Granted, NotGranted, Provider},
};
use super::{IdentityError, Reason, caller::Caller, rights::node_of};

/// Unknown keys are asked for at most so often, in milliseconds: anybody can send a token that names one.
const ASK_AGAIN: i64 = 10_000;
/// What may sign: public keys only. What a secret signs could be made by whoever knows the public key.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// Where the issuer's public keys come from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The keys as they are now (RFC 7517), or why they cannot be had.
    async fn fetch(&self) -> Result<Json, String>;

    /// The keys as they were when they could last be had, also by an earlier process.
    fn last_known(&self) -> Option<Json>;
}

/// The issuer whose tokens are taken.
#[derive(Clone)]
pub struct Issuer {
    /// Its name, as tokens carry it.
    pub url: String,
    /// How far its clock may be from ours, in seconds.
    pub skew: i64,
    /// Its keys.
    pub source: Arc<dyn KeySource>,
    /// Its logins for the pages.
    pub provider: Arc<dyn Provider>,
}

/// The issuer, and its keys as they are known.
pub(super) struct External {
    issuer: Issuer,
    keys: RwLock<Arc<Vec<TrustedKey>>>,
    asked_ms: AtomicI64,
    asking: tokio::sync::Mutex<()>,
    /// Where its logins are.
    endpoints: tokio::sync::Mutex<logins::Known>,
    browsers: browsers::Browsers,
}

struct TrustedKey {
    id: String,
    /// The one algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    verifies: DecodingKey,
}

/// The claims that count.
#[derive(Debug, Deserialize)]
struct ExternalClaims {
    iss: String,
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    #[serde(default)]
    iat: i64,
    #[serde(default)]
    typ: String,
    #[serde(default)]
    azp: String,
    #[serde(default)]
    preferred_username: String,
    #[serde(default)]
    realm_access: Realm,
}

#[derive(Debug, Default, Deserialize)]
struct Realm {
    #[serde(default)]
    roles: Vec<String>,
}

impl External {
    pub(super) fn new(issuer: Issuer) -> Self {
        let known = issuer.source.last_known().map(|keys| trusted(&keys)).unwrap_or_default();
        Self {
            issuer,
            keys: RwLock::new(Arc::new(known)),
            asked_ms: AtomicI64::new(i64::MIN / 2),
            asking: tokio::sync::Mutex::default(),
            endpoints: tokio::sync::Mutex::default(),
            browsers: browsers::Browsers::default(),
        }
    }

    /// The issuer's name.
    pub(super) fn url(&self) -> &str {
        &self.issuer.url
    }

    /// Forgets browsers whose login has ended.
    pub(super) fn purge(&self, now: i64) {
        self.browsers.purge(now);
    }

    /// Fetches the keys. `true` if they are others than before.
    pub(super) async fn refresh(&self, now_ms: i64) -> Result<bool, String> {
        self.asked_ms.store(now_ms, Ordering::SeqCst);
        let fetched = trusted(&self.issuer.source.fetch().await?);
        if fetched.is_empty() {
            return Err(format!("{} shows no key that this server can use", self.issuer.url));
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let ids = |keys: &[TrustedKey]| keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
        let changed = ids(&keys) != ids(&fetched);
        *keys = Arc::new(fetched);
        Ok(changed)
    }

    /// Who a token speaks for, with the roles that it tells, and when it ends, epoch seconds.
    pub(super) async fn caller(&self, token: &str, now_ms: i64) -> Result<(Caller, i64), IdentityError> {
        let claims: ExternalClaims = self.verified(token, now_ms).await?;
        let ends = self.judge(&claims, now_ms.div_euclid(1000)).map_err(IdentityError::Unauthenticated)?;
        let roles = claims.realm_access.roles;
        let node = node_of(&claims.azp, &roles);
        let username = if claims.preferred_username.is_empty() { claims.sub.clone() } else { claims.preferred_username };
        let (subject, admin_roles, login) = (claims.sub, Vec::new(), String::new());
        Ok((Caller { subject, username, roles, admin_roles, node, login }, ends))
    }

    /// The claims of a token that the issuer has signed. Times and names are not looked at.
    async fn verified<C: DeserializeOwned>(&self, token: &str, now_ms: i64) -> Result<C, IdentityError> {
        let refuse = IdentityError::Unauthenticated;
        let header = jsonwebtoken::decode_header(token).map_err(|_| refuse(Reason::Malformed))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(refuse(Reason::Signature));
        }
        let id = header.kid.as_deref().ok_or(refuse(Reason::Signature))?;
        if !self.knows(id) {
            self.ask_again(id, now_ms).await;
        }
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        if keys.is_empty() {
            return Err(IdentityError::Unavailable(format!(
                "the keys of {} cannot be fetched, so that no token can be checked: is it running, and trusted?",
                self.issuer.url
            )));
        }
        let key = keys.iter().find(|key| key.id == id).ok_or(refuse(Reason::Signature))?;
        if key.algorithm.is_some_and(|algorithm| algorithm != header.alg) {
            return Err(refuse(Reason::Signature));
        }
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<C>(token, &key.verifies, &validation);
        Ok(claims.map_err(|_| refuse(Reason::Signature))?.claims)
    }

    fn judge(&self, claims: &ExternalClaims, now: i64) -> Result<i64, Reason> {
        let ends = claims.exp.saturating_add(self.issuer.skew);
        if claims.iss != self.issuer.url {
            return Err(Reason::Issuer);
        }
        if claims.typ != "Bearer" {
            return Err(Reason::Kind);
        }
        if ends <= now {
            return Err(Reason::Expired);
        }
        if claims.nbf.max(claims.iat) > now.saturating_add(self.issuer.skew) {
            return Err(Reason::Early);
        }
        Ok(ends)
    }

    fn knows(&self, id: &str) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).iter().any(|key| key.id == id)
    }

    /// The issuer may have new keys. One request asks, the others wait for it.
    async fn ask_again(&self, id: &str, now_ms: i64) {
        let _one = self.asking.lock().await;
        if self.knows(id) || now_ms - self.asked_ms.load(Ordering::SeqCst) < ASK_AGAIN {
            return;
        }
        if let Err(error) = self.refresh(now_ms).await {
            tracing::warn!(issuer = %self.issuer.url, %error, "the issuer's keys were not fetched");
        }
    }
}

/// The keys of a set that can verify tokens; others are left out.
fn trusted(set: &Json) -> Vec<TrustedKey> {
    let keys = set["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| {
        let key: Jwk = serde_json::from_value(key.clone()).ok()?;
        let signs = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let algorithm = match &key.common.key_algorithm {
            None => None,
            Some(named) => Some(Algorithm::try_from(*named).ok().filter(|named| ALGORITHMS.contains(named))?),
        };
        let id = key.common.key_id.clone().filter(|_| signs)?;
        Some(TrustedKey { id, algorithm, verifies: DecodingKey::from_jwk(&key).ok()? })
    })
    .collect()
}
