//! What holds for every request, whichever side it comes from.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Uri, header},
    middleware::{self, Next},
    response::Response,
};
use tower::{Layer, util::MapRequestLayer};
use tracing::Instrument;

use crate::clock::{Clock, Randomness};

/// Header of answers that finds the request in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where a request comes from; the listener puts it into each.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub std::net::IpAddr);

#[derive(Clone)]
struct Context {
    clock: Clock,
    random: Randomness,
}

/// The service that connections are served with: `routes` behind path normalisation, request ids, one log line a request, and
/// the headers that every answer has (northbound contract, general rules).
pub fn service(routes: Router, clock: Clock, random: Randomness) -> impl Service {
    let routes = routes
        .layer(middleware::map_response(headers))
        .layer(middleware::from_fn_with_state(Context { clock, random }, observed));
    // Before routing, which a layer of the router would come too late for.
    MapRequestLayer::new(normalised).layer(routes)
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

async fn observed(State(context): State<Context>, request: Request, next: Next) -> Response {
    let mut bytes = [0; 8];
    context.random.fill(&mut bytes);
    let id = hex::encode(bytes);
    let start = context.clock.now_ms();
    let span = tracing::info_span!(
        "request", id, method = %request.method(), path = request.uri().path(), user = tracing::field::Empty
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let milliseconds = context.clock.now_ms() - start;
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), milliseconds, "served"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn headers(mut response: Response) -> Response {
    let fixed = [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_XSS_PROTECTION, "0"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'self'; form-action 'self'"),
        (header::VARY, "Origin"),
    ];
    for (name, value) in fixed {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A trailing slash is dropped; the region of a site may be left empty (`regions//sites`).
fn normalised(mut request: Request) -> Request {
    if let Some(uri) = normalised_uri(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn normalised_uri(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let trimmed = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let filled = trimmed.replace("/regions//sites", "/regions/empty/sites");
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
