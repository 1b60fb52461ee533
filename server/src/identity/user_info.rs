//! What is told about a person, in tokens and beside them.

use serde_json::{Map, Value as Json, json};

use super::{
    Identity, IdentityError, Reason, SERVER,
    issue::resource_access,
    records::User,
    scope::{GROUPS, asks},
};
use crate::store::StoreExt;

/// Why user information is not shown.
#[derive(Debug)]
pub enum UserInfoError {
    /// No token.
    Missing,
    /// A token that is not valid: code and text.
    Refused(&'static str, &'static str),
    /// A token without the scope `openid`.
    Scope,
    /// The server's own.
    Failed(IdentityError),
}

impl Identity {
    /// What is known of the owner of an access token.
    pub async fn user_info(&self, token: Option<&str>) -> Result<Json, UserInfoError> {
        const UNVERIFIED: UserInfoError = UserInfoError::Refused("invalid_token", "Token verification failed");
        let token = token.ok_or(UserInfoError::Missing)?;
        let claims = match self.access_claims(token).await {
            Ok(claims) => claims,
            Err(IdentityError::Unauthenticated(_)) => return Err(UNVERIFIED),
            Err(error) => return Err(UserInfoError::Failed(error)),
        };
        if !asks(&claims.scope, "openid") {
            return Err(UserInfoError::Scope);
        }
        let caller = match self.owner(&claims).await {
            Ok((caller, _)) => caller,
            Err(IdentityError::Unauthenticated(Reason::Disabled)) => {
                return Err(UserInfoError::Refused("invalid_token", "User disabled"));
            }
            Err(IdentityError::Unauthenticated(_)) => {
                return Err(UserInfoError::Refused("invalid_token", "user_session_not_found"));
            }
            Err(error) => return Err(UserInfoError::Failed(error)),
        };
        let user: Option<User> =
            self.store().load(SERVER, caller.subject()).await.map_err(|error| UserInfoError::Failed(error.into()))?;
        let mut info = Map::new();
        info.insert("sub".to_owned(), caller.subject().into());
        info.insert("realm_access".to_owned(), json!({"roles": caller.roles}));
        info.insert("resource_access".to_owned(), resource_access(&caller.admin_roles));
        match user {
            Some(user) => person(&mut info, &user, asks(&claims.scope, GROUPS)),
            None => drop(info.insert("preferred_username".to_owned(), caller.username().into())),
        }
        Ok(Json::Object(info))
    }
}

/// Claims about a person; what is not known is left out.
pub(super) fn person(claims: &mut Map<String, Json>, user: &User, groups: bool) {
    claims.insert("email_verified".to_owned(), user.email_verified.into());
    let names = [user.first_name.as_str(), user.last_name.as_str()];
    let name = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    let texts = [
        ("name", name.as_str()),
        ("preferred_username", &user.username),
        ("given_name", &user.first_name),
        ("family_name", &user.last_name),
        ("email", &user.email),
    ];
    for (claim, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        claims.insert(claim.to_owned(), text.into());
    }
    if groups && !user.member_of.0.is_empty() {
        claims.insert("groups".to_owned(), json!(user.member_of.0));
    }
}
