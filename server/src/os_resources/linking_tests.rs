use std::collections::BTreeMap;

use emt_api::{resources::LINKED_BY_AUTOMATIC_MODE, status, value::Link};
use proptest::prelude::*;

use super::*;
use crate::os_resources::brought_up_to_date;

/// An OS that can be installed; its id is its version, behind that of other profiles than "emt" the profile.
fn os(version: &str) -> Os {
    let mut os = Os {
        profile_name: "emt".to_owned(),
        image_id: version.to_owned(),
        os_type: OsType::Immutable,
        architecture: "x86_64".to_owned(),
        image_url: "files/image.raw.gz".to_owned(),
        sha256: "a".repeat(64),
        security_feature: SecurityFeature::None,
        ..Os::default()
    };
    os.meta.id = format!("os-{version}");
    os
}

fn instance(installed: &str) -> Instance {
    let mut instance = Instance { os_id: Link::to(format!("os-{installed}")), ..Instance::default() };
    status::PROVISIONED.0.clone_into(&mut instance.provisioning_status);
    instance
}

fn modes(mode: OsMode) -> Modes {
    Modes { project: mode, ..Modes::default() }
}

fn linked_to(instance: &Instance, all: &[Os], mode: OsMode) -> Verdict {
    let catalogue: Catalogue = all.iter().cloned().collect();
    linked(instance, instance.os_id.id().and_then(|id| catalogue.get(id)), &catalogue, &modes(mode))
}

/// Changes the new OS, the instance, and what is installed on it.
type Change = fn(&mut Os, &mut Instance, &mut Os);

#[test]
fn what_can_be_linked() {
    let cases: [(&str, Change, Option<Unfit>); 19] = [
        ("newer", |_, _, _| {}, None),
        ("other profile", |new, _, _| new.profile_name = "emt-rt".to_owned(), Some(Unfit::Profile)),
        ("profile in other letters", |new, _, _| new.profile_name = "EMT".to_owned(), Some(Unfit::Profile)),
        (
            "the node runs another profile",
            |_, node, _| (node.running_profile, node.running_image) = ("emt-rt".to_owned(), "3.0.1".to_owned()),
            Some(Unfit::Profile),
        ),
        ("mutable", |new, _, _| new.os_type = OsType::Mutable, Some(Unfit::Mutable)),
        ("on a mutable one", |_, _, old| old.os_type = OsType::Mutable, Some(Unfit::Mutable)),
        ("withdrawn", |new, _, _| new.withdrawn = "no longer offered".to_owned(), Some(Unfit::Withdrawn)),
        ("blocked", |new, _, _| new.blocked = "by ann".to_owned(), Some(Unfit::Blocked)),
        ("older", |new, _, _| new.image_id = "2.9.9".to_owned(), Some(Unfit::NotNewer)),
        ("the same", |new, _, _| new.image_id = "3.0.1".to_owned(), Some(Unfit::NotNewer)),
        ("as many parts, less", |new, _, _| new.image_id = "3.0.01".to_owned(), Some(Unfit::NotNewer)),
        ("unreadable", |new, _, _| new.image_id = "nightly".to_owned(), Some(Unfit::NotNewer)),
        (
            "the node runs a newer one that is not on record",
            |_, node, _| (node.running_profile, node.running_image) = ("emt".to_owned(), "3.0.3".to_owned()),
            Some(Unfit::NotNewer),
        ),
        (
            "weaker security",
            |_, _, old| old.security_feature = SecurityFeature::SecureBootAndFullDiskEncryption,
            Some(Unfit::WeakerSecurity),
        ),
        ("stronger security", |new, _, _| new.security_feature = SecurityFeature::SecureBootAndFullDiskEncryption, None),
        ("unspecified is no weaker than none", |new, _, _| new.security_feature = SecurityFeature::Unspecified, None),
        ("other processors", |new, _, _| new.architecture = "arm64".to_owned(), Some(Unfit::Architecture)),
        ("processors are not known", |new, _, _| new.architecture = String::new(), None),
        ("no image", |new, _, _| new.sha256 = String::new(), Some(Unfit::NoImage)),
    ];
    for (name, change, expected) in cases {
        let (mut new, mut node, mut old) = (os("3.0.2"), instance("3.0.1"), os("3.0.1"));
        change(&mut new, &mut node, &mut old);
        assert_eq!(unfit(&new, &node, &old), expected, "{name}");
        let verdict = linked_to(&node, &[old, new], OsMode::Automatic);
        let link = if expected.is_none() { Verdict::Link("os-3.0.2".to_owned()) } else { Verdict::Stay };
        assert_eq!(verdict, link, "{name}");
    }
}

/// What the mode is, which OS resources there are, what changes the instance, and what is to become of its link.
type Case = (&'static str, OsMode, Vec<Os>, fn(&mut Instance), Verdict);

#[test]
fn what_becomes_of_links() {
    fn by_itself(instance: &mut Instance, version: &str) {
        (instance.desired_os_id, instance.linked_by) = (Link::to(format!("os-{version}")), LINKED_BY_AUTOMATIC_MODE);
    }
    fn on_trial(instance: &mut Instance, version: &str) {
        by_itself(instance, version);
        (instance.running_profile, instance.running_image) = ("emt".to_owned(), version.to_owned());
        instance.update_status_indicator = StatusIndication::InProgress;
    }
    use OsMode::{Automatic, Manual};
    let link = |version: &str| Verdict::Link(format!("os-{version}"));
    let is_blocked = |version: &str| Os { blocked: "by ann".to_owned(), ..os(version) };
    let cases: Vec<Case> = vec![
        ("nothing linked", Automatic, vec![os("3.0.2"), os("3.0.3")], |_| {}, link("3.0.3")),
        ("nothing linked", Manual, vec![os("3.0.3")], |_| {}, Verdict::Stay),
        ("nothing newer", Automatic, vec![], |_| {}, Verdict::Stay),
        ("the newest is blocked", Automatic, vec![os("3.0.2"), is_blocked("3.0.3")], |_| {}, link("3.0.2")),
        ("not provisioned", Automatic, vec![os("3.0.2")], |node| node.provisioning_status.clear(), Verdict::Stay),
        ("a policy", Automatic, vec![os("3.0.2")], |node| node.os_update_policy_id = Link::to("policy"), Verdict::Stay),
        (
            "a person's link",
            Automatic,
            vec![os("3.0.2"), os("3.0.3")],
            |node| node.desired_os_id = Link::to("os-3.0.2"),
            Verdict::Stay,
        ),
        (
            "a person's link that is carried out",
            Automatic,
            vec![os("3.0.2")],
            |node| node.desired_os_id = Link::to("os-3.0.1"),
            link("3.0.2"),
        ),
        ("its own, still the newest", Automatic, vec![os("3.0.2")], |node| by_itself(node, "3.0.2"), Verdict::Stay),
        (
            "its own, no more the newest",
            Automatic,
            vec![os("3.0.2"), os("3.0.3")],
            |node| by_itself(node, "3.0.2"),
            link("3.0.3"),
        ),
        (
            "the same in the middle of an update",
            Automatic,
            vec![os("3.0.2"), os("3.0.3")],
            |node| {
                by_itself(node, "3.0.2");
                node.update_status_indicator = StatusIndication::InProgress;
            },
            Verdict::Stay,
        ),
        ("its own, blocked", Automatic, vec![is_blocked("3.0.2")], |node| by_itself(node, "3.0.2"), Verdict::TakeBack),
        (
            "its own, blocked, with another",
            Automatic,
            vec![os("3.0.2"), is_blocked("3.0.3")],
            |node| by_itself(node, "3.0.3"),
            link("3.0.2"),
        ),
        ("its own, gone", Automatic, vec![], |node| by_itself(node, "3.0.2"), Verdict::TakeBack),
        ("its own, carried out", Automatic, vec![], |node| by_itself(node, "3.0.1"), Verdict::Stay),
        (
            "its own, after a switch to manual",
            Manual,
            vec![os("3.0.2"), os("3.0.3")],
            |node| by_itself(node, "3.0.2"),
            Verdict::Stay,
        ),
        ("the same, blocked", Manual, vec![is_blocked("3.0.2"), os("3.0.3")], |node| by_itself(node, "3.0.2"), Verdict::TakeBack),
        ("the same, gone", Manual, vec![os("3.0.3")], |node| by_itself(node, "3.0.2"), Verdict::TakeBack),
        (
            "its own, and the node runs it by other means",
            Automatic,
            vec![os("3.0.2")],
            |node| {
                by_itself(node, "3.0.2");
                (node.running_profile, node.running_image) = ("emt".to_owned(), "3.0.2".to_owned());
            },
            Verdict::TakeBack,
        ),
        ("its own, on trial", Automatic, vec![os("3.0.2"), os("3.0.3")], |node| on_trial(node, "3.0.2"), Verdict::Stay),
        ("the same, blocked meanwhile", Automatic, vec![is_blocked("3.0.2")], |node| on_trial(node, "3.0.2"), Verdict::TakeBack),
    ];
    for (name, mode, mut all, change, expected) in cases {
        let mut node = instance("3.0.1");
        change(&mut node);
        all.push(os("3.0.1"));
        assert_eq!(linked_to(&node, &all, mode), expected, "{name}, {mode:?}");
    }
}

fn any_os() -> impl Strategy<Value = Os> {
    let version = prop_oneof![8 => "3\\.0\\.[0-9]", 1 => Just("nightly".to_owned()), 1 => Just("3.1".to_owned())];
    let profile = prop_oneof![4 => Just("emt"), 1 => Just("emt-rt")];
    let feature = prop_oneof![
        Just(SecurityFeature::Unspecified),
        Just(SecurityFeature::None),
        Just(SecurityFeature::SecureBootAndFullDiskEncryption)
    ];
    let (rarely, kind) = (|| prop::bool::weighted(0.15), prop::bool::weighted(0.1));
    let architecture = prop_oneof![3 => Just("x86_64"), 1 => Just("arm64"), 1 => Just("")];
    (version, profile, feature, (rarely(), rarely(), rarely()), kind, architecture).prop_map(
        |(version, profile, security_feature, (withdrawn, blocked, no_image), mutable, architecture)| {
            let mut os = Os {
                profile_name: profile.to_owned(),
                security_feature,
                architecture: architecture.to_owned(),
                os_type: if mutable { OsType::Mutable } else { OsType::Immutable },
                ..os(&version)
            };
            os.meta.id = format!("os-{profile}-{version}");
            if withdrawn {
                "gone".clone_into(&mut os.withdrawn);
            }
            if blocked {
                "by ann".clone_into(&mut os.blocked);
            }
            if no_image {
                os.image_url.clear();
            }
            os
        },
    )
}

fn any_instance() -> impl Strategy<Value = Instance> {
    let link = || {
        prop_oneof![
            Just(String::new()),
            (prop_oneof![4 => Just("emt"), 1 => Just("emt-rt")], 0..10_u8)
                .prop_map(|(profile, n)| format!("os-{profile}-3.0.{n}"))
        ]
    };
    let runs = prop_oneof![Just(String::new()), "3\\.0\\.[0-9]"];
    (link(), link(), 0..2_i64, runs, prop::bool::weighted(0.1), prop::bool::weighted(0.1), prop::bool::weighted(0.1)).prop_map(
        |(installed, desired, linked_by, runs, policy, busy, fresh)| {
            let set = |id: String| if id.is_empty() { Link::default() } else { Link::to(id) };
            let mut node = Instance { linked_by, desired_os_id: set(desired), ..instance("") };
            node.os_id = set(installed);
            if !runs.is_empty() {
                (node.running_profile, node.running_image) = ("emt".to_owned(), runs);
            }
            if policy {
                node.os_update_policy_id = Link::to("osupdatepolicy-1");
            }
            if busy {
                node.update_status_indicator = StatusIndication::InProgress;
            }
            if fresh {
                node.provisioning_status.clear();
            }
            node
        },
    )
}

fn any_modes() -> impl Strategy<Value = Modes> {
    let mode = || prop_oneof![Just(OsMode::Unspecified), Just(OsMode::Manual), Just(OsMode::Automatic)];
    (mode(), mode(), mode()).prop_map(|(server, project, profile)| Modes {
        server,
        project,
        profiles: BTreeMap::from([("emt".to_owned(), profile)]),
    })
}

proptest! {
    #[test]
    fn links_lead_forward_within_the_profile(all in prop::collection::vec(any_os(), 0..12), node in any_instance(), modes in any_modes()) {
        let catalogue: Catalogue = all.into_iter().collect();
        let installed = node.os_id.id().and_then(|id| catalogue.get(id)).cloned();
        let becomes = brought_up_to_date(&node, &catalogue, &modes).unwrap_or_else(|| node.clone());
        prop_assert_eq!(brought_up_to_date(&becomes, &catalogue, &modes), None, "a second time changes nothing");
        if becomes.desired_os_id != node.desired_os_id {
            prop_assert!(!node.is_linked_by_a_person() && !node.os_update_policy_id.is_set());
            if let Some(id) = becomes.desired_os_id.id() {
                let (new, old) = (catalogue.get(id).unwrap(), installed.as_ref().unwrap());
                prop_assert_eq!(modes.of(&old.profile_name), OsMode::Automatic);
                prop_assert!(becomes.is_linked_automatically() && new.is_offered());
                prop_assert!(version::is_newer(&new.image_id, &old.image_id));
                prop_assert!(node.running_image.is_empty() || version::is_newer(&new.image_id, &node.running_image));
                prop_assert_eq!(&new.profile_name, &old.profile_name);
                prop_assert!(new.security_feature as i64 >= old.security_feature as i64 || old.security_feature == SecurityFeature::None);
                prop_assert!(new.os_type == OsType::Immutable && !new.image_url.is_empty());
            }
        }
        if becomes.is_linked_automatically() && becomes.desired_os_id != becomes.os_id && !becomes.os_update_policy_id.is_set() && is_provisioned(&becomes) {
            prop_assert!(becomes.desired_os_id.id().and_then(|id| catalogue.get(id)).is_some_and(Os::is_offered), "nothing leads to what is not offered");
        }
        // Only link and notice are touched.
        let rest = Instance {
            desired_os_id: node.desired_os_id.clone(),
            linked_by: node.linked_by,
            os_update_available: node.os_update_available.clone(),
            ..becomes
        };
        prop_assert_eq!(rest, node);
    }
}
