//! What counts as the same answer of an identity server.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

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
    /// It is not sent: why.
    Left(&'static str),
}

/// What is done with a step.
pub fn plan(step: &Json) -> Plan {
    let text = |key: &str| step[key].as_str().unwrap();
    match (text("section"), text("case")) {
        ("discovery and keys", "root") => Plan::Left("the way to the pages of Keycloak's administration"),
        ("lifetimes", _) => Plan::Left("the recording changes settings of the realm, which are fixed here"),
        ("refresh_token grant", "password changed by the administrator since") => {
            Plan::Left("a defect: a new password must end the logins made with the old one")
        }
        ("client_credentials grant", "host-manager-m2m-client") => {
            Plan::Left("a service of the Edge Orchestrator whose client has other scopes")
        }
        _ => Plan::Same,
    }
}

/// What placeholders of a recording stand for.
pub struct Recorded {
    /// Ids of users by name.
    pub users: HashMap<String, String>,
    /// What other placeholders stand for, from their first appearance on.
    pub bound: RefCell<HashMap<String, String>>,
    /// Whether lists may hold more than was recorded: a server has groups and roles of its own.
    pub more: Cell<bool>,
}

impl Recorded {
    /// Whether an answer or a token's claims hold all that was recorded; `iat`: when the token was issued.
    pub fn compare(&self, at: &str, recorded: &Json, found: &Json, iat: i64) -> Result<(), String> {
        let differs = || Err(format!("{at}: {found}, recorded {recorded}"));
        match (recorded, found) {
            (Json::Object(recorded), Json::Object(found)) => {
                // What names the thing comes first: else a placeholder would be bound to the wrong one.
                let (ids, others): (Vec<_>, Vec<_>) = recorded.iter().partition(|(key, _)| *key == "id");
                others.into_iter().chain(ids).try_for_each(|(key, value)| {
                    let found = found.get(key).ok_or_else(|| format!("{at}: no {key}"))?;
                    self.compare(&format!("{at}/{key}"), value, found, iat)
                })
            }
            (Json::Array(recorded), Json::Array(found)) => {
                // "… 3 more" and the like: the recording was shortened.
                let is_rest = |item: &Json| item.as_str().is_some_and(|item| item.starts_with('…'));
                let more = self.more.get() || recorded.iter().any(is_rest);
                let recorded: Vec<&Json> = recorded.iter().filter(|item| !is_rest(item)).collect();
                let all = recorded.iter().all(|item| found.iter().any(|found| self.compare(at, item, found, iat).is_ok()));
                // A group may give more roles than were recorded; all other lists are exact.
                if all && (at.ends_with("/roles") || more || recorded.len() == found.len()) { Ok(()) } else { differs() }
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
            (Json::String(recorded), Json::Object(_)) if recorded == "{as above}" => Ok(()),
            (Json::String(recorded), Json::Array(_)) if recorded == "{list as above}" => Ok(()),
            // Where in the text a parser stops is its own matter.
            (Json::String(recorded), Json::String(found)) if recorded.contains("Unrecognized field") => {
                let what = |text: &str| text.split(" at line").next().unwrap_or_default().to_owned();
                if what(recorded) == what(found) { Ok(()) } else { differs() }
            }
            (Json::String(recorded), found) if self.fits(recorded, found, iat) => Ok(()),
            (recorded, found) if recorded == found => Ok(()),
            _ => differs(),
        }
    }

    fn fits(&self, recorded: &str, found: &Json, iat: i64) -> bool {
        let text = found.as_str().unwrap_or_default();
        let recorded = recorded.replace("{base}", &format!("https://{HOST}"));
        if let Some(seconds) = recorded.strip_prefix("{iat}+") {
            return found.as_i64() == seconds.parse::<i64>().ok().map(|seconds| iat + seconds);
        }
        match recorded.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some("epoch ms") => found.as_i64().is_some_and(|ms| ms > 1_000_000_000_000),
            Some("32 characters") => text.len() == 32,
            Some("device_code, 43 characters") => text.len() == 43,
            Some("XXXX-XXXX") => is_user_code(text),
            Some("epoch") => found.as_i64() == Some(iat) && iat > 0,
            Some("session id") => text.len() == 24 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            Some("kid" | "at_hash" | "base64 DER") => text.len() >= 20,
            Some(token) if token.starts_with("jwt ") => claims(text)["typ"] == token["jwt ".len()..],
            Some(user) if user.starts_with("user ") && self.users.contains_key(&user["user ".len()..]) => {
                self.users[&user["user ".len()..]] == text
            }
            Some(name) if ["user ", "group ", "role ", "client ", "realm id"].iter().any(|kind| name.starts_with(kind)) => {
                !text.is_empty() && self.bound.borrow_mut().entry(name.to_owned()).or_insert_with(|| text.to_owned()) == text
            }
            Some("uuid") => uuid::Uuid::parse_str(text).is_ok(),
            _ => match recorded.find('{').filter(|at| *at > 0 && recorded.ends_with('}')) {
                Some(at) => text.strip_prefix(&recorded[..at]).is_some_and(|rest| self.fits(&recorded[at..], &rest.into(), iat)),
                None => found.as_str() == Some(&recorded),
            },
        }
    }

    /// Whether a browser is sent where it was recorded to be: the same address and parameters, in any order.
    pub fn location(&self, recorded: &str, found: &str) -> Result<(), String> {
        let recorded = recorded.replace("{base, percent-encoded}", "{base}").replace("%2Frealms", "/realms");
        let (recorded_pairs, found_pairs) = (pairs(&recorded), pairs(found));
        let place = |address: &str| address[..address.find(['?', '#']).map_or(address.len(), |at| at + 1)].to_owned();
        let same = self.compare("", &place(&recorded).into(), &place(found).into(), 0).is_ok()
            && recorded_pairs.len() == found_pairs.len()
            && recorded_pairs.iter().all(|(name, value)| {
                let found = found_pairs.iter().find(|(found, _)| found == name);
                found.is_some_and(|(_, found)| {
                    value == "{code}" && found.split('.').count() == 3
                        || self.compare(name, &value.as_str().into(), &found.as_str().into(), 0).is_ok()
                })
            });
        if same { Ok(()) } else { Err(format!("sent to {found}, recorded {recorded}")) }
    }

    /// A text with all that is bound filled in.
    pub fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, id) in &self.users {
            filled = filled.replace(&format!("{{user {name}}}"), id);
        }
        for (name, id) in self.bound.borrow().iter() {
            filled = filled.replace(&format!("{{{name}}}"), id);
        }
        filled.replace("{uuid}", "00000000-0000-4000-8000-000000000000")
    }
}

fn is_user_code(text: &str) -> bool {
    text.len() == 9 && text.bytes().enumerate().all(|(at, b)| if at == 4 { b == b'-' } else { b.is_ascii_uppercase() })
}

/// The parameters of an address, decoded.
pub fn pairs(address: &str) -> Vec<(String, String)> {
    let Some(at) = address.find(['?', '#']) else { return Vec::new() };
    let decoded = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let (byte, left) = match first {
                b'%' => (u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap(), &tail[2..]),
                b'+' => (b' ', tail),
                other => (*other, tail),
            };
            bytes.push(byte);
            rest = left;
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = address[at + 1..].split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
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
