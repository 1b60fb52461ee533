//! What is looked at before any operation: the form of the request's head, the client's pace, the time that it takes, and
//! which web pages may ask (northbound contract, limits and general rules).

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use emt_api::error::ApiError;

use super::{answer::Refused, limit::Limiter};
use crate::{clock::Clock, http::Peer};

/// How long one request may take. Images are not bound by it.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What the checks go by.
#[derive(Clone)]
pub(super) struct Guard {
    /// Counts requests.
    pub(super) limiter: Arc<Limiter>,
    /// Time.
    pub(super) clock: Clock,
    /// Origins whose pages may ask.
    pub(super) origins: Arc<[String]>,
    /// How long a request may take; `None`: as long as it needs, and clients are not counted.
    pub(super) limit: Option<Duration>,
}

impl Guard {
    /// Checks a request, has it served, and lets pages of the named origins read the answer. One layer for all of it: each
    /// costs every request some allocations.
    pub(super) async fn guarded(State(guard): State<Self>, request: Request, next: Next) -> Response {
        let allowed = |origin: &&HeaderValue| guard.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
        match request.headers().get(header::ORIGIN).filter(allowed).cloned() {
            None => guard.served(request, next).await,
            Some(origin) if request.method() == Method::OPTIONS => shared(StatusCode::NO_CONTENT.into_response(), origin, true),
            Some(origin) => shared(guard.served(request, next).await, origin, false),
        }
    }

    async fn served(&self, request: Request, next: Next) -> Response {
        let Some(limit) = self.limit else { return next.run(request).await };
        if let Some(refused) = self.refused(&request) {
            return refused;
        }
        match tokio::time::timeout(limit, next.run(request)).await {
            Ok(response) => response,
            // What it has begun to write is written or not, as a whole.
            Err(_) => Refused::Api(ApiError::plain(503, format!("the request took longer than {limit:?}"))).into_response(),
        }
    }

    /// Headers with characters that cannot be printed, and clients that ask too much, are refused.
    fn refused(&self, request: &Request) -> Option<Response> {
        if let Some(name) = unprintable(request.headers()) {
            let text = format!("header {name} has an error: it holds characters that cannot be printed");
            return Some(Refused::Api(ApiError::schema(text)).into_response());
        }
        let peer = request.extensions().get::<Peer>().copied();
        if peer.is_some_and(|Peer(address)| !self.limiter.admits(address, self.clock.now_ms())) {
            let mut response = Refused::Api(ApiError::plain(429, "Too Many Requests")).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return Some(response);
        }
        None
    }
}

/// Lets pages of an origin read an answer, or, before they ask, tells them what they may.
fn shared(mut response: Response, origin: HeaderValue, asks_first: bool) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if asks_first {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, ActiveProjectID"),
            (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    } else {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("X-Request-Id"));
    }
    response
}

/// The first header with something in it that is no printable text.
fn unprintable(headers: &HeaderMap) -> Option<&HeaderName> {
    let printable = |value: &HeaderValue| {
        // Nearly all are ASCII, and those are told apart many bytes at once.
        value.as_bytes().iter().fold(true, |plain, byte| plain & (b' '..=b'~').contains(byte))
            || std::str::from_utf8(value.as_bytes()).is_ok_and(|text| !text.chars().any(char::is_control))
    };
    headers.iter().find(|(_, value)| !printable(value)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_request_that_never_ends_is_given_up() {
        let guard = Guard {
            limiter: Arc::new(Limiter::new(0)),
            clock: Clock::System,
            origins: [].into(),
            limit: Some(Duration::from_millis(20)),
        };
        let router: Router = Router::new()
            .route("/", get(std::future::pending::<StatusCode>))
            .layer(middleware::from_fn_with_state(guard, Guard::guarded));
        let response = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    }

    #[test]
    fn headers_are_printable_text() {
        for (value, fits) in [
            (&b"plain"[..], true),
            ("Z\u{fc}rich".as_bytes(), true),
            (b"", true),
            (b"a\tb", false),
            (b"a\xffb", false),
            ("a\u{85}b".as_bytes(), false),
        ] {
            let headers = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_bytes(value).unwrap())]);
            assert_eq!(unprintable(&headers).is_none(), fits, "{value:?}");
        }
    }
}
