//! Logging in from a machine without a browser (RFC 8628): it shows an address and a code, a person agrees elsewhere.

use std::time::Duration;

use oauth2::{
    DeviceAuthorizationUrl, DeviceCodeErrorResponseType as Refusal, RequestTokenError, Scope, StandardDeviceAuthorizationResponse,
};

use super::{Oidc, SCOPES, Tokens};
use crate::Error;

/// Longest time between two questions to a server that does not answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A login that waits for a person.
pub struct DeviceLogin(StandardDeviceAuthorizationResponse);

impl DeviceLogin {
    /// The code that the person types, or compares.
    pub fn code(&self) -> &str {
        self.0.user_code().secret()
    }

    /// Where the person types it.
    pub fn address(&self) -> &str {
        self.0.verification_uri()
    }

    /// The same with the code in it, if the server has such an address.
    pub fn whole_address(&self) -> Option<&str> {
        self.0.verification_uri_complete().map(|address| address.secret().as_str())
    }

    /// How long the person has, from the moment when it began.
    pub fn lives(&self) -> Duration {
        self.0.expires_in()
    }

    /// How much time the server wants between two questions; it may ask for more later.
    pub fn interval(&self) -> Duration {
        self.0.interval()
    }
}

impl Oidc {
    /// Begins such a login.
    pub async fn begin_device(&self) -> Result<DeviceLogin, Error> {
        let address = self.endpoints.device.clone();
        let address = address.ok_or_else(|| Error::NoDeviceLogin("the identity server does not offer it".to_owned()))?;
        let nonsense = |reason: String| Error::Nonsense { url: address.clone(), reason };
        let url = DeviceAuthorizationUrl::new(address.clone()).map_err(|error| nonsense(error.to_string()))?;
        let client = self.client()?.set_device_authorization_url(url);
        let scopes = SCOPES.map(|scope| Scope::new(scope.to_owned()));
        match client.exchange_device_code().add_scopes(scopes).request_async(&|request| self.send(request)).await {
            Ok(login) => Ok(DeviceLogin(login)),
            Err(RequestTokenError::ServerResponse(refusal)) => {
                Err(Error::NoDeviceLogin(refusal.error_description().map_or_else(|| refusal.error().to_string(), Clone::clone)))
            }
            Err(RequestTokenError::Request(error)) => Err(error),
            Err(RequestTokenError::Parse(error, _)) => Err(nonsense(error.to_string())),
            Err(RequestTokenError::Other(text)) => Err(nonsense(text)),
        }
    }

    /// Asks until the person has answered, or their time is over. Between two questions it waits with `sleep`, as long as the
    /// server wants; a server that is busy or cannot be reached is asked again, less often.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`], [`Error::Expired`]; else what speaks against the login.
    pub async fn by_device<S: Future<Output = ()>>(
        &self,
        login: &DeviceLogin,
        sleep: impl Fn(Duration) -> S,
    ) -> Result<Tokens, Error> {
        let client = self.client()?;
        let request = client.exchange_device_access_token(&login.0).set_max_backoff_interval(PATIENCE);
        match request.request_async(&|request| self.send(request), sleep, None).await {
            Err(RequestTokenError::ServerResponse(refusal)) if *refusal.error() == Refusal::AccessDenied => Err(Error::Denied),
            Err(RequestTokenError::ServerResponse(refusal)) if *refusal.error() == Refusal::ExpiredToken => Err(Error::Expired),
            answer => self.tokens(answer),
        }
    }
}
