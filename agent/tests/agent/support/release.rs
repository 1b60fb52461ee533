//! Images as a Release Service serves them, with the ways in which that goes wrong.

use std::sync::{Arc, Mutex};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, Response, header},
};

use super::server::Shared;

/// What happens to a request.
#[derive(Debug, Clone)]
pub(crate) enum Trick {
    /// The body ends after so many bytes, whatever length was announced.
    Cut(usize),
    /// The connection breaks before the body.
    Break,
    /// One bit is another one.
    Alter,
    /// This status, and no image.
    Status(u16),
    /// The image is somewhere else.
    Redirect(String),
    /// The whole image comes, whatever part was asked for.
    Whole,
    /// The length that is announced.
    Announce(u64),
    /// From now on there is another image.
    Replace(Vec<u8>),
    /// The token is one that has been revoked.
    Revoke,
}

/// A request, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) range: String,
    pub(crate) if_range: String,
    pub(crate) authorization: String,
}

/// An image to be fetched.
#[derive(Debug, Clone, Default)]
pub(crate) struct Release {
    pub(crate) bytes: Vec<u8>,
    /// What happens to the first requests, one after the other; the last one stays if `forever` is set.
    pub(crate) tricks: Vec<Trick>,
    pub(crate) forever: bool,
    /// Another one with every content.
    pub(crate) tag: String,
    pub(crate) asked: Vec<Asked>,
}

impl Release {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, tag: "\"one\"".to_owned(), ..Self::default() }
    }

    pub(crate) fn with(self, tricks: &[Trick]) -> Self {
        Self { tricks: tricks.to_vec(), ..self }
    }

    pub(crate) fn forever(self, trick: Trick) -> Self {
        Self { tricks: vec![trick], forever: true, ..self }
    }

    fn next_trick(&mut self) -> Option<Trick> {
        if self.forever { self.tricks.first().cloned() } else { (!self.tricks.is_empty()).then(|| self.tricks.remove(0)) }
    }
}

pub(crate) async fn download(
    State(shared): State<Arc<Mutex<Shared>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let mut shared = shared.lock().unwrap();
    let given = |name: header::HeaderName| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let asked =
        Asked { range: given(header::RANGE), if_range: given(header::IF_RANGE), authorization: given(header::AUTHORIZATION) };
    let status = |status: u16| Response::builder().status(status).body(Body::empty()).unwrap();
    let good = asked.authorization == format!("Bearer token-{}", shared.token);
    let Some(release) = shared.releases.get_mut(&name) else { return status(404) };
    release.asked.push(asked.clone());
    if !good {
        return status(401);
    }
    let trick = release.next_trick();
    if let Some(Trick::Replace(bytes)) = &trick {
        (release.bytes, release.tag) = (bytes.clone(), "\"two\"".to_owned());
    }
    let mut bytes = release.bytes.clone();
    let tag = release.tag.clone();
    match &trick {
        Some(Trick::Status(code)) => return status(*code),
        Some(Trick::Redirect(to)) => {
            return Response::builder().status(307).header(header::LOCATION, to).body(Body::empty()).unwrap();
        }
        Some(Trick::Revoke) => {
            shared.token += 1;
            return status(401);
        }
        Some(Trick::Alter) => *bytes.last_mut().unwrap() ^= 1,
        _ => {}
    }
    let honoured = !matches!(trick, Some(Trick::Whole)) && (asked.if_range.is_empty() || asked.if_range == tag);
    let first = asked.range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
    let first: usize = first.filter(|_| honoured).map_or(0, |first| first.parse().unwrap());
    let total = bytes.len();
    if first >= total {
        return Response::builder()
            .status(416)
            .header(header::CONTENT_RANGE, format!("bytes */{total}"))
            .body(Body::empty())
            .unwrap();
    }
    let part = bytes.split_off(first);
    let mut response = Response::builder().header(header::ETAG, &tag).header(header::CONTENT_LENGTH, part.len());
    if first > 0 {
        response = response.status(206).header(header::CONTENT_RANGE, format!("bytes {first}-{}/{total}", total - 1));
    }
    let body = match trick {
        Some(Trick::Cut(length)) => {
            let piece: std::io::Result<Bytes> = Ok(Bytes::from(part[..length].to_vec()));
            Body::from_stream(futures::stream::iter([piece]))
        }
        Some(Trick::Break) => Body::from_stream(futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("broken"))])),
        Some(Trick::Announce(length)) => {
            response.headers_mut().unwrap().insert(header::CONTENT_LENGTH, length.into());
            Body::from_stream(futures::stream::pending::<std::io::Result<Bytes>>())
        }
        _ => Body::from(part),
    };
    response.body(body).unwrap()
}
