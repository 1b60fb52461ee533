use std::collections::HashSet;

use proptest::prelude::*;

use super::{
    super::decision::tests::world::{NOW, World, os, repeated, run, single},
    *,
};

const UUID: &str = "4C4C4544-0035-3010-8052-b4c04f4a4d32";

type Change = fn(&mut World);
/// First second, and first second behind it, from [`NOW`].
type Span = (i64, Option<i64>);

/// UUIDs of a fleet.
fn fleet() -> impl Iterator<Item = String> {
    (0..2000).map(|number| format!("{number:08x}-0035-3010-8052-b4c04f4a4d32"))
}

fn told_to(world: &World, uuid: &str, status: StatusType, now: i64) -> Told {
    let decision = world.decide(now);
    let situation = Situation {
        agent: world.agent,
        says_what_runs: true,
        policy: world.policy.as_ref(),
        windows: &world.windows,
        decision: &decision,
        now,
    };
    let ended = world.runs.iter().find(|run| run.state != emt_api::enums::UpdateRunState::Open);
    let instance = world.instance.as_ref().unwrap();
    let ended = ended.map_or("", |run| run.meta.id.as_str());
    Asks { situation: &situation, uuid, status, instance, ended, bandwidth: 0 }.extras()
}

fn told(world: &World, status: StatusType, now: i64) -> Extras {
    told_to(world, UUID, status, now).told
}

/// A world with one window, seconds from [`NOW`].
fn with_window(start: i64, end: Option<i64>) -> World {
    let mut world = World::new();
    world.windows.singles = vec![single(start, end)];
    world
}

fn seconds(window: Option<maintmgr::Window>) -> Option<Span> {
    window.map(|window| (window.start_seconds - NOW, window.end_seconds.map(|end| end - NOW)))
}

#[test]
fn the_window_is_told_to_the_second() {
    let back_to_back = |world: &mut World| {
        world.windows.singles = vec![single(-100, Some(50)), single(51, Some(90)), single(80, Some(200)), single(300, Some(400))];
    };
    let cases: [(Change, Option<Span>); 7] = [
        (|_| {}, Some((-100, Some(3601)))),
        (|world| world.windows.singles = vec![single(10, Some(20))], Some((10, Some(21)))),
        (|world| world.windows.singles = vec![single(-10, None)], Some((-10, None))),
        (|world| world.windows.singles = vec![single(-20, Some(-10))], None),
        (|world| world.windows.singles.clear(), None),
        (back_to_back, Some((-100, Some(201)))),
        // The wait after a failure ends within the window, at 300.
        (|world| world.runs = vec![run("os-00000002", Some(300), true)], Some((300, Some(3601)))),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut world = World::new();
        change(&mut world);
        assert_eq!(seconds(told(&world, StatusType::UpToDate, NOW).window), expected, "case {number}");
    }
}

#[test]
fn windows_that_never_end_are_told_as_far_as_is_known() {
    let mut world = World::new();
    world.windows.singles.clear();
    world.windows.repeated = vec![repeated("0", "*", 3600)];
    let first = told(&world, StatusType::UpToDate, NOW + 1000);
    let (start, end) = seconds(first.window).unwrap();
    assert_eq!(start, -NOW, "always open");
    assert!(end.unwrap() >= HORIZON_SECONDS, "{end:?}");
    let later = told(&world, StatusType::UpToDate, NOW + 50_000);
    assert_eq!(later.attempt_id, first.attempt_id);
}

#[test]
fn an_attempt_has_one_name_until_it_ends() {
    let world = with_window(7200, Some(9000));
    let name = |world: &World, uuid: &str, now| told_to(world, uuid, StatusType::Downloading, now).told.attempt_id;
    let first = name(&world, UUID, NOW);
    assert_eq!(first.len(), 32, "{first}");
    for (now, uuid) in [(NOW + 5000, UUID), (NOW + 8000, UUID), (NOW, &UUID.to_lowercase())] {
        assert_eq!(name(&world, uuid, now), first, "{now} {uuid}");
    }
    let mut going_on = world.clone();
    going_on.runs = vec![run("os-00000002", None, false)];
    assert_eq!(name(&going_on, UUID, NOW + 8000), first);
    let mut ended = world.clone();
    ended.runs = vec![run("os-00000002", Some(5), false)];
    let mut other_target = world.clone();
    other_target.catalogue.push(os(3, "emt", "3.0.3"));
    other_target.instance().desired_os_id = emt_api::value::Link::to("os-00000003");
    let names = [
        first,
        name(&ended, UUID, NOW),
        name(&other_target, UUID, NOW),
        name(&with_window(7300, Some(9000)), UUID, NOW),
        name(&world, "11111111-0035-3010-8052-b4c04f4a4d32", NOW),
    ];
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
    let mut done = world.clone();
    done.instance().desired_os_id = emt_api::value::Link::to("os-00000001");
    let mut without_window = world;
    without_window.windows.singles.clear();
    for nothing in [done, without_window] {
        assert_eq!(name(&nothing, UUID, NOW), "");
    }
    let report = |id: &str| UpdateStatus { attempt_id: id.to_owned(), ..UpdateStatus::default() };
    for (id, taken) in [("ab12", true), ("", true), ("a-b", false), ("ä", false), (&"a".repeat(65), false)] {
        assert_eq!(attempt(&report(id)) == id, taken, "{id}");
    }
}

#[test]
fn polls_are_as_frequent_as_there_is_need() {
    use StatusType::{Downloaded, Downloading, Failed, Started, UpToDate, Updated};
    let done = |world: &mut World| world.instance().desired_os_id = emt_api::value::Link::to("os-00000001");
    for (start, at_target, status, pace) in [
        (None, true, UpToDate, Pace::Rest),
        (Some(-10), true, UpToDate, Pace::Rest),
        (Some(7200), true, UpToDate, Pace::Rest),
        (Some(7200), true, Updated, Pace::Busy),
        (None, false, UpToDate, Pace::Waits),
        (Some(7200), false, UpToDate, Pace::Waits),
        (Some(7200), false, Failed, Pace::Waits),
        (Some(7200), false, Downloaded, Pace::Waits),
        (Some(7200), false, Downloading, Pace::Busy),
        (Some(301), false, UpToDate, Pace::Waits),
        (Some(300), false, UpToDate, Pace::Busy),
        (Some(-10), false, UpToDate, Pace::Busy),
        (Some(-10), false, Started, Pace::Busy),
    ] {
        let mut world = with_window(start.unwrap_or(-100), Some(start.map_or(-50, |start| start + 3600)));
        if at_target {
            done(&mut world);
        }
        assert_eq!(told(&world, status, NOW).poll_seconds, pace.of(UUID), "{start:?} {at_target} {status:?}");
    }
    for (pace, from, to) in [(Pace::Rest, 48, 72), (Pace::Waits, 16, 24), (Pace::Busy, 8, 12)] {
        let intervals: Vec<u32> = fleet().map(|uuid| pace.of(&uuid)).collect();
        let all: HashSet<u32> = intervals.iter().copied().collect();
        assert_eq!(all, (from..=to).collect(), "each of them is somebody's");
        let most = (from..=to).map(|one| intervals.iter().filter(|interval| **interval == one).count()).max().unwrap();
        assert!(most < 2 * intervals.len() / all.len(), "{most} nodes of {pace:?} have the same");
        assert_eq!(pace.of(UUID), pace.of(&UUID.to_lowercase()));
    }
}

#[test]
fn images_are_fetched_ahead_of_the_window_and_not_all_at_once() {
    const START: i64 = 86_400;
    let from = |world: &World, uuid: &str| {
        let download = told_to(world, uuid, StatusType::UpToDate, NOW).told.download;
        seconds(download).map(|(from, until)| {
            assert_eq!(until, Some(START));
            from
        })
    };
    let world = with_window(START, Some(START + 3600));
    // The target has been known for long, and since shortly before the window.
    for (known_since, earliest) in [(-86_400, START - 600 - 6 * 3600), (START - 1800, START - 1800)] {
        let mut world = world.clone();
        world.instance().meta.updated_ms = (NOW + known_since) * 1000;
        let latest = START - 600;
        let begins: Vec<i64> = fleet().map(|uuid| from(&world, &uuid).unwrap()).collect();
        assert!(begins.iter().all(|begin| (earliest..=latest).contains(begin)), "{begins:?}");
        let early = begins.iter().filter(|begin| **begin < i64::midpoint(earliest, latest)).count();
        assert!((900..1100).contains(&early), "{early} of 2000 in the first half");
    }
    let mut late = world.clone();
    late.windows.singles[0].meta.updated_ms = (NOW + START - 60) * 1000;
    assert_eq!(from(&late, UUID), Some(START - 60), "there is no time to spread");
    let mut done = world;
    done.instance().desired_os_id = emt_api::value::Link::to("os-00000001");
    for nothing in [done, with_window(-10, Some(3600)), with_window(-10, Some(-5))] {
        assert_eq!(told(&nothing, StatusType::UpToDate, NOW).download, None);
    }
}

proptest! {
    /// An answer that is remembered is the one that would be made anew.
    #[test]
    fn nothing_changes_before_it_is_said_to(
        starts in proptest::collection::vec((-7200_i64..20_000, 1_i64..9000), 0..4),
        hourly in proptest::option::of((0_u32..60, 60_i32..3000)),
        failed_ago in proptest::option::of(1_i64..4000),
        status in prop::sample::select(vec![StatusType::UpToDate, StatusType::Downloading, StatusType::Failed]),
        later in 0.0_f64..1.0,
    ) {
        let mut world = World::new();
        world.windows.singles = starts.iter().map(|(start, length)| single(*start, Some(start + length))).collect();
        world.windows.repeated = hourly.iter().map(|(minute, length)| repeated(&minute.to_string(), "*", *length)).collect();
        world.runs = failed_ago.iter().map(|ago| run("os-00000002", Some(*ago), true)).collect();
        let first = told_to(&world, UUID, status, NOW);
        let holds = world.decide(NOW).holds_until().min(first.until).min(NOW + HORIZON_SECONDS);
        prop_assert!(holds > NOW);
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few days in seconds")]
        let then = NOW + ((holds - 1 - NOW) as f64 * later) as i64;
        prop_assert_eq!(told(&world, status, then), first.told);
    }
}
