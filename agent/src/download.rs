//! Fetching an image from the Release Service: in parts, hashed as it comes, taken up again where it broke off.

mod answer;
mod part;
mod throttle;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use emt_image::Digest;
use reqwest::{
    Response,
    header::{AUTHORIZATION, ETAG, HeaderValue, IF_RANGE, RANGE},
};

use tokio::time::Instant;

use self::{answer::Answer, part::Part, throttle::Throttle};
use crate::{
    crash,
    detail::Reason,
    machine::{Failure, Target},
    net::chain,
    pace,
    token::{TokenError, Tokens},
};

/// Pause before the first new try of a broken download.
const PAUSE: Duration = Duration::from_secs(1);
/// Tries in a row in which the server was in reach and not one byte came, until the download is given up. A server out of
/// reach is tried for as long as the image is wanted.
const FRUITLESS: u32 = 8;

/// Where fetched images are kept.
#[derive(Debug, Clone)]
pub struct Downloads {
    directory: PathBuf,
}

impl Downloads {
    /// In this directory; it holds nothing else.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// File of a whole image.
    pub fn file(&self, sha256: &str) -> PathBuf {
        self.directory.join(format!("{sha256}.image"))
    }

    /// Removes all images, whole or not.
    pub fn discard(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Fetches images for one node.
pub struct Fetcher {
    http: reqwest::Client,
    tokens: Arc<Tokens>,
    server: String,
    downloads: Downloads,
    pause: Duration,
    /// Most bytes a second; 0: any number.
    limit: AtomicU64,
}

/// Why a try ended without the whole image.
enum Trouble {
    /// Another try makes no sense.
    Final(Failure),
    /// It broke off; whether the server was in reach.
    Broken { answered: bool, why: String },
}

impl Fetcher {
    /// From the Release Service of a server.
    pub fn new(http: reqwest::Client, tokens: Arc<Tokens>, server: &str, downloads: Downloads) -> Self {
        Self { http, tokens, server: server.trim_end_matches('/').to_owned(), downloads, pause: PAUSE, limit: AtomicU64::new(0) }
    }

    /// With another pause before the first new try.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Most bytes a second from now on, also of a download that is going on; 0: any number.
    pub fn limit(&self, bytes_per_second: u64) {
        self.limit.store(bytes_per_second, Ordering::Relaxed);
    }

    /// Fetches an image; what comes back is the file of the whole image, checked and on the disk. What is there of it
    /// already is not fetched again. An image that turns out to be another one is fetched from its beginning once more.
    pub async fn fetch(&self, target: &Target) -> Result<PathBuf, Failure> {
        let wanted: Digest =
            target.sha256.parse().map_err(|error: emt_image::NotADigest| failure(Reason::SignatureCheck, error.to_string()))?;
        let whole = self.downloads.file(&target.sha256);
        fs::create_dir_all(&self.downloads.directory).map_err(|error| self.disk(&error))?;
        let mut part = Part::open(&whole).await.map_err(|error| self.disk(&error))?;
        let (mut failures, mut fruitless, mut again) = (0, 0, false);
        // What was left whole needs no server.
        while part.digest() != wanted {
            let before = part.length();
            match self.attempt(target, &mut part).await {
                Ok(()) if part.digest() == wanted => {}
                Ok(()) if again => {
                    let (length, found) = (part.length(), part.digest());
                    let log = format!(
                        "{}/{} is not the image that was announced: its SHA-256 is {found} ({length} bytes), expected {wanted}",
                        self.server, target.url
                    );
                    return Err(failure(Reason::SignatureCheck, log));
                }
                Ok(()) => {
                    tracing::warn!(image = %target.image_id, found = %part.digest(), "the image is altered and fetched once more");
                    again = true;
                    part.restart().await.map_err(|error| self.disk(&error))?;
                }
                Err(Trouble::Final(failure)) => return Err(failure),
                Err(Trouble::Broken { answered, why }) => {
                    part.flush().await.map_err(|error| self.disk(&error))?;
                    let progress = part.length() > before;
                    failures = if progress { 1 } else { failures + 1 };
                    fruitless = if progress { 0 } else { fruitless + u32::from(answered) };
                    if fruitless >= FRUITLESS {
                        return Err(failure(Reason::Download, format!("given up after {FRUITLESS} tries without a byte: {why}")));
                    }
                    let pause = pace::download(self.pause, failures, rand::random());
                    tracing::info!(image = %target.image_id, bytes = part.length(), ?pause, %why, "the download broke off");
                    tokio::time::sleep(pause).await;
                }
            }
        }
        let bytes = part.length();
        part.keep(&whole).await.map_err(|error| self.disk(&error))?;
        crash::point("after-download");
        tracing::info!(image = %target.image_id, bytes, "the image is fetched");
        Ok(whole)
    }

    /// One request, and what comes of it. On success the server says that the image is whole.
    async fn attempt(&self, target: &Target, part: &mut Part) -> Result<(), Trouble> {
        let mut response = self.request(target, part).await?;
        let from = part.length();
        let total = match answer::read(response.status().as_u16(), response.headers(), from) {
            Answer::Whole { total } => {
                part.restart().await.map_err(|error| self.disk(&error))?;
                total
            }
            Answer::Rest { total } => Some(total),
            Answer::Complete => return Ok(()),
            Answer::Elsewhere => {
                part.restart().await.map_err(|error| self.disk(&error))?;
                let why = format!("the server does not give what follows byte {from}");
                return Err(Trouble::Broken { answered: true, why });
            }
            Answer::Later(why) => return Err(Trouble::Broken { answered: true, why }),
            Answer::Refused(reason, why) => {
                return Err(failure(reason, format!("{}/{}: {why}", self.server, target.url)).into());
            }
        };
        tracing::info!(image = %target.image_id, from = part.length(), total, "fetching");
        part.remember(response.headers().get(ETAG)).map_err(|error| self.disk(&error))?;
        if let Some(total) = total {
            self.make_sure_of_room(total.saturating_sub(part.length()))?;
        }
        let mut seen = false;
        let (begin, mut throttle) = (Instant::now(), Throttle::default());
        loop {
            match response.chunk().await {
                Ok(Some(bytes)) => {
                    part.append(&bytes).await.map_err(|error| self.disk(&error))?;
                    if !seen {
                        part.flush().await.map_err(|error| self.disk(&error))?;
                        crash::point("mid-download");
                    }
                    seen = true;
                    let pause = throttle.take(bytes.len(), self.limit.load(Ordering::Relaxed), begin.elapsed());
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let why = format!("the server closed early after {} bytes: {}", part.length(), chain(&error));
                    return Err(Trouble::Broken { answered: true, why });
                }
            }
        }
        part.flush().await.map_err(|error| self.disk(&error))?;
        match total {
            Some(total) if part.length() < total => {
                let why = format!("the server closed early after {} of {total} bytes", part.length());
                Err(Trouble::Broken { answered: true, why })
            }
            _ => Ok(()),
        }
    }

    /// Asks for what is not there yet. A token that is refused is replaced once.
    async fn request(&self, target: &Target, part: &Part) -> Result<Response, Trouble> {
        let url = format!("{}/{}", self.server, target.url.trim_start_matches('/'));
        let mut replaced = false;
        loop {
            let token = self.tokens.get().await.map_err(|error| match error {
                TokenError::Refused { .. } => failure(Reason::RsAuthentication, error.to_string()).into(),
                TokenError::Failed { .. } => Trouble::Broken { answered: false, why: error.to_string() },
            })?;
            let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| failure(Reason::RsAuthentication, "the token cannot stand in a header".to_owned()))?;
            bearer.set_sensitive(true);
            let mut request = self.http.get(&url).header(AUTHORIZATION, bearer);
            if part.length() > 0 {
                request = request.header(RANGE, format!("bytes={}-", part.length()));
                if let Some(tag) = part.tag() {
                    request = request.header(IF_RANGE, tag);
                }
            }
            let response = request.send().await.map_err(|error| Trouble::Broken {
                // A server that breaks off before its answer is one that is in reach.
                answered: !error.is_connect() && !error.is_timeout(),
                why: chain(&error),
            })?;
            if response.status().as_u16() != 401 || replaced {
                return Ok(response);
            }
            self.tokens.refused(&token).await;
            replaced = true;
        }
    }

    fn make_sure_of_room(&self, bytes: u64) -> Result<(), Failure> {
        // A disk that does not tell is found full when it is written.
        let Ok(disk) = rustix::fs::statvfs(&self.downloads.directory) else { return Ok(()) };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if bytes <= free {
            return Ok(());
        }
        let log = format!("{bytes} bytes are to be fetched, but {free} are free in {}", self.downloads.directory.display());
        Err(failure(Reason::InsufficientStorage, log))
    }

    fn disk(&self, error: &io::Error) -> Failure {
        let reason = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Reason::InsufficientStorage
            }
            _ => Reason::Download,
        };
        failure(reason, format!("the image cannot be kept in {}: {error}", self.downloads.directory.display()))
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Final(failure)
    }
}

fn failure(reason: Reason, log: String) -> Failure {
    Failure { reason, log }
}

/// File beside the whole image.
fn beside(whole: &Path, extension: &str) -> PathBuf {
    whole.with_extension(extension)
}
