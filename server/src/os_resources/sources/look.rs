//! One look at one source: what it offers becomes OS resources.
//!
//! Each offer is taken by itself, durably and whole, or not at all. What is wrong with one is kept with it and tried again
//! later; the others are not touched by it. A look that finds nothing new writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use emt_api::{
    enums::{ImageState, OsOfferState, StatusIndication},
    filter::{Expr, Path, Test},
    id,
    record::{Meta, Record},
    resources::{OS_OFFER, Os, OsOffer, OsSource},
};
use emt_sources::{Listing, Offered, Profile, Source, SourceError};
use futures::{StreamExt, stream};

use super::{
    judge::withdrawn,
    take::{Fetched, Taken, Taking},
};
use crate::{
    clock::{Clock, Randomness},
    inventory::NOT_READABLE,
    release::Images,
    store::{Batch, Query, Store, StoreError, StoreExt},
};

/// How often a decision is taken again because somebody else was faster.
const ATTEMPTS: usize = 16;
/// Documents and texts that are read at once.
const AT_ONCE: usize = 8;
/// Offers that are written at once: the store flushes what comes together together.
const WRITTEN_AT_ONCE: usize = 32;

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Versions that are offered.
    pub offered: u64,
    /// OS resources that were made.
    pub made: u64,
    /// Offers that are what they were.
    pub unchanged: u64,
    /// Offers that could not be taken.
    pub failed: u64,
    /// Offers that contradict what is known.
    pub conflicts: u64,
    /// Versions that are not offered any more, or that the source warns of.
    pub withdrawn: u64,
    /// Why the source itself could not be read; "" if it could.
    pub error: String,
}

impl Found {
    fn count(&mut self, offer: &OsOffer) {
        match offer.state {
            OsOfferState::Taken => {}
            OsOfferState::Failed => self.failed += 1,
            OsOfferState::Conflict => self.conflicts += 1,
            OsOfferState::Withdrawn => self.withdrawn += 1,
            OsOfferState::Unspecified => return,
        }
        self.offered += u64::from(offer.state != OsOfferState::Withdrawn && !offer.tag.is_empty());
    }

    /// As the source's status tells it.
    pub(super) fn status(&self) -> (String, StatusIndication) {
        if !self.error.is_empty() {
            return (format!("{NOT_READABLE}{}", self.error), StatusIndication::Error);
        }
        let contradict = if self.conflicts == 1 { "contradicts what is known" } else { "contradict what is known" };
        let problems = [(self.failed, "cannot be taken"), (self.conflicts, contradict)];
        let problems: Vec<String> =
            problems.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if problems.is_empty() {
            ("Synchronised".to_owned(), StatusIndication::Idle)
        } else {
            (format!("Synchronised, but {}", problems.join(", ")), StatusIndication::Error)
        }
    }
}

/// What an offer is known by within its source.
pub(super) type Place = (String, String);

/// What was read of one offer.
pub(super) enum Read {
    /// It is as it was.
    Unchanged,
    /// A document that is new or another one, with its digest.
    New(Box<(String, Profile)>),
    /// The document with this digest ("" if it is not known) cannot be read.
    Failed(String, String),
    /// The source's list has it no more.
    Gone,
    /// Its profile's list cannot be read; `None`: it can again.
    List(Option<String>),
}

/// Looks at sources.
#[derive(Clone)]
pub(super) struct Looker {
    pub(super) store: Arc<dyn Store>,
    pub(super) images: Images,
    pub(super) clock: Clock,
    pub(super) random: Randomness,
}

/// How a source is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    /// The reader has not listed it before: what has no news since an earlier life of this process is not enough for it.
    pub(super) first: bool,
    /// What has failed is tried again now, however long it is to wait.
    pub(super) impatient: bool,
}

impl Looker {
    /// Looks at a source.
    pub(super) async fn look(&self, source: &OsSource, reader: &dyn Source, how: How) -> Result<Found, StoreError> {
        let known = self.offers(source).await?;
        let now = self.clock.now();
        let is_due = |offer: &OsOffer| offer.retry_at != 0 && (how.impatient || offer.retry_at <= now);
        // What has failed is only found again in a whole list.
        let validator = if how.first || known.values().any(is_due) { "" } else { &source.validator };
        let mut found = Found::default();
        let listing = match reader.list(validator).await {
            Ok(listing) => listing,
            Err(error) => {
                found.error = told(&error);
                self.conclude(source, None, &found).await?;
                return Ok(found);
            }
        };
        let due = known.iter().filter(|(_, offer)| is_due(offer)).map(|(place, _)| place.clone()).collect();
        let listed = listing.as_ref().map(|listing| listing.validator.clone());
        let mut touched = Look { looker: self, source, reader, known, due }.take(listing, &mut found).await?;
        if how.first {
            // An earlier life may have ended between an offer and what follows from it.
            touched.extend(self.offers(source).await?.into_values().filter_map(|offer| offer.os_id.id().map(str::to_owned)));
        }
        for os in touched {
            self.withdraw(&source.meta.project, &os).await?;
        }
        self.conclude(source, listed, &found).await?;
        Ok(found)
    }

    /// Records that a source cannot even be asked.
    pub(super) async fn unreadable(&self, source: &OsSource, why: String) -> Result<Found, StoreError> {
        let found = Found { error: why, ..Found::default() };
        self.conclude(source, None, &found).await?;
        Ok(found)
    }

    /// When something of a source is to be tried again, epoch seconds.
    pub(super) async fn retry_at(&self, source: &OsSource) -> Result<Option<i64>, StoreError> {
        let waits =
            Expr::is("source_id", source.id()).and(Expr::Test(Path { steps: Vec::new(), column: "retry_at" }, Test::Greater(0)));
        let first =
            Query { order: vec![("retry_at", false)], ..Query::all(&OS_OFFER, &source.meta.project).filter(waits).limit(1) };
        let first = self.store.find(first).await?.rows.into_iter().next().map(OsOffer::from_row);
        Ok(first.map(|offer| offer.retry_at))
    }

    async fn offers(&self, source: &OsSource) -> Result<HashMap<Place, OsOffer>, StoreError> {
        let all: Vec<OsOffer> = self.store.load_all(&source.meta.project, Expr::is("source_id", source.id())).await?;
        Ok(all.into_iter().map(|offer| ((offer.profile.clone(), offer.tag.clone()), offer)).collect())
    }

    /// Withdraws an OS resource, or takes that back, as its offers say.
    async fn withdraw(&self, project: &str, id: &str) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.load::<Os>(project, id).await? else { return Ok(()) };
            let offers: Vec<OsOffer> = self.store.load_all(project, Expr::is("os_id", id)).await?;
            let mut after = before.clone();
            after.withdrawn = withdrawn(&offers, before.image_state != ImageState::Unspecified);
            if after == before {
                return Ok(());
            }
            if after.withdrawn.is_empty() {
                tracing::info!(os = id, profile = after.profile_name, version = after.image_id, "a version is offered again");
            } else {
                tracing::warn!(
                    os = id,
                    profile = after.profile_name,
                    version = after.image_id,
                    why = after.withdrawn,
                    "withdrawn"
                );
            }
            after.meta.updated_ms = self.clock.now_ms();
            match self.store.commit(Batch::default().update(after)).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return other,
            }
        }
        Ok(())
    }

    /// Records how it ended, if that is news.
    async fn conclude(&self, source: &OsSource, listed: Option<String>, found: &Found) -> Result<(), StoreError> {
        let (text, indicator) = found.status();
        let now = u32::try_from(self.clock.now()).unwrap_or(u32::MAX);
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.load::<OsSource>(&source.meta.project, source.id()).await? else { return Ok(()) };
            let mut after = before.clone();
            set_status(&mut after, text.clone(), indicator, now);
            if let Some(validator) = &listed {
                after.validator.clone_from(validator);
            }
            if after == before {
                return Ok(());
            }
            after.meta.updated_ms = self.clock.now_ms();
            match self.store.commit(Batch::default().update(after)).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return other,
            }
        }
        Ok(())
    }

    pub(super) fn new_meta(&self, project: &str, prefix: &str) -> Meta {
        let now_ms = self.clock.now_ms();
        let id = id::make(prefix, self.random.u32());
        Meta { project: project.to_owned(), id, revision: 1, created_ms: now_ms, updated_ms: now_ms }
    }
}

fn set_status(source: &mut OsSource, text: String, indicator: StatusIndication, now: u32) {
    if source.status != text || source.status_indicator != indicator {
        (source.status, source.status_indicator, source.status_timestamp) = (text, indicator, now);
    }
}

/// A look that is under way.
pub(super) struct Look<'a> {
    pub(super) looker: &'a Looker,
    pub(super) source: &'a OsSource,
    reader: &'a dyn Source,
    pub(super) known: HashMap<Place, OsOffer>,
    /// What has failed and is tried again.
    due: HashSet<Place>,
}

/// What a list says against versions, by profile and version; `None` where there is no new list.
pub(super) type Recalled = Option<HashMap<Place, String>>;

impl Look<'_> {
    /// Takes what is listed. The ids of OS resources that may have to be withdrawn, or not any more.
    async fn take(&self, listing: Option<Listing>, found: &mut Found) -> Result<BTreeSet<String>, StoreError> {
        let (work, recalled) = match listing {
            Some(listing) => {
                let recalled = listing.withdrawn.iter();
                let recalled = recalled.map(|it| ((it.profile.clone(), it.version.clone()), it.reason.clone())).collect();
                (self.read(listing).await, Some(recalled))
            }
            None => (self.known.keys().map(|place| (place.clone(), Read::Unchanged)).collect(), None),
        };
        let texts = self.texts(&work).await;
        let taking = Taking { look: self, recalled, texts };
        let mut taken = stream::iter(work).map(|(place, read)| taking.settle(place, read)).buffer_unordered(WRITTEN_AT_ONCE);
        let mut touched = BTreeSet::new();
        while let Some(taken) = taken.next().await {
            let Taken { offer, made, before } = taken?;
            found.made += u64::from(made);
            let Some(offer) = offer else { continue };
            found.count(&offer);
            found.unchanged += u64::from(before.as_ref() == Some(&offer));
            let state = |offer: &OsOffer| (offer.state, offer.message.clone(), offer.os_id.clone());
            if before.as_ref().map(state) != Some(state(&offer)) {
                touched.extend(
                    [before.as_ref(), Some(&offer)].into_iter().flatten().filter_map(|it| it.os_id.id().map(str::to_owned)),
                );
            }
        }
        Ok(touched)
    }

    /// What there is to do for each offer, with the documents that are read anew.
    async fn read(&self, listing: Listing) -> Vec<(Place, Read)> {
        let (mut work, mut ask, mut listed, mut failed) = (Vec::new(), Vec::new(), HashSet::new(), HashSet::new());
        for profile in listing.profiles {
            let list = (profile.profile, String::new());
            match profile.offered {
                Err(error) => {
                    failed.insert(list.0.clone());
                    work.push((list, Read::List(Some(told(&error)))));
                }
                Ok(offered) => {
                    work.push((list, Read::List(None)));
                    listed.extend(offered.iter().map(|offered| (offered.profile.clone(), offered.tag.clone())));
                    ask.extend(offered);
                }
            }
        }
        let known = self.known.keys();
        // That the list of a profile cannot be read means nothing once nobody asks for it.
        let asked: HashSet<String> = work.iter().map(|(place, _)| place.0.clone()).collect();
        let unasked = known.clone().filter(|place| place.1.is_empty() && !asked.contains(&place.0));
        work.extend(unasked.map(|place| (place.clone(), Read::List(None))));
        // What is not listed has gone, unless the list of its profile could not be read.
        let gone = known.filter(|place| !place.1.is_empty() && !listed.contains(*place) && !failed.contains(&place.0));
        work.extend(gone.map(|place| (place.clone(), Read::Gone)));
        let read = stream::iter(ask).map(|offered| self.document(offered)).buffer_unordered(AT_ONCE);
        work.extend(read.collect::<Vec<_>>().await);
        work
    }

    async fn document(&self, offered: Offered) -> (Place, Read) {
        let place = (offered.profile.clone(), offered.tag.clone());
        let digest = self.known.get(&place).map_or("", |offer| offer.digest.as_str());
        let again = self.due.contains(&place);
        if !again && !digest.is_empty() && digest == offered.digest {
            return (place, Read::Unchanged);
        }
        let read = match self.reader.document(&offered, if again { "" } else { digest }).await {
            Err(error) => Read::Failed(offered.digest, told(&error)),
            Ok(None) => Read::Unchanged,
            Ok(Some(document)) => match Profile::parse(&document.yaml) {
                Ok(profile) if profile.os.profile_name != offered.profile => Read::Failed(
                    document.digest,
                    format!(
                        "it is listed as profile {}, but says that it is {}: its publisher has to correct one of them",
                        offered.profile, profile.os.profile_name
                    ),
                ),
                Ok(profile) => Read::New(Box::new((document.digest, profile))),
                Err(error) => Read::Failed(document.digest, error.to_string()),
            },
        };
        (place, read)
    }

    /// The texts that offers name, each read once. Lists of packages belong to an image and never change.
    async fn texts(&self, work: &[(Place, Read)]) -> Fetched {
        let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
        for (place, read) in work {
            match read {
                Read::New(new) => wanted.extend(urls(&new.1).map(|url| (url, ""))),
                Read::Unchanged => {
                    let offer = self.known.get(place).filter(|offer| offer.state == OsOfferState::Taken);
                    for (url, validator) in offer.iter().flat_map(|offer| &offer.texts.0) {
                        let known = wanted.entry(url).or_insert(validator);
                        // Offers that know different texts under one address: it is read anew for both.
                        if *known != validator {
                            *known = "";
                        }
                    }
                }
                Read::Failed(..) | Read::Gone | Read::List(_) => {}
            }
        }
        let read = async |(url, validator): (&str, &str)| {
            (url.to_owned(), self.reader.text(url, validator).await.map_err(|error| told(&error)))
        };
        stream::iter(wanted).map(read).buffer_unordered(AT_ONCE).collect().await
    }
}

/// Addresses of the texts that a profile names.
fn urls(profile: &Profile) -> impl Iterator<Item = &str> {
    [&profile.manifest_url, &profile.os.existing_cves_url, &profile.os.fixed_cves_url]
        .into_iter()
        .map(String::as_str)
        .filter(|url| !url.is_empty())
}

/// Why a source could not be read, and what to do.
fn told(error: &SourceError) -> String {
    format!("{error}; {}", error.hint())
}
