//! What a token is worth now (RFC 7662).

use serde_json::{Map, Value as Json, json};

use super::{
    Identity, IdentityError, SERVER, SYSTEM_CLIENT,
    issue::resource_access,
    oauth::{Authentication, OAuthError},
    records::{Session, User},
    scope::{GROUPS, asks},
    token::Claims,
    user_info::person,
};
use crate::store::StoreExt;

impl Identity {
    /// Tells a confidential client what a token is worth.
    pub async fn introspect(&self, client: &Authentication, token: Option<&str>) -> Result<Json, OAuthError> {
        let client = match self.client(client).await {
            Ok(client) => client,
            Err(OAuthError::Told { .. }) => return Err(OAuthError::new(401, "invalid_request", "Authentication failed.")),
            Err(error) => return Err(error),
        };
        if client.secret_sha256.is_empty() {
            return Err(OAuthError::new(403, "invalid_request", "Client not allowed."));
        }
        let token = token.ok_or_else(|| OAuthError::new(400, "invalid_request", "Token not provided."))?;
        let told = match self.access_told(token).await? {
            Some(told) => Some(told),
            None => self.refresh_told(token).await?,
        };
        let Some(mut told) = told else { return Ok(json!({"active": false})) };
        let username = told.get("preferred_username").cloned().unwrap_or_default();
        told.insert("client_id".to_owned(), told.get("azp").cloned().unwrap_or_default());
        told.insert("username".to_owned(), username);
        told.insert("token_type".to_owned(), told.get("typ").cloned().unwrap_or_default());
        told.insert("active".to_owned(), true.into());
        Ok(Json::Object(told))
    }

    /// The claims of an access token that is good, with the roles of this moment.
    async fn access_told(&self, token: &str) -> Result<Option<Map<String, Json>>, OAuthError> {
        let caller = match self.access_claims(token).await {
            Ok(claims) => self.owner(&claims).await.map(|(caller, _)| caller),
            Err(error) => Err(error),
        };
        let caller = match caller {
            Ok(caller) => caller,
            Err(IdentityError::Unauthenticated(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Ok(mut claims) = self.keys()?.read_whole(token) else { return Ok(None) };
        claims.insert("realm_access".to_owned(), json!({"roles": caller.roles()}));
        Ok(Some(claims))
    }

    /// The claims of a refresh token that is good, and what an access token made from it would tell.
    async fn refresh_told(&self, token: &str) -> Result<Option<Map<String, Json>>, OAuthError> {
        let keys = self.keys()?;
        let (Ok(claims), Ok(mut told)) = (keys.read_refresh::<Claims>(token), keys.read_refresh::<Map<String, Json>>(token))
        else {
            return Ok(None);
        };
        let lasting = claims.typ == "Offline" || (claims.typ == "Refresh" && claims.exp.is_some_and(|exp| exp > self.now()));
        let session: Option<Session> = self.store().load(SERVER, &claims.sid).await?;
        let session = session.filter(|session| lasting && session.ends > self.now() && session.client_name == claims.azp);
        let Some(session) = session else { return Ok(None) };
        let user: Option<User> = self.store().load(SERVER, &session.user_uuid).await?;
        let Some(user) = user.filter(|user| user.enabled) else { return Ok(None) };
        if claims.azp == SYSTEM_CLIENT {
            let issuer = told.get("aud").cloned().unwrap_or_default();
            told.insert("aud".to_owned(), json!([issuer, "admin-cli"]));
        }
        told.insert("realm_access".to_owned(), json!({"roles": self.roles_of(&user).await?}));
        told.insert("resource_access".to_owned(), resource_access(&user.admin_roles.0));
        person(&mut told, &user, asks(&session.scope, GROUPS));
        Ok(Some(told))
    }
}
