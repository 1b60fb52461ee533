//! The gates that an update has to pass, in their order, and what is found at each.

/// A condition that must hold before a node may update. Each says why it holds or not; the first that does not is why the
/// node does not update, and those behind it are not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// The host is there, and nobody has asked for its deletion.
    Registered,
    /// Its node has enrolled.
    Onboarded,
    /// Nobody has withdrawn trust.
    Trusted,
    /// It is known what is installed.
    Provisioned,
    /// The node's agent was heard of lately.
    AgentSeen,
    /// Something says what to run: a policy or a direct link.
    Linked,
    /// What it says is there.
    TargetFound,
    /// It is not what runs already.
    TargetDiffers,
    /// It is of the kind that this node takes: images or packages.
    OsTypeFits,
    /// It is of the profile that runs.
    SameProfile,
    /// It is not older than what runs, unless somebody has named it.
    NotDowngrade,
    /// Its image is at hand, and can be downloaded and checked.
    ImageComplete,
    /// The node is not in the middle of an update.
    NoAttemptRunning,
    /// The wait after the last failures is over.
    BackOffOver,
    /// A window for OS updates is open or to come.
    WindowExists,
    /// A window for OS updates is open.
    WindowOpen,
}

impl Gate {
    /// All, in their order.
    pub const ALL: [Self; 16] = [
        Self::Registered,
        Self::Onboarded,
        Self::Trusted,
        Self::Provisioned,
        Self::AgentSeen,
        Self::Linked,
        Self::TargetFound,
        Self::TargetDiffers,
        Self::OsTypeFits,
        Self::SameProfile,
        Self::NotDowngrade,
        Self::ImageComplete,
        Self::NoAttemptRunning,
        Self::BackOffOver,
        Self::WindowExists,
        Self::WindowOpen,
    ];

    /// Name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "UPDATE_GATE_REGISTERED",
            Self::Onboarded => "UPDATE_GATE_ONBOARDED",
            Self::Trusted => "UPDATE_GATE_TRUSTED",
            Self::Provisioned => "UPDATE_GATE_PROVISIONED",
            Self::AgentSeen => "UPDATE_GATE_AGENT_SEEN",
            Self::Linked => "UPDATE_GATE_LINKED",
            Self::TargetFound => "UPDATE_GATE_TARGET_FOUND",
            Self::TargetDiffers => "UPDATE_GATE_TARGET_DIFFERS",
            Self::OsTypeFits => "UPDATE_GATE_OS_TYPE_FITS",
            Self::SameProfile => "UPDATE_GATE_SAME_PROFILE",
            Self::NotDowngrade => "UPDATE_GATE_NOT_DOWNGRADE",
            Self::ImageComplete => "UPDATE_GATE_IMAGE_COMPLETE",
            Self::NoAttemptRunning => "UPDATE_GATE_NO_ATTEMPT_RUNNING",
            Self::BackOffOver => "UPDATE_GATE_BACK_OFF_OVER",
            Self::WindowExists => "UPDATE_GATE_WINDOW_EXISTS",
            Self::WindowOpen => "UPDATE_GATE_WINDOW_OPEN",
        }
    }
}

/// What is found at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateState {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// One before it does not.
    NotReached,
}

impl GateState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Pass, Self::Fail, Self::NotReached];

    /// Name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "GATE_STATE_PASS",
            Self::Fail => "GATE_STATE_FAIL",
            Self::NotReached => "GATE_STATE_NOT_REACHED",
        }
    }
}

/// A gate with what is found at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub gate: Gate,
    /// Whether it holds.
    pub state: GateState,
    /// Why, in plain words with names and ids; "" if it was not reached.
    pub reason: String,
    /// Epoch seconds at which its state changes by itself, if nobody does anything and the node goes on as it does; `None`
    /// if only a person or the node can change it.
    pub changes_at: Option<i64>,
    /// What somebody can do who wants the node to update; "" if there is nothing to do.
    pub hint: String,
}

/// Whether a gate holds, and why.
pub(super) struct Verdict {
    pub(super) holds: bool,
    pub(super) reason: String,
    pub(super) hint: String,
    pub(super) changes_at: Option<i64>,
}

impl Verdict {
    /// It holds.
    pub(super) fn pass(reason: impl Into<String>) -> Self {
        Self { holds: true, reason: reason.into(), hint: String::new(), changes_at: None }
    }

    /// It does not.
    pub(super) fn fail(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { holds: false, reason: reason.into(), hint: hint.into(), changes_at: None }
    }

    /// The same, until an instant.
    pub(super) fn until(self, changes_at: Option<i64>) -> Self {
        Self { changes_at, ..self }
    }
}

impl Check {
    /// A gate that was looked at.
    pub(super) fn of(gate: Gate, verdict: Verdict) -> Self {
        let Verdict { holds, reason, hint, changes_at } = verdict;
        Self { gate, state: if holds { GateState::Pass } else { GateState::Fail }, reason, changes_at, hint }
    }

    /// A gate behind one that does not hold.
    pub(super) fn not_reached(gate: Gate) -> Self {
        Self { gate, state: GateState::NotReached, reason: String::new(), changes_at: None, hint: String::new() }
    }
}
