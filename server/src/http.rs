//! What holds for every request, whichever side it comes from.

mod unread;

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, Uri, header},
    response::Response,
};
use tower::ServiceExt;
use tracing::Instrument;

use self::unread::Lent;
use crate::{
    clock::{Clock, Randomness},
    web,
};

/// Header of answers that finds the request in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where a request comes from; the listener puts it into each.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub std::net::IpAddr);

/// The id of a request, for pages, which show it; other answers have it in their header only.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

#[derive(Clone)]
struct Context {
    routes: Router,
    clock: Clock,
    random: Randomness,
}

/// The service that connections are served with: `routes` behind path normalisation, request ids, one log line a request, and
/// the headers that every answer has (northbound contract, general rules). Around the routes and not a layer of them: paths
/// are normalised before they are routed, and a layer costs each request some allocations.
pub fn service(routes: Router, clock: Clock, random: Randomness) -> impl Service + use<> {
    let context = Context { routes, clock, random };
    tower::service_fn(move |request: Request| {
        let context = context.clone();
        async move { Ok(observed(context, normalised(request)).await) }
    })
}

/// What [`service`] is.
pub trait Service:
    tower::Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send> + Clone + Send + 'static
{
}
impl<S> Service for S where
    S: tower::Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send> + Clone + Send + 'static
{
}

async fn observed(Context { routes, clock, random }: Context, request: Request) -> Response {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    let id = hex::encode(bytes);
    let start = clock.now_ms();
    let span = tracing::info_span!(
        "request", id, method = %request.method(), path = request.uri().path(), user = tracing::field::Empty
    );
    let (mut request, body) = Lent::of(request);
    if web::is_page(request.uri().path()) {
        request.extensions_mut().insert(RequestId(id.clone()));
    }
    let mut response = match routes.oneshot(request).instrument(span.clone()).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let milliseconds = clock.now_ms() - start;
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), milliseconds, "served"));
    if let Some(body) = body {
        body.finish().await;
    }
    let headers = response.headers_mut();
    headers.reserve(FIXED.len() + 1);
    for (name, value) in &FIXED {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Headers of every answer that does not set them itself.
static FIXED: [(HeaderName, HeaderValue); 5] = [
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_XSS_PROTECTION, HeaderValue::from_static("0")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'; frame-ancestors 'self'; form-action 'self'")),
    (header::VARY, HeaderValue::from_static("Origin")),
];

/// A trailing slash is dropped; the region of a site may be left empty (`regions//sites`).
fn normalised(mut request: Request) -> Request {
    if let Some(uri) = normalised_uri(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn normalised_uri(uri: &Uri) -> Option<Uri> {
    const EMPTY_REGION: &str = "/regions//sites";
    let path = uri.path();
    if !path.ends_with('/') && !path.contains(EMPTY_REGION) {
        return None;
    }
    let trimmed = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let filled = trimmed.replace(EMPTY_REGION, "/regions/empty/sites");
    if filled == path {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    parts.path_and_query = Some(format!("{filled}{query}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (from, to) in [
            ("/v1/projects/p/compute/os/", Some("/v1/projects/p/compute/os")),
            ("/v1/projects/p/compute/os/?pageSize=1", Some("/v1/projects/p/compute/os?pageSize=1")),
            ("/v1/projects/p/regions//sites", Some("/v1/projects/p/regions/empty/sites")),
            ("/v1/projects/p/regions//sites/?offset=1", Some("/v1/projects/p/regions/empty/sites?offset=1")),
            ("/v1/projects//compute", None),
            ("/", None),
        ] {
            assert_eq!(normalised_uri(&from.parse().unwrap()).map(|uri| uri.to_string()).as_deref(), to, "{from}");
        }
    }
}
