//! Tokens: what is in them, how they are signed and read.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{IdentityError, Reason, records::SigningKey};
use crate::clock::Randomness;

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

/// A key that signs or has signed.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) algorithm: Algorithm,
    pub(super) signs: EncodingKey,
    pub(super) verifies: DecodingKey,
}

/// Makes a key for access tokens and one for refresh tokens. Takes about a second.
pub(super) fn generate(random: &Randomness) -> Result<[SigningKey; 2], IdentityError> {
    let rsa = rsa::KeyPair::generate(rsa::KeySize::Rsa3072).map_err(IdentityError::crypto)?;
    let der: Pkcs8V1Der = rsa.as_der().map_err(IdentityError::crypto)?;
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

/// The roles that are written in a token that was read before.
pub(super) fn roles(token: &str) -> Vec<String> {
    let body = token.split('.').nth(1).and_then(|body| URL_SAFE_NO_PAD.decode(body).ok()).unwrap_or_default();
    let claims: Json = serde_json::from_slice(&body).unwrap_or_default();
    let roles = claims["realm_access"]["roles"].as_array();
    roles.into_iter().flatten().filter_map(|role| role.as_str().map(str::to_owned)).collect()
}

/// Signs claims.
pub(super) fn sign(key: &Key, claims: &impl Serialize) -> Result<String, IdentityError> {
    let mut header = Header::new(key.algorithm);
    header.kid = Some(key.id.clone());
    jsonwebtoken::encode(&header, claims, &key.signs).map_err(IdentityError::crypto)
}

/// Claims of a token that one of these keys has signed: the one that it names, by that key's algorithm and no other. Times
/// are not looked at.
pub(super) fn read<'a, C: for<'de> Deserialize<'de>>(mut keys: impl Iterator<Item = &'a Key>, token: &str) -> Result<C, Reason> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Reason::Malformed)?;
    let key = keys.find(|key| header.kid.as_deref() == Some(key.id.as_str())).ok_or(Reason::Signature)?;
    if header.alg != key.algorithm {
        return Err(Reason::Signature);
    }
    let mut validation = Validation::new(key.algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<C>(token, &key.verifies, &validation);
    decoded.map(|decoded| decoded.claims).map_err(|_| Reason::Signature)
}
