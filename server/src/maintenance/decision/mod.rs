//! Whether a node may update now, to what, and if not, why not and when that can change.
//!
//! Pure: all that is known comes in as [`Facts`], and one [`Decision`] comes out, from which the node's answer, the operators'
//! side and the CLI are made, so that they cannot disagree. The rules beyond the contract:
//!
//! - A policy of the kind TARGET, or a direct link, that names an older OS is somebody's explicit wish, and is followed, as
//!   the Edge Orchestrator follows it. So it is if that OS is withdrawn. A policy of the kind LATEST and automatic mode never go
//!   back: nobody has asked for that.
//! - What an operator has blocked is installed by nobody.
//! - After the n-th failure in succession at the same target a node waits 10 minutes, doubled with every further failure, a day
//!   at most. It is told target and windows all the same, but no window opens for it earlier.
//! - A download is no attempt yet: images are fetched long before a window opens.

mod back_off;
mod gate;
mod node;
mod target;
mod timing;

#[cfg(test)]
pub(super) mod tests;

use emt_api::{
    enums::OsMode,
    record::Record,
    resources::{Host, Instance, Os, OsUpdatePolicy, OsUpdateRun},
    version,
};
use emt_windows::{Rules, Window};

use self::{back_off::BackOff, gate::Verdict};
pub use self::{
    back_off::RUNS,
    gate::{Check, Gate, GateState},
};
use super::{
    answer::Agent,
    report::Running,
    versions::Versions,
    windows::{Limits, Windows},
};
use crate::{
    inventory::{Target, effective_target},
    os_resources::{Unfit, unfit},
};

/// Most coming windows that a decision tells.
const NEXT_WINDOWS: usize = 5;

/// All that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The host.
    pub host: &'a Host,
    /// What is installed on it.
    pub instance: Option<&'a Instance>,
    /// The OS that is on record as installed.
    pub installed: Option<&'a Os>,
    /// The instance's policy.
    pub policy: Option<&'a OsUpdatePolicy>,
    /// OS resources of the profile that runs, and the one that policy or link name.
    pub catalogue: Versions<'a>,
    /// Whether the newest OS is linked by itself; only reasons depend on it.
    pub mode: OsMode,
    /// Windows for OS updates that hold for the host.
    pub windows: &'a Windows,
    /// The last runs of the instance, newest first; [`RUNS`] are enough.
    pub runs: &'a [OsUpdateRun],
    /// When the node was last heard of, epoch seconds.
    pub last_seen: Option<i64>,
    /// Its program.
    pub agent: Agent,
    /// Epoch seconds.
    pub now: i64,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The gates in their order: those that hold, at most one that does not, and those behind it.
    pub gates: Vec<Check>,
    /// What the node is to run, as far as anything says so.
    pub target: Target,
    /// The windows for OS updates.
    rules: Rules,
    /// Which windows the node may be told.
    pub(super) limits: Limits,
    /// Whether the node is updated by packages.
    pub(super) mutable: bool,
}

/// What there is to do for a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Task<'a> {
    /// Nothing.
    Nothing,
    /// Nothing, because it runs the target.
    Done(&'a Os),
    /// Install this in a window.
    Install(&'a Os),
    /// Change the kernel's command line in a window.
    KernelCommand(&'a str),
    /// Upgrade packages in every window.
    Packages,
}

impl Decision {
    /// Whether the node may begin an update now.
    pub fn may_update(&self) -> bool {
        self.blocker().is_none()
    }

    /// The first gate that does not hold.
    pub fn blocker(&self) -> Option<&Check> {
        self.gates.iter().find(|check| check.state == GateState::Fail)
    }

    /// Epoch seconds at which this changes by itself: the blocker's instant, or, if nothing blocks, the end of the window.
    pub fn changes_at(&self) -> Option<i64> {
        self.blocker().or(self.gates.last()).and_then(|check| check.changes_at)
    }

    /// The window for OS updates that is open at an instant, with those that follow without a gap.
    pub fn window(&self, at: i64) -> Option<Window> {
        timing::open(&self.rules, at)
    }

    /// The next windows that open after an instant, five at most.
    pub fn next_windows(&self, at: i64) -> Vec<Window> {
        self.rules.upcoming(at.saturating_add(1)).take(NEXT_WINDOWS).collect()
    }

    /// The earliest instant at which any gate changes by itself.
    pub(super) fn holds_until(&self) -> i64 {
        self.gates.iter().filter_map(|check| check.changes_at).min().unwrap_or(i64::MAX)
    }

    /// What the node is to do: now, or as soon as what it waits for is over.
    pub(super) fn task(&self) -> Task<'_> {
        let blocker = self.blocker().map(|check| check.gate);
        match (&self.target, blocker) {
            (Target::Os(os), Some(Gate::TargetDiffers)) => Task::Done(os),
            (_, Some(gate)) if gate < Gate::NoAttemptRunning => Task::Nothing,
            (Target::Os(os), _) => Task::Install(os),
            (Target::KernelCommand(command), _) => Task::KernelCommand(command),
            (Target::Packages, _) => Task::Packages,
            (Target::Nothing | Target::Missing, _) => Task::Nothing,
        }
    }
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let node = Node::of(facts);
    let mut gates: Vec<Check> = Vec::with_capacity(Gate::ALL.len());
    for gate in Gate::ALL {
        let open = gates.last().is_none_or(|check| check.state == GateState::Pass);
        gates.push(if open { Check::of(gate, node.at(gate)) } else { Check::not_reached(gate) });
    }
    let Node { target, limits, rules, .. } = node;
    Decision { gates, target, rules, limits, mutable: facts.is_mutable() }
}

/// The facts, and what several gates make of them.
struct Node<'a> {
    facts: &'a Facts<'a>,
    target: Target,
    back_off: Option<BackOff>,
    limits: Limits,
    rules: Rules,
}

impl<'a> Node<'a> {
    fn of(facts: &'a Facts<'a>) -> Self {
        let target = facts.target();
        let back_off = target.key().and_then(|key| BackOff::of(facts.runs, &key));
        let limits = Limits {
            short: matches!(target, Target::KernelCommand(_)) && facts.agent == Agent::PlatformUpdateAgent,
            closed: back_off.as_ref().map(|back_off| back_off.from..back_off.until),
        };
        let rules = Rules(facts.windows.rules(limits.short).map(|readable| readable.rule).collect());
        Self { facts, target, back_off, limits, rules }
    }

    fn at(&self, gate: Gate) -> Verdict {
        match gate {
            Gate::Registered => node::registered(self.facts),
            Gate::Onboarded => node::onboarded(self.facts),
            Gate::Trusted => node::trusted(self.facts),
            Gate::Provisioned => node::provisioned(self.facts),
            Gate::AgentSeen => node::agent_seen(self.facts),
            Gate::Linked => target::linked(self.facts),
            Gate::TargetFound => target::found(self.facts, &self.target),
            Gate::TargetDiffers => target::differs(self.facts, &self.target),
            Gate::OsTypeFits => target::os_type_fits(self.facts, &self.target),
            Gate::SameProfile => target::same_profile(self.facts, &self.target),
            Gate::NotDowngrade => target::not_downgrade(self.facts, &self.target),
            Gate::ImageComplete => target::image_complete(self.facts, &self.target),
            Gate::NoAttemptRunning => timing::no_attempt_running(self.facts),
            Gate::BackOffOver => timing::back_off_over(self.facts, self.back_off.as_ref()),
            Gate::WindowExists => timing::window_exists(self),
            Gate::WindowOpen => timing::window_open(self),
        }
    }
}

impl<'a> Facts<'a> {
    /// What the node has said that it runs.
    fn running(&self) -> Option<Running<'a>> {
        let instance = self.instance?;
        let running = Running { profile: &instance.running_profile, image: &instance.running_image };
        running.is_named().then_some(running)
    }

    /// The OS resource of what runs; what the node says goes before what is on record.
    pub fn current(&self) -> Option<&'a Os> {
        match self.running() {
            Some(running) => self.catalogue.iter().chain(self.installed).find(|os| running.is(os)),
            None => self.installed,
        }
    }

    /// Version of what runs, "" if it is not known.
    fn version(&self) -> &'a str {
        self.running().map_or(self.installed.map_or("", |os| &os.image_id), |running| running.image)
    }

    /// Profile of what is installed.
    fn profile(&self) -> &'a str {
        self.installed.map_or(self.instance.map_or("", |instance| &instance.running_profile), |os| &os.profile_name)
    }

    /// Whether automatic mode has linked the OS.
    fn is_linked_automatically(&self) -> bool {
        self.instance.is_some_and(Instance::is_linked_automatically)
    }

    /// The newest OS that is newer than what is installed, and why automatic mode does not link it, if it does not.
    fn not_linked(&self) -> Option<(&'a Os, Unfit)> {
        let (instance, installed) = (self.instance?, self.installed?);
        let newer = self.catalogue.iter().filter(|os| os.profile_name == installed.profile_name);
        let newer = newer.filter(|os| version::is_newer(&os.image_id, &installed.image_id));
        let newest = newer.reduce(|best, os| if version::is_newer(&os.image_id, &best.image_id) { os } else { best })?;
        unfit(newest, instance, installed).map(|unfit| (newest, unfit))
    }

    /// Whether the node is updated by packages.
    fn is_mutable(&self) -> bool {
        self.installed.is_some_and(|os| os.os_type == emt_api::enums::OsType::Mutable)
    }

    /// What the node is to run. A mutable system upgrades its packages, whatever policy or link say.
    fn target(&self) -> Target {
        let Some(instance) = self.instance else { return Target::Nothing };
        if self.is_mutable() {
            return Target::Packages;
        }
        let named = |id: &str| self.catalogue.iter().find(|os| os.id() == id);
        effective_target(instance, self.policy, self.profile(), named, || self.catalogue.iter())
    }
}

/// A record as reasons name it.
fn label(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") }
}

/// An OS as reasons name it.
fn os_label(os: &Os) -> String {
    label(format!("{} {}", os.profile_name, os.image_id).trim(), os.id())
}

/// An instant as reasons tell it.
fn time(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
}
