use emt_api::{enums::OsType, value::Link};

use super::*;
use crate::inventory::NOT_READABLE;

fn os(id: &str, profile: &str, version: &str) -> Os {
    let mut os = Os {
        profile_name: profile.to_owned(),
        image_id: version.to_owned(),
        sha256: "a".repeat(64),
        os_type: OsType::Immutable,
        image_state: ImageState::Here,
        ..Os::default()
    };
    id.clone_into(&mut os.meta.id);
    os
}

fn ids(ids: &[&str]) -> HashSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn the_newest_of_each_profile_may_be_chosen() {
    let blocked = Os { blocked: "by ann: too loud".to_owned(), ..os("6", "a", "4") };
    let mutable = Os { os_type: OsType::Mutable, ..os("7", "c", "1") };
    let all = [os("1", "a", "3.9"), os("2", "a", "3.10"), os("3", "b", "1"), os("5", "a", "3.2"), blocked, mutable];
    assert_eq!(newest_of_each(&all).collect::<HashSet<_>>(), ids(&["2", "3"]));
}

#[test]
fn what_can_be_fetched_again() {
    type Change = fn(&mut Os, &mut Vec<OsOffer>, &mut Vec<OsSource>);
    let cases: [(&str, bool, Change); 13] = [
        ("it is offered", true, |_, _, _| {}),
        ("it is offered, and is not here", true, |os, _, _| os.image_state = ImageState::AtSource),
        ("it was published here", false, |os, _, _| os.image_state = ImageState::Unspecified),
        ("nobody offers it", false, |_, offers, _| offers.clear()),
        ("it is offered no more", false, |_, offers, _| offers[0].state = OsOfferState::Withdrawn),
        ("its offer contradicts it", false, |_, offers, _| offers[0].state = OsOfferState::Conflict),
        ("its offer cannot be read", false, |_, offers, _| offers[0].state = OsOfferState::Failed),
        ("its offer has no image", false, |_, offers, _| offers[0].image_url.clear()),
        ("another image is offered", false, |_, offers, _| offers[0].sha256 = "b".repeat(64)),
        ("its source is gone", false, |_, _, sources| sources.clear()),
        ("its source cannot be read", false, |_, _, sources| sources[0].status = format!("{NOT_READABLE}no answer")),
        ("the list of its profile cannot be read", false, |_, offers, _| {
            offers.push(OsOffer { tag: String::new(), state: OsOfferState::Failed, ..offers[0].clone() });
        }),
        ("another source still offers it", true, |_, offers, sources| {
            let mut second = sources[0].clone();
            "source-2".clone_into(&mut second.meta.id);
            offers[0].state = OsOfferState::Withdrawn;
            let state = OsOfferState::Taken;
            offers.push(OsOffer { source_id: Link::to("source-2"), state, ..offers[0].clone() });
            sources.push(second);
        }),
    ];
    for (case, expected, change) in cases {
        let mut os = os("os-1", "a", "1");
        let mut source = OsSource { status: "Synchronised, but 1 cannot be taken".to_owned(), ..OsSource::default() };
        "source-1".clone_into(&mut source.meta.id);
        let offer = OsOffer {
            source_id: Link::to("source-1"),
            profile: "a".to_owned(),
            tag: "1".to_owned(),
            state: OsOfferState::Taken,
            sha256: os.sha256.clone(),
            image_url: "images/a.raw.gz".to_owned(),
            os_id: Link::to("os-1"),
            ..OsOffer::default()
        };
        let (mut offers, mut sources) = (vec![offer], vec![source]);
        change(&mut os, &mut offers, &mut sources);
        let expected = if expected { ids(&["os-1"]) } else { HashSet::new() };
        assert_eq!(refetchable(&[os], &offers, &sources), expected, "{case}");
    }
}

#[test]
fn an_image_with_several_names() {
    let (first, mut second) = (os("1", "a", "1"), os("2", "b", "1"));
    second.image_state = ImageState::AtSource;
    for (refetchable, in_use, expected) in [
        (ids(&["1", "2"]), ids(&[]), Facts { named: true, refetchable: true, in_use: false }),
        (ids(&["1", "2"]), ids(&["2"]), Facts { named: true, refetchable: true, in_use: true }),
        (ids(&["1"]), ids(&[]), Facts { named: true, refetchable: false, in_use: false }),
        (ids(&[]), ids(&["1"]), Facts { named: true, refetchable: false, in_use: true }),
    ] {
        let references = References::of(&[first.clone(), second.clone()], &refetchable, &in_use);
        assert_eq!(references.facts(&first.sha256), expected);
        assert_eq!(references.here(&first.sha256), ["1"]);
        assert_eq!(references.facts(&"b".repeat(64)), Facts::default());
    }
}

#[test]
fn digests_that_are_named() {
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    for (sha256, image_url, expected) in [
        (a.as_str(), String::new(), vec![&a]),
        ("", format!("files-edge-orch/p/{b}/emt.raw.gz"), vec![&b]),
        (&a, format!("files-edge-orch/p/{b}/emt.raw.gz"), vec![&a, &b]),
        (&a, format!("files-edge-orch/p/{a}/emt.raw.gz"), vec![&a]),
        ("", format!("https://x/{b}?x={a}"), vec![&b]),
        ("", "files-edge-orch/p/emt.raw.gz".to_owned(), vec![]),
    ] {
        let os = Os { sha256: sha256.to_owned(), image_url, ..Os::default() };
        assert_eq!(digests(&os), expected.into_iter().cloned().collect());
    }
}
