//! JSON bodies: closed, as clients know them.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::header,
};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use super::Refused;
use crate::oidc::Oidc;

/// Most bytes.
const LIMIT: usize = 100 * 1024;

/// What a body may represent.
pub(super) trait Representation: DeserializeOwned + Send {
    /// Name, as errors tell it.
    const NAME: &'static str;
}

/// A body.
pub(super) struct JsonOf<T>(pub(super) T);

impl<T: Representation> FromRequest<Oidc> for JsonOf<T> {
    type Rejection = Refused;

    async fn from_request(request: Request<Body>, _: &Oidc) -> Result<Self, Refused> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            return Err(Refused::Type);
        }
        let body = Limited::new(request.into_body(), LIMIT).collect().await.map_err(|_| Refused::Broken)?.to_bytes();
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let text = error.to_string();
            match text.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
                Some(field) => Refused::Unknown(format!(
                    "Invalid json representation for {}. Unrecognized field \"{field}\" at line {} column {}.",
                    T::NAME,
                    error.line(),
                    error.column()
                )),
                None => Refused::Broken,
            }
        })
    }
}
