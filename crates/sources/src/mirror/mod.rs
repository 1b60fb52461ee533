//! Mirrors: a tree in a directory, filled from any source. A site without a network gets its images this way.
//!
//! What the index names is there, whole, at every moment: new files are put beside the old ones, each by one rename, and the
//! index is exchanged last. Files that change under their name are taken out of the index before they are exchanged.

mod fetch;
mod local;
mod plan;

use std::{path::Path, sync::Arc};

use self::{
    fetch::Work,
    local::{Exchanges, Local},
    plan::{Found, Offer},
};
use crate::{
    Offered, Profile, ProfileError, RelativePath, Source, SourceError, UnsafePath,
    index::{Index, IndexError, Withdrawn},
};

/// What is mirrored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How many versions of each profile, newest first; `None` means all. Older ones that are there already stay.
    pub versions: Option<usize>,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The documents have been read; so many versions are to be there in the end.
    Planned(usize),
    /// A file is on its way.
    Bytes {
        /// Which.
        path: &'a RelativePath,
        /// Bytes that are here.
        done: u64,
        /// Of so many.
        size: Option<u64>,
    },
    /// A file is here and right.
    Fetched(&'a RelativePath),
}

/// What a mirror has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Versions that the source offers.
    pub offered: usize,
    /// Those of them that were wanted, and that the mirror has now.
    pub versions: usize,
    /// Profiles of which the source offers nothing.
    pub absent: Vec<String>,
    /// Files that were fetched.
    pub fetched: usize,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// Files that were there already.
    pub kept: usize,
    /// Versions that are newly taken back.
    pub withdrawn: Vec<Withdrawn>,
    /// Images that stay where they are: at whole addresses, as those of mutable systems.
    pub elsewhere: Vec<String>,
    /// What has not come along. The rest has.
    pub failed: Vec<Failure>,
}

/// A version that has not come along.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{profile} {version}: {error}")]
pub struct Failure {
    /// The profile.
    pub profile: String,
    /// Version, or tag where the version is not known; "" for all.
    pub version: String,
    /// Why.
    pub error: MirrorError,
}

/// Why something cannot be mirrored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The document.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A name in the document, or of it.
    #[error("{key}: {error}")]
    Path {
        /// Where it is named.
        key: &'static str,
        /// Why it is refused.
        error: UnsafePath,
    },
    /// Two documents say different things of one version.
    #[error("it is offered twice, with different documents, by tags {0} and {1}")]
    Conflict(String, String),
    /// A document of another profile.
    #[error("the document is of profile {0:?}")]
    OtherProfile(String),
    /// Files of this machine.
    #[error("cannot {doing} {path}: {why}")]
    File {
        /// Completes "cannot …".
        doing: &'static str,
        /// Which file.
        path: String,
        /// Why not.
        why: String,
    },
    /// The directory is in use.
    #[error("another mirror is writing to {0}")]
    InUse(String),
    /// What is there is no mirror.
    #[error("{path} is there, and {error}")]
    Index {
        /// The file.
        path: String,
        /// What is wrong.
        error: IndexError,
    },
}

/// Fills a directory from a source, which is called `name` in reasons. What fails on the way is in the report; an error means
/// that nothing could be done at all. It can be stopped at any time and begun again: what is here is not fetched again.
pub async fn mirror(
    source: &dyn Source,
    name: &str,
    directory: &Path,
    options: Options,
    progress: &(dyn Fn(&Progress<'_>) + Send + Sync),
) -> Result<Report, MirrorError> {
    let local = Local::open(directory)?;
    let old = local.index()?;
    let Some(listing) = source.list("").await? else { return Ok(Report::default()) };
    let mut report = Report::default();
    let mut found = Vec::new();
    for listing in listing.profiles {
        found.push(read(source, &listing.profile, listing.offered, &mut report).await);
    }
    report.offered = found.iter().map(|found| found.versions.len()).sum();
    let absent = found.iter().filter(|found| found.is_whole && found.versions.is_empty());
    report.absent = absent.map(|found| found.profile.clone()).collect();
    let chosen: Vec<_> = found.iter().map(|found| found.newest(options.versions)).collect();
    progress(&Progress::Planned(chosen.iter().map(Vec::len).sum()));
    let mut work = Work { source, local: &local, progress, report, index: Index::new(), exchanges: Exchanges::new() };
    for (found, chosen) in found.iter().zip(chosen) {
        for version in chosen {
            match work.version(version).await {
                Ok(()) => work.report.versions += 1,
                Err(error) => work.fail(&found.profile, &version.profile.os.image_id, error),
            }
        }
    }
    let Work { mut report, index: new, exchanges, .. } = work;
    let withdrawn: Vec<_> = listing
        .withdrawn
        .into_iter()
        .map(|entry| Withdrawn { profile: entry.profile, version: entry.version, reason: entry.reason })
        .collect();
    let index = plan::merged(&old, new, &Offer { name, found: &found, is_all: listing.is_all, withdrawn });
    report.withdrawn = index.withdrawn.iter().filter(|entry| !old.withdrawn.contains(entry)).cloned().collect();
    local.publish(&old, &index, &exchanges)?;
    if report.failed.is_empty() {
        local.tidy()?;
    }
    Ok(report)
}

/// Reads the documents of a profile.
async fn read(source: &dyn Source, profile: &str, offered: Result<Vec<Offered>, SourceError>, report: &mut Report) -> Found {
    let mut found = Found { profile: profile.to_owned(), versions: Vec::new(), is_whole: true };
    let mut fail = |version: &str, error: MirrorError| {
        report.failed.push(Failure { profile: profile.to_owned(), version: version.to_owned(), error });
    };
    let offered = offered.unwrap_or_else(|error| {
        fail("", error.into());
        found.is_whole = false;
        Vec::new()
    });
    for offered in offered {
        match document(source, &offered).await {
            Ok(Some(version)) => {
                if let Err(error) = found.add(version) {
                    fail(&offered.tag, error);
                }
            }
            Ok(None) => {}
            Err(error) => {
                fail(&offered.tag, error);
                found.is_whole = false;
            }
        }
    }
    found
}

async fn document(source: &dyn Source, offered: &Offered) -> Result<Option<plan::Version>, MirrorError> {
    let Some(document) = source.document(offered, "").await? else { return Ok(None) };
    let profile = Profile::parse(&document.yaml)?;
    if profile.os.profile_name != offered.profile {
        return Err(MirrorError::OtherProfile(profile.os.profile_name));
    }
    Ok(Some(plan::Version { tag: offered.tag.clone(), profile, yaml: Arc::from(document.yaml) }))
}

#[cfg(test)]
mod tests;
