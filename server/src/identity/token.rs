//! Tokens: what is in them, and the keys that sign them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::{IdentityError, Reason, records::SigningKey};
use crate::clock::Randomness;

/// Verified tokens that are remembered, so that a node's poll costs no RSA; twice as many at most.
const REMEMBERED: usize = 32_768;

/// The claims by which a token is judged.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Claims {
    pub(super) exp: Option<i64>,
    #[serde(default)]
    pub(super) jti: String,
    pub(super) typ: String,
    pub(super) azp: String,
    pub(super) sub: String,
    #[serde(default)]
    pub(super) sid: String,
    #[serde(default)]
    pub(super) scope: String,
}

/// The keys in use: one that signs access and id tokens, one for refresh tokens, which only the server reads.
pub(super) struct Keys {
    public: Key,
    secret: Key,
    jwk: Json,
    der: String,
    known: Mutex<Known>,
}

struct Key {
    id: String,
    algorithm: Algorithm,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// Two generations: when the younger is full it becomes the older.
#[derive(Default)]
struct Known {
    young: HashMap<[u8; 32], Arc<Claims>>,
    old: HashMap<[u8; 32], Arc<Claims>>,
}

/// Makes both keys. Takes about a second.
pub(super) fn generate(random: &Randomness) -> Result<[SigningKey; 2], IdentityError> {
    let rsa = rsa::KeyPair::generate(rsa::KeySize::Rsa3072).map_err(crypto)?;
    let der: Pkcs8V1Der = rsa.as_der().map_err(crypto)?;
    let lines: Vec<String> =
        STANDARD.encode(der.as_ref()).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let mut secret = [0; 64];
    random.fill(&mut secret);
    let key = |algorithm: &str, text: String| {
        let mut id = [0; 32];
        random.fill(&mut id);
        let mut key = SigningKey { algorithm: algorithm.to_owned(), secret: text, ..SigningKey::default() };
        key.meta.id = URL_SAFE_NO_PAD.encode(id);
        key
    };
    Ok([key("PS512", pem), key("HS512", STANDARD.encode(secret))])
}

impl Keys {
    /// The kept keys, ready to use; none if they were not made yet.
    pub(super) fn of(kept: &[SigningKey]) -> Result<Option<Self>, IdentityError> {
        let find = |algorithm: &str| kept.iter().find(|key| key.algorithm == algorithm);
        let (Some(public), Some(secret)) = (find("PS512"), find("HS512")) else { return Ok(None) };
        let signs = EncodingKey::from_rsa_pem(public.secret.as_bytes()).map_err(crypto)?;
        let mut jwk = Jwk::from_encoding_key(&signs, Algorithm::PS512).map_err(crypto)?;
        jwk.common.key_id = Some(public.meta.id.clone());
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        let verifies = DecodingKey::from_jwk(&jwk).map_err(crypto)?;
        let shared = STANDARD.decode(&secret.secret).map_err(crypto)?;
        Ok(Some(Self {
            jwk: serde_json::to_value(&jwk).map_err(crypto)?,
            der: public_der(&public.secret)?,
            public: Key { id: public.meta.id.clone(), algorithm: Algorithm::PS512, signs, verifies },
            secret: Key {
                id: secret.meta.id.clone(),
                algorithm: Algorithm::HS512,
                signs: EncodingKey::from_secret(&shared),
                verifies: DecodingKey::from_secret(&shared),
            },
            known: Mutex::default(),
        }))
    }

    /// The public key, as `…/certs` shows it.
    pub(super) fn jwk(&self) -> &Json {
        &self.jwk
    }

    /// The same key as base64 DER (RFC 5280), as older adapters read it.
    pub(super) fn public_der(&self) -> &str {
        &self.der
    }

    /// Signs an access or id token.
    pub(super) fn sign(&self, claims: &Map<String, Json>) -> Result<String, IdentityError> {
        sign(&self.public, claims)
    }

    /// Signs a refresh token.
    pub(super) fn sign_refresh(&self, claims: &Map<String, Json>) -> Result<String, IdentityError> {
        sign(&self.secret, claims)
    }

    /// Claims of an access or id token whose signature is ours. Times are not looked at.
    pub(super) fn read(&self, token: &str) -> Result<Arc<Claims>, Reason> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.remembered(&digest) {
            return Ok(claims);
        }
        let claims = Arc::new(read(&self.public, token)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.young.len() >= REMEMBERED {
            known.old = std::mem::take(&mut known.young);
        }
        known.young.insert(digest, Arc::clone(&claims));
        Ok(claims)
    }

    /// Claims of a refresh token whose signature is ours. Times are not looked at.
    pub(super) fn read_refresh(&self, token: &str) -> Result<Claims, Reason> {
        read(&self.secret, token)
    }

    fn remembered(&self, digest: &[u8; 32]) -> Option<Arc<Claims>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.young.get(digest).or_else(|| known.old.get(digest)).cloned()
    }
}

/// The roles that are written in a token that was read before.
pub(super) fn roles(token: &str) -> Vec<String> {
    let body = token.split('.').nth(1).and_then(|body| URL_SAFE_NO_PAD.decode(body).ok()).unwrap_or_default();
    let claims: Json = serde_json::from_slice(&body).unwrap_or_default();
    let roles = claims["realm_access"]["roles"].as_array();
    roles.into_iter().flatten().filter_map(|role| role.as_str().map(str::to_owned)).collect()
}

fn public_der(pem: &str) -> Result<String, IdentityError> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(body).map_err(crypto)?).map_err(crypto)?;
    let der: PublicKeyX509Der = aws_lc_rs::signature::KeyPair::public_key(&pair).as_der().map_err(crypto)?;
    Ok(STANDARD.encode(der.as_ref()))
}

fn sign(key: &Key, claims: &impl Serialize) -> Result<String, IdentityError> {
    let mut header = Header::new(key.algorithm);
    header.kid = Some(key.id.clone());
    jsonwebtoken::encode(&header, claims, &key.signs).map_err(crypto)
}

fn read(key: &Key, token: &str) -> Result<Claims, Reason> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Reason::Malformed)?;
    if header.alg != key.algorithm || header.kid.as_deref() != Some(key.id.as_str()) {
        return Err(Reason::Signature);
    }
    let mut validation = Validation::new(key.algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Claims>(token, &key.verifies, &validation);
    decoded.map(|decoded| decoded.claims).map_err(|_| Reason::Signature)
}

fn crypto(error: impl std::fmt::Display) -> IdentityError {
    IdentityError::Crypto(error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn keys() -> &'static Keys {
        static KEYS: std::sync::OnceLock<Keys> = std::sync::OnceLock::new();
        KEYS.get_or_init(|| Keys::of(&generate(&Randomness::seeded(7)).unwrap()).unwrap().unwrap())
    }

    fn claims() -> Map<String, Json> {
        let claims = json!({"typ": "Bearer", "azp": "system-client", "sub": "1", "exp": 5, "jti": "x"});
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn each_key_reads_its_own_tokens_only() {
        let (access, refresh) = (keys().sign(&claims()).unwrap(), keys().sign_refresh(&claims()).unwrap());
        assert_eq!(keys().read(&access).unwrap().sub, "1");
        assert_eq!(keys().read(&access).unwrap().azp, "system-client", "also when it is remembered");
        assert_eq!(keys().read_refresh(&refresh).unwrap().exp, Some(5));
        assert_eq!(keys().read(&refresh).unwrap_err(), Reason::Signature);
        assert_eq!(keys().read_refresh(&access).unwrap_err(), Reason::Signature);
        for part in ["kid", "kty", "alg", "use", "n", "e"] {
            assert!(keys().jwk().get(part).is_some_and(Json::is_string), "{part} in {}", keys().jwk());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn an_altered_token_is_refused(at in 0_usize..400, byte in proptest::char::range('0', 'z')) {
            let token = keys().sign(&claims()).unwrap();
            let at = at % token.len();
            let mut altered: Vec<char> = token.chars().collect();
            prop_assume!(altered[at] != byte);
            altered[at] = byte;
            let altered: String = altered.into_iter().collect();
            // The last character of a part may carry bits that mean nothing.
            let last = token.char_indices().any(|(dot, c)| c == '.' && at + 1 == dot) || at + 1 == token.len();
            prop_assert!(last || keys().read(&altered).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            prop_assert!(keys().read(&text).is_err());
        }
    }
}
