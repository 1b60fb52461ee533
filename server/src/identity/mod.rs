//! Users, clients, roles, sessions, tokens and keys: who somebody is, and what they may do.
//!
//! What a token may do is decided by the roles that its owner has now, not by the copy in the token, so that a change
//! takes effect at once.

pub mod admin;
mod authentication;
mod bootstrap;
mod browsers;
mod caller;
mod callers;
mod codes;
mod deletion;
mod device;
mod endings;
mod enrolment;
mod error;
mod external;
mod grants;
mod introspection;
mod issue;
mod keys;
mod links;
mod oauth;
mod orgs;
mod password;
mod policy;
mod projects;
mod purge;
pub mod records;
mod rights;
mod roles;
mod rotation;
mod scope;
mod tenants;
mod token;
mod user_info;

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use emt_api::{filter::Expr, record::Record};
use serde_json::Value as Json;
use zeroize::Zeroizing;

pub use self::{
    bootstrap::{Admin, Secret},
    browsers::{Browsing, form_token, is_form_token, nonce_of},
    caller::{Act, Caller},
    codes::{Asked, Authorization, NotAsked, origin_of},
    deletion::Deletion,
    device::{DeviceStart, Waiting},
    enrolment::NodeCredentials,
    error::{IdentityError, Reason},
    external::{CameBack, Endpoints, Farewell, Grant, Granted, Issuer, KeySource, NotGranted, Provider},
    links::{Entered, NewLink},
    oauth::{Authentication, OAuthError, Tokens},
    policy::{NotChanged, Weak},
    projects::Put,
    records::RECORDS,
    tenants::{Organisation, Project},
    user_info::UserInfoError,
};
use self::{keys::Keys, password::Passwords, records::SigningKey};
use crate::{
    clock::{Clock, Randomness},
    store::{Batch, Change, Store, StoreError, StoreExt},
};

/// The public client through which people log in by password or device.
pub const SYSTEM_CLIENT: &str = "system-client";
/// The public client of the pages that this server shows.
pub const WEB_CLIENT: &str = "webui-client";
/// The project under which server-wide records are kept.
const SERVER: &str = "";

/// Identity of the whole server. Clones share it.
#[derive(Clone)]
pub struct Identity {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn Store>,
    clock: Clock,
    random: Randomness,
    passwords: Passwords,
    callers: callers::Callers,
    polls: device::Polls,
    keys: RwLock<Option<Arc<Keys>>>,
    external: Option<external::External>,
}

impl Identity {
    /// Identity over a store.
    pub async fn open(store: Arc<dyn Store>, clock: Clock, random: Randomness) -> Result<Self, IdentityError> {
        Self::trusting(store, clock, random, None).await
    }

    /// Identity over a store. If an issuer is named, its tokens are taken, and no others.
    pub async fn trusting(
        store: Arc<dyn Store>,
        clock: Clock,
        random: Randomness,
        issuer: Option<Issuer>,
    ) -> Result<Self, IdentityError> {
        let keys = Keys::of(&store.load_all::<SigningKey>(SERVER, Expr::everything()).await?)?.map(Arc::new);
        let passwords = Passwords::new(&random)?;
        Ok(Self {
            shared: Arc::new(Shared {
                store,
                clock,
                random,
                passwords,
                callers: callers::Callers::default(),
                polls: device::Polls::default(),
                keys: RwLock::new(keys),
                external: issuer.map(external::External::new),
            }),
        })
    }

    /// The issuer whose tokens are taken, if it is not this server itself.
    pub fn external_issuer(&self) -> Option<&str> {
        self.shared.external.as_ref().map(external::External::url)
    }

    /// Fetches the keys of that issuer.
    pub async fn refresh_issuer(&self) -> Result<(), IdentityError> {
        let Some(external) = &self.shared.external else { return Ok(()) };
        match external.refresh(self.shared.clock.now_ms()).await {
            Ok(changed) => {
                if changed {
                    // What an old key has signed is not taken any more.
                    self.shared.callers.forget();
                }
                Ok(())
            }
            Err(reason) => Err(IdentityError::Unavailable(reason)),
        }
    }

    /// Refuses what only the issuer of tokens can do.
    pub fn check_own_issuer(&self) -> Result<(), IdentityError> {
        match self.external_issuer() {
            None => Ok(()),
            Some(issuer) => Err(IdentityError::Elsewhere(format!(
                "this server makes no credentials: {issuer} issues the tokens that it takes; make users, clients and nodes' \
                 credentials there"
            ))),
        }
    }

    fn store(&self) -> &dyn Store {
        &*self.shared.store
    }

    fn now(&self) -> i64 {
        self.shared.clock.now()
    }

    fn keys(&self) -> Result<Arc<Keys>, IdentityError> {
        let keys = self.shared.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone().ok_or_else(|| IdentityError::Crypto("there are no keys: the server was not initialised".to_owned()))
    }

    /// The public keys, as `…/certs` shows them.
    pub fn jwks(&self) -> Result<Json, IdentityError> {
        Ok(self.keys()?.jwks().clone())
    }

    /// The key that signs access tokens, as base64 DER.
    pub fn public_key(&self) -> Result<String, IdentityError> {
        Ok(self.keys()?.public_der().to_owned())
    }

    fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.shared.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// So many random bytes as URL-safe text.
    fn random_text(&self, bytes: usize) -> String {
        let mut drawn = Zeroizing::new(vec![0; bytes]);
        self.shared.random.fill(&mut drawn);
        URL_SAFE_NO_PAD.encode(&*drawn)
    }

    /// Gives a new record its id and times.
    fn name(&self, record: &mut impl Record, id: String) {
        let now = self.shared.clock.now_ms();
        let meta = record.meta_mut();
        meta.id = id;
        meta.revision = 1;
        meta.created_ms = now;
        meta.updated_ms = now;
    }

    /// Deletes a record whatever its revision; one that is gone already is as good.
    async fn forget<R: Record>(&self, id: &str) -> Result<(), IdentityError> {
        let change = Change::Delete { spec: R::SPEC, project: SERVER.to_owned(), id: id.to_owned(), revision: None };
        match self.store().commit(Batch::default().with(change)).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
