//! What a client still sends while its answer is ready: a refusal of who it is, or of how much it sends.
//!
//! HTTP/1.1 has no way to say "enough": a connection that is closed with bytes unread is reset, and a client that sends first
//! and reads then sees a broken connection instead of the answer. HTTP/2 has one, but widespread versions of curl take it for
//! an error, too, and forget the answer. So these bytes are read, as far as that is cheap.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes, HttpBody},
    extract::Request,
    http::header,
};
use futures::{Stream, StreamExt};

/// Most bytes that are read for nothing.
const MOST: usize = 4 << 20;
/// Longest time that they are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A request's body, lent to whoever answers the request.
pub(super) struct Lent(Arc<Mutex<BodyDataStream>>);

impl Lent {
    /// Lends the body of a request. Nothing is to be done for one without a body, for gRPC, whose clients know how a call is
    /// ended early, and for a client that waits to be told to go on.
    pub(super) fn of(request: Request) -> (Request, Option<Self>) {
        let headers = request.headers();
        let grpc = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
        if request.body().is_end_stream() || grpc || headers.contains_key(header::EXPECT) {
            return (request, None);
        }
        let (parts, body) = request.into_parts();
        let body = Arc::new(Mutex::new(body.into_data_stream()));
        (Request::from_parts(parts, Body::from_stream(Self(Arc::clone(&body)))), Some(Self(body)))
    }

    /// Reads what is left.
    pub(super) async fn finish(mut self) {
        let read = async {
            let mut left = MOST;
            while let Some(Ok(bytes)) = self.next().await {
                match left.checked_sub(bytes.len()) {
                    Some(less) => left = less,
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(PATIENCE, read).await;
    }
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.poll_next_unpin(context)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Version;

    use super::*;

    /// A body of three parts, and how many of them were taken.
    fn body() -> (Body, Arc<Mutex<usize>>) {
        let taken = Arc::<Mutex<usize>>::default();
        let counts = Arc::clone(&taken);
        let parts = futures::stream::iter(0..3).map(move |_| {
            *counts.lock().unwrap() += 1;
            Ok::<_, std::convert::Infallible>(Bytes::from_static(b"part"))
        });
        (Body::from_stream(parts), taken)
    }

    #[tokio::test]
    async fn what_nobody_reads_is_read_in_the_end() {
        for (version, header, read) in [
            (Version::HTTP_11, ("content-type", "application/json"), 3),
            (Version::HTTP_2, ("content-type", "application/json"), 3),
            (Version::HTTP_2, ("content-type", "application/grpc"), 0),
            (Version::HTTP_11, ("expect", "100-continue"), 0),
        ] {
            let (body, taken) = body();
            let request = Request::post("/").version(version).header(header.0, header.1).body(body).unwrap();
            let (request, lent) = Lent::of(request);
            drop(request);
            if let Some(lent) = lent {
                lent.finish().await;
            }
            assert_eq!(*taken.lock().unwrap(), read, "{version:?} {header:?}");
        }
        assert!(Lent::of(Request::get("/").body(Body::empty()).unwrap()).1.is_none());
    }
}
