//! The OAuth grants: who gets which tokens, for how long; and how they end.
//!
//! Statuses, `error` codes and texts are those that clients of a Keycloak realm know.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use emt_api::filter::Expr;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    Identity, IdentityError, Reason, SERVER, client_roles,
    enrolment::digest,
    records::{Client, Session, User},
    token::Claims,
    user_info::person,
};
use crate::store::{Batch, StoreError, StoreExt};

/// Life of an access token in seconds.
const ACCESS: i64 = 3600;
/// Life of a refresh token in seconds: how long a login may be idle.
const IDLE: i64 = 5400;
/// Life of a login in seconds.
const SESSION: i64 = 43_200;
/// How long an offline login, which has no other end, may be idle at least, in seconds.
const OFFLINE_IDLE: i64 = 30 * 86_400;
/// The end of an offline login is moved on at most so often, in seconds: not every refresh is a write.
const OFFLINE_STEP: i64 = 86_400;
/// Scopes that every login has.
const DEFAULT_SCOPES: [&str; 5] = ["roles", "openid", "basic", "profile", "email"];
/// Scope that shows groups.
pub(super) const GROUPS: &str = "groups";
/// Scope of a login that lasts as long as it is used.
const OFFLINE: &str = "offline_access";

/// An error of the token endpoint and its neighbours.
#[derive(Debug)]
pub enum OAuthError {
    /// Told to the client.
    Told {
        /// HTTP status.
        status: u16,
        /// Code.
        error: &'static str,
        /// Text.
        description: String,
    },
    /// The server's own.
    Failed(IdentityError),
}

impl OAuthError {
    /// An error that is told.
    pub fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Self::Told { status, error, description: description.into() }
    }

    fn grant(description: &str) -> Self {
        Self::new(400, "invalid_grant", description)
    }
}

impl From<IdentityError> for OAuthError {
    fn from(error: IdentityError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What a client says of itself.
#[derive(Debug, Clone, Default)]
pub struct Authentication {
    /// `client_id`.
    pub id: Option<String>,
    /// `client_secret`.
    pub secret: Option<Zeroizing<String>>,
}

/// Answer of the token endpoint.
#[derive(Debug, Serialize)]
pub struct Tokens {
    access_token: String,
    expires_in: i64,
    refresh_expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(rename = "not-before-policy")]
    not_before_policy: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_state: Option<String>,
    scope: String,
}

impl Identity {
    /// A login by password.
    pub async fn by_password(
        &self,
        client: &Authentication,
        username: Option<&str>,
        password: Option<Zeroizing<String>>,
        scope: &str,
        issuer: &str,
    ) -> Result<Tokens, OAuthError> {
        let client = self.client(client).await?;
        if !client.direct_grants {
            return Err(OAuthError::new(400, "unauthorized_client", "Client not allowed for direct access grants"));
        }
        check_scope(scope)?;
        let username = username.ok_or_else(|| OAuthError::new(401, "invalid_request", "Missing parameter: username"))?;
        let username = username.to_lowercase();
        let wrong = || OAuthError::new(401, "invalid_grant", "Invalid user credentials");
        let user = self.user_called(&username).await?;
        if user.as_ref().is_some_and(|user| !user.enabled) {
            return Err(OAuthError::grant("Account disabled"));
        }
        let password = password.unwrap_or_default();
        let kept = user.as_ref().map(|user| user.password.clone());
        let fits = self.shared.passwords.fits(&username, password, kept, self.now()).await?;
        let user = user.filter(|_| fits).ok_or_else(|| {
            tracing::info!(%username, "a login was refused");
            wrong()
        })?;
        if user.temporary_password {
            return Err(OAuthError::grant("Account is not fully set up"));
        }
        let now = self.now();
        let mut session = Session {
            user_uuid: user.meta.id.clone(),
            client_name: client.meta.id.clone(),
            scope: scope.to_owned(),
            began: now,
            ends: now + if asks(scope, OFFLINE) { OFFLINE_IDLE + OFFLINE_STEP } else { SESSION },
            ..Session::default()
        };
        self.name(&mut session, self.random_text(18));
        let tokens = self.tokens(&user, &session, "", issuer, "rtro").await?;
        self.store().commit(Batch::default().insert(session)).await?;
        Ok(tokens)
    }

    /// New tokens for a login. `scope` may narrow what they show; what was not granted at the login is not granted now.
    pub async fn by_refresh_token(
        &self,
        client: &Authentication,
        token: Option<&str>,
        scope: &str,
        issuer: &str,
    ) -> Result<Tokens, OAuthError> {
        let client = self.client(client).await?;
        let token = token.ok_or_else(|| OAuthError::new(400, "invalid_request", "No refresh token"))?;
        let claims = self.refresh_claims(token, &client)?;
        let offline = claims.typ == "Offline";
        if !offline && claims.exp.is_none_or(|exp| exp <= self.now()) {
            return Err(OAuthError::grant("Token is not active"));
        }
        let ended = || OAuthError::grant(if offline { "Offline user session not found" } else { "Session not active" });
        let mut session: Session = self.store().load(SERVER, &claims.sid).await?.ok_or_else(ended)?;
        let user: User = self.store().load(SERVER, &session.user_uuid).await?.ok_or_else(ended)?;
        if session.ends <= self.now() {
            return Err(ended());
        }
        if !user.enabled {
            return Err(OAuthError::grant("User disabled"));
        }
        if offline && session.ends < self.now() + OFFLINE_IDLE {
            session.ends = self.now() + OFFLINE_IDLE + OFFLINE_STEP;
            match self.store().commit(Batch::default().update(session.clone())).await {
                // Another refresh has just moved it on, or the login has just ended, which the next request is told.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.tokens(&user, &session, scope, issuer, "rtrt").await
    }

    /// A token for a program that acts by itself.
    pub async fn by_client_credentials(&self, client: &Authentication, scope: &str, issuer: &str) -> Result<Tokens, OAuthError> {
        let refused = |text: &str| OAuthError::new(401, "unauthorized_client", text);
        let client = self.client(client).await?;
        if client.secret_sha256.is_empty() {
            return Err(refused("Public client not allowed to retrieve service account"));
        }
        if client.service_account.is_empty() {
            return Err(refused("Client not enabled to retrieve service account"));
        }
        check_scope(scope)?;
        let now = self.now();
        let openid = asks(scope, "openid");
        let granted = if openid { "openid roles profile email" } else { "roles profile email" };
        let id = &client.meta.id;
        let mut claims = json!({
            "exp": now + ACCESS, "iat": now, "jti": format!("trrtcc:{}", self.uuid()), "iss": issuer,
            "sub": client.service_account, "typ": "Bearer", "azp": id, "acr": "1",
            "realm_access": {"roles": client_roles(&client)},
            "resource_access": {"account": {"roles": ACCOUNT_ROLES}},
            "scope": granted, "email_verified": false, "client_id": id,
            "preferred_username": format!("service-account-{id}"),
        });
        let keys = self.keys()?;
        let mut claims = map(&mut claims);
        let access_token = keys.sign(&claims)?;
        let mut id_token = None;
        if openid {
            claims.insert("typ".to_owned(), "ID".into());
            claims.insert("jti".to_owned(), self.uuid().into());
            claims.insert("aud".to_owned(), id.as_str().into());
            claims.remove("scope");
            claims.insert("at_hash".to_owned(), at_hash(&access_token).into());
            id_token = Some(keys.sign(&claims)?);
        }
        Ok(Tokens {
            access_token,
            expires_in: ACCESS,
            refresh_expires_in: 0,
            refresh_token: None,
            token_type: "Bearer",
            id_token,
            not_before_policy: 0,
            session_state: None,
            scope: granted.to_owned(),
        })
    }

    /// The client, if it is the one it says.
    pub(super) async fn client(&self, said: &Authentication) -> Result<Client, OAuthError> {
        const TEXT: &str = "Invalid client or Invalid client credentials";
        let unknown = || OAuthError::new(401, "invalid_client", TEXT);
        let id = said.id.as_deref().filter(|id| !id.is_empty()).ok_or_else(unknown)?;
        let client: Client = self.store().load(SERVER, id).await?.ok_or_else(unknown)?;
        if client.secret_sha256.is_empty() {
            return Ok(client);
        }
        let given = digest(said.secret.as_ref().map_or("", |secret| secret.as_str()));
        if bool::from(given.as_bytes().ct_eq(client.secret_sha256.as_bytes())) {
            Ok(client)
        } else {
            Err(OAuthError::new(401, "unauthorized_client", TEXT))
        }
    }

    pub(super) fn refresh_claims(&self, token: &str, client: &Client) -> Result<Claims, OAuthError> {
        let invalid = |_: Reason| OAuthError::grant("Invalid refresh token");
        let claims = self.keys()?.read_refresh(token).map_err(invalid)?;
        if !["Refresh", "Offline"].contains(&claims.typ.as_str()) {
            return Err(invalid(Reason::Kind));
        }
        if claims.azp != client.meta.id {
            return Err(OAuthError::grant("Invalid refresh token. Token client and authorized client don't match"));
        }
        Ok(claims)
    }

    /// The user with this name, or with this address.
    async fn user_called(&self, name: &str) -> Result<Option<User>, StoreError> {
        let mut found = self.store().load_all::<User>(SERVER, Expr::is("username", name)).await?;
        if found.is_empty() && name.contains('@') {
            found = self.store().load_all::<User>(SERVER, Expr::is("email", name)).await?;
        }
        Ok(found.pop())
    }

    /// Tokens of a login. `narrowed`: the scopes that they are to be narrowed to, if any are named.
    async fn tokens(
        &self,
        user: &User,
        session: &Session,
        narrowed: &str,
        issuer: &str,
        kind: &str,
    ) -> Result<Tokens, OAuthError> {
        let now = self.now();
        let left = session.ends - now;
        let (access, refresh) = (ACCESS.min(left), IDLE.min(left));
        let offline = asks(&session.scope, OFFLINE);
        let shown = |scope: &str| asks(&session.scope, scope) && (narrowed.is_empty() || asks(narrowed, scope));
        let groups = shown(GROUPS);
        let granted = |groups: bool| {
            let optional = [(GROUPS, groups), (OFFLINE, offline)];
            let optional = optional.into_iter().filter_map(|(scope, granted)| granted.then_some(scope));
            DEFAULT_SCOPES.into_iter().chain(optional).collect::<Vec<_>>().join(" ")
        };
        let scope = granted(groups);
        let kind = format!("{}{kind}", if offline { "of" } else { "on" });
        let client = &session.client_name;
        let mut claims = json!({
            "exp": now + access, "iat": now, "jti": format!("{kind}:{}", self.uuid()), "iss": issuer, "aud": "admin-cli",
            "sub": user.meta.id, "typ": "Bearer", "azp": client, "sid": session.meta.id,
            "realm_access": {"roles": self.roles_of(user).await?},
            "resource_access": {"account": {"roles": ACCOUNT_ROLES}},
            "scope": scope,
        });
        let mut claims = map(&mut claims);
        person(&mut claims, user, groups);
        let keys = self.keys()?;
        let access_token = keys.sign(&claims)?;
        let mut id_token = None;
        if shown("openid") {
            claims.insert("typ".to_owned(), "ID".into());
            claims.insert("jti".to_owned(), self.uuid().into());
            claims.insert("aud".to_owned(), json!([client, "admin-cli"]));
            claims.insert("at_hash".to_owned(), at_hash(&access_token).into());
            claims.remove("scope");
            id_token = Some(keys.sign(&claims)?);
        }
        let mut claims = json!({
            "iat": now, "jti": self.uuid(), "iss": issuer, "aud": issuer, "sub": user.meta.id,
            "typ": if offline { "Offline" } else { "Refresh" }, "azp": client, "sid": session.meta.id,
            "scope": granted(asks(&session.scope, GROUPS)),
        });
        let mut claims = map(&mut claims);
        if !offline {
            claims.insert("exp".to_owned(), (now + refresh).into());
        }
        Ok(Tokens {
            access_token,
            expires_in: access,
            refresh_expires_in: if offline { 0 } else { refresh },
            refresh_token: Some(keys.sign_refresh(&claims)?),
            token_type: "Bearer",
            id_token,
            not_before_policy: 0,
            session_state: Some(session.meta.id.clone()),
            scope,
        })
    }
}

/// Roles that every account has over itself.
pub(super) const ACCOUNT_ROLES: [&str; 3] = ["manage-account", "manage-account-links", "view-profile"];

fn check_scope(scope: &str) -> Result<(), OAuthError> {
    let known = |asked: &str| DEFAULT_SCOPES.contains(&asked) || [GROUPS, OFFLINE].contains(&asked);
    if scope.split_ascii_whitespace().all(known) {
        return Ok(());
    }
    Err(OAuthError::new(400, "invalid_scope", format!("Invalid scopes: {scope}")))
}

pub(super) fn asks(scope: &str, name: &str) -> bool {
    scope.split_ascii_whitespace().any(|asked| asked == name)
}

/// Left half of the hash that the signature uses (OpenID Connect Core, 3.1.3.6).
fn at_hash(token: &str) -> String {
    let hash = Sha512::digest(token);
    URL_SAFE_NO_PAD.encode(&hash[..32])
}

/// The object that a `json!({…})` literal is.
fn map(json: &mut Json) -> Map<String, Json> {
    json.as_object_mut().map(std::mem::take).unwrap_or_default()
}
