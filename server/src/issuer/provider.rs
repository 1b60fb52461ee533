//! The pages' logins at another issuer: its discovery document, and its token endpoint.

use std::{env, fs, os::unix::fs::PermissionsExt, path::Path};

use async_trait::async_trait;
use reqwest::StatusCode;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{IssuerError, IssuerHttp, IssuerSettings, WEB_CLIENT_SECRET, http::endpoint};
use crate::{
    identity::{Endpoints, Grant, Granted, NotGranted, Provider},
    oidc::percent_encoded,
};

/// Most characters that are shown of what the issuer says.
const SHOWN: usize = 300;

/// See the module.
pub struct HttpProvider {
    http: IssuerHttp,
    client: String,
    secret: Option<Zeroizing<String>>,
}

impl HttpProvider {
    /// What the settings tell.
    pub fn new(settings: &IssuerSettings, http: IssuerHttp) -> Result<Self, IssuerError> {
        let secret = match &settings.web_client_secret_file {
            Some(path) => Some(from_file(path)?),
            None => env::var(WEB_CLIENT_SECRET).ok().filter(|secret| !secret.is_empty()).map(Zeroizing::new),
        };
        Ok(Self { http, client: settings.web_client_id.clone(), secret })
    }
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, IssuerError> {
    let failed = |reason: String| IssuerError::Secret { path: path.to_owned(), reason };
    let mode = fs::metadata(path).map_err(|error| failed(error.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(failed(format!("others may read it (mode {:o}): chmod 600 it, and replace the secret", mode & 0o777)));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| failed(error.to_string()))?);
    match text.trim() {
        "" => Err(failed("it is empty".to_owned())),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}

#[async_trait]
impl Provider for HttpProvider {
    fn client_id(&self) -> &str {
        &self.client
    }

    async fn discover(&self) -> Result<Endpoints, String> {
        let document = self.http.document().await?;
        let methods = document["token_endpoint_auth_methods_supported"].as_array();
        let end_session = document.get("end_session_endpoint").filter(|place| !place.is_null());
        Ok(Endpoints {
            authorization: endpoint(&document, "authorization_endpoint")?,
            token: endpoint(&document, "token_endpoint")?,
            end_session: end_session.map(|_| endpoint(&document, "end_session_endpoint")).transpose()?,
            tells_issuer: document["authorization_response_iss_parameter_supported"] == true,
            takes_basic: methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
        })
    }

    async fn grant(&self, endpoints: &Endpoints, grant: Grant<'_>) -> Result<Granted, NotGranted> {
        let mut form = match grant {
            Grant::Code { code, redirect_uri, verifier } => vec![
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier),
            ],
            Grant::Refresh(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token)],
        };
        let mut request = self.http.client.post(&endpoints.token);
        match &self.secret {
            // Both are encoded as in a form (RFC 6749, 2.3.1).
            Some(secret) if endpoints.takes_basic => {
                request = request.basic_auth(percent_encoded(&self.client), Some(percent_encoded(secret)));
            }
            Some(secret) => form.extend([("client_id", self.client.as_str()), ("client_secret", secret)]),
            None => form.push(("client_id", &self.client)),
        }
        let (status, json) = self.http.send(&endpoints.token, request.form(&form)).await.map_err(NotGranted::Unavailable)?;
        granted(status, json)
    }
}

/// What an answer of the token endpoint gives (RFC 6749, 5).
fn granted(status: StatusCode, mut json: Json) -> Result<Granted, NotGranted> {
    let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().chars().take(SHOWN).collect::<String>();
    if status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status) {
        return Err(NotGranted::Unavailable(format!("its token endpoint answers with status {status}")));
    }
    if !status.is_success() {
        let (error, description) = (text(&json, "error"), text(&json, "error_description"));
        return Err(match (error.is_empty(), description.is_empty()) {
            (true, _) => NotGranted::Unavailable(format!("its token endpoint answers with status {status}")),
            (false, true) => NotGranted::Refused(error),
            (false, false) => NotGranted::Refused(format!("{description} ({error})")),
        });
    }
    if !text(&json, "token_type").eq_ignore_ascii_case("bearer") {
        return Err(NotGranted::Refused("its tokens are no bearer tokens".to_owned()));
    }
    let mut token = |key: &str| match json[key].take() {
        Json::String(token) if !token.is_empty() => Some(Zeroizing::new(token)),
        _ => None,
    };
    let (access, refresh, id) = (token("access_token"), token("refresh_token"), token("id_token"));
    let access = access.ok_or_else(|| NotGranted::Refused("there is no access token in its answer".to_owned()))?;
    Ok(Granted { access, refresh, id })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_told_from_an_issuer_that_cannot_answer() {
        let answer = |status: u16, json: Json| granted(StatusCode::from_u16(status).unwrap(), json).err();
        let refused = |text: &str| Some(NotGranted::Refused(text.to_owned()));
        for (status, json, expected) in [
            (
                400,
                json!({"error": "invalid_grant", "error_description": "Session not active"}),
                refused("Session not active (invalid_grant)"),
            ),
            (401, json!({"error": "invalid_client"}), refused("invalid_client")),
            (200, json!({"access_token": "a", "token_type": "Bearer"}), None),
            (200, json!({"access_token": "a", "token_type": "bearer", "refresh_token": null}), None),
            (200, json!({"access_token": "", "token_type": "Bearer"}), refused("there is no access token in its answer")),
            (200, json!({"access_token": "a", "token_type": "DPoP"}), refused("its tokens are no bearer tokens")),
        ] {
            assert_eq!(answer(status, json.clone()), expected, "{status} {json}");
        }
        for (status, json) in
            [(500, json!({"error": "server_error"})), (503, json!({})), (429, json!({"error": "slow_down"})), (404, json!({}))]
        {
            assert!(matches!(answer(status, json), Some(NotGranted::Unavailable(_))), "{status}");
        }
    }

    #[test]
    fn a_secret_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        for (text, mode, expected) in
            [("geheim\n", 0o600, Ok("geheim")), ("geheim", 0o640, Err("others may read it")), (" \n", 0o600, Err("empty"))]
        {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match (from_file(&path), expected) {
                (Ok(secret), Ok(expected)) => assert_eq!(secret.as_str(), expected),
                (Err(error), Err(expected)) => {
                    let error = error.to_string();
                    assert!(error.contains(expected) && !error.contains("geheim"), "{error}");
                }
                (found, _) => panic!("{text:?} {mode:o}: {:?}", found.err()),
            }
        }
    }
}
