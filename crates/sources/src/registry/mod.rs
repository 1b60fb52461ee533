//! Release registries: OCI artifacts with profile documents, and a file server with images and texts.
//!
//! A small client of our own on reqwest: `oci-client` bounds neither the size of what it reads nor where redirects lead, and
//! all that is needed is three kinds of GET.

mod link;
mod manifest;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use reqwest::{Method, StatusCode, header};
use serde::Deserialize;
use url::Url;

use crate::{
    Document, Image, Limits, Listing, Offered, Problem, ProfileListing, Revision, Settings, Source, SourceError, Text,
    digest::Sha256,
    error::shown,
    revision::is_tag,
    tree::{Base, Files, Wanted, text},
    web::{Answer, Ask, Web, WebFiles},
};

/// Manifests that are understood.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// Header with the digest of what is answered.
const DIGEST: &str = "docker-content-digest";
/// Tags of a page.
const PAGE: usize = 1000;
/// Pages of a list of tags.
const PAGES: usize = 1000;

/// A registry.
pub(crate) struct Registry {
    web: Arc<Web>,
    url: Url,
    files: WebFiles,
    repository: String,
    profiles: Vec<String>,
    revision: Revision,
    limits: Limits,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

impl Registry {
    pub(crate) fn new(web: Arc<Web>, url: Url, files: WebFiles, settings: &Settings) -> Self {
        Self {
            web,
            url,
            files,
            repository: settings.repository.clone(),
            profiles: settings.profiles.clone(),
            revision: settings.revision.clone(),
            limits: settings.limits,
        }
    }

    fn at(&self, what: &'static str, repository: &str, rest: &str) -> Result<Url, SourceError> {
        let path = format!("v2/{repository}/{rest}");
        self.url.join(&path).map_err(|error| SourceError::new(what, shown(&self.url), Problem::Malformed, error.to_string()))
    }

    async fn offered(&self, profile: &str) -> Result<Vec<Offered>, SourceError> {
        let repository = format!("{}{profile}", self.repository);
        let mut offered: Vec<Offered> = Vec::new();
        for tag in self.tags(&repository).await?.into_iter().filter(|tag| self.revision.takes(tag)) {
            if !offered.iter().any(|known| known.tag == tag) {
                let (profile, place) = (profile.to_owned(), repository.clone());
                offered.push(Offered { profile, tag, place, digest: String::new() });
            }
        }
        Ok(offered)
    }

    async fn tags(&self, repository: &str) -> Result<Vec<String>, SourceError> {
        let what = "list the tags";
        let mut tags = Vec::new();
        let mut left = self.limits.tag_list;
        let mut next = Some(self.at(what, repository, &format!("tags/list?n={PAGE}"))?);
        for _ in 0..PAGES {
            let Some(url) = next.take() else { return Ok(tags) };
            let answer = self.web.send(Ask::get(what, url.clone()).within(repository)).await?;
            let failed = |problem, why: String| SourceError::new(what, shown(&url), problem, why);
            let link = link::next(answer.header("link")).map(str::to_owned);
            let bytes = answer.bytes(left).await?;
            left -= bytes.len();
            let page: Tags = serde_json::from_slice(&bytes)
                .map_err(|error| failed(Problem::Malformed, format!("it is no list of tags: {error}")))?;
            // What cannot be a tag can neither be asked for.
            tags.extend(page.tags.unwrap_or_default().into_iter().filter(|tag| is_tag(tag)));
            if tags.len() > self.limits.tags {
                return Err(failed(Problem::TooBig, format!("it has more than {} tags", self.limits.tags)));
            }
            if let Some(link) = link {
                let following = url.join(&link).ok().filter(|next| (next.origin(), next.path()) == (url.origin(), url.path()));
                let why = || failed(Problem::Elsewhere, format!("its next page is at {link:?}, which is no page of it"));
                next = Some(following.ok_or_else(why)?);
            }
        }
        Err(SourceError::new(
            what,
            shown(&self.url),
            Problem::TooBig,
            format!("{repository} has more than {PAGES} pages of tags"),
        ))
    }

    fn manifest(&self, offered: &Offered, method: Method) -> Result<Ask<'_>, SourceError> {
        let what = "read the manifest";
        let url = self.at(what, &offered.place, &format!("manifests/{}", offered.tag))?;
        Ok(Ask { method, ..Ask::get(what, url) }.header(header::ACCEPT, ACCEPT))
    }

    /// Whether a tag surely has this digest still; one small request.
    async fn is_still(&self, offered: &Offered, known: &str) -> Result<bool, SourceError> {
        if known.is_empty() {
            return Ok(false);
        }
        match self.web.send(self.manifest(offered, Method::HEAD)?.within(&offered.place)).await {
            Ok(answer) => Ok(answer.status() == StatusCode::OK && answer.header(DIGEST) == known),
            // Some proxies do not know HEAD: then the manifest tells.
            Err(error) if error.problem() == Problem::Malformed => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Source for Registry {
    /// Tags can move without that the list changes, so that it is never said to be unchanged.
    async fn list(&self, _known: &str) -> Result<Option<Listing>, SourceError> {
        let offered = join_all(self.profiles.iter().map(|profile| self.offered(profile))).await;
        let own = |error: &SourceError| matches!(error.problem(), Problem::Missing | Problem::Malformed | Problem::TooBig);
        // What keeps all from being listed is no trouble of a profile.
        if let Some(Err(error)) = offered.first()
            && offered.iter().all(|offered| offered.as_ref().is_err_and(|error| !own(error)))
        {
            return Err(error.clone());
        }
        let profiles = self.profiles.iter().zip(offered);
        let profiles = profiles.map(|(profile, offered)| ProfileListing { profile: profile.clone(), offered });
        Ok(Some(Listing { validator: String::new(), profiles: profiles.collect(), is_all: false, withdrawn: Vec::new() }))
    }

    async fn document(&self, offered: &Offered, known: &str) -> Result<Option<Document>, SourceError> {
        if self.is_still(offered, known).await? {
            return Ok(None);
        }
        let answer = self.web.send(self.manifest(offered, Method::GET)?.within(&offered.place)).await?;
        let told = answer.header(DIGEST).to_owned();
        let place = format!("{}{}:{}", shown(&self.url), offered.place, offered.tag);
        let bytes = answer.bytes(self.limits.manifest).await?;
        let digest = Sha256::of(&bytes).named();
        let failed = |problem, why: String| SourceError::new("read the manifest", &place, problem, why);
        if told.starts_with("sha256:") && told != digest {
            return Err(failed(Problem::Digest, format!("its digest is {digest}, and {told} was told")));
        }
        if digest == known {
            return Ok(None);
        }
        let layer = manifest::first_layer(&bytes).map_err(|why| failed(Problem::Malformed, why))?;
        if layer.size > self.limits.document as u64 {
            return Err(failed(
                Problem::TooBig,
                format!("its profile has {} bytes, {} at most", layer.size, self.limits.document),
            ));
        }
        let yaml = self.blob(offered, &layer).await?;
        Ok(Some(Document { digest, yaml }))
    }

    async fn text(&self, url: &str, known: &str) -> Result<Option<Text>, SourceError> {
        let what = "read the text";
        let path = self.files.path_of(what, url)?;
        let wanted = Wanted { what, base: Base::Files, path: &path, limit: self.limits.text };
        let fetched = self.files.get(&wanted, known).await?;
        fetched.map(|fetched| text(&wanted, self.files.place(), fetched)).transpose()
    }

    async fn image(&self, url: &str, from: u64) -> Result<Image, SourceError> {
        let path = self.files.path_of("read the image", url)?;
        self.files.image(&path, from).await
    }
}

impl Registry {
    async fn blob(&self, offered: &Offered, layer: &manifest::Layer) -> Result<Vec<u8>, SourceError> {
        let what = "read the profile";
        let url = self.at(what, &offered.place, &format!("blobs/{}", layer.digest.named()))?;
        let place = shown(&url);
        let answer: Answer = self.web.send(Ask::get(what, url).within(&offered.place)).await?;
        let bytes = answer.bytes(self.limits.document).await?;
        let found = Sha256::of(&bytes);
        if found != layer.digest || bytes.len() as u64 != layer.size {
            let why = format!(
                "its SHA-256 is {found} and it has {} bytes; the manifest says {} and {}",
                bytes.len(),
                layer.digest,
                layer.size
            );
            return Err(SourceError::new(what, place, Problem::Digest, why));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
