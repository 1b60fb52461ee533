//! Answers and refusals.

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use emt_api::error::{ApiError, Code};
use serde::Serialize;

use crate::{identity::IdentityError, release::ReleaseError};

/// Why a request is refused.
#[derive(Debug)]
pub enum Refused {
    /// In the API's own form.
    Api(ApiError),
    /// No token, or one that is not valid. The caller is not told what is wrong with it; the log is.
    Unauthenticated,
    /// The project is unknown or not the caller's; which of both is not told.
    NoProject,
    /// The body is too long.
    TooLong,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<ReleaseError> for Refused {
    fn from(error: ReleaseError) -> Self {
        let code = match &error {
            ReleaseError::NotADigest(_)
            | ReleaseError::Mismatch { .. }
            | ReleaseError::Interrupted { .. }
            | ReleaseError::NoLength
            | ReleaseError::OtherLength { .. }
            | ReleaseError::Surplus { .. } => Code::InvalidArgument,
            ReleaseError::Elsewhere { .. } => return Self::Api(ApiError::plain(409, error.to_string())),
            ReleaseError::Busy => return Self::Api(ApiError::plain(423, error.to_string())),
            ReleaseError::TooLong { .. } => return Self::Api(ApiError::plain(413, error.to_string())),
            ReleaseError::Full { .. } | ReleaseError::Tight { .. } => return Self::Api(ApiError::plain(507, error.to_string())),
            ReleaseError::Bucket { .. } => {
                tracing::error!(%error, "images cannot be used");
                let text = "the server cannot reach the store of its images; its log tells more; try again later";
                return Self::Api(ApiError::new(Code::Unavailable, text));
            }
            ReleaseError::Disk { .. } => {
                tracing::error!(%error, "images cannot be used");
                return Self::Api(ApiError::new(Code::Internal, "the server could not reach its images; its log tells more"));
            }
        };
        Self::Api(ApiError::new(code, error.to_string()))
    }
}

impl From<IdentityError> for Refused {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Unauthenticated(reason) => {
                tracing::info!(?reason, "not authenticated");
                Self::Unauthenticated
            }
            IdentityError::Forbidden(text) => Self::Api(ApiError::plain(403, text)),
            IdentityError::Invalid(text) => Self::Api(ApiError::plain(400, text)),
            IdentityError::NotFound(text) => Self::Api(ApiError::plain(404, text)),
            IdentityError::Taken(text) => Self::Api(ApiError::plain(409, text)),
            IdentityError::Unavailable(_) => {
                tracing::error!(%error, "tokens cannot be checked");
                Self::Api(ApiError::new(Code::Unavailable, "the server cannot check tokens now; its log tells more"))
            }
            IdentityError::Elsewhere(text) => Self::Api(ApiError::plain(501, text)),
            IdentityError::Enrolment(text) => Self::Api(ApiError::new(Code::Unauthenticated, text)),
            IdentityError::Store(error) => Self::Api(crate::inventory::refused(error)),
            IdentityError::Crypto(_) => {
                tracing::error!(%error, "identity failed");
                Self::Api(ApiError::new(Code::Internal, "the server could not check or make credentials; its log tells more"))
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Api(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                tracing::debug!(status = status.as_u16(), message = %error.message, "refused");
                (status, [(header::CONTENT_TYPE, "application/json")], error.body()).into_response()
            }
            Self::Unauthenticated => {
                let mut response = Self::Api(ApiError::plain(401, "Unauthorized")).into_response();
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
            }
            Self::NoProject => (StatusCode::FORBIDDEN, "Access denied or project not found").into_response(),
            Self::TooLong => Self::Api(ApiError::plain(413, "Request Entity Too Large")).into_response(),
        }
    }
}

/// A caller whose roles do not suffice.
pub(super) fn forbidden() -> Refused {
    Refused::Api(ApiError::plain(403, "Forbidden"))
}

/// 200 with JSON that is already written.
pub(super) fn written(json: impl Into<Body>) -> Response {
    let mut response = Response::new(json.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 200 with a value as JSON.
pub(super) fn json(value: impl Serialize) -> Response {
    Json(value).into_response()
}

/// 200 with `{}`.
pub(super) fn empty() -> Response {
    written(b"{}".to_vec())
}

/// For a path that nothing serves.
pub(crate) async fn no_such_path(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Refused::Api(ApiError::plain(404, "no matching operation was found")).into_response()
}

/// For a method that a path does not serve: 404 and not 405, as clients of the Edge Orchestrator know it.
pub(super) async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Refused::Api(ApiError::plain(404, "method not allowed")).into_response()
}

/// Whether an `If-None-Match` names what is served (RFC 9110, 13.1.2).
pub(super) fn is_known(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
