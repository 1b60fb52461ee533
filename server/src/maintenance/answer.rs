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
        OsProfileUpdateSource, PlatformUpdateStatusResponse, UpdateSchedule, UpdateSource,
        platform_update_status_response::OsType as WireOsType,
    },
    resources::{Os, OsUpdatePolicy},
};

use super::{
    decision::{Decision, Task},
    windows::{Ends, Limits, Windows},
};

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
    /// As instances keep it; 0 is for none that has reported.
    pub(super) fn number(self) -> i32 {
        match self {
            Self::Careful => 1,
            Self::PlatformUpdateAgent => 2,
        }
    }

    /// Back from there. What has not reported yet is judged as a careful one.
    pub(super) fn of_number(number: i32) -> Self {
        if number == Self::PlatformUpdateAgent.number() { Self::PlatformUpdateAgent } else { Self::Careful }
    }

    /// Told by the `user-agent` of its calls.
    pub fn of(user_agent: Option<&str>) -> Self {
        let known = |text: &str| text.split_ascii_whitespace().any(|part| part.starts_with("grpc-go/"));
        if user_agent.is_some_and(known) { Self::PlatformUpdateAgent } else { Self::Careful }
    }
}

/// All that an answer depends on.
pub(super) struct Situation<'a> {
    pub(super) agent: Agent,
    /// Whether the node says what it runs.
    pub(super) says_what_runs: bool,
    pub(super) policy: Option<&'a OsUpdatePolicy>,
    pub(super) windows: &'a Windows,
    pub(super) decision: &'a Decision,
    /// Epoch seconds.
    pub(super) now: i64,
}

/// The answer for a node.
pub(super) fn answer(of: &Situation<'_>) -> PlatformUpdateStatusResponse {
    let mut answer = PlatformUpdateStatusResponse {
        update_source: Some(UpdateSource::default()),
        update_schedule: Some(UpdateSchedule::default()),
        os_profile_update_source: Some(OsProfileUpdateSource::default()),
        ..PlatformUpdateStatusResponse::default()
    };
    let task = of.decision.task();
    answer.set_os_type(if of.decision.mutable { WireOsType::Mutable } else { WireOsType::Immutable });
    match task {
        Task::Install(os) => {
            answer.os_profile_update_source = Some(source(os));
            answer.update_schedule = Some(of.schedule(Ends::Made));
        }
        Task::Done(os) if of.takes_windows() && can_be_told(os) => {
            answer.os_profile_update_source = Some(source(os));
            answer.update_schedule = Some(of.schedule(Ends::Made));
        }
        Task::Nothing | Task::Done(_) if of.takes_windows() => answer.update_schedule = Some(of.schedule(Ends::AsKept)),
        Task::Nothing | Task::Done(_) => {}
        Task::KernelCommand(command) => {
            answer.update_source = Some(UpdateSource { kernel_command: command.to_owned(), ..UpdateSource::default() });
            answer.update_schedule = Some(of.schedule(Ends::Made));
        }
        Task::Packages => {
            if let Some(policy) = of.policy {
                answer.update_source = Some(UpdateSource {
                    kernel_command: policy.update_kernel_command.clone(),
                    custom_repos: policy.update_sources.0.clone(),
                    ..UpdateSource::default()
                });
                answer.installed_packages.clone_from(&policy.update_packages);
            }
            answer.update_schedule = Some(of.schedule(Ends::Made));
        }
    }
    answer
}

impl Situation<'_> {
    /// From which instant on the answer to the same report may be another one, epoch seconds.
    pub(super) fn told_until(&self) -> i64 {
        self.windows.told_until(&self.limits(), self.now).min(self.decision.holds_until())
    }

    /// Whether the agent can be told a window in which there is nothing to install.
    fn takes_windows(&self) -> bool {
        self.agent == Agent::Careful && self.says_what_runs
    }

    fn schedule(&self, ends: Ends) -> UpdateSchedule {
        self.windows.schedule(ends, &self.limits(), self.now)
    }

    /// Windows in which nothing is to be done need no limits.
    pub(super) fn limits(&self) -> Limits {
        match self.decision.task() {
            Task::Nothing | Task::Done(_) => Limits::default(),
            Task::Install(_) | Task::KernelCommand(_) | Task::Packages => self.decision.limits.clone(),
        }
    }
}

/// Whether an image that is installed may be told as the target.
fn can_be_told(os: &Os) -> bool {
    os.os_type == OsType::Immutable && !path(&os.image_url).is_empty() && !os.sha256.is_empty()
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
pub(crate) fn path(address: &str) -> &str {
    let Some((_, rest)) = address.split_once("://") else { return address };
    rest.split_once('/').map_or("", |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::{Agent, path};

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
