//! What was read of one offer is written: the offer, and the OS resource that it becomes, together.

use std::collections::HashMap;

use emt_api::{
    enums::{OsOfferState, OsType},
    filter::Expr,
    record::Record,
    resources::{OS, OS_OFFER, Os, OsOffer},
    value::{Json, Link},
};
use emt_sources::{
    Profile, Text,
    cves::{self, List},
    packages,
};

use super::{
    back_off::pause,
    judge::{Judgement, Known, Texts, judge},
    look::{Look, Place, Read, Recalled},
};
use crate::{
    release::{Images, ReleaseError},
    store::{Batch, StoreError, StoreExt},
};

/// How often a decision is taken again because somebody else was faster.
const ATTEMPTS: usize = 16;
/// What an image is called whose address has no name that could be kept.
const IMAGE_NAME: &str = "image.raw.gz";
/// Longest name of an image.
const IMAGE_NAME_MAX: usize = 128;

/// Texts by address: read anew, unchanged, or not readable.
pub(super) type Fetched = HashMap<String, Result<Option<Text>, String>>;

/// Writes what a look has read.
pub(super) struct Taking<'a> {
    pub(super) look: &'a Look<'a>,
    pub(super) recalled: Recalled,
    pub(super) texts: Fetched,
}

/// What became of an offer.
#[derive(Default)]
pub(super) struct Taken {
    /// As it was.
    pub(super) before: Option<OsOffer>,
    /// As it is; `None` if it is none any more.
    pub(super) offer: Option<OsOffer>,
    /// Whether an OS resource was made of it.
    pub(super) made: bool,
}

/// What is to be written of an offer.
struct Outcome {
    offer: OsOffer,
    /// The OS resource: a new one, or one that is to be changed.
    os: Option<Os>,
}

impl Taking<'_> {
    /// Writes what was read of an offer.
    pub(super) async fn settle(&self, place: Place, read: Read) -> Result<Taken, StoreError> {
        let before = self.look.known.get(&place).cloned();
        if let Read::List(None) = read {
            if let Some(offer) = &before {
                self.commit(Batch::default().delete(offer)).await?;
            }
            return Ok(Taken::default());
        }
        for _ in 0..ATTEMPTS {
            let Some(Outcome { mut offer, os }) = self.outcome(&place, before.as_ref(), &read).await? else {
                return Ok(Taken { offer: before.clone(), before, made: false });
            };
            let looker = self.look.looker;
            let mut batch = Batch::default();
            let made = os.as_ref().is_some_and(|os| os.meta.id.is_empty());
            if let Some(mut os) = os {
                if made {
                    os.meta = looker.new_meta(&self.look.source.meta.project, OS.prefix);
                    offer.os_id = Link::to(os.id());
                    tracing::info!(os = os.id(), profile = os.profile_name, version = os.image_id, "a new version was found");
                    batch = batch.insert(os);
                } else {
                    os.meta.updated_ms = looker.clock.now_ms();
                    batch = batch.update(os);
                }
            }
            if before.as_ref() != Some(&offer) {
                if offer.meta.id.is_empty() {
                    offer.meta = looker.new_meta(&self.look.source.meta.project, OS_OFFER.prefix);
                    batch = batch.insert(offer.clone());
                } else {
                    offer.meta.updated_ms = looker.clock.now_ms();
                    batch = batch.update(offer.clone());
                }
            }
            if batch.changes.is_empty() || self.commit(batch).await? {
                return Ok(Taken { before, offer: Some(offer), made });
            }
        }
        // Somebody else changes the same again and again: the next look finds it.
        Ok(Taken { offer: before.clone(), before, made: false })
    }

    /// Whether it is written; `false` if it has to be decided again, on what is there now.
    async fn commit(&self, batch: Batch) -> Result<bool, StoreError> {
        match self.look.looker.store.commit(batch).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. } | StoreError::IdTaken { .. } | StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn outcome(&self, place: &Place, before: Option<&OsOffer>, read: &Read) -> Result<Option<Outcome>, StoreError> {
        let mut offer = before.cloned().unwrap_or_else(|| OsOffer {
            source_id: Link::to(self.look.source.id()),
            profile: place.0.clone(),
            tag: place.1.clone(),
            ..OsOffer::default()
        });
        match read {
            Read::List(why) => {
                self.fail(&mut offer, why.as_deref().unwrap_or_default());
                Ok(Some(Outcome { offer, os: None }))
            }
            Read::Failed(digest, why) => {
                offer.digest.clone_from(digest);
                offer.state = OsOfferState::Failed;
                self.fail(&mut offer, why);
                Ok(Some(Outcome { offer, os: None }))
            }
            Read::Gone => {
                let source = self.look.source;
                let is_asked_for = source.profiles.0.is_empty() || source.profiles.0.contains(&place.0);
                let gone = if is_asked_for { "offers it no more" } else { "is not asked for its profile any more" };
                let gone = format!("{} {gone}", source.name);
                self.withdraw(&mut offer, Some(gone));
                Ok(Some(Outcome { offer, os: None }))
            }
            Read::Unchanged => self.unchanged(offer).await,
            Read::New(new) => self.anew(offer, &new.0, &new.1).await.map(Some),
        }
    }

    /// It could not be taken, and is tried again.
    fn fail(&self, offer: &mut OsOffer, why: &str) {
        if offer.state != OsOfferState::Conflict {
            offer.state = OsOfferState::Failed;
        }
        self.wait(offer, why);
    }

    /// Something of it is tried again.
    fn wait(&self, offer: &mut OsOffer, why: &str) {
        let looker = self.look.looker;
        why.clone_into(&mut offer.message);
        offer.failures = offer.failures.saturating_add(1);
        offer.retry_at = looker.clock.now() + pause(offer.failures, looker.random.u32());
    }

    /// Withdraws it if its source warns of it, else for the other reason, if there is one; else it is taken.
    fn withdraw(&self, offer: &mut OsOffer, otherwise: Option<String>) {
        let Some(recalled) = &self.recalled else { return };
        let listed = recalled.get(&(offer.profile.clone(), offer.image_id.clone()));
        let warning = listed.or(Some(&offer.warning)).filter(|warning| !warning.is_empty()).cloned();
        offer.recalled = warning.is_some();
        match warning.or(otherwise) {
            Some(why) => {
                offer.state = OsOfferState::Withdrawn;
                (offer.message, offer.failures, offer.retry_at) = (why, 0, 0);
            }
            None if offer.state == OsOfferState::Withdrawn => {
                offer.state = OsOfferState::Taken;
                offer.message.clear();
            }
            None => {}
        }
    }

    /// Nothing is new about it but perhaps its source's opinion, and the texts that it names.
    async fn unchanged(&self, mut offer: OsOffer) -> Result<Option<Outcome>, StoreError> {
        if !matches!(offer.state, OsOfferState::Taken | OsOfferState::Withdrawn) {
            return Ok(None);
        }
        self.withdraw(&mut offer, None);
        let mut found = Texts::default();
        let mut problem = None;
        let mut anew = false;
        let Some(id) = offer.os_id.id().filter(|_| offer.texts.0.iter().any(|(url, _)| self.has_news(url))) else {
            return Ok(Some(Outcome { offer, os: None }));
        };
        let Some(os) = self.look.looker.store.load::<Os>(&self.look.source.meta.project, id).await? else {
            return Ok(Some(Outcome { offer, os: None }));
        };
        for (url, validator) in &mut offer.texts.0 {
            match self.texts.get(url.as_str()) {
                Some(Ok(Some(text))) => match cves::read(&text.text, list_at(&os, url)) {
                    Ok(read) => {
                        anew = true;
                        validator.clone_from(&text.validator);
                        let fields =
                            [(&os.existing_cves_url, &mut found.existing_cves), (&os.fixed_cves_url, &mut found.fixed_cves)];
                        for (_, field) in fields.into_iter().filter(|(of, _)| **of == *url) {
                            *field = Some(read.clone());
                        }
                    }
                    Err(error) => problem = Some(error.at(url).to_string()),
                },
                Some(Err(why)) => problem = Some(why.clone()),
                Some(Ok(None)) | None => {}
            }
        }
        match problem {
            Some(why) => self.wait(&mut offer, &why),
            None if anew && offer.state == OsOfferState::Taken => {
                (offer.failures, offer.retry_at) = (0, 0);
                offer.message.clear();
            }
            None => {}
        }
        let mut after = os.clone();
        found.put_into(&mut after);
        Ok(Some(Outcome { offer, os: (after != os).then_some(after) }))
    }

    fn has_news(&self, url: &str) -> bool {
        self.texts.get(url).is_some_and(|read| !matches!(read, Ok(None)))
    }

    /// It is new, or another document than before.
    async fn anew(&self, mut offer: OsOffer, digest: &str, profile: &Profile) -> Result<Outcome, StoreError> {
        let (looker, project) = (self.look.looker, self.look.source.meta.project.as_str());
        let os = &profile.os;
        digest.clone_into(&mut offer.digest);
        offer.image_id.clone_from(&os.image_id);
        offer.sha256.clone_from(&os.sha256);
        offer.image_url.clone_from(&os.image_url);
        offer.warning.clone_from(&profile.withdrawn);
        let (texts, kept, problem) = match self.read_texts(profile) {
            Ok(read) => read,
            Err(why) => {
                offer.state = OsOfferState::Failed;
                self.fail(&mut offer, &why);
                return Ok(Outcome { offer, os: None });
            }
        };
        let fits = Expr::is("profile_name", os.profile_name.as_str()).and(Expr::is("image_id", os.image_id.as_str()));
        let same: Option<Os> = looker.store.first(project, fits).await?;
        let namesake: Option<Os> =
            if os.name.is_empty() { None } else { looker.store.first(project, Expr::is("name", os.name.as_str())).await? };
        let has_image = os.os_type == OsType::Immutable && self.has_image(&os.sha256).await;
        let image_url = Images::url(project, &os.sha256, image_name(&os.image_url));
        let name_taken = namesake.is_some_and(|other| same.as_ref().is_none_or(|same| same.id() != other.id()));
        let known = Known { same: same.as_ref(), name_taken, has_image };
        let os = match judge(os, &image_url, &texts, known) {
            Judgement::Conflict(why) => {
                offer.state = OsOfferState::Conflict;
                offer.os_id = same.as_ref().map(|same| Link::to(same.id())).unwrap_or_default();
                self.wait(&mut offer, &why);
                return Ok(Outcome { offer, os: None });
            }
            Judgement::New(mut made) => {
                made.withdrawn.clone_from(&offer.warning);
                Some(*made)
            }
            Judgement::Known(known) => {
                offer.os_id = Link::to(known.id());
                Some(*known).filter(|known| same.as_ref() != Some(known))
            }
        };
        offer.state = OsOfferState::Taken;
        offer.message.clear();
        (offer.failures, offer.retry_at) = (0, 0);
        offer.texts = Json(kept);
        self.withdraw(&mut offer, None);
        if let Some(why) = problem {
            self.wait(&mut offer, &why);
        }
        Ok(Outcome { offer, os })
    }

    /// The texts of a profile, those that are looked at again with what tells whether they change, and what is wrong with
    /// them. An image without its list of packages is not taken; lists of vulnerabilities may come later.
    #[allow(clippy::type_complexity, reason = "it is taken apart at once")]
    fn read_texts(&self, profile: &Profile) -> Result<(Texts, Vec<(String, String)>, Option<String>), String> {
        let mut texts = Texts::default();
        let (mut kept, mut problem) = (Vec::new(), None);
        if !profile.manifest_url.is_empty() {
            let url = profile.manifest_url.as_str();
            let text = self.text(url)?;
            texts.packages = Some(packages::read(&text.text).map_err(|error| error.at(url).to_string())?);
        }
        for (url, list, field) in [
            (&profile.os.existing_cves_url, List::Existing, &mut texts.existing_cves),
            (&profile.os.fixed_cves_url, List::Fixed, &mut texts.fixed_cves),
        ] {
            if url.is_empty() {
                continue;
            }
            let read = self.text(url).and_then(|text| {
                let read = cves::read(&text.text, list).map_err(|error| error.at(url).to_string())?;
                Ok((read, text.validator.clone()))
            });
            match read {
                Ok((read, validator)) => {
                    *field = Some(read);
                    kept.push((url.clone(), validator));
                }
                Err(why) => {
                    problem = Some(why);
                    kept.push((url.clone(), String::new()));
                }
            }
        }
        Ok((texts, kept, problem))
    }

    fn text(&self, url: &str) -> Result<&Text, String> {
        match self.texts.get(url) {
            Some(Ok(Some(text))) => Ok(text),
            Some(Err(why)) => Err(why.clone()),
            Some(Ok(None)) | None => Err(format!("{url} was not read")),
        }
    }

    async fn has_image(&self, sha256: &str) -> bool {
        match self.look.looker.images.open(&self.look.source.meta.project, sha256).await {
            Ok(found) => found.is_some(),
            Err(ReleaseError::NotADigest(_)) => false,
            Err(error) => {
                tracing::warn!(%error, "images cannot be read");
                false
            }
        }
    }
}

/// Which list of an OS resource is at an address.
fn list_at(os: &Os, url: &str) -> List {
    if os.fixed_cves_url == url { List::Fixed } else { List::Existing }
}

/// What nodes see at the end of an image's address.
fn image_name(url: &str) -> &str {
    let name = url.rsplit('/').next().unwrap_or_default();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let fits = !name.is_empty() && name.len() <= IMAGE_NAME_MAX && !name.starts_with('.');
    if plain && fits { name } else { IMAGE_NAME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_keep_their_names_where_an_address_can_carry_them() {
        for (url, name) in [
            (
                "files-edge-orch/repository/edge-readonly-3.0.20260602.2200-prod-signed.raw.gz",
                "edge-readonly-3.0.20260602.2200-prod-signed.raw.gz",
            ),
            ("edge.raw.gz", "edge.raw.gz"),
            ("a/b/", IMAGE_NAME),
            ("", IMAGE_NAME),
            ("a/..", IMAGE_NAME),
            ("a/edge.raw.gz?token=1", IMAGE_NAME),
        ] {
            assert_eq!(image_name(url), name, "{url}");
        }
    }
}
