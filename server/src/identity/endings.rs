//! How logins and tokens end before their time.

use super::{
    Identity,
    oauth::{Authentication, OAuthError},
    records::{RevokedToken, Session},
    token::Claims,
};
use crate::store::{Batch, StoreError};

impl Identity {
    /// Ends the login of a refresh token. One that has ended already is as good.
    pub async fn log_out(&self, client: &Authentication, token: &str) -> Result<(), OAuthError> {
        let client = self.client(client).await?;
        let claims = self.refresh_claims(token, &client)?;
        Ok(self.forget::<Session>(&claims.sid).await?)
    }

    /// The client that an id token of ours was made for; `None` for what is no such token.
    pub fn client_of_hint(&self, token: &str) -> Result<Option<String>, OAuthError> {
        let claims = self.keys()?.read(token).ok().filter(|claims| claims.typ == "ID");
        Ok(claims.map(|claims| claims.azp.clone()))
    }

    /// Ends the login that an id token was given for; the token may have expired. `false` for what is no such token.
    pub async fn log_out_by_hint(&self, token: &str) -> Result<bool, OAuthError> {
        match self.keys()?.read(token) {
            Ok(claims) if claims.typ == "ID" => {
                self.forget::<Session>(&claims.sid).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Revokes a token: a refresh token ends its login, an access token only itself. `false` for what is no token.
    pub async fn revoke(&self, client: &Authentication, token: Option<&str>) -> Result<bool, OAuthError> {
        let client = self.client(client).await?;
        let token = token.ok_or_else(|| OAuthError::new(400, "invalid_request", "Token not provided"))?;
        let keys = self.keys()?;
        let claims = match keys.read_refresh::<Claims>(token) {
            Ok(claims) => claims,
            Err(_) => match keys.read(token) {
                Ok(claims) => (*claims).clone(),
                Err(_) => return Ok(false),
            },
        };
        if claims.azp != client.meta.id {
            return Err(OAuthError::new(400, "invalid_request", "Unmatching clients"));
        }
        match claims.typ.as_str() {
            "Refresh" | "Offline" => self.forget::<Session>(&claims.sid).await?,
            "Bearer" => {
                let mut revoked = RevokedToken { ends: claims.exp.unwrap_or_default(), ..RevokedToken::default() };
                self.name(&mut revoked, claims.jti.clone());
                match self.store().commit(Batch::default().insert(revoked)).await {
                    Ok(()) | Err(StoreError::IdTaken { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            _ => return Err(OAuthError::new(400, "unsupported_token_type", "Unsupported token type")),
        }
        Ok(true)
    }
}
