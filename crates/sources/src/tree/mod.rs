//! The layout that file trees on web servers and in directories share: an index, profile documents, images and texts.

mod files;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

pub(crate) use self::files::{Base, Fetched, Files, Wanted};
use crate::{
    Document, Image, Limits, Listing, Offered, Problem, ProfileListing, RelativePath, Settings, Source, SourceError, Text,
    Withdrawn,
    digest::Sha256,
    index::{self, Index},
    squeeze::is_oval,
};

/// A tree, wherever its files are.
pub(crate) struct Tree<F> {
    files: F,
    profiles: Vec<String>,
    limits: Limits,
    /// The index that was read last: it has the digests of everything else.
    index: Mutex<Option<Arc<Index>>>,
}

impl<F: Files> Tree<F> {
    pub(crate) fn new(files: F, settings: &Settings) -> Self {
        Self { files, profiles: settings.profiles.clone(), limits: settings.limits, index: Mutex::default() }
    }

    /// Reads the index, unless it is as it was.
    async fn read_index(&self, known: &str) -> Result<Option<(String, Arc<Index>)>, SourceError> {
        let what = "read the index";
        let path = RelativePath::parse(index::NAME)
            .map_err(|error| SourceError::new(what, self.files.place(), Problem::Malformed, error.to_string()))?;
        let wanted = Wanted { what, base: Base::Root, path: &path, limit: self.limits.index };
        let Some(fetched) = self.files.get(&wanted, known).await? else { return Ok(None) };
        let read = Index::parse(&fetched.bytes)
            .map_err(|error| SourceError::new(what, self.files.place(), Problem::Malformed, error.to_string()))?;
        let read = Arc::new(read);
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        Ok(Some((fetched.validator, read)))
    }

    /// The index that was read last, or now if none was.
    async fn index(&self) -> Result<Arc<Index>, SourceError> {
        let kept = self.index.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(index) = kept {
            return Ok(index);
        }
        let read = self.read_index("").await?;
        read.map(|(_, index)| index).ok_or_else(|| {
            SourceError::new("read the index", self.files.place(), Problem::Malformed, "it is said to be unchanged")
        })
    }

    fn is_wanted(&self, profile: &str) -> bool {
        self.profiles.is_empty() || self.profiles.iter().any(|wanted| wanted == profile)
    }

    fn listing(&self, validator: String, index: &Index) -> Listing {
        let mut profiles: Vec<ProfileListing> = Vec::new();
        // A profile that is asked for and not there is offered in no version.
        let wanted = self.profiles.iter().map(|profile| (profile, None));
        let there =
            index.profiles.iter().filter(|entry| self.is_wanted(&entry.profile)).map(|entry| (&entry.profile, Some(entry)));
        for (profile, entry) in wanted.chain(there) {
            let at = profiles.iter().position(|listing| listing.profile == *profile).unwrap_or_else(|| {
                profiles.push(ProfileListing { profile: profile.clone(), offered: Ok(Vec::new()) });
                profiles.len() - 1
            });
            if let (Ok(offered), Some(entry)) = (&mut profiles[at].offered, entry) {
                offered.push(Offered {
                    profile: entry.profile.clone(),
                    tag: entry.version.clone(),
                    place: entry.path.to_string(),
                    digest: entry.sha256.named(),
                });
            }
        }
        let withdrawn = index.withdrawn.iter().filter(|entry| self.is_wanted(&entry.profile));
        let withdrawn = withdrawn.map(|entry| Withdrawn {
            profile: entry.profile.clone(),
            version: entry.version.clone(),
            reason: entry.reason.chars().filter(|c| !c.is_control()).take(500).collect(),
        });
        Listing { validator, profiles, is_all: self.profiles.is_empty(), withdrawn: withdrawn.collect() }
    }
}

#[async_trait]
impl<F: Files> Source for Tree<F> {
    async fn list(&self, known: &str) -> Result<Option<Listing>, SourceError> {
        let read = self.read_index(known).await?;
        Ok(read.map(|(validator, index)| self.listing(validator, &index)))
    }

    async fn document(&self, offered: &Offered, known: &str) -> Result<Option<Document>, SourceError> {
        if !known.is_empty() && offered.digest == known {
            return Ok(None);
        }
        let what = "read the profile";
        let malformed =
            |why: String| SourceError::new(what, format!("{} {}", self.files.place(), offered.place), Problem::Malformed, why);
        let path = RelativePath::parse(&offered.place).map_err(|error| malformed(error.to_string()))?;
        let digest = Sha256::parse_named(&offered.digest).map_err(|error| malformed(error.to_string()))?;
        let wanted = Wanted { what, base: Base::Root, path: &path, limit: self.limits.document };
        let bytes = self.whole(&wanted, digest).await?;
        Ok(Some(Document { digest: digest.named(), yaml: bytes }))
    }

    async fn text(&self, url: &str, known: &str) -> Result<Option<Text>, SourceError> {
        let what = "read the text";
        let path = self.files.path_of(what, url)?;
        let index = self.index().await?;
        let wanted = Wanted { what, base: Base::Files, path: &path, limit: self.limits.text };
        let fetched = match index.files.get(&path) {
            Some(file) if file.sha256.named() == known => None,
            Some(file) => {
                let bytes = self.whole(&wanted, file.sha256).await?;
                Some(Fetched { validator: file.sha256.named(), bytes })
            }
            None => self.files.get(&wanted, known).await?,
        };
        fetched.map(|fetched| text(&wanted, self.files.place(), fetched)).transpose()
    }

    async fn image(&self, url: &str, from: u64) -> Result<Image, SourceError> {
        let path = self.files.path_of("read the image", url)?;
        self.files.image(&path, from).await
    }
}

impl<F: Files> Tree<F> {
    /// A file that must have this digest.
    async fn whole(&self, wanted: &Wanted<'_>, digest: Sha256) -> Result<Vec<u8>, SourceError> {
        let failed =
            |problem, why: String| SourceError::new(wanted.what, format!("{} {}", self.files.place(), wanted.path), problem, why);
        let fetched = self.files.get(wanted, "").await?;
        let fetched = fetched.ok_or_else(|| failed(Problem::Malformed, "it is said to be unchanged".to_owned()))?;
        let found = Sha256::of(&fetched.bytes);
        if found != digest {
            return Err(failed(Problem::Digest, format!("its SHA-256 is {found}, and {digest} in the index")));
        }
        Ok(fetched.bytes)
    }
}

/// Bytes as text.
pub(crate) fn text(wanted: &Wanted<'_>, place: &str, fetched: Fetched) -> Result<Text, SourceError> {
    let oval = is_oval(&fetched.bytes);
    let failed = |why: String| SourceError::new(wanted.what, format!("{place} {}", wanted.path), Problem::Malformed, why);
    if oval {
        return Err(failed(crate::squeeze::TextError::Oval.to_string()));
    }
    let text = String::from_utf8(fetched.bytes).map_err(|_| failed("it is no text in UTF-8".to_owned()))?;
    Ok(Text { validator: fetched.validator, text })
}
