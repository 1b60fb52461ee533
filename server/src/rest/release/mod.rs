//! The Release Service: images in and out.

mod upload;

use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use emt_api::{
    error::ApiError,
    id,
    openapi::{object, properties},
};
use serde_json::json;

use super::{
    Rest,
    answer::{self, Refused},
    context::{Signed, path_parameter},
    operation::{self, Access, Answer, At, Holds, Named, Operation, Parameter, ParameterKind},
};
use crate::release::{Part, part_of};

const IMAGES: At = At::project(&["/releases/{sha256}"], &[]);
const FILES: At = At::whole(&["/files-edge-orch/{project}/{sha256}/{name}"]);

static NAME: Parameter = Parameter {
    name: "name",
    doc: "Name of the file in its address.",
    holds: Holds::Text { max: 128, pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]*$" },
    kind: ParameterKind::Extension,
};
static IMAGE: Named = Named {
    name: "Image",
    schema: |_| {
        object(
            "An image as it is kept.",
            properties(json!({
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "size": {"type": "integer", "minimum": 0, "description": "Bytes."},
                "url": {"type": "string", "description": "Path that nodes fetch it from, for `imageUrl` of OS resources."},
            })),
        )
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::PUT, "putImage", IMAGES.paths(""), upload::whole)
            .summary("Publishes an image under its digest")
            .parameters([&NAME])
            .body(operation::Body::File)
            .answer(Answer::Named(&IMAGE))
            .extension()
            .unhurried(),
        Operation::new(Method::HEAD, "headImage", IMAGES.paths(""), upload::progress)
            .summary("Tells how much of an image is here: Upload-Offset, Upload-Complete, Upload-Length, Upload-Limit")
            .answer(Answer::Nothing)
            .extension()
            .unhurried(),
        Operation::new(Method::PATCH, "patchImage", IMAGES.paths(""), upload::part)
            .summary("Publishes an image in parts: appends one where the last ended")
            .parameters([&NAME])
            .headers([&upload::OFFSET, &upload::LENGTH])
            .body(operation::Body::PartOfFile)
            .answer(Answer::Named(&upload::UPLOAD))
            .extension()
            .unhurried(),
        Operation::new(Method::GET, "getImage", FILES.paths(""), download)
            .summary("Fetches an image, whole or in part")
            .access(Access::FetchImages)
            .answer(Answer::File)
            .extension()
            .unhurried(),
    ]
}

/// The digest in the path.
struct Digest(String);

impl FromRequestParts<Rest> for Digest {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        path_parameter(parts, rest, "sha256").await.map(Self)
    }
}

/// Who may fetch images of a project: its readers and its nodes.
struct Fetcher {
    project: String,
}

impl FromRequestParts<Rest> for Fetcher {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        let Signed(caller) = Signed::from_request_parts(parts, rest).await?;
        let project = path_parameter(parts, rest, "project").await?;
        // An image of another project is not found, as all that belongs to it.
        if id::is_uuid(&project) && (caller.can_read(&project) || caller.is_agent_of(&project)) {
            return Ok(Self { project });
        }
        Err(not_found())
    }
}

/// `GET`, `HEAD /files-edge-orch/{project uuid}/{sha256}/{name}`, whole or in part.
async fn download(
    State(rest): State<Rest>,
    at: Fetcher,
    Digest(sha256): Digest,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Some(opened) = rest.images.open(&at.project, &sha256).await? else { return Err(not_found()) };
    let image = opened.image.clone();
    let tag = format!("\"{sha256}\"");
    let given = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if given(header::IF_NONE_MATCH).is_some_and(|known| answer::is_known(known, &tag)) {
        return Ok(with_tag(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    let range = given(header::RANGE).filter(|_| given(header::IF_RANGE).is_none_or(|known| known == tag));
    let whole = Part { first: 0, length: image.size };
    let (status, part) = match part_of(range, image.size) {
        Ok(None) => (StatusCode::OK, whole),
        Ok(Some(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Err(()) => {
            let mut response = Refused::Api(ApiError::plain(416, format!("the image has {} bytes", image.size))).into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", image.size));
            return Ok(response);
        }
    };
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        let Some(content) = opened.read(part).await? else { return Err(not_found()) };
        Body::from_stream(content)
    };
    let mut response = with_tag((status, body).into_response(), &tag);
    set(&mut response, header::CONTENT_LENGTH, &part.length.to_string());
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    if status == StatusCode::PARTIAL_CONTENT {
        let last = part.first + part.length - 1;
        set(&mut response, header::CONTENT_RANGE, &format!("bytes {}-{last}/{}", part.first, image.size));
    }
    Ok(response)
}

fn with_tag(mut response: Response, tag: &str) -> Response {
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    // What a digest names never changes.
    set(&mut response, header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn not_found() -> Refused {
    ApiError::plain(404, "no such image").into()
}
