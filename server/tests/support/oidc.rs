//! What counts as the same answer of an identity server.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json};

/// Host and port that the server is called by.
pub const HOST: &str = "keycloak.emt.localhost:8443";

/// Path of the token endpoint.
pub const TOKEN: &str = "/realms/master/protocol/openid-connect/token";

/// What is done with a step.
pub enum Plan {
    /// It must be answered as recorded.
    Same,
    /// It is not served yet, and is answered with this status.
    Later(u16),
    /// It is not sent: why.
    Left(&'static str),
}

/// What is done with a step.
pub fn plan(step: &Json) -> Plan {
    let text = |key: &str| step[key].as_str().unwrap();
    let path = text("path").split('?').next().unwrap();
    match (text("section"), text("case")) {
        ("discovery and keys", "root") | ("admin REST" | "introspection", _) => Plan::Later(404),
        (_, case) if case.starts_with("introspection") => Plan::Later(404),
        ("device authorization grant" | "authorization code with PKCE", case) => match path {
            TOKEN if case.starts_with("refresh after") => Plan::Left("needs a login that is not served yet"),
            TOKEN => Plan::Later(400),
            path if path.starts_with('/') => Plan::Later(404),
            _ => Plan::Left("the address comes from a page that is not served yet"),
        },
        ("brute force guard", _) if path.starts_with("/admin/") => Plan::Later(404),
        ("lifetimes", _) => Plan::Left("the recording changes settings of the realm, which are fixed here"),
        ("refresh_token grant", "password changed by the administrator since") => {
            Plan::Left("a defect: a new password must end the logins made with the old one")
        }
        ("client_credentials grant", "host-manager-m2m-client") => Plan::Left("a service of the Edge Orchestrator"),
        _ => Plan::Same,
    }
}

/// What placeholders of a recording stand for.
pub struct Recorded {
    /// Ids of users by name.
    pub users: HashMap<String, String>,
}

impl Recorded {
    /// Whether an answer or a token's claims hold all that was recorded; `iat`: when the token was issued.
    pub fn compare(&self, at: &str, recorded: &Json, found: &Json, iat: i64) -> Result<(), String> {
        let differs = || Err(format!("{at}: {found}, recorded {recorded}"));
        match (recorded, found) {
            (Json::Object(recorded), Json::Object(found)) => recorded.iter().try_for_each(|(key, value)| {
                // Where the client is, is not told in tokens.
                if ["clientHost", "clientAddress"].contains(&key.as_str()) {
                    return Ok(());
                }
                let found = found.get(key).ok_or_else(|| format!("{at}: no {key}"))?;
                self.compare(&format!("{at}/{key}"), value, found, iat)
            }),
            (Json::Array(recorded), Json::Array(found)) => {
                let all = recorded.iter().all(|item| found.iter().any(|found| self.compare(at, item, found, iat).is_ok()));
                // A group may give more roles than were recorded; all other lists are exact.
                if all && (at.ends_with("/roles") || recorded.len() == found.len()) { Ok(()) } else { differs() }
            }
            (Json::Number(recorded), Json::Number(found)) if at.ends_with("expires_in") => {
                let (recorded, found) = (recorded.as_i64().unwrap(), found.as_i64().unwrap());
                if (recorded - found).abs() <= 1 { Ok(()) } else { differs() }
            }
            (Json::String(recorded), found) if at.ends_with("/scope") => {
                let words = |text: &str| {
                    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
                    words.sort();
                    words
                };
                if words(recorded) == words(found.as_str().unwrap_or_default()) { Ok(()) } else { differs() }
            }
            (Json::String(recorded), found) if self.fits(recorded, found, iat) => Ok(()),
            (recorded, found) if recorded == found => Ok(()),
            _ => differs(),
        }
    }

    fn fits(&self, recorded: &str, found: &Json, iat: i64) -> bool {
        let text = found.as_str().unwrap_or_default();
        let recorded = recorded.replace("{base}", &format!("https://{HOST}"));
        if let Some((prefix, "{uuid}")) = recorded.split_at_checked(recorded.len().saturating_sub(6)) {
            return text.strip_prefix(prefix).is_some_and(|rest| uuid::Uuid::parse_str(rest).is_ok());
        }
        if let Some(seconds) = recorded.strip_prefix("{iat}+") {
            return found.as_i64() == seconds.parse::<i64>().ok().map(|seconds| iat + seconds);
        }
        match recorded.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some("epoch") => found.as_i64() == Some(iat) && iat > 0,
            Some("session id") => text.len() == 24 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            Some("kid" | "at_hash" | "base64 DER") => text.len() >= 20,
            Some(token) if token.starts_with("jwt ") => claims(text)["typ"] == token["jwt ".len()..],
            Some(user) if user.starts_with("user ") => self.users.get(&user["user ".len()..]).is_some_and(|id| id == text),
            Some(_) => false,
            None => found.as_str() == Some(&recorded),
        }
    }
}

/// The discovery document names only what is served: what it says was recorded so, and what clients need is there.
pub fn documented(recorded: &Json, found: &Json) -> Result<(), String> {
    for (key, value) in found.as_object().unwrap() {
        let fits = match (&recorded[key], value) {
            (Json::Array(recorded), Json::Array(found)) => found.iter().all(|item| recorded.contains(item)),
            (Json::String(recorded), found) => found.as_str() == Some(&recorded.replace("{base}", &format!("https://{HOST}"))),
            (recorded, found) => recorded == found,
        };
        if !fits {
            return Err(format!("{key}: {value}, recorded {}", recorded[key]));
        }
    }
    let needed = ["issuer", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint", "revocation_endpoint"];
    needed.into_iter().find(|key| found.get(*key).is_none()).map_or(Ok(()), |key| Err(format!("no {key}")))
}

/// The key that signs is there; keys that nothing uses are not made.
pub fn keys(recorded: &Json, found: &Json) -> Result<(), String> {
    let signing = |keys: &Json| keys["keys"].as_array().unwrap().iter().find(|key| key["alg"] == "PS512").cloned().unwrap();
    let (recorded, found) = (signing(recorded), signing(found));
    for part in ["kty", "alg", "use", "e"] {
        if recorded[part] != found[part] {
            return Err(format!("{part}: {}, recorded {}", found[part], recorded[part]));
        }
    }
    let modulus = URL_SAFE_NO_PAD.decode(found["n"].as_str().unwrap()).unwrap();
    if modulus.len() >= 256 && found["kid"].as_str().is_some_and(|kid| !kid.is_empty()) {
        return Ok(());
    }
    Err(format!("{found}"))
}

/// An address as recorded, made one that can be sent.
pub fn address(path: &str) -> String {
    path.replace(' ', "%20").replace('{', "%7B").replace('}', "%7D")
}

pub fn encoded<'a>(pairs: impl Iterator<Item = (&'a str, &'a Json)>, filled: &impl Fn(&str) -> String) -> String {
    let escaped = |text: &str| -> String {
        text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    pairs
        .map(|(key, value)| format!("{key}={}", escaped(&filled(value.as_str().unwrap_or_default()))))
        .collect::<Vec<_>>()
        .join("&")
}

pub fn part(token: &str, number: usize) -> Json {
    let part = token.split('.').nth(number).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    part.and_then(|part| serde_json::from_slice(&part).ok()).unwrap_or_else(|| Json::Object(Map::new()))
}

pub fn claims(token: &str) -> Json {
    part(token, 1)
}
