//! What the node is told agrees with the decision.

use emt_api::{
    enums::UpdatePolicy,
    maintmgr::{
        OsProfileUpdateSource, PlatformUpdateStatusResponse, UpdateSource, platform_update_status_response::OsType as WireOsType,
    },
    value::Json,
};
use emt_windows::{Cron, Rule, Rules, Zone};
use proptest::prelude::*;

use super::{
    super::{Decision, Gate, Task},
    properties,
    world::{NOW, World, at, os, policy, run, single},
};
use crate::maintenance::{
    Agent, Windows,
    answer::{Situation, answer},
};

impl World {
    fn told(&self, now: i64) -> (Decision, PlatformUpdateStatusResponse, i64) {
        let decision = self.decide(now);
        let situation = Situation {
            agent: self.agent,
            says_what_runs: self.says(),
            policy: self.policy.as_ref(),
            windows: &self.windows,
            decision: &decision,
            now,
        };
        let (answer, until) = (answer(&situation), situation.told_until());
        (decision, answer, until)
    }

    fn says(&self) -> bool {
        self.instance.as_ref().is_some_and(|instance| !instance.running_image.is_empty())
    }
}

/// The windows of an answer as a node reads them.
fn read(answer: &PlatformUpdateStatusResponse) -> Rules {
    let schedule = answer.update_schedule.as_ref().unwrap();
    let second = |second: u64| i64::try_from(second).unwrap();
    let single = schedule.single_schedule.as_ref().map(|window| {
        let end = (window.end_seconds != 0).then(|| second(window.end_seconds));
        Rule::single(second(window.start_seconds), end, Zone::utc()).unwrap()
    });
    let repeated = schedule.repeated_schedules.iter().map(|window| {
        let fields =
            [&window.cron_minutes, &window.cron_hours, &window.cron_day_month, &window.cron_month, &window.cron_day_week];
        Rule::repeated(Cron::wire(fields.map(String::as_str)).unwrap(), window.duration_seconds, Zone::utc()).unwrap()
    });
    Rules(single.into_iter().chain(repeated).collect())
}

fn image(answer: &PlatformUpdateStatusResponse) -> &str {
    &answer.os_profile_update_source.as_ref().unwrap().os_image_id
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_node_is_told_what_it_may_do_and_what_it_waits_for(world in properties::world(), after in 0_i64..172_800) {
        let now = NOW + after;
        let (decision, answer, _) = world.told(now);
        let blocker = decision.blocker().map(|check| check.gate);
        let waits = blocker.is_none_or(|gate| gate >= Gate::NoAttemptRunning);
        let windows = read(&answer);
        let (open, any) = (windows.active(now).is_some(), windows.active(now).or(windows.next(now)).is_some());
        let careful = world.agent == Agent::Careful && world.says();
        // What is to be installed.
        prop_assert_eq!(waits, !matches!(decision.task(), Task::Nothing | Task::Done(_)));
        let told = !image(&answer).is_empty();
        match decision.task() {
            Task::Install(os) => prop_assert_eq!(image(&answer), os.image_id.as_str()),
            Task::Done(_) => prop_assert!(careful || !told),
            _ => prop_assert!(!told),
        }
        let command = &answer.update_source.as_ref().unwrap().kernel_command;
        if let Task::KernelCommand(wanted) = decision.task() {
            prop_assert_eq!(wanted, command);
        } else if decision.task() != Task::Packages {
            prop_assert!(command.is_empty());
        }
        // When.
        match blocker {
            None => prop_assert!(open),
            Some(Gate::WindowOpen) => prop_assert!(any && !open),
            Some(Gate::WindowExists) => prop_assert!(!any),
            Some(Gate::BackOffOver) => {
                let until = decision.changes_at().unwrap();
                prop_assert!(!open && windows.next(now).is_none_or(|next| next.start >= until));
            }
            Some(Gate::NoAttemptRunning) => {}
            Some(_) => prop_assert!(careful || !any, "{blocker:?}"),
        }
    }

    #[test]
    fn an_answer_holds_until_it_is_said_to_end(world in properties::world(), after in 0_i64..172_800) {
        let now = NOW + after;
        let (_, told, until) = world.told(now);
        prop_assert!(until > now);
        for later in [now + 1, now + 600, now + 3600, until.min(now + 864_000) - 1] {
            if later < until {
                prop_assert_eq!(&world.told(later).1, &told, "after {}", later - now);
            }
        }
    }
}

#[test]
fn every_message_is_there_and_old_agents_get_windows_only_with_something_to_install() {
    let nothing: fn(&mut World) = |world| world.instance().desired_os_id = emt_api::value::Link::default();
    let foreign: fn(&mut World) = |world| world.catalogue[1] = os(2, "emt-rt", "3.0.2");
    let same: fn(&mut World) = |world| world.instance().desired_os_id = emt_api::value::Link::to("os-00000001");
    let newer: fn(&mut World) = |_| {};
    let agents = [(Agent::Careful, "3.0.1"), (Agent::Careful, ""), (Agent::PlatformUpdateAgent, "3.0.1")];
    for (change, has_image, windows) in [
        (nothing, false, [true, false, false]),
        (foreign, false, [true, false, false]),
        (same, true, [true, false, false]),
        (newer, true, [true, true, true]),
    ] {
        for ((agent, runs), window) in agents.into_iter().zip(windows) {
            let mut world = World::new();
            change(&mut world);
            world.agent = agent;
            world.instance().running_image = runs.to_owned();
            let (_, answer, _) = world.told(NOW);
            let at = format!("{agent:?} that runs {runs:?}: {answer:?}");
            assert_eq!(answer.update_source, Some(UpdateSource::default()), "{at}");
            assert_eq!(answer.os_type(), WireOsType::Immutable, "{at}");
            assert_eq!(answer.update_schedule.as_ref().unwrap().single_schedule.is_some(), window, "{at}");
            let source = answer.os_profile_update_source.unwrap();
            assert_eq!(!source.os_image_sha.is_empty(), has_image && window, "{at}");
            assert_eq!(source.os_image_sha, source.os_image_sha.to_ascii_lowercase(), "{at}");
        }
    }
}

#[test]
fn a_window_without_end_has_one_beside_an_image() {
    let end = |world: &World| world.told(NOW).1.update_schedule.unwrap().single_schedule.unwrap().end_seconds;
    let mut world = World::new();
    world.windows.singles = vec![single(100, None)];
    assert!(end(&world) > u64::from(at(700)));
    world.instance().desired_os_id = emt_api::value::Link::default();
    assert_eq!(end(&world), 0);
}

#[test]
fn a_kernel_command_comes_alone_and_for_old_agents_in_short_windows_only() {
    let mut command = policy(UpdatePolicy::Target, None);
    command.update_kernel_command = "quiet".to_owned();
    for (agent, end, window) in [
        (Agent::Careful, Some(10_000), true),
        (Agent::PlatformUpdateAgent, Some(10_000), false),
        (Agent::PlatformUpdateAgent, Some(700), true),
        (Agent::PlatformUpdateAgent, None, false),
    ] {
        let mut world = World::new();
        world.with_policy(command.clone());
        world.agent = agent;
        world.windows.singles = vec![single(100, end)];
        let (_, answer, _) = world.told(NOW);
        assert_eq!(answer.update_source.unwrap().kernel_command, "quiet");
        assert_eq!(answer.os_profile_update_source, Some(OsProfileUpdateSource::default()));
        assert_eq!(answer.update_schedule.unwrap().single_schedule.is_some(), window, "{agent:?} until {end:?}");
    }
}

#[test]
fn a_mutable_system_is_told_its_policy_and_every_window() {
    let mut world = World::new();
    world.make_mutable();
    let mut packages = policy(UpdatePolicy::Target, None);
    packages.update_packages = "curl".to_owned();
    packages.update_kernel_command = "quiet".to_owned();
    packages.update_sources = Json(vec!["Types: deb".to_owned()]);
    world.with_policy(packages);
    world.agent = Agent::PlatformUpdateAgent;
    let (_, answer, _) = world.told(NOW);
    assert_eq!(answer.os_type(), WireOsType::Mutable);
    assert_eq!(answer.installed_packages, "curl");
    let source = answer.update_source.unwrap();
    assert_eq!((source.kernel_command.as_str(), source.custom_repos.len()), ("quiet", 1));
    assert!(answer.update_schedule.unwrap().single_schedule.is_some());
}

#[test]
fn a_wait_puts_the_window_off_and_the_answer_stays_the_same_when_it_is_over() {
    let mut world = World::new();
    world.windows = Windows { singles: vec![single(-100, Some(3600))], repeated: Vec::new() };
    world.runs = vec![run("os-00000002", Some(0), true)];
    let start = |now| world.told(now).1.update_schedule.unwrap().single_schedule.unwrap().start_seconds;
    for now in [NOW, NOW + 599, NOW + 600, NOW + 3600] {
        assert_eq!(start(now), u64::from(at(600)), "{}", now - NOW);
    }
}
