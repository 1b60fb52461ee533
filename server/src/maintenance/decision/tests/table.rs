//! Each gate alone.

use emt_api::{
    enums::{HostState, ImageState, OsMode, OsType, StatusIndication, UpdatePolicy},
    resources::LINKED_BY_AUTOMATIC_MODE,
    value::{Json, Link},
};
use emt_windows::Window;

use super::{
    super::{Gate, GateState, Task, node::SILENT_AFTER},
    world::{NOW, World, os, policy, repeated, run, single},
};
use crate::maintenance::Agent;

struct Case {
    change: fn(&mut World),
    gate: Option<Gate>,
    /// Parts of reason and hint.
    says: &'static [&'static str],
    /// Seconds from now.
    changes: Option<i64>,
}

fn case(gate: impl Into<Option<Gate>>, change: fn(&mut World), changes: Option<i64>, says: &'static [&'static str]) -> Case {
    Case { change, gate: gate.into(), says, changes }
}

fn cases_of_the_node() -> Vec<Case> {
    vec![
        case(None, |_| {}, Some(3601), &[]),
        case(
            Gate::Registered,
            |world| world.host.desired_state = HostState::Deleted,
            None,
            &["store-17 (host-00000001)", "deletion", "emtctl host delete host-00000001"],
        ),
        case(
            Gate::Onboarded,
            |world| world.host.current_state = HostState::Registered,
            None,
            &["store-17", "not enrolled", "emt-agent enroll"],
        ),
        case(Gate::Onboarded, |world| world.host.current_state = HostState::Unspecified, None, &[]),
        case(
            Gate::Trusted,
            |world| world.host.desired_state = HostState::Untrusted,
            None,
            &["withdrawn", "emtctl host register"],
        ),
        case(
            Gate::Trusted,
            |world| {
                world.host.current_state = HostState::Untrusted;
                world.host.note = "stolen".to_owned();
            },
            None,
            &["note: stolen"],
        ),
        case(Gate::Provisioned, |world| world.instance = None, None, &["no instance", "first report"]),
        case(
            Gate::Provisioned,
            |world| {
                world.instance().provisioning_status = "Not Provisioned".to_owned();
                world.instance().provisioning_status_indicator = StatusIndication::Unspecified;
            },
            None,
            &["till (inst-00000001)", "\"Not Provisioned\""],
        ),
        case(None, |world| world.last_seen = Some(NOW - SILENT_AFTER), Some(3601), &[]),
        case(
            Gate::AgentSeen,
            |world| world.last_seen = Some(NOW - SILENT_AFTER - 1),
            None,
            &["silent since 2026-06-05T23:54:59Z", "systemctl status emt-agent"],
        ),
        case(Gate::AgentSeen, |world| world.last_seen = None, None, &["never heard of"]),
    ]
}

fn cases_of_the_target() -> Vec<Case> {
    vec![
        case(
            Gate::Linked,
            |world| world.instance().desired_os_id = Link::default(),
            None,
            &["neither", "emtctl instance link host-00000001 --os OS", "profile emt"],
        ),
        case(
            Gate::Linked,
            |world| (world.instance().desired_os_id, world.mode) = (Link::default(), OsMode::Manual),
            None,
            &[
                "in manual mode nothing is linked by itself",
                "emtctl instance link host-00000001 --os OS",
                "emtctl os mode automatic --profile emt",
            ],
        ),
        case(
            Gate::Linked,
            |world| {
                (world.instance().desired_os_id, world.mode) = (Link::default(), OsMode::Automatic);
                world.catalogue[1].architecture = "arm64".to_owned();
                world.installed.as_mut().unwrap().architecture = "x86_64".to_owned();
            },
            None,
            &["emt 3.0.2 (os-00000002) is newer, but it is for other processors"],
        ),
        case(
            Gate::Linked,
            |world| {
                (world.instance().desired_os_id, world.mode) = (Link::default(), OsMode::Automatic);
                world.catalogue.truncate(1);
            },
            None,
            &["automatic mode has linked nothing: there is nothing newer of its profile"],
        ),
        case(None, |world| world.instance().linked_by = LINKED_BY_AUTOMATIC_MODE, Some(3601), &[]),
        case(
            Gate::NotDowngrade,
            |world| {
                world.instance().linked_by = LINKED_BY_AUTOMATIC_MODE;
                world.instance().running_image = "3.0.3".to_owned();
            },
            None,
            &["automatic mode never goes back"],
        ),
        case(
            Gate::TargetFound,
            |world| world.catalogue[1].blocked = "by ann: too loud".to_owned(),
            None,
            &["emt 3.0.2 (os-00000002) is blocked by ann: too loud", "emtctl os unblock os-00000002"],
        ),
        case(
            Gate::TargetFound,
            |world| {
                world.with_policy(policy(UpdatePolicy::Target, Some("os-00000002")));
                world.catalogue[1].blocked = "by ann".to_owned();
            },
            None,
            &["is blocked by ann"],
        ),
        case(
            Gate::TargetDiffers,
            |world| {
                world.catalogue[1].blocked = "by ann".to_owned();
                world.instance().running_image = "3.0.2".to_owned();
            },
            None,
            &["runs its target already"],
        ),
        case(None, |world| world.catalogue[1].withdrawn = "it does not boot".to_owned(), Some(3601), &[]),
        case(
            Gate::TargetFound,
            |world| {
                world.catalogue[1].withdrawn = "it does not boot".to_owned();
                world.instance().linked_by = LINKED_BY_AUTOMATIC_MODE;
            },
            None,
            &["is withdrawn (it does not boot), and only automatic mode has linked it"],
        ),
        case(
            Gate::NotDowngrade,
            |world| {
                world.with_policy(policy(UpdatePolicy::Latest, None));
                world.catalogue[1].blocked = "by ann".to_owned();
                world.instance().running_image = "3.0.2".to_owned();
            },
            None,
            &["never goes back"],
        ),
        case(Gate::TargetFound, |world| world.instance().desired_os_id = Link::to("os-0000000f"), None, &["deleted"]),
        case(
            Gate::TargetFound,
            |world| world.with_policy(policy(UpdatePolicy::Target, None)),
            None,
            &["monthly (osupdatepolicy-00000001)", "deleted"],
        ),
        case(Gate::TargetFound, |world| world.with_policy(policy(UpdatePolicy::Unspecified, None)), None, &["names nothing"]),
        case(
            Gate::TargetFound,
            |world| {
                world.with_policy(policy(UpdatePolicy::Latest, None));
                world.catalogue = vec![os(1, "emt", "latest-build")];
            },
            None,
            &["newest OS of profile emt", "none"],
        ),
        case(None, |world| world.with_policy(policy(UpdatePolicy::Latest, None)), Some(3601), &[]),
        case(None, |world| world.with_policy(policy(UpdatePolicy::Target, Some("os-00000002"))), Some(3601), &[]),
        case(
            Gate::TargetDiffers,
            |world| world.instance().running_image = "3.0.2".to_owned(),
            None,
            &["runs its target already", "emt 3.0.2 (os-00000002)"],
        ),
        case(
            Gate::TargetDiffers,
            |world| {
                world.instance().running_image = "3.0.2".to_owned();
                world.with_policy(policy(UpdatePolicy::Latest, None));
            },
            None,
            &["when it is published"],
        ),
        // What the node says goes before what is on record; without a word of it, the record counts.
        case(
            None,
            |world| {
                world.instance().desired_os_id = Link::to("os-00000001");
                world.instance().running_image = "3.0.0".to_owned();
            },
            Some(3601),
            &[],
        ),
        case(
            Gate::TargetDiffers,
            |world| {
                world.instance().desired_os_id = Link::to("os-00000001");
                world.instance().running_image = String::new();
            },
            None,
            &[],
        ),
        case(
            Gate::OsTypeFits,
            |world| {
                world.catalogue[1].os_type = OsType::Mutable;
            },
            None,
            &["mutable OS"],
        ),
        case(
            Gate::OsTypeFits,
            |world| {
                let mut packages = policy(UpdatePolicy::Target, None);
                packages.update_packages = "curl".to_owned();
                world.with_policy(packages);
            },
            None,
            &["monthly", "names packages"],
        ),
        case(
            Gate::SameProfile,
            |world| world.catalogue[1].profile_name = "emt-rt".to_owned(),
            None,
            &["profile emt-rt", "runs profile \"emt\""],
        ),
        case(Gate::SameProfile, |world| world.catalogue[1].profile_name = "EMT".to_owned(), None, &[]),
        case(
            Gate::NotDowngrade,
            |world| {
                world.with_policy(policy(UpdatePolicy::Latest, None));
                world.instance().running_image = "3.0.3".to_owned();
            },
            None,
            &["emt 3.0.2 (os-00000002)", "older than 3.0.3", "emtctl instance link host-00000001 --os os-00000002"],
        ),
        case(Gate::ImageComplete, |world| world.catalogue[1].image_url.clear(), None, &["no address", "emtctl os publish"]),
        case(
            Gate::ImageComplete,
            |world| world.catalogue[1].image_url = "https://files.example".to_owned(),
            None,
            &["no address"],
        ),
        case(Gate::ImageComplete, |world| world.catalogue[1].sha256.clear(), None, &["no digest"]),
        case(Gate::ImageComplete, |world| world.catalogue[1].image_state = ImageState::AtSource, None, &["on its way"]),
        case(
            Gate::ImageComplete,
            |world| world.catalogue[1].image_state = ImageState::Fetching,
            None,
            &["emtctl os get os-00000002"],
        ),
        case(
            Gate::ImageComplete,
            |world| {
                world.catalogue[1].image_state = ImageState::Failed;
                world.catalogue[1].image_detail = "nobody answers".to_owned();
            },
            None,
            &["could not be fetched: nobody answers", "emtctl os source list"],
        ),
    ]
}

fn cases_of_time() -> Vec<Case> {
    vec![
        case(
            Gate::NoAttemptRunning,
            |world| {
                world.instance().update_status = "Updating".to_owned();
                world.runs = vec![run("os-00000002", None, false)];
            },
            None,
            &["since 2026-06-05T23:59:00Z (osupdaterun-00000001)", "emtctl watch host-00000001"],
        ),
        case(None, |world| world.instance().update_status = "Download complete".to_owned(), Some(3601), &[]),
        case(
            Gate::BackOffOver,
            |world| world.runs = vec![run("os-00000002", Some(599), true)],
            Some(1),
            &["failed once", "2026-06-06T00:00:01Z", "emtctl instance get"],
        ),
        case(None, |world| world.runs = vec![run("os-00000002", Some(600), true)], Some(3601), &[]),
        case(
            Gate::BackOffOver,
            |world| world.runs = vec![run("os-00000002", Some(600), true); 2],
            Some(600),
            &["failed 2 times in succession"],
        ),
        case(None, |world| world.runs = vec![run("os-00000003", Some(10), true)], Some(3601), &[]),
        case(
            Gate::WindowExists,
            |world| world.windows.singles.clear(),
            None,
            &["store-17", "emtctl schedule update --host host-00000001"],
        ),
        case(Gate::WindowExists, |world| world.windows.singles = vec![single(-100, Some(-1))], None, &[]),
        case(None, |world| world.windows.singles = vec![single(-100, Some(0))], Some(1), &[]),
        case(None, |world| world.windows.singles = vec![single(0, None)], None, &[]),
        case(
            Gate::WindowOpen,
            |world| world.windows.singles = vec![single(1, Some(10))],
            Some(1),
            &["night (singlesche-00000001)", "2026-06-06T00:00:01Z", "--now"],
        ),
        case(
            Gate::WindowOpen,
            |world| {
                world.windows.singles = vec![single(8000, Some(9000))];
                world.windows.repeated = vec![repeated("0", "2", 600)];
            },
            Some(7200),
            &["weekly (repeatedsche-00000001)"],
        ),
        // Windows that touch are one.
        case(None, |world| world.windows.singles = vec![single(-5, Some(9)), single(10, Some(20))], Some(21), &[]),
        case(
            None,
            |world| {
                world.windows.singles.clear();
                world.windows.repeated = vec![repeated("*", "*", 59)];
            },
            None,
            &[],
        ),
        case(
            Gate::WindowExists,
            |world| kernel_command(world, Agent::PlatformUpdateAgent),
            None,
            &["10 minutes at most", "--duration 10m"],
        ),
        case(None, |world| kernel_command(world, Agent::Careful), Some(3601), &[]),
    ]
}

fn kernel_command(world: &mut World, agent: Agent) {
    let mut command = policy(UpdatePolicy::Target, None);
    command.update_kernel_command = "quiet".to_owned();
    world.with_policy(command);
    world.agent = agent;
}

#[test]
fn each_gate_alone() {
    for (number, case) in cases_of_the_node().into_iter().chain(cases_of_the_target()).chain(cases_of_time()).enumerate() {
        let mut world = World::new();
        (case.change)(&mut world);
        let decision = world.decide(NOW);
        let blocker = decision.blocker();
        let at = format!("case {number}, {:?}: {decision:#?}", case.gate);
        assert_eq!(blocker.map(|check| check.gate), case.gate, "{at}");
        if case.gate.is_some() || case.changes.is_some() {
            assert_eq!(decision.changes_at().map(|at| at - NOW), case.changes, "{at}");
        }
        let told = blocker.map(|check| format!("{} – {}", check.reason, check.hint)).unwrap_or_default();
        for part in case.says {
            assert!(told.contains(part), "{part:?} is not in {told:?}; {at}");
        }
        let hint_is_right = blocker.is_none_or(|check| !check.hint.is_empty() && !check.reason.is_empty());
        assert!(hint_is_right, "{at}");
    }
}

#[test]
fn an_older_os_is_installed_if_it_is_named() {
    let mut linked = World::new();
    linked.instance().running_image = "3.0.3".to_owned();
    let mut by_policy = linked.clone();
    by_policy.with_policy(policy(UpdatePolicy::Target, Some("os-00000002")));
    for world in [linked, by_policy] {
        let decision = world.decide(NOW);
        assert!(decision.may_update(), "{decision:#?}");
        let check = decision.gates.iter().find(|check| check.gate == Gate::NotDowngrade).unwrap();
        assert!(check.reason.contains("named explicitly"), "{check:?}");
    }
}

#[test]
fn versions_are_compared_as_numbers_and_what_cannot_be_read_is_not_held_against_anybody() {
    for (runs, blocked) in
        [("3.0.20260602.2200", true), ("3.0.20260602.0732", false), ("10.0.0", true), ("3.0.1", false), ("my-own-build", false)]
    {
        let mut world = World::new();
        world.with_policy(policy(UpdatePolicy::Latest, None));
        world.catalogue = vec![os(1, "emt", "3.0.1"), os(2, "emt", "3.0.20260602.1000"), os(3, "emt-rt", "11.0.0")];
        world.instance().running_image = runs.to_owned();
        let blocker = world.decide(NOW).blocker().map(|check| check.gate);
        assert_eq!(blocker, blocked.then_some(Gate::NotDowngrade), "{runs}");
    }
}

#[test]
fn a_mutable_system_takes_packages_whatever_is_linked() {
    let nothing: fn(&mut World) = |world| world.instance().desired_os_id = Link::default();
    let image: fn(&mut World) = |world| world.with_policy(policy(UpdatePolicy::Target, Some("os-00000002")));
    let packages: fn(&mut World) = |world| {
        let mut packages = policy(UpdatePolicy::Target, None);
        packages.update_sources = Json(vec!["Types: deb".to_owned()]);
        world.with_policy(packages);
    };
    for change in [nothing, image, packages] {
        let mut world = World::new();
        change(&mut world);
        world.make_mutable();
        let decision = world.decide(NOW);
        assert!(decision.may_update(), "{decision:#?}");
        assert_eq!(decision.task(), Task::Packages);
        world.windows.singles = vec![single(10, None)];
        assert_eq!(world.decide(NOW).blocker().unwrap().gate, Gate::WindowOpen);
    }
}

#[test]
fn the_coming_windows_are_told() {
    let mut world = World::new();
    world.windows.singles.push(single(3 * 3600, None));
    world.windows.repeated = vec![repeated("0", "1,2,3,4", 600), repeated("0", "2", 1200)];
    let decision = world.decide(NOW);
    assert_eq!(decision.window(NOW), Some(Window::new(NOW - 100, Some(NOW + 4200))));
    let next: Vec<_> =
        decision.next_windows(NOW).iter().map(|window| (window.start - NOW, window.end.map(|end| end - NOW))).collect();
    let hour = 3600;
    assert_eq!(
        next,
        [
            (hour, Some(hour + 600)),
            (2 * hour, Some(2 * hour + 1200)),
            (3 * hour, None),
            (4 * hour, Some(4 * hour + 600)),
            (25 * hour, Some(25 * hour + 600))
        ]
    );
}

#[test]
fn gates_behind_the_blocker_are_not_reached() {
    let mut world = World::new();
    world.instance().desired_os_id = Link::default();
    let states: Vec<GateState> = world.decide(NOW).gates.iter().map(|check| check.state).collect();
    let expected = Gate::ALL.map(|gate| match gate.cmp(&Gate::Linked) {
        std::cmp::Ordering::Less => GateState::Pass,
        std::cmp::Ordering::Equal => GateState::Fail,
        std::cmp::Ordering::Greater => GateState::NotReached,
    });
    assert_eq!(states, expected);
}
