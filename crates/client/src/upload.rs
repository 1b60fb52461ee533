//! Images on their way to the Release Service.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::{Method, RequestBuilder, header};
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, SeekFrom},
};
use tokio_util::io::ReaderStream;
use url::Url;

use crate::{
    Error, Orchestrator,
    http::header_text,
    orchestrator::{read, understood},
};

/// Headers of uploads in parts, with the names of draft-ietf-httpbis-resumable-upload.
const OFFSET: &str = "upload-offset";
const COMPLETE: &str = "upload-complete";

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;
/// How long nothing may move while the image is sent.
const STALL: Duration = Duration::from_mins(1);
/// How often the server may stay silent for as long, once it has all: it hashes and flushes.
const PATIENCE: u32 = 10;

/// An image to be sent.
pub struct Image<'a> {
    /// The file.
    pub file: &'a Path,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of it, lower-case hex.
    pub sha256: &'a str,
}

/// An image that the Release Service keeps.
#[derive(Debug, Clone, Deserialize)]
pub struct Release {
    /// Where it is, below the Release Service's address.
    pub url: String,
}

/// What a server that takes uploads in parts has of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Bytes from the first on.
    pub bytes: u64,
    /// Whether it is whole and served.
    pub complete: bool,
}

impl Orchestrator {
    /// What the server has of an image; `None` if it does not know of uploads in parts.
    pub async fn kept(&self, image: &Image<'_>) -> Result<Option<Kept>, Error> {
        let url = self.url(&format!("releases/{}", image.sha256))?;
        let response = self.http.send(self.request(Method::HEAD, &url)).await?;
        let offset = header_text(&response, OFFSET).parse().ok();
        match (offset, response.status().as_u16()) {
            (Some(bytes), 200..=299) => Ok(Some(Kept { bytes, complete: header_text(&response, COMPLETE) == "?1" })),
            // A path that is served for other methods only.
            (None, 200..=299 | 400 | 403..=405) => Ok(None),
            _ => self.checked(response).await.map(|_| None),
        }
    }

    /// Sends what is missing of an image from a byte on, to a server that takes uploads in parts. `progress` is told how many
    /// bytes of the image have been taken. `None` if the server has taken it all in and more is missing.
    pub async fn upload_from(
        &self,
        image: &Image<'_>,
        from: u64,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Option<Release>, Error> {
        let sent = self.send_image(Method::PATCH, image, from, progress, |request| {
            request
                .header(header::CONTENT_TYPE, "application/partial-upload")
                .header(OFFSET, from)
                .header("upload-length", image.size)
                .header(COMPLETE, "?1")
        });
        let (url, json) = sent.await?;
        let complete = json.get("complete").and_then(Json::as_bool).unwrap_or_default();
        if complete { understood(&url, json).map(|release| Some(release.data)) } else { Ok(None) }
    }

    /// Sends an image in one piece. `progress` is told how many bytes have been taken.
    pub async fn upload(&self, image: &Image<'_>, progress: impl Fn(u64) + Send + Sync + 'static) -> Result<Release, Error> {
        let sent = self.send_image(Method::PUT, image, 0, progress, |request| {
            request.header(header::CONTENT_TYPE, "application/octet-stream")
        });
        let (url, json) = sent.await?;
        understood(&url, json).map(|release| release.data)
    }

    async fn send_image(
        &self,
        method: Method,
        image: &Image<'_>,
        from: u64,
        progress: impl Fn(u64) + Send + Sync + 'static,
        headers: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<(Url, Json), Error> {
        let path = image.file.display().to_string();
        let failed = |reason: String| Error::File { path: path.clone(), reason };
        let mut file = File::open(image.file).await.map_err(|error| failed(error.to_string()))?;
        file.seek(SeekFrom::Start(from)).await.map_err(|error| failed(error.to_string()))?;
        let state = Arc::new(State::default());
        state.sent.store(from, Ordering::Relaxed);
        progress(from);
        let body = body(file, from, image.size, Arc::clone(&state), progress);
        let url = self.url(&format!("releases/{}", image.sha256))?;
        let request = self
            .request(method, &url)
            .query(&[("name", &*file_name(image.file))])
            .header(header::CONTENT_LENGTH, image.size.saturating_sub(from));
        let request = headers(request).body(reqwest::Body::wrap_stream(body));
        let sending = async { self.checked(self.http.send_patiently(request).await?).await };
        let answer = tokio::select! {
            answer = sending => answer,
            () = stalled(&state, image.size) => Err(Error::Unreachable {
                url: crate::error::origin(&url),
                reason: format!("nothing moved for {} s", STALL.as_secs()),
            }),
        };
        // What went wrong with the file is the cause of what went wrong with the request.
        if let Some(reason) = state.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(failed(reason));
        }
        let json = read(&url, answer?).await?;
        Ok((url, json))
    }
}

#[derive(Default)]
struct State {
    sent: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl State {
    fn fail(&self, reason: String) -> io::Error {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
        io::Error::other(reason)
    }
}

/// The file's bytes up to `size`, of which the first `from` are passed already; an error if there are fewer.
fn body(
    file: File,
    from: u64,
    size: u64,
    state: Arc<State>,
    progress: impl Fn(u64) + Send + Sync + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let end = Arc::clone(&state);
    let chunks = ReaderStream::with_capacity(file.take(size.saturating_sub(from)), CHUNK).map(move |chunk| {
        let chunk = chunk.map_err(|error| state.fail(error.to_string()))?;
        let sent = state.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed) + chunk.len() as u64;
        progress(sent);
        Ok(chunk)
    });
    let last = stream::once(async move {
        let sent = end.sent.load(Ordering::Relaxed);
        if sent == size { Ok(Bytes::new()) } else { Err(end.fail(format!("it was cut to {sent} bytes while it was sent"))) }
    });
    chunks.chain(last.filter(|last| std::future::ready(last.is_err())))
}

/// Ends when nothing moves any more.
async fn stalled(state: &State, size: u64) {
    let mut stall = Stall::default();
    while !stall.look(state.sent.load(Ordering::Relaxed), size) {
        tokio::time::sleep(STALL).await;
    }
}

#[derive(Default)]
struct Stall {
    seen: Option<u64>,
    silent: u32,
}

impl Stall {
    /// Looks once every [`STALL`]; `true` if nothing has moved for too long.
    fn look(&mut self, sent: u64, size: u64) -> bool {
        self.silent = if self.seen == Some(sent) { self.silent + 1 } else { 0 };
        self.seen = Some(sent);
        self.silent > if sent < size { 1 } else { PATIENCE }
    }
}

/// Name of a file as the Release Service takes it.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let plain: String = plain.trim_start_matches('.').chars().take(128).collect();
    if plain.is_empty() { "image".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_made_plain() {
        for (path, name) in [("/a/emt 1.raw.gz", "emt_1.raw.gz"), ("..", "image"), (".x", "x"), ("ä", "_")] {
            assert_eq!(file_name(Path::new(path)), name, "{path}");
        }
    }

    #[test]
    fn a_transfer_that_does_not_move_ends() {
        for (sent, size, looks) in [(0, 10, 3), (10, 10, 12)] {
            let mut stall = Stall::default();
            assert_eq!((1..100).find(|_| stall.look(sent, size)), Some(looks), "{sent} of {size}");
        }
        let mut stall = Stall::default();
        assert!((0..100).all(|sent| !stall.look(sent, 1000)), "it moves");
    }
}
