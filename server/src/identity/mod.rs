//! Users, clients, roles, sessions, tokens and keys: who somebody is, and what they may do.
//!
//! What a token may do is decided by the roles that its owner has now, not by the copy in the token, so that a change
//! takes effect at once.

mod callers;
mod endings;
mod enrolment;
mod grants;
mod password;
mod projects;
pub mod records;
mod roles;
mod token;
mod user_info;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use emt_api::{filter::Expr, record::Record};
use serde_json::Value as Json;
use zeroize::Zeroizing;

pub use self::{
    enrolment::NodeCredentials,
    grants::{Authentication, OAuthError, Tokens},
    projects::Project,
    records::RECORDS,
    user_info::UserInfoError,
};
use self::{
    password::Passwords,
    records::{Client, Org, ProjectRecord, RevokedToken, Session, SigningKey, User},
    token::{Claims, Keys},
};
use crate::{
    clock::{Clock, Randomness},
    store::{Batch, Change, Store, StoreError, StoreExt},
};

/// The public client through which people log in.
pub const SYSTEM_CLIENT: &str = "system-client";
/// The project under which server-wide records are kept.
const SERVER: &str = "";

/// What a token is not accepted for. The caller is not told; the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    Missing,
    /// It is no token.
    Malformed,
    /// It was not signed here, or was altered.
    Signature,
    /// Its time is over.
    Expired,
    /// Its login, its owner or it itself is gone.
    Revoked,
    /// Its owner's account is off.
    Disabled,
    /// It is of another kind.
    Kind,
}

/// Why identity refuses or fails.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The token does not tell who the caller is.
    #[error("not authenticated ({0:?})")]
    Unauthenticated(Reason),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// An enrolment token is not accepted.
    #[error("{0}")]
    Enrolment(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keys or hashes.
    #[error("cryptography failed: {0}")]
    Crypto(String),
}

impl IdentityError {
    /// Whether the token is at fault.
    pub fn is_unauthenticated(&self) -> bool {
        matches!(self, Self::Unauthenticated(_))
    }
}

/// A text that must not be seen in logs.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The first user.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// Who asks, with the roles they have now.
#[derive(Debug, Clone)]
pub struct Caller {
    subject: String,
    username: String,
    roles: Vec<String>,
    node: Option<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    project: String,
    uuid: String,
}

impl Caller {
    /// UUID of the user.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Name of the user, or of the client that acts by itself.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Whether resources of a project may be read.
    pub fn can_read(&self, project: &str) -> bool {
        self.has(&format!("{project}_im-r")) || self.can_write(project)
    }

    /// Whether resources of a project may be written.
    pub fn can_write(&self, project: &str) -> bool {
        self.has(&format!("{project}_im-rw"))
    }

    /// Whether the project is known to the caller by its name.
    pub fn is_member(&self, project: &str) -> bool {
        let tail = format!("_{project}_m");
        self.roles.iter().any(|role| role.ends_with(&tail)) || self.can_read(project)
    }

    /// UUID of the project whose resources the caller may read or write, if it is one only.
    pub fn only_project(&self) -> Option<&str> {
        let of_role = |role: &'_ String| role.strip_suffix("_im-r").or_else(|| role.strip_suffix("_im-rw")).map(str::len);
        let mut projects = self.roles.iter().filter_map(|role| role.get(..of_role(role)?));
        let first = projects.next()?;
        projects.all(|project| project == first).then_some(first)
    }

    /// UUID of the one host that the caller speaks for.
    pub fn node_uuid(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.uuid.as_str())
    }

    /// UUID of the project of that host.
    pub fn node_project(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.project.as_str())
    }

    /// Whether the caller is a node of a project.
    pub fn is_agent_of(&self, project: &str) -> bool {
        self.node_project() == Some(project) && self.has(&roles::agent(project))
    }

    /// Whether the caller may make projects and see all of them.
    pub fn may_administer_projects(&self) -> bool {
        self.has(roles::ADMIN) || self.roles.iter().any(|role| role.ends_with("_project-write-role"))
    }

    fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }
}

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
    keys: RwLock<Option<Arc<Keys>>>,
}

impl Identity {
    /// Identity over a store.
    pub async fn open(store: Arc<dyn Store>, clock: Clock, random: Randomness) -> Result<Self, IdentityError> {
        let keys = Keys::of(&store.load_all::<SigningKey>(SERVER, Expr::everything()).await?)?.map(Arc::new);
        let passwords = Passwords::new(&random)?;
        Ok(Self {
            shared: Arc::new(Shared {
                store,
                clock,
                random,
                passwords,
                callers: callers::Callers::default(),
                keys: RwLock::new(keys),
            }),
        })
    }

    /// Whether [`Self::bootstrap`] was done.
    pub async fn is_initialised(&self) -> Result<bool, IdentityError> {
        let keys = self.store().load_all::<SigningKey>(SERVER, Expr::everything()).await?;
        Ok(!keys.is_empty())
    }

    /// Refuses names that [`Self::bootstrap`] would refuse.
    pub fn check_bootstrap(admin: &Admin, project: &str) -> Result<(), IdentityError> {
        projects::check_name(project)?;
        let name = &admin.username;
        if name.is_empty() || name.len() > 255 || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(IdentityError::Invalid(format!("{name:?} is no user name: use letters and digits")));
        }
        Ok(())
    }

    /// Makes keys, the public client, the organisation, the first user and the first project, all or nothing.
    pub async fn bootstrap(&self, admin: &Admin, project: &str) -> Result<(), IdentityError> {
        Self::check_bootstrap(admin, project)?;
        let username = admin.username.to_lowercase();
        let random = self.shared.random.clone();
        let keys = tokio::task::spawn_blocking(move || token::generate(&random));
        let keys = keys.await.map_err(|error| IdentityError::Crypto(error.to_string()))??;
        let password = Zeroizing::new(admin.password.as_str().to_owned());
        let password = self.shared.passwords.hash(password, &self.shared.random).await?;

        let mut org = Org { name: "default".to_owned(), ..Org::default() };
        self.name(&mut org, self.uuid());
        let mut made = ProjectRecord { name: project.to_owned(), org: org.meta.id.clone(), ..ProjectRecord::default() };
        self.name(&mut made, self.uuid());
        let groups = [roles::ORG_ADMINS.to_owned(), roles::project_managers(&org.meta.id), roles::host_managers(&made.meta.id)];
        let mut user = User {
            username,
            password,
            enabled: true,
            member_of: emt_api::value::Json(groups.to_vec()),
            roles: emt_api::value::Json(vec![roles::ADMIN.to_owned()]),
            ..User::default()
        };
        self.name(&mut user, self.uuid());
        let mut client = Client { direct_grants: true, ..Client::default() };
        self.name(&mut client, SYSTEM_CLIENT.to_owned());
        let mut batch = Batch::default().insert(org).insert(made).insert(user).insert(client);
        for mut key in keys.clone() {
            let id = key.meta.id.clone();
            self.name(&mut key, id);
            batch = batch.insert(key);
        }
        self.store().commit(batch).await?;
        let ready = Keys::of(&keys)?.map(Arc::new);
        *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = ready;
        Ok(())
    }

    /// Who sends this `Authorization` header.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Arc<Caller>, IdentityError> {
        let token = bearer(authorization).ok_or(IdentityError::Unauthenticated(Reason::Missing))?;
        let generation = self.store().generation(SERVER);
        let fingerprint = callers::fingerprint(token);
        if let Some(caller) = self.shared.callers.recall(&fingerprint, generation, self.now()) {
            return Ok(caller);
        }
        let claims = self.access_claims(token).await?;
        let (caller, ends) = self.owner(&claims).await?;
        let caller = Arc::new(caller);
        let until = claims.exp.map_or(ends, |exp| exp.min(ends));
        self.shared.callers.keep(fingerprint, generation, until, &caller);
        Ok(caller)
    }

    /// Project and host UUID of the node that a token of ours was given to, whether or not its credentials are still good:
    /// for telling it what has become of them, and for nothing else.
    pub fn former_node(&self, authorization: Option<&str>) -> Option<(String, String)> {
        let token = bearer(authorization)?;
        let claims = self.keys().ok()?.read(token).ok()?;
        let uuid = claims.azp.strip_prefix(enrolment::NODE_CLIENT)?.to_owned();
        let project = token::roles(token).into_iter().find_map(|role| roles::project_of_agent(&role).map(str::to_owned))?;
        Some((project, uuid))
    }

    /// Removes what has expired.
    pub async fn purge(&self) -> Result<(), IdentityError> {
        let now = self.now();
        let mut batch = Batch::default();
        for session in self.store().load_all::<Session>(SERVER, Expr::everything()).await? {
            if session.ends <= now {
                batch = batch.delete(&session);
            }
        }
        for token in self.store().load_all::<RevokedToken>(SERVER, Expr::everything()).await? {
            if token.ends <= now {
                batch = batch.delete(&token);
            }
        }
        for token in self.store().load_all::<records::EnrolmentToken>(SERVER, Expr::everything()).await? {
            if token.ends <= now {
                batch = batch.delete(&token);
            }
        }
        if !batch.changes.is_empty() {
            self.store().commit(batch).await?;
        }
        Ok(())
    }

    /// Claims of an access token that is valid now.
    async fn access_claims(&self, token: &str) -> Result<Arc<Claims>, IdentityError> {
        let refuse = IdentityError::Unauthenticated;
        let claims = self.keys()?.read(token).map_err(refuse)?;
        if claims.typ != "Bearer" {
            return Err(refuse(Reason::Kind));
        }
        if claims.exp.is_none_or(|exp| exp <= self.now()) {
            return Err(refuse(Reason::Expired));
        }
        if self.store().load::<RevokedToken>(SERVER, &claims.jti).await?.is_some() {
            return Err(refuse(Reason::Revoked));
        }
        Ok(claims)
    }

    /// The owner of a token, with the roles of this moment, and when the session ends, epoch seconds.
    async fn owner(&self, claims: &Claims) -> Result<(Caller, i64), IdentityError> {
        let revoked = || IdentityError::Unauthenticated(Reason::Revoked);
        if claims.sid.is_empty() {
            let client: Client = self.store().load(SERVER, &claims.azp).await?.ok_or_else(revoked)?;
            if client.service_account != claims.sub {
                return Err(revoked());
            }
            return Ok((client_caller(&client), i64::MAX));
        }
        let session: Session = self.store().load(SERVER, &claims.sid).await?.ok_or_else(revoked)?;
        let user: User = self.store().load(SERVER, &session.user_uuid).await?.ok_or_else(revoked)?;
        if session.ends <= self.now() || user.meta.id != claims.sub {
            return Err(revoked());
        }
        if !user.enabled {
            return Err(IdentityError::Unauthenticated(Reason::Disabled));
        }
        let roles = self.roles_of(&user).await?;
        Ok((Caller { subject: user.meta.id, username: user.username, roles, node: None }, session.ends))
    }

    /// The roles of a user: their own, those of their groups, and everybody's.
    async fn roles_of(&self, user: &User) -> Result<Vec<String>, IdentityError> {
        let mut own = user.roles.0.clone();
        own.extend(roles::EVERYBODY.map(str::to_owned));
        for group in &user.member_of.0 {
            let project = group.split('_').next().unwrap_or_default();
            let org = self.store().load::<ProjectRecord>(SERVER, project).await?.map(|project| project.org);
            own.extend(roles::of_group(group, |_| org.clone()));
        }
        own.sort();
        own.dedup();
        Ok(own)
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
        Ok(serde_json::json!({"keys": [self.keys()?.jwk()]}))
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

fn client_caller(client: &Client) -> Caller {
    let node =
        (!client.node_uuid.is_empty()).then(|| Node { project: client.node_project.clone(), uuid: client.node_uuid.clone() });
    Caller {
        subject: client.service_account.clone(),
        username: format!("service-account-{}", client.meta.id),
        roles: client_roles(client),
        node,
    }
}

/// A client that acts by itself has the roles of its project's nodes.
fn client_roles(client: &Client) -> Vec<String> {
    let mut own: Vec<String> = roles::EVERYBODY.map(str::to_owned).to_vec();
    if !client.node_project.is_empty() {
        own.push(roles::agent(&client.node_project));
        own.push(roles::RELEASES.to_owned());
    }
    own.sort();
    own
}

/// The token of a `Bearer …` header; the scheme's letters may have any case.
fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
