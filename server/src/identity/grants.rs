//! The OAuth grants without a browser: who gets which tokens.
//!
//! Statuses, `error` codes and texts are those that clients of a Keycloak realm know.

use std::net::IpAddr;

use emt_api::filter::Expr;
use serde_json::json;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    Identity, Reason, SERVER,
    enrolment::digest,
    issue::{ACCESS, Grant, Issue, OFFLINE_IDLE, OFFLINE_STEP, at_hash, map, resource_access},
    oauth::{Authentication, OAuthError, Tokens},
    records::{Client, Session, User},
    scope::{self, asks},
    token::Claims,
};
use crate::store::{Batch, StoreError, StoreExt};

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
        scope::check(scope)?;
        let username = username.ok_or_else(|| OAuthError::new(401, "invalid_request", "Missing parameter: username"))?;
        let user = self.checked_user(username, password.unwrap_or_default()).await?;
        let session = self.new_session(&user, &client.meta.id, scope, 0);
        let (user, grant) = (&user, Grant::Password);
        let tokens = self.issue(&Issue { user, session: &session, grant, issuer, narrowed: "", nonce: "" }).await?;
        self.store().commit(Batch::default().insert(session)).await?;
        Ok(tokens)
    }

    /// The user with this name and password, if the account may be used.
    pub(super) async fn checked_user(&self, username: &str, password: Zeroizing<String>) -> Result<User, OAuthError> {
        let user = self.proven_user(username, password).await?;
        if user.temporary_password {
            return Err(OAuthError::grant("Account is not fully set up"));
        }
        Ok(user)
    }

    /// The user with this name and password, who may have to change it first.
    pub(super) async fn proven_user(&self, username: &str, password: Zeroizing<String>) -> Result<User, OAuthError> {
        let username = username.to_lowercase();
        let user = self.user_called(&username).await?;
        if user.as_ref().is_some_and(|user| !user.enabled) {
            return Err(OAuthError::grant("Account disabled"));
        }
        let kept = user.as_ref().map(|user| user.password.clone());
        // One user has one count of failures, by whichever of both names they are tried.
        let counted = user.as_ref().map_or(username.as_str(), |user| user.meta.id.as_str());
        let fits = self.shared.passwords.fits(counted, password, kept, self.now()).await?;
        user.filter(|_| fits).ok_or_else(|| {
            tracing::info!(%username, "a login was refused");
            OAuthError::new(401, "invalid_grant", "Invalid user credentials")
        })
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
        if session.client_name != client.meta.id {
            return Err(OAuthError::grant("Session doesn't have required client"));
        }
        if !user.enabled {
            return Err(OAuthError::grant("User disabled"));
        }
        if offline && session.ends < self.now() + OFFLINE_IDLE {
            session.ends = self.now() + OFFLINE_IDLE + OFFLINE_STEP;
            // In a conflict another refresh has just moved it on, or the login has just ended, which the next request is told.
            self.commit_or_conflict(Batch::default().update(session.clone())).await?;
        }
        let (user, session, grant) = (&user, &session, Grant::Refresh);
        self.issue(&Issue { user, session, grant, issuer, narrowed: scope, nonce: "" }).await
    }

    /// A token for a program that acts by itself. `peer`: where it is called from, which the token tells.
    pub async fn by_client_credentials(
        &self,
        client: &Authentication,
        scope: &str,
        issuer: &str,
        peer: Option<IpAddr>,
    ) -> Result<Tokens, OAuthError> {
        let refused = |text: &str| OAuthError::new(401, "unauthorized_client", text);
        let client = self.client(client).await?;
        if client.secret_sha256.is_empty() {
            return Err(refused("Public client not allowed to retrieve service account"));
        }
        if client.service_account.is_empty() {
            return Err(refused("Client not enabled to retrieve service account"));
        }
        scope::check(scope)?;
        let now = self.now();
        let openid = asks(scope, "openid");
        let granted = if openid { "openid roles profile email" } else { "roles profile email" };
        let id = &client.meta.id;
        let mut claims = json!({
            "exp": now + ACCESS, "iat": now, "jti": format!("trrtcc:{}", self.uuid()), "iss": issuer,
            "sub": client.service_account, "typ": "Bearer", "azp": id, "acr": "1",
            "realm_access": {"roles": self.roles_of_client(&client).await?},
            "resource_access": resource_access(&client.admin_roles.0),
            "scope": granted, "email_verified": false, "client_id": id,
            "preferred_username": format!("service-account-{id}"),
        });
        let keys = self.keys()?;
        let mut claims = map(&mut claims);
        if let Some(peer) = peer {
            claims.insert("clientHost".to_owned(), peer.to_string().into());
            claims.insert("clientAddress".to_owned(), peer.to_string().into());
        }
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
        let unknown = || OAuthError::client("invalid_client");
        let id = said.id.as_deref().filter(|id| !id.is_empty()).ok_or_else(unknown)?;
        let client: Option<Client> = self.store().load(SERVER, id).await?;
        let client = client.filter(|client| !client.disabled).ok_or_else(unknown)?;
        if client.secret_sha256.is_empty() {
            return Ok(client);
        }
        let given = digest(said.secret.as_ref().map_or("", |secret| secret.as_str()));
        if bool::from(given.as_bytes().ct_eq(client.secret_sha256.as_bytes())) {
            Ok(client)
        } else {
            Err(OAuthError::client("unauthorized_client"))
        }
    }

    pub(super) fn refresh_claims(&self, token: &str, client: &Client) -> Result<Claims, OAuthError> {
        let invalid = |_: Reason| OAuthError::grant("Invalid refresh token");
        let claims: Claims = self.keys()?.read_refresh(token).map_err(invalid)?;
        if !["Refresh", "Offline"].contains(&claims.typ.as_str()) {
            return Err(invalid(Reason::Kind));
        }
        if claims.azp != client.meta.id {
            return Err(OAuthError::grant("Invalid refresh token. Token client and authorized client don't match"));
        }
        Ok(claims)
    }

    /// The user with this name, or with this address, both in lower case.
    pub(super) async fn user_called(&self, name: &str) -> Result<Option<User>, StoreError> {
        let mut found = self.store().load_all::<User>(SERVER, Expr::is("username", name)).await?;
        if found.is_empty() && name.contains('@') {
            found = self.store().load_all::<User>(SERVER, Expr::is("email", name)).await?;
        }
        Ok(found.pop())
    }
}
