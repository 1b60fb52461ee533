//! An image on its way from its source.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use emt_sources::{Source, SourceError};
use futures::{Stream, StreamExt, stream};

/// How often in succession a transfer goes on where it was cut off, without that anything came.
const RESUMED: u32 = 5;

/// The bytes of an image from its beginning. A transfer that is cut off goes on where it stopped, after a pause that doubles each
/// time in succession. Blocks that are here already could be taken from other images at this place.
pub(super) fn whole(source: Arc<dyn Source>, url: String, pause: Duration) -> impl Stream<Item = Result<Bytes, SourceError>> {
    struct Transfer {
        body: Option<stream::BoxStream<'static, Result<Bytes, SourceError>>>,
        got: u64,
        failures: u32,
        ended: bool,
    }
    let begin = Transfer { body: None, got: 0, failures: 0, ended: false };
    stream::unfold((source, url, begin), move |(source, url, mut at)| async move {
        if at.ended {
            return None;
        }
        loop {
            let next = match &mut at.body {
                Some(body) => match body.next().await {
                    None => return None,
                    Some(next) => next,
                },
                None => match source.image(&url, at.got).await {
                    Ok(image) => {
                        at.body = Some(without(image.body, at.got.saturating_sub(image.from)));
                        continue;
                    }
                    Err(error) => Err(error),
                },
            };
            match next {
                Ok(bytes) => {
                    at.got += bytes.len() as u64;
                    at.failures = 0;
                    return Some((Ok(bytes), (source, url, at)));
                }
                Err(error) if error.is_transient() && at.failures < RESUMED => {
                    at.failures += 1;
                    at.body = None;
                    tokio::time::sleep(pause * (1 << at.failures)).await;
                }
                Err(error) => {
                    at.ended = true;
                    return Some((Err(error), (source, url, at)));
                }
            }
        }
    })
    .boxed()
}

/// A body without its first bytes: a server may begin at the start although it was asked for the rest.
fn without(
    body: stream::BoxStream<'static, Result<Bytes, SourceError>>,
    first: u64,
) -> stream::BoxStream<'static, Result<Bytes, SourceError>> {
    if first == 0 {
        return body;
    }
    let mut left = first;
    body.filter_map(move |bytes| {
        let rest = bytes.map(|mut bytes| {
            let cut = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            left -= cut as u64;
            bytes.split_off(cut)
        });
        std::future::ready(Some(rest).filter(|rest| !matches!(rest, Ok(rest) if rest.is_empty())))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use emt_sources::{Document, Image, Listing, Offered, Settings, Text};

    use super::*;

    /// Breaks off after a few bytes each time, and answers every second request from the start.
    struct Breaking {
        bytes: &'static [u8],
        at_once: usize,
        error: SourceError,
        asked: AtomicUsize,
    }

    impl Breaking {
        async fn new(at_once: usize) -> Arc<Self> {
            // Nobody listens at that port, which is a trouble that may pass.
            let nobody = emt_sources::open(&Settings::tree("http://127.0.0.1:1")).unwrap();
            let error = nobody.list("").await.unwrap_err();
            assert!(error.is_transient(), "{error}");
            Arc::new(Self { bytes: b"abcdefghij", at_once, error, asked: AtomicUsize::new(0) })
        }
    }

    #[async_trait]
    impl Source for Breaking {
        async fn list(&self, _: &str) -> Result<Option<Listing>, SourceError> {
            Ok(None)
        }
        async fn document(&self, _: &Offered, _: &str) -> Result<Option<Document>, SourceError> {
            Ok(None)
        }
        async fn text(&self, _: &str, _: &str) -> Result<Option<Text>, SourceError> {
            Ok(None)
        }
        async fn image(&self, _: &str, asked: u64) -> Result<Image, SourceError> {
            let from = if self.asked.fetch_add(1, Ordering::SeqCst) % 2 == 1 { 0 } else { asked };
            let (from_here, until) = (usize::try_from(from).unwrap(), usize::try_from(asked).unwrap() + self.at_once);
            let given = &self.bytes[from_here..until.min(self.bytes.len())];
            let mut body: Vec<_> = given.chunks(3).map(|chunk| Ok(Bytes::from_static(chunk))).collect();
            if until < self.bytes.len() {
                body.push(Err(self.error.clone()));
            }
            Ok(Image { size: None, from, body: stream::iter(body).boxed() })
        }
    }

    #[tokio::test]
    async fn a_transfer_goes_on_where_it_broke_off() {
        for at_once in [1, 2, 4, 9, 10, 99] {
            let source = Breaking::new(at_once).await;
            let got: Vec<Bytes> = whole(source, String::new(), Duration::ZERO).map(Result::unwrap).collect().await;
            assert_eq!(got.concat(), b"abcdefghij", "{at_once} bytes at once");
        }
    }

    #[tokio::test]
    async fn a_transfer_that_gets_nowhere_is_given_up() {
        let source = Breaking::new(0).await;
        let got: Vec<_> = whole(Arc::clone(&source) as Arc<dyn Source>, String::new(), Duration::ZERO).collect().await;
        assert!(matches!(got.as_slice(), [Err(_)]), "{got:?}");
        assert_eq!(source.asked.load(Ordering::SeqCst), RESUMED as usize + 1);
    }
}
