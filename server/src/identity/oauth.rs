//! What the token endpoint and its neighbours are told, and tell.

use serde::Serialize;
use zeroize::Zeroizing;

use super::IdentityError;
use crate::store::StoreError;

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

    /// A grant that is not accepted.
    pub(super) fn grant(description: &str) -> Self {
        Self::new(400, "invalid_grant", description)
    }

    /// A client that is not known, or not proven.
    pub(super) fn client(error: &'static str) -> Self {
        Self::new(401, error, "Invalid client or Invalid client credentials")
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
    pub(super) access_token: String,
    pub(super) expires_in: i64,
    pub(super) refresh_expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    pub(super) token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token: Option<String>,
    #[serde(rename = "not-before-policy")]
    pub(super) not_before_policy: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_state: Option<String>,
    pub(super) scope: String,
}
