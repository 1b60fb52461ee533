//! The keys in use. Those that sign are the newest; those that were replaced verify what they have signed until that expires.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::{
    digest,
    encoding::{AsDer, PublicKeyX509Der},
    signature::{KeyPair, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, jwk::Jwk};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::{
    IdentityError, Reason,
    records::SigningKey,
    token::{self, Claims, Key},
};

/// Verified tokens that are remembered, so that a node's poll costs no RSA; twice as many at most.
const REMEMBERED: usize = 32_768;

/// All keys: of each list, the first signs. Access and id tokens have public keys, refresh tokens, which only the server
/// reads, have secret ones.
pub(super) struct Keys {
    public: Vec<Key>,
    secret: Vec<Key>,
    jwks: Json,
    der: String,
    known: Mutex<Known>,
}

/// Two generations: when the younger is full it becomes the older.
#[derive(Default)]
struct Known {
    young: HashMap<[u8; 32], Arc<Claims>>,
    old: HashMap<[u8; 32], Arc<Claims>>,
}

impl Keys {
    /// The kept keys, ready to use; none if they were not made yet.
    pub(super) fn of(kept: &[SigningKey]) -> Result<Option<Self>, IdentityError> {
        let mut kept: Vec<&SigningKey> = kept.iter().collect();
        // Those that sign first, then the youngest.
        kept.sort_by_key(|key| (key.retired != 0, -key.retired, -key.meta.created_ms));
        let (mut public, mut secret, mut shown, mut der) = (Vec::new(), Vec::new(), Vec::new(), String::new());
        for key in kept {
            if key.algorithm == "HS512" {
                let shared = STANDARD.decode(&key.secret).map_err(IdentityError::crypto)?;
                secret.push(Key {
                    id: key.meta.id.clone(),
                    algorithm: Algorithm::HS512,
                    signs: EncodingKey::from_secret(&shared),
                    verifies: DecodingKey::from_secret(&shared),
                });
            } else {
                let (ready, jwk) = public_key(key)?;
                if public.is_empty() {
                    der = public_der(&key.secret)?;
                }
                public.push(ready);
                shown.push(jwk);
            }
        }
        if public.is_empty() || secret.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { public, secret, jwks: json!({"keys": shown}), der, known: Mutex::default() }))
    }

    /// The public keys, as `…/certs` shows them; the one that signs first.
    pub(super) fn jwks(&self) -> &Json {
        &self.jwks
    }

    /// The key that signs as base64 DER (RFC 5280), as older adapters read it.
    pub(super) fn public_der(&self) -> &str {
        &self.der
    }

    /// Signs an access or id token.
    pub(super) fn sign(&self, claims: &Map<String, Json>) -> Result<String, IdentityError> {
        token::sign(&self.public[0], claims)
    }

    /// Signs a refresh token, or another that only this server reads.
    pub(super) fn sign_refresh(&self, claims: &Map<String, Json>) -> Result<String, IdentityError> {
        token::sign(&self.secret[0], claims)
    }

    /// Claims of an access or id token whose signature is ours. Times are not looked at.
    pub(super) fn read(&self, token: &str) -> Result<Arc<Claims>, Reason> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.remembered(&digest) {
            return Ok(claims);
        }
        let claims = Arc::new(token::read::<Claims>(self.public.iter(), token)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.young.len() >= REMEMBERED {
            known.old = std::mem::take(&mut known.young);
        }
        known.young.insert(digest, Arc::clone(&claims));
        Ok(claims)
    }

    /// All claims of an access or id token whose signature is ours. Times are not looked at.
    pub(super) fn read_whole(&self, token: &str) -> Result<Map<String, Json>, Reason> {
        token::read(self.public.iter(), token)
    }

    /// Claims of a token that only this server reads. Times are not looked at.
    pub(super) fn read_refresh<C: for<'de> Deserialize<'de>>(&self, token: &str) -> Result<C, Reason> {
        token::read(self.secret.iter(), token)
    }

    fn remembered(&self, digest: &[u8; 32]) -> Option<Arc<Claims>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.young.get(digest).or_else(|| known.old.get(digest)).cloned()
    }
}

/// A kept key, and how it is shown.
fn public_key(key: &SigningKey) -> Result<(Key, Json), IdentityError> {
    let signs = EncodingKey::from_rsa_pem(key.secret.as_bytes()).map_err(IdentityError::crypto)?;
    let mut jwk = Jwk::from_encoding_key(&signs, Algorithm::PS512).map_err(IdentityError::crypto)?;
    jwk.common.key_id = Some(key.meta.id.clone());
    jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
    let verifies = DecodingKey::from_jwk(&jwk).map_err(IdentityError::crypto)?;
    let mut shown = serde_json::to_value(&jwk).map_err(IdentityError::crypto)?;
    let certificate = certificate(key)?;
    shown["x5c"] = json!([STANDARD.encode(&certificate)]);
    let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &certificate));
    shown["x5t"] = thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY).into();
    shown["x5t#S256"] = thumbprint(&digest::SHA256).into();
    Ok((Key { id: key.meta.id.clone(), algorithm: Algorithm::PS512, signs, verifies }, shown))
}

/// A certificate for readers of keys that take nothing else (RFC 7517, 4.7). Nobody is to trust it: it is signed by the key
/// itself, and made anew, the same each time, whenever the key is read.
fn certificate(key: &SigningKey) -> Result<Vec<u8>, IdentityError> {
    let pair = rcgen::KeyPair::from_pem_and_sign_algo(&key.secret, &rcgen::PKCS_RSA_SHA256).map_err(IdentityError::crypto)?;
    let mut wanted = rcgen::CertificateParams::default();
    wanted.distinguished_name = rcgen::DistinguishedName::new();
    wanted.distinguished_name.push(rcgen::DnType::CommonName, "master");
    wanted.serial_number = Some(rcgen::SerialNumber::from_slice(&Sha256::digest(&key.meta.id)[..8]));
    wanted.not_before = rcgen::date_time_ymd(2020, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(2120, 1, 1);
    Ok(wanted.self_signed(&pair).map_err(IdentityError::crypto)?.der().to_vec())
}

fn public_der(pem: &str) -> Result<String, IdentityError> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).map_err(IdentityError::crypto)?).map_err(IdentityError::crypto)?;
    let der: PublicKeyX509Der = pair.public_key().as_der().map_err(IdentityError::crypto)?;
    Ok(STANDARD.encode(der.as_ref()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::clock::Randomness;

    fn keys() -> &'static Keys {
        static KEYS: std::sync::OnceLock<Keys> = std::sync::OnceLock::new();
        KEYS.get_or_init(|| Keys::of(&token::generate(&Randomness::seeded(7)).unwrap()).unwrap().unwrap())
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
        assert_eq!(keys().read_refresh::<Claims>(&refresh).unwrap().exp, Some(5));
        assert_eq!(keys().read(&refresh).unwrap_err(), Reason::Signature);
        assert_eq!(keys().read_refresh::<Claims>(&access).unwrap_err(), Reason::Signature);
        for part in ["kid", "kty", "alg", "use", "n", "e", "x5t", "x5t#S256"] {
            let shown = &keys().jwks()["keys"][0];
            assert!(shown.get(part).is_some_and(Json::is_string), "{part} in {shown}");
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
