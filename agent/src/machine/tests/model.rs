//! Random histories: targets and windows come and go, work succeeds and fails, the power is cut after any step. Whatever
//! happened, a node boots the old or the new version, knows which, and ends where the server wants it.

use proptest::prelude::*;

use super::{
    super::*,
    target,
    world::{BROKEN, Content, GOOD, OLD, UNWELL, World},
};

/// Something that happens to a node.
#[derive(Debug, Clone)]
enum Happening {
    Want(Option<&'static str>, Opening),
    Poll,
    Wake(i64),
    Finish(bool),
    AgentRestarts,
    PowerCut,
    /// The power is cut, and the journal is found damaged.
    JournalLost,
    /// The power is cut so many steps into whatever happens next.
    PowerCutIn(u32),
}

fn happening() -> impl Strategy<Value = Happening> {
    let version = prop::sample::select(vec![None, Some(OLD), Some(GOOD[0]), Some(GOOD[1]), Some(UNWELL), Some(BROKEN)]);
    let opening = prop_oneof![3 => Just(Opening::Open), 1 => Just(Opening::Closed), 1 => Just(Opening::Ahead(1 << 40))];
    prop_oneof![
        2 => (version, opening).prop_map(|(version, opening)| Happening::Want(version, opening)),
        6 => Just(Happening::Poll),
        3 => (0_i64..150).prop_map(Happening::Wake),
        6 => prop::bool::weighted(0.9).prop_map(Happening::Finish),
        1 => Just(Happening::AgentRestarts),
        1 => Just(Happening::PowerCut),
        1 => Just(Happening::JournalLost),
        2 => (0_u32..6).prop_map(Happening::PowerCutIn),
    ]
}

fn live(world: &mut World, happening: &Happening) {
    match *happening {
        Happening::Want(version, opening) => world.want(version, opening),
        Happening::Poll => world.poll(),
        Happening::Wake(seconds) => world.wake(seconds),
        Happening::Finish(well) => world.finish(well),
        Happening::AgentRestarts => world.restart(),
        Happening::PowerCut => world.power_on(),
        Happening::JournalLost => {
            world.state = State::UpToDate { confirmed: None };
            world.power_on();
        }
        Happening::PowerCutIn(steps) => world.cut_in = Some(steps),
    }
}

/// Lives on in peace: the server is in reach, the window open, and all work succeeds.
fn settle(world: &mut World, version: &str) {
    world.want(Some(version), Opening::Open);
    for _ in 0..40 {
        world.poll();
        world.finish(true);
        world.wake(0);
    }
}

fn booted(world: &World) -> Content {
    world.slots[world.booted().slot as usize]
}

fn done(version: &str) -> State {
    State::UpToDate { confirmed: Some(target(version).sha256) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_node_ends_where_the_server_wants_it(
        history in proptest::collection::vec(happening(), 0..60), good in prop::sample::select(GOOD.to_vec()),
    ) {
        let mut world = World::new();
        for happening in &history {
            live(&mut world, happening);
            let knows = matches!(booted(&world), Content::Version(version) if version == world.running.version);
            prop_assert!(knows, "{:?} runs {}", booted(&world), world.running.version);
        }
        world.cut_in = None;
        // A failure may still wait for its time.
        world.now += 1_000_000;
        settle(&mut world, good);
        prop_assert_eq!(&world.running.version, good);
        prop_assert_eq!(&world.state, &done(good));
        prop_assert_eq!(world.record.default, world.booted().slot);
        prop_assert_eq!(&world.fetched, &Vec::<String>::new());
    }

    #[test]
    fn a_bad_image_leaves_a_node_on_the_version_it_had(
        bad in prop::sample::select(vec![UNWELL, BROKEN]), cuts in proptest::collection::vec(0_u32..40, 0..4),
    ) {
        let mut world = World::new();
        for cut in cuts {
            world.cut_in = Some(cut);
            settle(&mut world, bad);
        }
        world.cut_in = None;
        settle(&mut world, bad);
        prop_assert_eq!(&world.running.version, OLD);
        prop_assert_eq!(world.record.default, world.booted().slot);
        let State::Failed { attempt, rolled_back, reported, .. } = &world.state else { panic!("{:?}", world.state) };
        prop_assert_eq!(&attempt.target, &target(bad));
        prop_assert!(rolled_back & reported, "{:?}", world.state);
    }
}

/// One update, and the power cut once, at each of its steps in turn.
#[test]
fn a_power_cut_at_any_step_is_made_good() {
    for steps in 0.. {
        let mut world = World::new();
        world.cut_in = Some(steps);
        settle(&mut world, "2");
        assert_eq!((world.running.version.as_str(), &world.state), ("2", &done("2")), "after a cut at step {steps}");
        if world.cut_in.is_some() {
            assert!(steps > 15, "an update has more than {steps} steps");
            return;
        }
    }
}
