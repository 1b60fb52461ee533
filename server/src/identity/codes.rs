//! Logins by browser: the authorization code grant with PKCE (RFC 6749, 7636, 9207).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    Identity, SERVER, WEB_CLIENT,
    enrolment::digest,
    issue::{ACCESS, Grant, Issue, map},
    oauth::{Authentication, OAuthError, Tokens},
    records::{Client, Code, Session, User},
    scope,
};
use crate::store::{Batch, StoreExt};

/// How long a code can be exchanged, in seconds.
const LIFETIME: i64 = 60;
/// How long a person may take to sign in, in seconds.
const SIGN_IN: i64 = 1800;

/// What a client asks of the browser's user, checked. It travels through the sign-in page and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// Client.
    pub client: String,
    /// Where the browser goes afterwards.
    pub redirect_uri: String,
    /// Whether the answer stands behind `#` there, not `?`.
    pub fragment: bool,
    /// What the client wants to see again, if anything.
    pub state: Option<String>,
    scope: String,
    nonce: String,
    challenge: String,
}

/// What a client asks, as it came.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "the names are those of the parameters")]
pub struct Asked<'a> {
    pub client_id: Option<&'a str>,
    pub redirect_uri: Option<&'a str>,
    pub response_type: Option<&'a str>,
    pub response_mode: Option<&'a str>,
    pub scope: Option<&'a str>,
    pub state: Option<&'a str>,
    pub nonce: Option<&'a str>,
    pub code_challenge: Option<&'a str>,
    pub code_challenge_method: Option<&'a str>,
    pub prompt: Option<&'a str>,
}

/// Why nobody is asked to sign in.
#[derive(Debug)]
pub enum NotAsked {
    /// The person is told: it is not known where to send the browser.
    Told(&'static str),
    /// The client is told, by the browser.
    Sent {
        /// Where to.
        redirect_uri: String,
        /// Whether the answer stands behind `#`.
        fragment: bool,
        /// What the client wants to see again.
        state: Option<String>,
        /// Code.
        error: &'static str,
        /// Text; may be empty.
        description: String,
    },
    /// The server's own.
    Failed(OAuthError),
}

/// The sign-in page's own copy of what is asked, bound to one browser.
#[derive(Serialize, Deserialize)]
struct Ticket {
    typ: String,
    exp: i64,
    browser: String,
    asked: Authorization,
}

const TICKET: &str = "Ticket";

impl Identity {
    /// Checks what a client asks. `own`: where the pages of this server may be sent back to.
    pub async fn check_authorization(&self, asked: &Asked<'_>, own: &[String]) -> Result<Authorization, NotAsked> {
        let id = asked.client_id.ok_or(NotAsked::Told("Invalid Request"))?;
        let failed = |error| NotAsked::Failed(OAuthError::from(error));
        let client: Option<Client> = self.store().load(SERVER, id).await.map_err(failed)?;
        let client = client.filter(|client| !client.disabled).ok_or(NotAsked::Told("Client not found."))?;
        let registered = |uri: &&str| client.redirect_uris.0.iter().chain(own_of(&client, own)).any(|known| known == uri);
        let redirect_uri = asked.redirect_uri.filter(registered).ok_or(NotAsked::Told("Invalid parameter: redirect_uri"))?;
        let fragment = asked.response_mode == Some("fragment");
        let sent = |fragment: bool, error, description: String| {
            let (redirect_uri, state) = (redirect_uri.to_owned(), asked.state.map(str::to_owned));
            Err(NotAsked::Sent { redirect_uri, fragment, state, error, description })
        };
        let invalid = |text: &str| sent(fragment, "invalid_request", text.to_owned());
        let off = |fragment, flow: &str| {
            let text = "Client is not allowed to initiate browser login with given response_type.";
            sent(fragment, "unauthorized_client", format!("{text} {flow} flow is disabled for the client."))
        };
        match asked.response_type {
            None => return invalid("Missing parameter: response_type"),
            Some("code") if client.standard_flow => {}
            Some("code") => return off(fragment, "Standard"),
            Some(kinds) if kinds.split(' ').all(|kind| ["code", "token", "id_token"].contains(&kind)) => {
                return off(true, "Implicit");
            }
            Some(_) => return sent(fragment, "unsupported_response_type", String::new()),
        }
        if asked.response_mode.is_some_and(|mode| !["query", "fragment"].contains(&mode)) {
            return invalid("Invalid parameter: response_mode");
        }
        match asked.code_challenge_method {
            None => return invalid("Missing parameter: code_challenge_method"),
            Some("S256") => {}
            Some(_) => return invalid("Invalid parameter: code challenge method is not matching the configured one"),
        }
        let Some(challenge) = asked.code_challenge else { return invalid("Missing parameter: code_challenge") };
        if !is_verifier(challenge) {
            return invalid("Invalid parameter: code_challenge");
        }
        let scope = asked.scope.unwrap_or_default();
        if !scope::is_known(scope) {
            return sent(fragment, "invalid_scope", format!("Invalid scopes: {scope}"));
        }
        if asked.prompt == Some("none") {
            // There are no logins that a browser keeps beside those of its clients.
            return sent(fragment, "login_required", String::new());
        }
        Ok(Authorization {
            client: client.meta.id,
            redirect_uri: redirect_uri.to_owned(),
            fragment,
            state: asked.state.map(str::to_owned),
            scope: scope.to_owned(),
            nonce: asked.nonce.unwrap_or_default().to_owned(),
            challenge: challenge.to_owned(),
        })
    }

    /// A ticket for the sign-in page, and the text that the browser must keep beside it.
    pub fn sign_in_ticket(&self, asked: &Authorization) -> Result<(String, String), OAuthError> {
        let browser = self.random_text(32);
        let mut claims = json!({"typ": TICKET, "exp": self.now() + SIGN_IN, "browser": digest(&browser), "asked": asked});
        Ok((self.keys()?.sign_refresh(&map(&mut claims))?, browser))
    }

    /// What a ticket of ours that this browser was given is for; `None` if it is none or too old.
    pub fn read_ticket(&self, ticket: &str, browser: &str) -> Result<Option<Authorization>, OAuthError> {
        let Ok(ticket) = self.keys()?.read_refresh::<Ticket>(ticket) else { return Ok(None) };
        let same = bool::from(digest(browser).as_bytes().ct_eq(ticket.browser.as_bytes()));
        Ok((ticket.typ == TICKET && ticket.exp > self.now() && same).then_some(ticket.asked))
    }

    /// Somebody signs in. The answer: the id of the login, and the code that the client exchanges.
    pub async fn sign_in(
        &self,
        asked: &Authorization,
        username: &str,
        password: Zeroizing<String>,
    ) -> Result<(String, String), OAuthError> {
        let client: Option<Client> = self.store().load(SERVER, &asked.client).await?;
        let client = client.filter(|client| !client.disabled).ok_or_else(|| OAuthError::client("invalid_client"))?;
        let user = self.checked_user(username, password).await?;
        let session = self.new_session(&user, &asked.client, &asked.scope, self.now());
        let id = session.meta.id.clone();
        let text = format!("{}.{id}.{}", self.random_text(24), client.client_uuid);
        let mut code = Code {
            session: id.clone(),
            client_name: asked.client.clone(),
            redirect_uri: asked.redirect_uri.clone(),
            challenge: asked.challenge.clone(),
            nonce: asked.nonce.clone(),
            ends: self.now() + LIFETIME,
            ..Code::default()
        };
        self.name(&mut code, digest(&text));
        self.store().commit(Batch::default().insert(session).insert(code)).await?;
        Ok((id, text))
    }

    /// A client exchanges a code. A code is looked at once: whatever comes of it, it is of no use afterwards.
    pub async fn by_code(
        &self,
        client: &Authentication,
        code: Option<&str>,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        issuer: &str,
    ) -> Result<Tokens, OAuthError> {
        let client = self.client(client).await?;
        let code = code.ok_or_else(|| OAuthError::new(400, "invalid_request", "Missing parameter: code"))?;
        let invalid = || OAuthError::grant("Code not valid");
        let mut code: Code = self.store().load(SERVER, &digest(code)).await?.ok_or_else(invalid)?;
        if code.used {
            // Somebody has it who should not: what was given for it ends (RFC 6749, 4.1.2).
            self.end_part(&code.session).await?;
            return Err(invalid());
        }
        if code.ends <= self.now() {
            return Err(invalid());
        }
        code.used = true;
        // It is remembered for as long as there may be tokens for it.
        code.ends = self.now() + ACCESS;
        if self.commit_or_conflict(Batch::default().update(code.clone())).await? {
            self.end_part(&code.session).await?;
            return Err(invalid());
        }
        if let Err(text) = fits(&code, &client.meta.id, redirect_uri, verifier) {
            self.forget::<Session>(&code.session).await?;
            return Err(OAuthError::grant(text));
        }
        let session: Session = self.store().load(SERVER, &code.session).await?.ok_or_else(invalid)?;
        let user: User = self.store().load(SERVER, &session.user_uuid).await?.ok_or_else(invalid)?;
        if !user.enabled {
            return Err(OAuthError::grant("User disabled"));
        }
        let (user, session, grant, nonce) = (&user, &session, Grant::Code, code.nonce.as_str());
        self.issue(&Issue { user, session, grant, issuer, narrowed: "", nonce }).await
    }

    /// Ends the client's part in a login, and with it all tokens.
    async fn end_part(&self, session: &str) -> Result<(), OAuthError> {
        let Some(mut session) = self.store().load::<Session>(SERVER, session).await? else { return Ok(()) };
        tracing::warn!(client = %session.client_name, "a code was used twice; its login ends");
        let id = session.meta.id.clone();
        session.client_name.clear();
        if self.commit_or_conflict(Batch::default().update(session)).await? {
            self.forget::<Session>(&id).await?;
        }
        Ok(())
    }

    /// Where a browser may go after a logout, if it is one of the client's addresses.
    pub async fn may_return_to(&self, client: &str, uri: &str, own: &[String]) -> Result<bool, OAuthError> {
        let client: Option<Client> = self.store().load(SERVER, client).await?;
        Ok(client.is_some_and(|client| client.redirect_uris.0.iter().chain(own_of(&client, own)).any(|known| known == uri)))
    }

    /// Whether pages of an origin may read what the token endpoint answers to a client.
    pub async fn may_read(&self, client: &str, origin: &str, own: &[String]) -> Result<bool, OAuthError> {
        let Some(client) = self.store().load::<Client>(SERVER, client).await? else { return Ok(false) };
        let mut redirects = client.redirect_uris.0.iter().chain(own_of(&client, own));
        let of_redirects = client.web_origins.0.iter().any(|known| known == "+");
        let listed = client.web_origins.0.iter().any(|known| known != "+" && known == origin);
        Ok(listed || (of_redirects && redirects.any(|uri| origin_of(uri) == Some(origin))))
    }
}

/// What is not as it was when the code was given.
fn fits(code: &Code, client: &str, redirect_uri: Option<&str>, verifier: Option<&str>) -> Result<(), &'static str> {
    if code.client_name != client {
        return Err("Auth error: Found different client_id in clientSession");
    }
    if redirect_uri != Some(code.redirect_uri.as_str()) {
        return Err("Incorrect redirect_uri");
    }
    let verifier = verifier.ok_or("PKCE code verifier not specified")?;
    if !is_verifier(verifier) {
        return Err("PKCE verification failed: Invalid code verifier");
    }
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if bool::from(challenge.as_bytes().ct_eq(code.challenge.as_bytes())) {
        Ok(())
    } else {
        Err("PKCE verification failed: Code mismatch")
    }
}

/// The form of verifiers and challenges (RFC 7636, 4.1 and 4.2).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

fn own_of<'a>(client: &Client, own: &'a [String]) -> impl Iterator<Item = &'a String> {
    own.iter().take(if client.meta.id == WEB_CLIENT { usize::MAX } else { 0 })
}

/// Scheme, host and port of an address.
pub fn origin_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (!scheme.is_empty() && end > 0).then(|| &uri[..scheme.len() + 3 + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fit_what_they_were_given_for() {
        let verifier = "v".repeat(43);
        let code = Code {
            client_name: "web".to_owned(),
            redirect_uri: "https://a/b".to_owned(),
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)),
            ..Code::default()
        };
        let (other, short, long) = ("w".repeat(43), "v".repeat(42), "v".repeat(129));
        for (client, redirect, verifier, expected) in [
            ("web", Some("https://a/b"), Some(verifier.as_str()), None),
            ("other", Some("https://a/b"), Some(&verifier), Some("different client_id")),
            ("web", Some("https://a/b/"), Some(&verifier), Some("redirect_uri")),
            ("web", None, Some(&verifier), Some("redirect_uri")),
            ("web", Some("https://a/b"), None, Some("not specified")),
            ("web", Some("https://a/b"), Some(&other), Some("mismatch")),
            ("web", Some("https://a/b"), Some(&short), Some("Invalid")),
            ("web", Some("https://a/b"), Some(&long), Some("Invalid")),
        ] {
            let found = fits(&code, client, redirect, verifier).err();
            assert!(
                match expected {
                    None => found.is_none(),
                    Some(text) => found.is_some_and(|found| found.contains(text)),
                },
                "{client} {redirect:?} {verifier:?}: {found:?}"
            );
        }
    }

    #[test]
    fn origins() {
        for (uri, origin) in [
            ("https://a:1/b?c", Some("https://a:1")),
            ("http://127.0.0.1:9999", Some("http://127.0.0.1:9999")),
            ("https:///x", None),
            ("urn:x", None),
        ] {
            assert_eq!(origin_of(uri), origin, "{uri}");
        }
    }
}
