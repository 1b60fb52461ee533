//! Images on their way in: whole in one request, or in parts after which the sender can go on. The words for the latter are
//! those of the IETF's draft on resumable uploads (draft-ietf-httpbis-resumable-upload); there is no upload to be made first,
//! because the digest names it.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use emt_api::{
    error::ApiError,
    openapi::{object, properties},
};
use serde_json::json;

use super::{Digest, NAME, set};
use crate::{
    release::{Announced, Images, Progress, ReleaseError},
    rest::{
        Rest,
        answer::{self, Refused},
        context::InProject,
        operation::{Holds, Named, Parameter, ParameterKind},
        request::Parameters,
    },
};

/// Content type of parts.
const PART: &str = "application/partial-upload";
/// Name of files that have none.
const UNNAMED: &str = "image.raw.gz";

const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_COMPLETE: HeaderName = HeaderName::from_static("upload-complete");
const UPLOAD_LIMIT: HeaderName = HeaderName::from_static("upload-limit");

pub(super) static OFFSET: Parameter = Parameter {
    name: "Upload-Offset",
    doc: "First byte of the part: how much of the image is here.",
    holds: Holds::Number { min: 0, max: i64::MAX },
    kind: ParameterKind::Required,
};
pub(super) static LENGTH: Parameter = Parameter {
    name: "Upload-Length",
    doc: "Bytes of the whole image; the first part must tell it.",
    holds: Holds::Number { min: 0, max: i64::MAX },
    kind: ParameterKind::Extension,
};
pub(super) static UPLOAD: Named = Named {
    name: "Upload",
    schema: |_| {
        object(
            "An image that is published in parts.",
            properties(json!({
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "size": {"type": "integer", "minimum": 0, "description": "Bytes of the whole image."},
                "offset": {"type": "integer", "minimum": 0, "description": "Bytes that are here, and on the disk."},
                "complete": {"type": "boolean", "description": "Whether the image is whole, checked and served."},
                "url": {"type": "string", "description": "Path that nodes fetch it from once it is complete."},
            })),
        )
    },
};

/// `PUT /v1/projects/{project}/releases/{sha256}?name=…` with the file as its body.
pub(super) async fn whole(
    State(rest): State<Rest>,
    at: InProject,
    Digest(sha256): Digest,
    parameters: Parameters,
    request: Request,
) -> Result<Response, Refused> {
    let name = parameters.checked(&NAME)?.unwrap_or(UNNAMED);
    let temporary = rest.inventory.draw();
    let body = request.into_body().into_data_stream();
    let image = rest.images.keep(&at.project, &sha256, &temporary, rest.image_limit, body).await?;
    tracing::info!(sha256 = %image.sha256, size = image.size, "an image was published");
    let url = Images::url(&at.project, &image.sha256, name);
    Ok(answer::json(json!({"sha256": image.sha256, "size": image.size, "url": url})))
}

/// `HEAD /v1/projects/{project}/releases/{sha256}`.
pub(super) async fn progress(State(rest): State<Rest>, at: InProject, Digest(sha256): Digest) -> Result<Response, Refused> {
    let here = rest.images.progress(&at.project, &sha256).await?;
    let mut response = told(StatusCode::OK.into_response(), here);
    set(&mut response, UPLOAD_LIMIT, &format!("max-size={}", rest.image_limit));
    set(&mut response, header::CACHE_CONTROL, "no-store");
    Ok(response)
}

/// `PATCH /v1/projects/{project}/releases/{sha256}?name=…` with a part of the file as its body.
pub(super) async fn part(
    State(rest): State<Rest>,
    at: InProject,
    Digest(sha256): Digest,
    parameters: Parameters,
    request: Request,
) -> Result<Response, Refused> {
    let name = parameters.checked(&NAME)?.unwrap_or(UNNAMED).to_owned();
    let headers = request.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(PART)) {
        return Err(ApiError::schema(format!("header Content-Type has an unexpected value: {PART} is needed")).into());
    }
    let offset = number(headers, &UPLOAD_OFFSET)?;
    let offset = offset.ok_or_else(|| ApiError::schema("header Upload-Offset has an error: value is required but missing"))?;
    let announced = Announced { offset, length: number(headers, &UPLOAD_LENGTH)?, limit: rest.image_limit };
    let body = request.into_body().into_data_stream();
    match rest.images.append(&at.project, &sha256, announced, body).await {
        Ok(here) => {
            if here.complete {
                tracing::info!(%sha256, size = here.offset, "an image was published");
            }
            let url = Images::url(&at.project, &sha256, &name);
            let size = here.length.unwrap_or(here.offset);
            let shown = json!({"sha256": sha256, "size": size, "offset": here.offset, "complete": here.complete, "url": url});
            Ok(told(answer::json(shown), here))
        }
        Err(error) => {
            let here = match error {
                ReleaseError::Elsewhere { here, .. } => Some(here),
                _ => None,
            };
            let mut response = Refused::from(error).into_response();
            if let Some(here) = here {
                set(&mut response, UPLOAD_OFFSET, &here.to_string());
            }
            Ok(response)
        }
    }
}

fn told(mut response: Response, here: Progress) -> Response {
    set(&mut response, UPLOAD_OFFSET, &here.offset.to_string());
    set(&mut response, UPLOAD_COMPLETE, if here.complete { "?1" } else { "?0" });
    if let Some(length) = here.length {
        set(&mut response, UPLOAD_LENGTH, &length.to_string());
    }
    response
}

/// A header with a number of bytes.
fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse::<i64>().ok()).and_then(|number| u64::try_from(number).ok());
    number.map(Some).ok_or_else(|| ApiError::schema(format!("header {name} has an error: a number of bytes is needed")))
}
