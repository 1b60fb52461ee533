//! Keys of an issuer that a test plays.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value as Json;

/// A key pair of a test, and how an issuer shows it.
pub struct Pair {
    /// What it signs by.
    pub algorithm: Algorithm,
    signs: EncodingKey,
    /// How an issuer shows it.
    pub shown: Json,
}

impl Pair {
    /// A new one with an id.
    pub fn new(algorithm: Algorithm, id: &str) -> Self {
        let (kind, family) = match algorithm {
            Algorithm::ES256 => (&rcgen::PKCS_ECDSA_P256_SHA256, "EC"),
            Algorithm::ES384 => (&rcgen::PKCS_ECDSA_P384_SHA384, "EC"),
            _ => (&rcgen::PKCS_RSA_SHA256, "RSA"),
        };
        let pair = rcgen::KeyPair::generate_for(kind).unwrap();
        let pem = pair.serialize_pem();
        let signs = match family {
            "EC" => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
        };
        let signs = signs.unwrap();
        let mut shown = serde_json::to_value(jsonwebtoken::jwk::Jwk::from_encoding_key(&signs, algorithm).unwrap()).unwrap();
        (shown["kid"], shown["use"]) = (id.into(), "sig".into());
        Self { algorithm, signs, shown }
    }

    /// A token with these claims.
    pub fn token(&self, algorithm: Algorithm, claims: &Json) -> String {
        let mut header = Header::new(algorithm);
        header.kid = self.shown["kid"].as_str().map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.signs).unwrap()
    }
}
