//! What becomes of a profile that a source offers: a new OS resource, nothing new, or a conflict. Without store, clock and
//! network.

use std::collections::BTreeSet;

use emt_api::{
    enums::{ImageState, OsType},
    record::Record,
    resources::{Os, OsOffer},
};

/// What is known here that the profile could be in the way of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The OS resource of the same profile and version.
    pub(super) same: Option<&'a Os>,
    /// Whether another OS resource has the profile's name.
    pub(super) name_taken: bool,
    /// Whether the Release Service has the image already.
    pub(super) has_image: bool,
}

/// What becomes of a profile.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Judgement {
    /// A new OS resource.
    New(Box<Os>),
    /// It is there; this is how it is now, with texts that may be newer.
    Known(Box<Os>),
    /// It cannot be taken.
    Conflict(String),
}

/// Texts that a profile names, as far as they were read anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// Packages of the image.
    pub(super) packages: Option<String>,
    /// Its known vulnerabilities.
    pub(super) existing_cves: Option<String>,
    /// Those that it fixes.
    pub(super) fixed_cves: Option<String>,
}

impl Texts {
    /// Puts them into an OS resource.
    pub(super) fn put_into(&self, os: &mut Os) {
        for (text, field) in [
            (&self.packages, &mut os.installed_packages),
            (&self.existing_cves, &mut os.existing_cves),
            (&self.fixed_cves, &mut os.fixed_cves),
        ] {
            if let Some(text) = text {
                field.clone_from(text);
            }
        }
    }
}

/// Judges a profile, given as the OS resource that it would be. `image_url` is where nodes will find its image. A version
/// that is known never changes: neither by another digest, nor by another name or address under the same digest.
pub(super) fn judge(offered: &Os, image_url: &str, texts: &Texts, known: Known<'_>) -> Judgement {
    if let Some(same) = known.same {
        if same.sha256 != offered.sha256 {
            return Judgement::Conflict(format!(
                "{} {} is known here as {} with SHA-256 {}, and is offered with {}: a version that was published never changes, so \
                 nothing was taken; ask its publisher, or delete {} if it is the wrong one",
                offered.profile_name,
                offered.image_id,
                same.id(),
                same.sha256,
                offered.sha256,
                same.id(),
            ));
        }
        let mut os = same.clone();
        texts.put_into(&mut os);
        return Judgement::Known(Box::new(os));
    }
    let mut os = offered.clone();
    texts.put_into(&mut os);
    if known.name_taken {
        // Builds of one day may share their name.
        os.name = format!("{} ({})", os.name, os.image_id);
    }
    if os.os_type == OsType::Immutable {
        image_url.clone_into(&mut os.image_url);
        os.image_state = if known.has_image { ImageState::Here } else { ImageState::AtSource };
    }
    Judgement::New(Box::new(os))
}

/// Why an OS resource is withdrawn, as the offers of it say: because a source warns of it, or because no source offers it any
/// more that did. "" if it is not. What was not made from an offer (`of_source`) is only withdrawn by a warning.
pub(super) fn withdrawn(offers: &[OsOffer], of_source: bool) -> String {
    use emt_api::enums::OsOfferState::{Failed, Taken, Withdrawn};
    let reasons = |recalled: bool| {
        let those = offers.iter().filter(move |offer| offer.state == Withdrawn && offer.recalled == recalled);
        let reasons: BTreeSet<&str> = those.map(|offer| offer.message.as_str()).collect();
        reasons.into_iter().collect::<Vec<_>>().join("; ")
    };
    if offers.iter().any(|offer| offer.recalled && offer.state == Withdrawn) {
        return reasons(true);
    }
    // What cannot be read at the moment may still be there.
    let is_offered = offers.iter().any(|offer| matches!(offer.state, Taken | Failed));
    if of_source && !is_offered { reasons(false) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use emt_api::enums::OsOfferState;

    use super::*;

    fn os(version: &str, sha256: &str) -> Os {
        Os {
            name: "Edge".to_owned(),
            profile_name: "edge".to_owned(),
            image_id: version.to_owned(),
            sha256: sha256.to_owned(),
            os_type: OsType::Immutable,
            image_url: "files-edge-orch/edge.raw.gz".to_owned(),
            ..Os::default()
        }
    }

    fn nothing<'a>() -> Known<'a> {
        Known { same: None, name_taken: false, has_image: false }
    }

    fn texts(cves: &str) -> Texts {
        Texts { existing_cves: Some(cves.to_owned()), ..Texts::default() }
    }

    #[test]
    fn what_is_new_is_taken_with_its_texts_and_an_address_here() {
        let Judgement::New(made) = judge(&os("3.0.1", "aa"), "here", &texts("[1]"), nothing()) else { panic!() };
        assert_eq!((made.image_url.as_str(), made.image_state), ("here", ImageState::AtSource));
        assert_eq!((made.existing_cves.as_str(), made.name.as_str()), ("[1]", "Edge"));
        let known = Known { name_taken: true, has_image: true, ..nothing() };
        let Judgement::New(made) = judge(&os("3.0.1", "aa"), "here", &Texts::default(), known) else { panic!() };
        assert_eq!((made.name.as_str(), made.image_state), ("Edge (3.0.1)", ImageState::Here));
        let mutable = Os { os_type: OsType::Mutable, image_url: "https://far/away.img".to_owned(), ..os("1", "") };
        let Judgement::New(made) = judge(&mutable, "here", &Texts::default(), nothing()) else { panic!() };
        assert_eq!((made.image_url.as_str(), made.image_state), ("https://far/away.img", ImageState::Unspecified));
    }

    #[test]
    fn a_known_version_gets_newer_texts_and_nothing_else() {
        let mut there = os("3.0.1", "aa");
        there.image_state = ImageState::Here;
        let other = Os { name: "Other".to_owned(), image_url: "elsewhere".to_owned(), ..os("3.0.1", "aa") };
        let known = Known { same: Some(&there), ..nothing() };
        let expected = Os { existing_cves: "[2]".to_owned(), ..there.clone() };
        assert_eq!(judge(&other, "here", &texts("[2]"), known), Judgement::Known(Box::new(expected)));
        assert_eq!(judge(&other, "here", &Texts::default(), known), Judgement::Known(Box::new(there.clone())));
    }

    #[test]
    fn another_digest_under_a_known_version_is_a_conflict() {
        let mut there = os("3.0.1", "aa");
        there.meta.id = "os-00000001".to_owned();
        let judged = judge(&os("3.0.1", "bb"), "here", &texts("[2]"), Known { same: Some(&there), ..nothing() });
        let Judgement::Conflict(why) = judged else { panic!() };
        assert!(why.starts_with("edge 3.0.1 is known here as os-00000001 with SHA-256 aa, and is offered with bb"), "{why}");
    }

    #[test]
    fn withdrawn_by_a_warning_or_because_nobody_offers_it_any_more() {
        use OsOfferState::{Conflict, Failed, Taken, Withdrawn};
        let offer =
            |state, recalled, message: &str| OsOffer { state, recalled, message: message.to_owned(), ..OsOffer::default() };
        for (offers, of_source, expected) in [
            (vec![], true, ""),
            (vec![offer(Taken, false, "")], true, ""),
            (vec![offer(Withdrawn, false, "gone from a")], true, "gone from a"),
            (vec![offer(Withdrawn, false, "gone from a")], false, ""),
            (vec![offer(Withdrawn, false, "gone from a"), offer(Taken, false, "")], true, ""),
            (
                vec![offer(Withdrawn, false, "gone from a"), offer(Withdrawn, false, "gone from b")],
                true,
                "gone from a; gone from b",
            ),
            (vec![offer(Withdrawn, true, "does not boot"), offer(Taken, false, "")], true, "does not boot"),
            (vec![offer(Withdrawn, true, "does not boot"), offer(Withdrawn, false, "gone")], false, "does not boot"),
            (vec![offer(Withdrawn, false, "gone from a"), offer(Failed, false, "x")], true, ""),
            // What says something else does not say that it is still offered.
            (vec![offer(Withdrawn, false, "gone from a"), offer(Conflict, false, "x")], true, "gone from a"),
            (vec![offer(Failed, false, "x")], true, ""),
        ] {
            assert_eq!(withdrawn(&offers, of_source), expected, "{offers:?}");
        }
    }
}
