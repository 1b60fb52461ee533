//! Files on a web server.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use reqwest::{StatusCode, header};
use url::Url;

use super::{Answer, Ask, Web};
use crate::{
    Image, Problem, RelativePath, SourceError,
    digest::Sha256,
    error::shown,
    tree::{Base, Fetched, Files, Wanted},
};

/// A tree on a web server, or the file server beside a registry.
pub(crate) struct WebFiles {
    web: Arc<Web>,
    root: Url,
    files: Url,
    place: String,
}

impl WebFiles {
    pub(crate) fn new(web: Arc<Web>, root: Url, files: Url) -> Self {
        Self { web, place: shown(&root), root, files }
    }

    fn url(&self, what: &'static str, base: Base, path: &RelativePath) -> Result<Url, SourceError> {
        let base = if base == Base::Root { &self.root } else { &self.files };
        base.join(path.as_str()).map_err(|error| SourceError::new(what, shown(base), Problem::Malformed, error.to_string()))
    }
}

#[async_trait]
impl Files for WebFiles {
    fn place(&self) -> &str {
        &self.place
    }

    async fn get(&self, wanted: &Wanted<'_>, known: &str) -> Result<Option<Fetched>, SourceError> {
        let mut ask = Ask::get(wanted.what, self.url(wanted.what, wanted.base, wanted.path)?);
        if let Some(tag) = known.strip_prefix("etag:") {
            ask = ask.header(header::IF_NONE_MATCH, tag);
        } else if let Some(date) = known.strip_prefix("date:") {
            ask = ask.header(header::IF_MODIFIED_SINCE, date);
        }
        let asked = !ask.headers.is_empty();
        let answer = self.web.send(ask).await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return if asked { Ok(None) } else { Err(answer.failed(Problem::Malformed, "answered with 304 unasked")) };
        }
        let told = told(&answer);
        let bytes = answer.bytes(wanted.limit).await?;
        // Servers that tell nothing about a file send it each time; then it is compared.
        let validator = told.unwrap_or_else(|| Sha256::of(&bytes).named());
        Ok((validator != known).then_some(Fetched { validator, bytes }))
    }

    async fn image(&self, path: &RelativePath, from: u64) -> Result<Image, SourceError> {
        let what = "read the image";
        let mut ask = Ask::get(what, self.url(what, Base::Files, path)?);
        if from > 0 {
            ask = ask.header(header::RANGE, &format!("bytes={from}-"));
        }
        let answer = self.web.send(ask).await?;
        let range = ContentRange::read(answer.header("content-range"));
        match answer.status() {
            StatusCode::PARTIAL_CONTENT => match range {
                Some(ContentRange { first: Some(first), size }) if first == from => {
                    Ok(Image { size, from, body: answer.stream().boxed() })
                }
                _ => Err(answer.failed(Problem::Malformed, "answered with another range than was asked for")),
            },
            StatusCode::RANGE_NOT_SATISFIABLE => match range.and_then(|range| range.size) {
                Some(size) if size <= from => Ok(Image { size: Some(size), from: size, body: stream::empty().boxed() }),
                _ => Err(answer.failed(Problem::Malformed, format!("answered that it has no byte {from}"))),
            },
            StatusCode::OK => Ok(Image { size: answer.response.content_length(), from: 0, body: answer.stream().boxed() }),
            status => Err(answer.failed(Problem::Malformed, format!("answered with {status}"))),
        }
    }

    fn path_of(&self, what: &'static str, url: &str) -> Result<RelativePath, SourceError> {
        let elsewhere = |why: String| SourceError::new(what, shown(&self.files), Problem::Elsewhere, why);
        if !url.contains("://") {
            return RelativePath::parse(url).map_err(|error| elsewhere(error.to_string()));
        }
        // A whole address is one of this source if it is below its files.
        let whole = Url::parse(url).map_err(|error| elsewhere(format!("{url:?} is no address: {error}")))?;
        match whole.as_str().strip_prefix(self.files.as_str()) {
            Some(path) => RelativePath::parse(path).map_err(|error| elsewhere(error.to_string())),
            None => Err(elsewhere(format!("{} is not below it", shown(&whole)))),
        }
    }
}

fn told(answer: &Answer) -> Option<String> {
    let header = |prefix: &str, name: &str| {
        let value = answer.header(name);
        (!value.is_empty() && value.len() <= 500).then(|| format!("{prefix}{value}"))
    };
    header("etag:", "etag").or_else(|| header("date:", "last-modified"))
}

/// `Content-Range` (RFC 9110, 14.4).
#[derive(Debug, PartialEq, Eq)]
struct ContentRange {
    first: Option<u64>,
    size: Option<u64>,
}

impl ContentRange {
    fn read(text: &str) -> Option<Self> {
        let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let first = if range == "*" { None } else { Some(range.split_once('-')?.0.parse().ok()?) };
        let size = if size == "*" { None } else { Some(size.parse().ok()?) };
        Some(Self { first, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let read = |text| ContentRange::read(text).map(|range| (range.first, range.size));
        assert_eq!(read("bytes 5-9/10"), Some((Some(5), Some(10))));
        assert_eq!(read("bytes 5-9/*"), Some((Some(5), None)));
        assert_eq!(read("bytes */10"), Some((None, Some(10))));
        for bad in ["", "bytes", "bytes 5/10", "bytes x-9/10", "bytes 5-9", "items 5-9/10"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
