//! What a client still sends while its answer is ready: a refusal of who it is, or of how much it sends.
//!
//! HTTP/1.1 has no way to say "enough". A connection that is closed with bytes unread is reset, and a client that sends first
//! and reads then sees a broken connection instead of the answer. So these bytes are read, as far as that is cheap.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes, HttpBody},
    extract::Request,
    http::{Version, header},
};
use futures::{Stream, StreamExt};

/// Most bytes that are read for nothing.
const MOST: usize = 4 << 20;
/// Longest time that they are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A request's body, lent to whoever answers the request.
pub(super) struct Lent(Arc<Mutex<BodyDataStream>>);

impl Lent {
    /// Lends the body of a request. Nothing is to be done for one without a body, for HTTP/2, where each request can be ended
    /// by itself, and for a client that waits to be told to go on.
    pub(super) fn of(request: Request) -> (Request, Option<Self>) {
        let needed = request.version() <= Version::HTTP_11 && !request.body().is_end_stream();
        if !needed || request.headers().contains_key(header::EXPECT) {
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
