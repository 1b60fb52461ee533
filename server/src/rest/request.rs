//! Parts of a request.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Query},
    http::{HeaderMap, Request, Uri, header, request::Parts},
};
use emt_api::{
    error::ApiError,
    input::{self, check_id, check_text},
    page::{parameter, wrong_parameter},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value as Json;

use super::{
    Rest,
    answer::Refused,
    operation::{Holds, Parameter},
};

/// Most bytes of a body (northbound contract, limits).
const BODY_LIMIT: usize = 100 * 1024;

/// A JSON body; none counts as `{}`.
pub(super) struct JsonBody(pub(super) Json);

impl FromRequest<Rest> for JsonBody {
    type Rejection = Refused;

    async fn from_request(request: Request<Body>, _: &Rest) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, BODY_LIMIT).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(Refused::TooLong),
            Err(error) => return Err(ApiError::schema(format!("request body has an error: {error}")).into()),
        };
        if !body.is_empty() && !is_json(&parts.headers) {
            return Err(ApiError::schema("header Content-Type has an unexpected value: application/json is needed").into());
        }
        Ok(Self(input::parse(&body)?))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The query's parameters, in order.
pub(super) struct Parameters(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self::of(&parts.uri)?)
    }
}

impl Parameters {
    /// Those of an address.
    pub(super) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| ApiError::schema(format!("the query has an error: {error}")))?;
        Ok(Self(parameters))
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        parameter(&self.0, name)
    }

    /// A text or an id, held against the parameter's declaration.
    pub(super) fn checked(&self, parameter: &'static Parameter) -> Result<Option<&str>, ApiError> {
        let Some(text) = self.text(parameter.name)? else { return Ok(None) };
        let fits = match parameter.holds {
            Holds::Text { max, pattern } => check_text(text, 1, max, pattern),
            Holds::Id(kind) => check_id(text, kind),
            // Paging and `truth` read these.
            Holds::Number { .. } | Holds::Bool => Ok(()),
        };
        fits.map_err(|what| wrong_parameter(parameter.name, what))?;
        Ok(Some(text))
    }

    /// A truth value; absent is false.
    pub(super) fn truth(&self, name: &str) -> Result<bool, ApiError> {
        match self.text(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(wrong_parameter(name, "true or false is needed")),
        }
    }
}
