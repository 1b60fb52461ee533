//! Administration of users, groups, roles and clients, as programs know it from Keycloak's admin REST API.

mod accounts;
mod clients;
mod directory;
mod fields;
mod users;

pub use self::{
    accounts::Account,
    clients::{ClientChange, ClientSearch},
    directory::{NamedGroup, NamedRole},
    users::{UserChange, UserSearch},
};
use super::{IdentityError, Weak};
use crate::store::StoreError;

/// Why an administrator's call is refused or fails.
#[derive(Debug)]
pub enum AdminError {
    /// What it names is not there.
    NotFound(&'static str),
    /// It clashes with what is there.
    Taken(String),
    /// It makes no sense.
    Invalid(String),
    /// It makes no sense, told in the shape of errors that are not about representations.
    Refused(String),
    /// A field has a value that it cannot have.
    Field {
        /// Name of the field.
        field: &'static str,
        /// Code.
        message: &'static str,
        /// What the code's text is made with.
        params: Vec<String>,
    },
    /// The password is not good enough.
    Weak(Weak),
    /// It needs more rights.
    Forbidden,
    /// The server's own.
    Failed(IdentityError),
}

impl From<IdentityError> for AdminError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Taken(text) => Self::Taken(text),
            other => Self::Failed(other),
        }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Weak> for AdminError {
    fn from(weak: Weak) -> Self {
        Self::Weak(weak)
    }
}
