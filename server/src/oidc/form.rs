//! Form bodies of the token endpoint and its neighbours.

use std::fmt::Write as _;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, Uri, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::{BodyExt, Limited};
use zeroize::Zeroizing;

use super::Oidc;
use crate::identity::{Authentication, OAuthError};

/// Most bytes of a form: tokens have some two thousand.
const LIMIT: usize = 64 * 1024;

/// A form; a body that is none counts as empty.
pub(super) struct Form {
    fields: Fields,
    basic: Option<(String, Zeroizing<String>)>,
}

/// Named values, each at most once.
pub(super) struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    /// The parameters of an address.
    pub(super) fn of_query(uri: &Uri) -> Result<Self, OAuthError> {
        Self::read(uri.query().unwrap_or_default().as_bytes())
    }

    fn read(text: &[u8]) -> Result<Self, OAuthError> {
        let fields = decode(text);
        for (at, (name, _)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(OAuthError::new(400, "invalid_request", "duplicated parameter"));
            }
        }
        Ok(Self(fields))
    }

    /// A value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<Oidc> for Form {
    type Rejection = OAuthError;

    async fn from_request(request: Request<Body>, _: &Oidc) -> Result<Self, OAuthError> {
        let (parts, body) = request.into_parts();
        let unreadable = |_| OAuthError::new(400, "invalid_request", "the form is too long or was cut short");
        let body = Limited::new(body, LIMIT).collect().await.map_err(unreadable)?.to_bytes();
        let fields = Fields::read(if is_form(&parts.headers) { &body } else { &[] })?;
        Ok(Self { fields, basic: basic(&parts.headers) })
    }
}

impl Form {
    /// A field.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }

    /// A field that is kept from memory dumps.
    pub(super) fn secret(&self, name: &str) -> Option<Zeroizing<String>> {
        self.fields.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }

    /// What the client says of itself, by Basic authentication or in the form.
    pub(super) fn client(&self) -> Authentication {
        match &self.basic {
            Some((id, secret)) => Authentication { id: Some(id.clone()), secret: Some(secret.clone()) },
            None => Authentication { id: self.get("client_id").map(str::to_owned), secret: self.secret("client_secret") },
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn basic(headers: &HeaderMap) -> Option<(String, Zeroizing<String>)> {
    let (scheme, text) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?);
    let (id, secret) = decoded.split_once(':')?;
    Some((percent_decoded(id).to_string(), percent_decoded(secret)))
}

fn decode(body: &[u8]) -> Vec<(String, Zeroizing<String>)> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name).to_string(), percent_decoded(value))
        })
        .collect()
}

/// `+` is a blank, `%xx` a byte; what is broken stays as it is.
pub(crate) fn percent_decoded(text: &str) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16)).and_then(|n| u8::try_from(n).ok());
        let (byte, left) = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => (high << 4 | low, &tail[2..]),
            (b'+', ..) => (b' ', tail),
            _ => (*first, tail),
        };
        bytes.push(byte);
        rest = left;
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text as it stands in a query: the inverse of what is read here.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => encoded.push(char::from(byte)),
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_decoded() {
        for (text, expected) in [
            ("a=1&b=2", vec![("a", "1"), ("b", "2")]),
            ("password=a%2Bb+c%21", vec![("password", "a+b c!")]),
            ("a&=x&&b=%zz%2", vec![("a", ""), ("", "x"), ("b", "%zz%2")]),
            ("n=%C3%A4", vec![("n", "ä")]),
            ("", vec![]),
        ] {
            let decoded = decode(text.as_bytes());
            let pairs: Vec<_> = decoded.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(pairs, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_again(text in ".{0,60}") {
            let read = percent_decoded(&percent_encoded(&text));
            prop_assert_eq!(read.as_str(), text.as_str());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            decode(&bytes);
        }
    }
}
