//! Gates of the node itself: whether it is known, trusted, and there.

use emt_api::{enums::HostState, record::Record};

use super::{Facts, Verdict, label, time};
use crate::{inventory::is_provisioned, maintenance::is_untrusted};

/// A node that was not heard of for longer is taken for silent, seconds: fifteen polls at the usual pace.
pub(super) const SILENT_AFTER: i64 = 300;

fn host(facts: &Facts<'_>) -> String {
    label(&facts.host.name, facts.host.id())
}

pub(super) fn registered(facts: &Facts<'_>) -> Verdict {
    let host = host(facts);
    if facts.host.desired_state == HostState::Deleted || facts.host.current_state == HostState::Deleted {
        return Verdict::fail(
            format!("host {host} is marked for deletion"),
            format!("emtctl host delete {} removes what is left of it; to keep the machine, register it anew", facts.host.id()),
        );
    }
    Verdict::pass(format!("host {host} is registered"))
}

pub(super) fn onboarded(facts: &Facts<'_>) -> Verdict {
    if matches!(facts.host.current_state, HostState::Onboarded | HostState::Untrusted) {
        return Verdict::pass(format!("the node of host {} has enrolled", host(facts)));
    }
    Verdict::fail(
        format!("the node of host {} has not enrolled", host(facts)),
        format!(
            "run emt-agent enroll on the machine, with the token that emtctl host register gave; a node of another orchestrator: emtctl host adopt {}",
            facts.host.id()
        ),
    )
}

pub(super) fn trusted(facts: &Facts<'_>) -> Verdict {
    if is_untrusted(facts.host) {
        let note = if facts.host.note.is_empty() { String::new() } else { format!(" (note: {})", facts.host.note) };
        return Verdict::fail(
            format!("trust in host {} was withdrawn{note}", host(facts)),
            format!(
                "if the machine is to be trusted again: emtctl host delete {}, then emtctl host register and a new enrolment",
                facts.host.id()
            ),
        );
    }
    Verdict::pass(format!("host {} is trusted", host(facts)))
}

pub(super) fn provisioned(facts: &Facts<'_>) -> Verdict {
    const HINT: &str = "start the agent on the machine: its first report tells what is installed";
    let Some(instance) = facts.instance else {
        return Verdict::fail(format!("host {} has no instance: nobody knows what is installed", host(facts)), HINT);
    };
    let label = label(&instance.name, instance.id());
    if !is_provisioned(instance) {
        let status = &instance.provisioning_status;
        return Verdict::fail(format!("instance {label} is not provisioned: its status is {status:?}"), HINT);
    }
    Verdict::pass(format!("instance {label} is provisioned"))
}

/// A node that reports goes on reporting, as far as can be known: that it falls silent is its own doing.
pub(super) fn agent_seen(facts: &Facts<'_>) -> Verdict {
    match facts.last_seen {
        Some(seen) if facts.now.saturating_sub(seen) <= SILENT_AFTER => {
            Verdict::pass(format!("the agent was heard of at {}", time(seen)))
        }
        seen => {
            let last = seen.map_or_else(|| "was never heard of".to_owned(), |seen| format!("is silent since {}", time(seen)));
            Verdict::fail(
                format!("the agent of host {} {last}", host(facts)),
                "check the machine's power and network, and there: systemctl status emt-agent",
            )
        }
    }
}
