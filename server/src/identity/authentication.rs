//! Whose a token is, and whether it is still good.

use std::sync::Arc;

use super::{
    Identity, IdentityError, Reason, SERVER,
    caller::Caller,
    callers, enrolment,
    records::{Client, RevokedToken, Session, User},
    roles,
    token::{self, Claims},
};
use crate::store::StoreExt;

impl Identity {
    /// Who sends this `Authorization` header.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Arc<Caller>, IdentityError> {
        self.authenticate_token(bearer(authorization).ok_or(IdentityError::Unauthenticated(Reason::Missing))?).await
    }

    /// Whose this access token is.
    pub(super) async fn authenticate_token(&self, token: &str) -> Result<Arc<Caller>, IdentityError> {
        let generation = self.store().generation(SERVER);
        let fingerprint = callers::fingerprint(token);
        if let Some(caller) = self.shared.callers.recall(&fingerprint, generation, self.now()) {
            return Ok(caller);
        }
        let (caller, until) = if let Some(external) = &self.shared.external {
            let (mut caller, until) = external.caller(token, self.shared.clock.now_ms()).await?;
            caller.roles = self.settled(&caller.roles).await?;
            if caller.node_project().is_some_and(|project| !caller.is_agent_of(project)) {
                caller.node = None;
            }
            (caller, until)
        } else {
            let claims = self.access_claims(token).await?;
            let (caller, ends) = self.owner(&claims).await?;
            (caller, claims.exp.map_or(ends, |exp| exp.min(ends)))
        };
        let caller = Arc::new(caller);
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

    /// Claims of an access token that is valid now.
    pub(super) async fn access_claims(&self, token: &str) -> Result<Arc<Claims>, IdentityError> {
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
    pub(super) async fn owner(&self, claims: &Claims) -> Result<(Caller, i64), IdentityError> {
        let revoked = || IdentityError::Unauthenticated(Reason::Revoked);
        if claims.sid.is_empty() {
            let client: Client = self.store().load(SERVER, &claims.azp).await?.ok_or_else(revoked)?;
            if client.service_account != claims.sub || client.disabled {
                return Err(revoked());
            }
            let caller = self.client_caller(&client).await?;
            // A node of a project that is being deleted is nobody's any more.
            if caller.node_project().is_some_and(|project| !caller.is_agent_of(project)) {
                return Err(revoked());
            }
            return Ok((caller, i64::MAX));
        }
        let (session, user) = self.living_session(&claims.sid, &claims.azp).await?.ok_or_else(revoked)?;
        if user.meta.id != claims.sub {
            return Err(revoked());
        }
        if !user.enabled {
            return Err(IdentityError::Unauthenticated(Reason::Disabled));
        }
        Ok((Caller { login: session.meta.id, ..self.caller_of(user).await? }, session.ends))
    }

    /// A person with the roles of this moment.
    pub(super) async fn caller_of(&self, user: User) -> Result<Caller, IdentityError> {
        let roles = self.roles_of(&user).await?;
        let (subject, username, admin_roles) = (user.meta.id, user.username, user.admin_roles.0);
        Ok(Caller { subject, username, roles, admin_roles, node: None, login: String::new() })
    }

    /// A login that has not ended, and whose it is.
    pub(super) async fn living_session(&self, id: &str, client: &str) -> Result<Option<(Session, User)>, IdentityError> {
        let session: Option<Session> = self.store().load(SERVER, id).await?;
        let Some(session) = session.filter(|session| session.ends > self.now() && session.client_name == client) else {
            return Ok(None);
        };
        let through: Option<Client> = self.store().load(SERVER, client).await?;
        if through.is_none_or(|client| client.disabled) {
            return Ok(None);
        }
        let user: Option<User> = self.store().load(SERVER, &session.user_uuid).await?;
        Ok(user.map(|user| (session, user)))
    }
}

/// The token of a `Bearer …` header; the scheme's letters may have any case.
fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
