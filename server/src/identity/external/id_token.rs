//! The id token of a login: what must be in it (OpenID Connect Core, 3.1.3.7).

use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Claims of an id token.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct IdClaims {
    iss: String,
    pub(super) sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    iat: i64,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(all) => all,
        }
    }
}

/// What a login was begun with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// Epoch seconds.
    pub(super) now: i64,
    /// How far the issuer's clock may be from ours, in seconds.
    pub(super) skew: i64,
}

impl IdClaims {
    /// What is not as it must be.
    pub(super) fn fault(&self, wanted: &Wanted<'_>) -> Option<&'static str> {
        let audience = self.aud.all();
        if self.iss != wanted.issuer {
            return Some("it is of another issuer");
        }
        if !audience.iter().any(|name| name == wanted.client) {
            return Some("it is for another client");
        }
        if self.azp.as_ref().map_or(audience.len() > 1, |party| party != wanted.client) {
            return Some("it was given to another client");
        }
        if self.exp.saturating_add(wanted.skew) <= wanted.now {
            return Some("it has expired");
        }
        if self.iat > wanted.now.saturating_add(wanted.skew) {
            return Some("it comes from the future");
        }
        if !bool::from(self.nonce.as_bytes().ct_eq(wanted.nonce.as_bytes())) {
            return Some("it is of another login");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn an_id_token_is_for_this_login_of_this_client() {
        let wanted = Wanted { issuer: "https://id.example", client: "pages", nonce: "n", now: 1000, skew: 30 };
        let good = json!({"iss": "https://id.example", "sub": "ann", "aud": "pages", "exp": 1100, "iat": 990, "nonce": "n"});
        let with = |key: &str, value: Json| {
            let mut claims = good.clone();
            claims[key] = value;
            claims
        };
        for (claims, fault) in [
            (good.clone(), None),
            (with("aud", json!(["pages"])), None),
            (with("azp", json!("pages")), None),
            (with("exp", json!(971)), None),
            (with("iss", json!("https://id.example/")), Some("another issuer")),
            (with("aud", json!("other")), Some("for another client")),
            (with("aud", json!([])), Some("for another client")),
            (with("aud", json!(["pages", "other"])), Some("given to another client")),
            (with("azp", json!("other")), Some("given to another client")),
            (with("exp", json!(970)), Some("expired")),
            (with("iat", json!(1031)), Some("future")),
            (with("nonce", json!("m")), Some("another login")),
            (with("nonce", json!("")), Some("another login")),
        ] {
            let found = serde_json::from_value::<IdClaims>(claims.clone()).unwrap().fault(&wanted);
            match fault {
                None => assert_eq!(found, None, "{claims}"),
                Some(fault) => assert!(found.is_some_and(|found| found.contains(fault)), "{claims}: {found:?}"),
            }
        }
        let both =
            json!({"iss": "https://id.example", "sub": "ann", "aud": ["x", "pages"], "azp": "pages", "exp": 1100, "nonce": "n"});
        assert_eq!(serde_json::from_value::<IdClaims>(both).unwrap().fault(&wanted), None);
        assert!(serde_json::from_value::<IdClaims>(json!({"iss": "x", "sub": "y", "exp": 1})).is_err(), "no audience");
    }
}
