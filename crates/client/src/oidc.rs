//! Logging in and out (OpenID Connect, as a Keycloak realm offers it).

mod device;

use std::{fmt::Display, time::Duration};

use oauth2::{
    ClientId, EndpointNotSet, EndpointSet, ErrorResponseType, HttpRequest, HttpResponse, RefreshToken, RequestTokenError,
    ResourceOwnerPassword, ResourceOwnerUsername, Scope, StandardErrorResponse, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use serde::Deserialize;
use zeroize::Zeroizing;

pub use self::device::DeviceLogin;
use crate::{
    Error, Http,
    http::{REQUEST_ID, header_text},
};

/// The public client through which people log in.
const CLIENT: &str = "system-client";
const SCOPES: [&str; 4] = ["openid", "profile", "email", "groups"];

/// What a login gives.
#[derive(Clone)]
pub struct Tokens {
    /// For requests.
    pub access: Zeroizing<String>,
    /// For new tokens.
    pub refresh: Option<Zeroizing<String>>,
    /// How long the access token lives.
    pub lives: Duration,
}

/// An identity server.
#[derive(Clone)]
pub struct Oidc {
    http: Http,
    endpoints: Endpoints,
}

#[derive(Debug, Clone, Deserialize)]
struct Endpoints {
    #[serde(rename = "token_endpoint")]
    token: String,
    #[serde(rename = "end_session_endpoint")]
    end_session: Option<String>,
    #[serde(rename = "device_authorization_endpoint")]
    device: Option<String>,
    #[serde(rename = "userinfo_endpoint")]
    user_info: Option<String>,
}

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Oidc {
    /// Reads what the server at `issuer` offers; `issuer` ends in `/realms/<realm>`.
    pub async fn discover(http: Http, issuer: &str) -> Result<Self, Error> {
        let url = format!("{issuer}/.well-known/openid-configuration");
        let response = http.send(http.client.get(&url)).await?;
        let status = response.status();
        let nonsense = |reason: String| Error::Nonsense { url: url.clone(), reason };
        if !status.is_success() {
            return Err(nonsense(format!("status {status}; an identity server was expected there")));
        }
        let endpoints = response.json().await.map_err(|error| nonsense(error.to_string()))?;
        Ok(Self { http, endpoints })
    }

    /// Logs in by name and password.
    pub async fn by_password(&self, username: &str, password: &str) -> Result<Tokens, Error> {
        let (name, secret) = (ResourceOwnerUsername::new(username.to_owned()), ResourceOwnerPassword::new(password.to_owned()));
        let client = self.client()?;
        let mut request = client.exchange_password(&name, &secret);
        for scope in SCOPES {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        let answer = request.request_async(&|request| self.send(request)).await;
        self.tokens(answer)
    }

    /// New tokens for a login.
    pub async fn by_refresh_token(&self, token: &str) -> Result<Tokens, Error> {
        let token = RefreshToken::new(token.to_owned());
        let client = self.client()?;
        let answer = client.exchange_refresh_token(&token).request_async(&|request| self.send(request)).await;
        self.tokens(answer)
    }

    /// Ends a login on the server.
    pub async fn log_out(&self, refresh: &str) -> Result<(), Error> {
        let Some(url) = &self.endpoints.end_session else { return Ok(()) };
        let form = [("client_id", CLIENT), ("refresh_token", refresh)];
        let response = self.http.send(self.http.client.post(url).form(&form)).await?;
        // A login that has ended already is as good.
        if response.status().is_server_error() {
            return Err(Error::Nonsense { url: url.clone(), reason: format!("status {}", response.status()) });
        }
        Ok(())
    }

    /// Name of the user whom an access token stands for.
    pub async fn username(&self, access: &str) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Info {
            preferred_username: String,
        }
        let none = || Error::Nonsense { url: self.endpoints.token.clone(), reason: "nobody tells who logged in".to_owned() };
        let url = self.endpoints.user_info.as_ref().ok_or_else(none)?;
        let response = self.http.send(self.http.client.get(url).bearer_auth(access)).await?;
        let nonsense = |reason: String| Error::Nonsense { url: url.clone(), reason };
        if !response.status().is_success() {
            return Err(nonsense(format!("status {}", response.status())));
        }
        let Info { preferred_username } = response.json().await.map_err(|error| nonsense(error.to_string()))?;
        Ok(preferred_username)
    }

    fn client(&self) -> Result<Client, Error> {
        let url = TokenUrl::new(self.endpoints.token.clone())
            .map_err(|error| Error::Nonsense { url: self.endpoints.token.clone(), reason: error.to_string() })?;
        Ok(BasicClient::new(ClientId::new(CLIENT.to_owned())).set_token_uri(url))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let response = self.http.send(self.http.client.request(parts.method, &url).headers(parts.headers).body(body)).await?;
        let status = response.status();
        // Such an answer says nothing about the login.
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(Error::Refused {
                status: status.as_u16(),
                code: String::new(),
                message: format!("the identity server answers with status {status}"),
                request_id: header_text(&response, REQUEST_ID).to_owned(),
            });
        }
        let mut answer = HttpResponse::new(Vec::new());
        *answer.status_mut() = status;
        *answer.headers_mut() = response.headers().clone();
        *answer.body_mut() = response.bytes().await.map_err(|error| Error::transport(&error))?.to_vec();
        Ok(answer)
    }

    fn tokens<T: ErrorResponseType + Display>(
        &self,
        answer: Result<BasicTokenResponse, RequestTokenError<Error, StandardErrorResponse<T>>>,
    ) -> Result<Tokens, Error> {
        let nonsense = |reason: String| Error::Nonsense { url: self.endpoints.token.clone(), reason };
        match answer {
            Ok(tokens) => Ok(Tokens {
                access: Zeroizing::new(tokens.access_token().secret().clone()),
                refresh: tokens.refresh_token().map(|token| Zeroizing::new(token.secret().clone())),
                lives: tokens.expires_in().unwrap_or_default(),
            }),
            Err(RequestTokenError::ServerResponse(refusal)) => {
                let text = refusal.error_description().map_or_else(|| refusal.error().to_string(), Clone::clone);
                Err(Error::Login(text))
            }
            Err(RequestTokenError::Request(error)) => Err(error),
            Err(RequestTokenError::Parse(error, _)) => Err(nonsense(error.to_string())),
            Err(RequestTokenError::Other(text)) => Err(nonsense(text)),
        }
    }
}
