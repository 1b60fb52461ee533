//! Why identity refuses or fails.

use crate::store::StoreError;

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
    /// Its time has not come.
    Early,
    /// It is of another issuer.
    Issuer,
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
    /// What the request names is not there, or not for the caller.
    #[error("{0}")]
    NotFound(String),
    /// It would clash with what is there.
    #[error("{0}")]
    Taken(String),
    /// An enrolment token is not accepted.
    #[error("{0}")]
    Enrolment(&'static str),
    /// Another server does this.
    #[error("{0}")]
    Elsewhere(String),
    /// Another server cannot be reached that is needed.
    #[error("{0}")]
    Unavailable(String),
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

    /// Keys or hashes failed, in their own words.
    pub(super) fn crypto(error: impl std::fmt::Display) -> Self {
        Self::Crypto(error.to_string())
    }
}
