//! What holds for all decisions, tried on random nodes.

use emt_api::{
    enums::{HostState, OsType, StatusIndication, UpdatePolicy},
    value::Link,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    super::{Gate, GateState, node::SILENT_AFTER},
    world::{NOW, World, os, policy, repeated, run, single},
};
use crate::maintenance::{Agent, Windows};

const DAY: i64 = 86_400;

fn host_states() -> impl Strategy<Value = (HostState, HostState)> {
    // Mostly a host that nothing is wrong with, else no later gate would be tried.
    prop_oneof![
        8 => Just((HostState::Onboarded, HostState::Onboarded)),
        1 => (select(STATES), select(STATES)),
    ]
}

const STATES: &[HostState] =
    &[HostState::Unspecified, HostState::Registered, HostState::Onboarded, HostState::Untrusted, HostState::Deleted];

/// What says what to run: nothing, a link, or a policy.
#[derive(Debug, Clone)]
enum Wish {
    Nothing,
    Link(&'static str),
    Latest,
    Policy(Option<&'static str>),
    KernelCommand,
    Packages,
}

const IDS: &[&str] = &["os-00000001", "os-00000002", "os-00000003", "os-00000004", "os-0000000f"];

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        1 => Just(Wish::Nothing),
        4 => select(IDS).prop_map(Wish::Link),
        3 => Just(Wish::Latest),
        3 => option::weighted(0.9, select(IDS)).prop_map(Wish::Policy),
        2 => Just(Wish::KernelCommand),
        1 => Just(Wish::Packages),
    ]
}

fn windows() -> impl Strategy<Value = Windows> {
    let single = (-2 * DAY..2 * DAY, option::weighted(0.8, 1..DAY))
        .prop_map(|(start, length)| single(start, length.map(|length| start + length)));
    let short = (-700_i64..700, 1_i64..700).prop_map(|(start, length)| super::world::single(start, Some(start + length)));
    let numbers = |max: u8| vec(0..=max, 1..4).prop_map(|list| list.iter().map(u8::to_string).collect::<Vec<_>>().join(","));
    let hours = prop_oneof![Just("*".to_owned()), numbers(23)];
    let lengths = prop_oneof![1_i32..86_400, 1_i32..7200, select(&[59, 60, 3599, 3600][..])];
    let repeated = (numbers(59), hours, lengths).prop_map(|(minutes, hours, length)| repeated(&minutes, &hours, length));
    (vec(prop_oneof![single, short], 0..4), vec(repeated, 0..3)).prop_map(|(singles, repeated)| Windows { singles, repeated })
}

fn runs() -> impl Strategy<Value = Vec<emt_api::resources::OsUpdateRun>> {
    let target = select(&["os-00000002", "os-00000003", "kernel command quiet", "packages"][..]);
    let ended = (target.clone(), 0..2 * DAY, prop::bool::weighted(0.8));
    (option::weighted(0.2, target), vec(ended, 0..12)).prop_map(|(open, mut ended)| {
        ended.sort_by_key(|(_, ago, _)| *ago);
        let ended = ended.into_iter().map(|(target, ago, failed)| run(target, Some(ago), failed));
        open.map(|target| run(target, None, false)).into_iter().chain(ended).collect()
    })
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let node = (
        host_states(),
        prop::bool::weighted(0.95),
        prop::bool::weighted(0.95),
        option::weighted(0.95, 0..SILENT_AFTER * 11 / 10),
    );
    let versions = select(&["3.0.1", "3.0.2", "3.0.3", "9.9", "", "odd"][..]);
    let images = (versions, prop::bool::weighted(0.9), prop::bool::weighted(0.9), prop::bool::weighted(0.1));
    let statuses = select(&["No new updates available", "Download complete", "Updating", "Update failed"][..]);
    let agent = select(&[Agent::Careful, Agent::PlatformUpdateAgent][..]);
    (node, images, wish(), windows(), runs(), statuses, agent).prop_map(
        |((states, there, provisioned, seen), (version, complete, known, mutable), wish, windows, runs, status, agent)| {
            let mut world = World::new();
            world.catalogue.push(os(3, "emt", "3.0.3"));
            world.catalogue.push(os(4, "emt-rt", "9.0.0"));
            if !complete {
                world.catalogue[1].sha256.clear();
                world.catalogue[2].os_type = OsType::Mutable;
            }
            let instance = world.instance();
            instance.running_image = version.to_owned();
            instance.update_status = status.to_owned();
            if !provisioned {
                instance.provisioning_status.clear();
                instance.provisioning_status_indicator = StatusIndication::Unspecified;
            }
            (world.host.desired_state, world.host.current_state) = states;
            match wish {
                Wish::Nothing => world.instance().desired_os_id = Link::default(),
                Wish::Link(id) => world.instance().desired_os_id = Link::to(id),
                Wish::Latest => world.with_policy(policy(UpdatePolicy::Latest, None)),
                Wish::Policy(id) => world.with_policy(policy(UpdatePolicy::Target, id)),
                Wish::KernelCommand => {
                    let mut command = policy(UpdatePolicy::Target, None);
                    command.update_kernel_command = "quiet".to_owned();
                    world.with_policy(command);
                }
                Wish::Packages => {
                    let mut packages = policy(UpdatePolicy::Target, None);
                    packages.update_packages = "curl".to_owned();
                    world.with_policy(packages);
                }
            }
            if mutable {
                world.make_mutable();
            }
            if !known {
                world.installed = None;
            }
            if !there {
                world.instance = None;
            }
            world.last_seen = seen.map(|ago| if ago <= SILENT_AFTER { NOW } else { NOW - ago });
            (world.windows, world.runs, world.agent) = (windows, runs, agent);
            world
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn there_is_one_first_blocker_or_none(world in world(), after in 0..2 * DAY) {
        let decision = world.decide(NOW + after);
        let gates: Vec<Gate> = decision.gates.iter().map(|check| check.gate).collect();
        prop_assert_eq!(&gates[..], &Gate::ALL[..]);
        let failed = decision.gates.iter().filter(|check| check.state == GateState::Fail).count();
        prop_assert_eq!(failed, usize::from(!decision.may_update()));
        let first = decision.gates.iter().position(|check| check.state == GateState::Fail).unwrap_or(Gate::ALL.len());
        for (place, check) in decision.gates.iter().enumerate() {
            let expected = match place.cmp(&first) {
                std::cmp::Ordering::Less => GateState::Pass,
                std::cmp::Ordering::Equal => GateState::Fail,
                std::cmp::Ordering::Greater => GateState::NotReached,
            };
            prop_assert_eq!(check.state, expected);
            prop_assert_eq!(check.reason.is_empty(), expected == GateState::NotReached);
            prop_assert_eq!(check.hint.is_empty(), expected != GateState::Fail);
            prop_assert!(check.changes_at.is_none_or(|at| at > NOW + after), "{:?}", check);
        }
    }

    /// Just before the instant at which it is said to change nothing has changed, and at that instant it has.
    #[test]
    fn what_is_said_to_change_changes_then_and_not_before(world in world(), after in 0..2 * DAY) {
        let now = NOW + after;
        let decision = world.decide(now);
        let gate = |decision: &super::super::Decision, gate: Gate| {
            let found = decision.gates.iter().find(|check| check.gate == gate);
            found.map(|check| check.state)
        };
        let blocker = |decision: &super::super::Decision| decision.blocker().map(|check| check.gate);
        if let Some(at) = decision.changes_at() {
            let blamed = blocker(&decision).unwrap_or(Gate::WindowOpen);
            for before in [now + 1, now + (at - now) / 2, at - 1] {
                prop_assert_eq!(blocker(&world.decide(before.min(at - 1))), blocker(&decision), "at {}", before - NOW);
            }
            prop_assert_ne!(gate(&world.decide(at), blamed), gate(&decision, blamed), "{:?}", decision);
        } else {
            // Nothing is said: so nothing changes, as far as anybody looks.
            for later in [1, 60, 3600, DAY, 3 * DAY] {
                prop_assert_eq!(blocker(&world.decide(now + later)), blocker(&decision), "after {}", later);
            }
        }
        for check in &decision.gates {
            let Some(at) = check.changes_at else { continue };
            prop_assert_ne!(gate(&world.decide(at), check.gate), Some(check.state), "{:?}", check);
        }
    }

    #[test]
    fn windows_are_those_of_the_schedules(world in world()) {
        let decision = world.decide(NOW);
        let (window, next) = (decision.window(NOW), decision.next_windows(NOW));
        prop_assert!(next.len() <= 5);
        prop_assert!(next.iter().all(|window| window.start > NOW && window.end.is_none_or(|end| end > window.start)));
        prop_assert!(next.windows(2).all(|pair| pair[0].start < pair[1].start));
        prop_assert!(window.is_none_or(|window| window.is_open(NOW)));
        if decision.may_update() {
            prop_assert!(window.is_some());
        }
    }
}
