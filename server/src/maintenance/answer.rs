//! What a node is told: target and windows, in the form that its agent handles well.
//!
//! The contract is the Edge Orchestrator's: every message is there, windows are told whether or not there is something to
//! install, and an image is told although it is installed. An agent that starts an update in any window it sees is harmed
//! by that: beside an empty source it downloads an empty address, and an image that it does not know to be running it
//! installs again. So such an agent is told no window while it has nothing to install. It is known by what it sends: the
//! Platform Update Agent of the Edge Orchestrator by its gRPC library, and one that does not know what it runs by naming
//! nothing.

use emt_api::{
    enums::OsType,
    maintmgr::{
        OsProfileUpdateSource, PlatformUpdateStatusResponse, SingleSchedule, UpdateSchedule, UpdateSource,
        platform_update_status_response::OsType as WireOsType,
    },
    record::Record,
    resources::{Os, OsUpdatePolicy},
};

use super::{
    report::Running,
    windows::{Ends, Windows},
};
use crate::inventory::Target;

/// Longest single window for a kernel command line: in a longer one old agents reboot again and again.
const KERNEL_COMMAND_SECONDS: u64 = 600;

/// Which program reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Agent {
    /// One that leaves a window alone in which there is nothing to install.
    #[default]
    Careful,
    /// The Edge Orchestrator's Platform Update Agent, or whatever else is built with its library.
    PlatformUpdateAgent,
}

impl Agent {
    /// Told by the `user-agent` of its calls.
    pub fn of(user_agent: Option<&str>) -> Self {
        let known = |text: &str| text.split_ascii_whitespace().any(|part| part.starts_with("grpc-go/"));
        if user_agent.is_some_and(known) { Self::PlatformUpdateAgent } else { Self::Careful }
    }
}

/// All that an answer depends on.
pub(super) struct Situation<'a> {
    pub(super) agent: Agent,
    /// What the node says that it runs.
    pub(super) running: &'a Running<'a>,
    /// What is on record as installed.
    pub(super) installed: Option<&'a Os>,
    /// Its profile.
    pub(super) profile: &'a str,
    pub(super) policy: Option<&'a OsUpdatePolicy>,
    pub(super) target: &'a Target,
    pub(super) windows: &'a Windows,
    /// Epoch seconds.
    pub(super) now: i64,
}

/// What the node is to do in its windows.
enum Task<'a> {
    /// Nothing.
    Nothing,
    /// Nothing, because it runs the target.
    Done(&'a Os),
    /// Install this.
    Install(&'a Os),
    /// Change the kernel's command line.
    KernelCommand(&'a str),
}

/// The answer for a node.
pub(super) fn answer(of: &Situation<'_>) -> PlatformUpdateStatusResponse {
    let mut answer = PlatformUpdateStatusResponse {
        update_source: Some(UpdateSource::default()),
        update_schedule: Some(UpdateSchedule::default()),
        os_profile_update_source: Some(OsProfileUpdateSource::default()),
        ..PlatformUpdateStatusResponse::default()
    };
    if of.installed.is_some_and(|os| os.os_type == OsType::Mutable) {
        // A mutable system upgrades its packages in every window.
        answer.set_os_type(WireOsType::Mutable);
        if let Some(policy) = of.policy {
            answer.update_source = Some(UpdateSource {
                kernel_command: policy.update_kernel_command.clone(),
                custom_repos: policy.update_sources.0.clone(),
                ..UpdateSource::default()
            });
            answer.installed_packages.clone_from(&policy.update_packages);
        }
        answer.update_schedule = Some(of.schedule(Ends::Made));
        return answer;
    }
    answer.set_os_type(WireOsType::Immutable);
    match of.task() {
        Task::Install(os) => {
            answer.os_profile_update_source = Some(source(os));
            answer.update_schedule = Some(of.schedule(Ends::Made));
        }
        Task::Done(os) if of.takes_windows() => {
            answer.os_profile_update_source = Some(source(os));
            answer.update_schedule = Some(of.schedule(Ends::Made));
        }
        Task::Nothing if of.takes_windows() => answer.update_schedule = Some(of.schedule(Ends::AsKept)),
        Task::Done(_) | Task::Nothing => {}
        Task::KernelCommand(command) => {
            answer.update_source = Some(UpdateSource { kernel_command: command.to_owned(), ..UpdateSource::default() });
            let mut schedule = of.schedule(Ends::Made);
            let short = |window: &SingleSchedule| window.end_seconds - window.start_seconds <= KERNEL_COMMAND_SECONDS;
            schedule.single_schedule = schedule.single_schedule.filter(|window| of.takes_windows() || short(window));
            answer.update_schedule = Some(schedule);
        }
    }
    answer
}

impl<'a> Situation<'a> {
    /// Whether the agent can be told a window in which there is nothing to install.
    fn takes_windows(&self) -> bool {
        self.agent == Agent::Careful && self.running.is_named()
    }

    /// What there is to do, if it is something that this node may do.
    fn task(&self) -> Task<'a> {
        let os = match self.target {
            Target::KernelCommand(command) => return Task::KernelCommand(command),
            Target::Os(os) => os,
            Target::Nothing | Target::Missing | Target::Packages => return Task::Nothing,
        };
        let complete = !os.image_url.is_empty() && !os.sha256.is_empty();
        if os.os_type != OsType::Immutable || os.profile_name != self.profile || !complete {
            return Task::Nothing;
        }
        let on_record = self.installed.is_some_and(|installed| installed.id() == os.id());
        let runs = if self.running.is_named() { self.running.is(os) } else { on_record };
        if runs { Task::Done(os) } else { Task::Install(os) }
    }

    fn schedule(&self, ends: Ends) -> UpdateSchedule {
        self.windows.schedule(ends, self.now)
    }
}

fn source(os: &Os) -> OsProfileUpdateSource {
    OsProfileUpdateSource {
        os_image_url: path(&os.image_url).to_owned(),
        os_image_id: os.image_id.clone(),
        os_image_sha: os.sha256.to_ascii_lowercase(),
        profile_name: os.profile_name.clone(),
        profile_version: os.profile_version.clone(),
    }
}

/// The path of an address. Agents put the address of their release server before whatever they are told.
fn path(address: &str) -> &str {
    let Some((_, rest)) = address.split_once("://") else { return address };
    rest.split_once('/').map_or("", |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use emt_api::resources;

    use super::*;

    fn os(id: &str, profile: &str, os_type: OsType) -> Os {
        let mut os = Os {
            profile_name: profile.to_owned(),
            image_id: id.to_owned(),
            image_url: format!("files/{id}"),
            sha256: format!("ABC{id}"),
            os_type,
            ..Os::default()
        };
        os.meta.id = id.to_owned();
        os
    }

    fn target(id: &str, profile: &str, os_type: OsType) -> Target {
        Target::Os(Box::new(os(id, profile, os_type)))
    }

    /// One window from 100 to `end`, asked for at 50.
    fn ask(agent: Agent, image: &str, target: &Target, end: u32) -> PlatformUpdateStatusResponse {
        let installed = os("os-1", "emt", OsType::Immutable);
        let single = resources::SingleSchedule { start_seconds: 100, end_seconds: end, ..resources::SingleSchedule::default() };
        answer(&Situation {
            agent,
            running: &Running { profile: if image.is_empty() { "" } else { "emt" }, image },
            installed: Some(&installed),
            profile: "emt",
            policy: None,
            target,
            windows: &Windows { singles: vec![single], repeated: Vec::new() },
            now: 50,
        })
    }

    #[test]
    fn every_message_is_there_and_old_agents_get_windows_only_with_something_to_install() {
        let nothing = [
            Target::Nothing,
            Target::Missing,
            target("os-2", "emt-rt", OsType::Immutable),
            target("os-2", "emt", OsType::Mutable),
        ];
        let installed = target("os-1", "emt", OsType::Immutable);
        let newer = target("os-2", "emt", OsType::Immutable);
        let cases = nothing.iter().map(|target| (target, false, [true, false, false]));
        let cases = cases.chain([(&installed, true, [true, false, false]), (&newer, true, [true, true, true])]);
        for (target, has_image, windows) in cases {
            for ((agent, image), window) in
                [(Agent::Careful, "os-1"), (Agent::Careful, ""), (Agent::PlatformUpdateAgent, "os-1")].into_iter().zip(windows)
            {
                let answer = ask(agent, image, target, 200);
                let at = format!("{agent:?} that runs {image:?}: {target:?}");
                assert_eq!(answer.update_source, Some(UpdateSource::default()), "{at}");
                assert_eq!(answer.os_type(), WireOsType::Immutable, "{at}");
                let schedule = answer.update_schedule.unwrap();
                assert_eq!(schedule.single_schedule.is_some(), window, "{at}");
                let source = answer.os_profile_update_source.unwrap();
                assert_eq!(!source.os_image_sha.is_empty(), has_image && window, "{at}");
                assert_eq!(source.os_image_sha, source.os_image_sha.to_ascii_lowercase(), "{at}");
            }
        }
    }

    #[test]
    fn a_window_without_end_has_one_beside_an_image() {
        let end = |target: &Target| {
            ask(Agent::Careful, "os-1", target, 0).update_schedule.unwrap().single_schedule.unwrap().end_seconds
        };
        assert_eq!(end(&Target::Nothing), 0);
        assert!(end(&target("os-2", "emt", OsType::Immutable)) > 100 + 600);
    }

    #[test]
    fn what_the_node_says_that_it_runs_goes_before_the_record() {
        let on_record = target("os-1", "emt", OsType::Immutable);
        for (agent, image, sent) in [
            (Agent::PlatformUpdateAgent, "os-1", false),
            (Agent::PlatformUpdateAgent, "os-0", true),
            (Agent::PlatformUpdateAgent, "", false),
        ] {
            let answer = ask(agent, image, &on_record, 200);
            assert_eq!(!answer.os_profile_update_source.unwrap().os_image_id.is_empty(), sent, "{image:?}");
        }
    }

    #[test]
    fn a_kernel_command_comes_alone_and_for_old_agents_in_short_windows_only() {
        let command = Target::KernelCommand("quiet".to_owned());
        for (agent, end, window) in [
            (Agent::Careful, 10_000, true),
            (Agent::PlatformUpdateAgent, 10_000, false),
            (Agent::PlatformUpdateAgent, 700, true),
            (Agent::PlatformUpdateAgent, 0, false),
        ] {
            let answer = ask(agent, "os-1", &command, end);
            assert_eq!(answer.update_source.unwrap().kernel_command, "quiet");
            assert_eq!(answer.os_profile_update_source, Some(OsProfileUpdateSource::default()));
            assert_eq!(answer.update_schedule.unwrap().single_schedule.is_some(), window, "{agent:?} until {end}");
        }
    }

    #[test]
    fn a_mutable_system_is_told_its_policy_and_every_window() {
        let mut installed = os("os-1", "ubuntu", OsType::Mutable);
        installed.sha256.clear();
        let policy = OsUpdatePolicy {
            update_packages: "curl".to_owned(),
            update_kernel_command: "quiet".to_owned(),
            update_sources: emt_api::value::Json(vec!["Types: deb".to_owned()]),
            ..OsUpdatePolicy::default()
        };
        let single = resources::SingleSchedule { start_seconds: 100, end_seconds: 200, ..resources::SingleSchedule::default() };
        let answer = answer(&Situation {
            agent: Agent::PlatformUpdateAgent,
            running: &Running { profile: "", image: "" },
            installed: Some(&installed),
            profile: "ubuntu",
            policy: Some(&policy),
            target: &Target::Packages,
            windows: &Windows { singles: vec![single], repeated: Vec::new() },
            now: 50,
        });
        assert_eq!(answer.os_type(), WireOsType::Mutable);
        assert_eq!(answer.installed_packages, "curl");
        let source = answer.update_source.unwrap();
        assert_eq!((source.kernel_command.as_str(), source.custom_repos.len()), ("quiet", 1));
        assert!(answer.update_schedule.unwrap().single_schedule.is_some());
    }

    #[test]
    fn addresses_are_told_as_paths() {
        for (address, told) in [
            ("files/emt.raw.gz", "files/emt.raw.gz"),
            ("https://files.example/a/emt.raw.gz", "a/emt.raw.gz"),
            ("https://files.example", ""),
        ] {
            assert_eq!(path(address), told);
        }
    }

    #[test]
    fn old_agents_are_known_by_their_library() {
        for (user_agent, agent) in [
            (Some("grpc-go/1.64.0"), Agent::PlatformUpdateAgent),
            (Some("x/1 grpc-go/1.64.0"), Agent::PlatformUpdateAgent),
            (Some("tonic/0.14.9"), Agent::Careful),
            (Some(""), Agent::Careful),
            (None, Agent::Careful),
        ] {
            assert_eq!(Agent::of(user_agent), agent, "{user_agent:?}");
        }
    }
}
