//! The issuer as a provider of logins for the pages (OpenID Connect): what this server, as its client, asks it.

use async_trait::async_trait;
use zeroize::Zeroizing;

/// Where browsers and this server go at the issuer, as its discovery document tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Where a browser signs in.
    pub authorization: String,
    /// Where codes and refresh tokens are exchanged.
    pub token: String,
    /// Where a browser signs out, if there is such a place.
    pub end_session: Option<String>,
    /// Whether a browser that comes back always says from which issuer (RFC 9207).
    pub tells_issuer: bool,
    /// Whether a client may prove itself by Basic authentication.
    pub takes_basic: bool,
}

/// What tokens are asked for.
pub enum Grant<'a> {
    /// A code that a browser has brought back.
    Code {
        /// The code.
        code: &'a str,
        /// Where the browser was sent back to.
        redirect_uri: &'a str,
        /// What the challenge was made of (RFC 7636).
        verifier: &'a str,
    },
    /// A refresh token.
    Refresh(&'a str),
}

/// Tokens that were given.
pub struct Granted {
    /// For requests.
    pub access: Zeroizing<String>,
    /// For new tokens.
    pub refresh: Option<Zeroizing<String>>,
    /// Who has signed in.
    pub id: Option<Zeroizing<String>>,
}

impl Granted {
    /// Bytes of all of it.
    pub(super) fn len(&self) -> usize {
        let optional = |token: &Option<Zeroizing<String>>| token.as_ref().map_or(0, |token| token.len());
        self.access.len() + optional(&self.refresh) + optional(&self.id)
    }
}

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotGranted {
    /// The issuer refuses, in its words.
    Refused(String),
    /// The issuer cannot be reached, or cannot answer now.
    Unavailable(String),
}

/// See the module.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name by which the issuer knows the pages of this server.
    fn client_id(&self) -> &str;

    /// Reads the discovery document, or tells why it cannot be had.
    async fn discover(&self) -> Result<Endpoints, String>;

    /// Asks for tokens.
    async fn grant(&self, endpoints: &Endpoints, grant: Grant<'_>) -> Result<Granted, NotGranted>;
}
