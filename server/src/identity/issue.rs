//! Tokens of a login are made.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha512};

use super::{
    Identity, SYSTEM_CLIENT,
    oauth::{OAuthError, Tokens},
    records::{Session, User},
    scope::{self, GROUPS, OFFLINE, asks},
    user_info::person,
};

/// Life of an access token in seconds.
pub(super) const ACCESS: i64 = 3600;
/// Life of a refresh token in seconds: how long a login may be idle.
pub(super) const IDLE: i64 = 5400;
/// Life of a login in seconds.
pub(super) const SESSION: i64 = 43_200;
/// How long an offline login, which has no other end, may be idle at least, in seconds.
pub(super) const OFFLINE_IDLE: i64 = 30 * 86_400;
/// The end of an offline login is moved on at most so often, in seconds: not every refresh is a write.
pub(super) const OFFLINE_STEP: i64 = 86_400;
/// Roles that every account has over itself.
pub(super) const ACCOUNT_ROLES: [&str; 3] = ["manage-account", "manage-account-links", "view-profile"];
/// Audience of what is made for the system client, as administrators' programs look for it.
const ADMIN_AUDIENCE: &str = "admin-cli";

/// How a login came to its tokens: the end of what their ids begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    Password,
    Refresh,
    Code,
    Device,
}

impl Grant {
    const fn mark(self) -> &'static str {
        match self {
            Self::Password => "rtro",
            Self::Refresh => "rtrt",
            Self::Code => "rtac",
            Self::Device => "rtdg",
        }
    }
}

/// Tokens that are to be made.
pub(super) struct Issue<'a> {
    pub(super) user: &'a User,
    pub(super) session: &'a Session,
    pub(super) grant: Grant,
    pub(super) issuer: &'a str,
    /// The scopes that they are to be narrowed to, if any are named.
    pub(super) narrowed: &'a str,
    /// What the id token is to repeat; may be empty.
    pub(super) nonce: &'a str,
}

impl Identity {
    /// A login that begins now and is not kept yet.
    pub(super) fn new_session(&self, user: &User, client: &str, scope: &str, auth_time: i64) -> Session {
        let now = self.now();
        let mut session = Session {
            user_uuid: user.meta.id.clone(),
            client_name: client.to_owned(),
            scope: scope.to_owned(),
            began: now,
            ends: now + if asks(scope, OFFLINE) { OFFLINE_IDLE + OFFLINE_STEP } else { SESSION },
            auth_time,
            ..Session::default()
        };
        self.name(&mut session, self.random_text(18));
        session
    }

    /// Makes tokens of a login.
    pub(super) async fn issue(&self, issue: &Issue<'_>) -> Result<Tokens, OAuthError> {
        let Issue { user, session, issuer, narrowed, .. } = *issue;
        let now = self.now();
        let left = session.ends - now;
        let (access, refresh) = (ACCESS.min(left), IDLE.min(left));
        let offline = asks(&session.scope, OFFLINE);
        let shown = |scope: &str| asks(&session.scope, scope) && (narrowed.is_empty() || asks(narrowed, scope));
        let groups = shown(GROUPS);
        let scope = scope::granted(groups, offline);
        let kind = format!("{}{}", if offline { "of" } else { "on" }, issue.grant.mark());
        let client = session.client_name.as_str();
        let mut claims = json!({
            "exp": now + access, "iat": now, "jti": format!("{kind}:{}", self.uuid()), "iss": issuer,
            "sub": user.meta.id, "typ": "Bearer", "azp": client, "sid": session.meta.id,
            "realm_access": {"roles": self.roles_of(user).await?},
            "resource_access": resource_access(&user.admin_roles.0),
            "scope": scope,
        });
        let mut claims = map(&mut claims);
        if session.auth_time != 0 {
            claims.insert("auth_time".to_owned(), session.auth_time.into());
        }
        let for_admins = client == SYSTEM_CLIENT;
        if for_admins {
            claims.insert("aud".to_owned(), ADMIN_AUDIENCE.into());
        }
        person(&mut claims, user, groups);
        let keys = self.keys()?;
        let access_token = keys.sign(&claims)?;
        let mut id_token = None;
        if shown("openid") {
            claims.insert("typ".to_owned(), "ID".into());
            claims.insert("jti".to_owned(), self.uuid().into());
            claims.insert("aud".to_owned(), if for_admins { json!([client, ADMIN_AUDIENCE]) } else { client.into() });
            claims.insert("at_hash".to_owned(), at_hash(&access_token).into());
            if !issue.nonce.is_empty() {
                claims.insert("nonce".to_owned(), issue.nonce.into());
            }
            claims.remove("scope");
            id_token = Some(keys.sign(&claims)?);
        }
        let mut claims = json!({
            "iat": now, "jti": self.uuid(), "iss": issuer, "aud": issuer, "sub": user.meta.id,
            "typ": if offline { "Offline" } else { "Refresh" }, "azp": client, "sid": session.meta.id,
            "scope": scope::granted(asks(&session.scope, GROUPS), offline),
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

/// Roles beside those of the realm: over one's own account, and over users and clients.
pub(super) fn resource_access(admin_roles: &[String]) -> Json {
    let mut access = json!({"account": {"roles": ACCOUNT_ROLES}});
    if !admin_roles.is_empty() {
        access["master-realm"] = json!({"roles": admin_roles});
    }
    access
}

/// Left half of the hash that the signature uses (OpenID Connect Core, 3.1.3.6).
pub(super) fn at_hash(token: &str) -> String {
    let hash = Sha512::digest(token);
    URL_SAFE_NO_PAD.encode(&hash[..32])
}

/// The object that a `json!({…})` literal is.
pub(super) fn map(json: &mut Json) -> Map<String, Json> {
    json.as_object_mut().map(std::mem::take).unwrap_or_default()
}
