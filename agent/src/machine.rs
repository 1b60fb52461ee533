//! The update state machine: (state, event) → (state, actions). Pure; whoever drives it keeps every new state durably
//! before it acts on it, and starts again from the kept state after a crash.
//!
//! ```text
//! UpToDate → Downloading → Downloaded → Installing → Rebooting ⟳ Verifying → Updated → UpToDate
//!                  └────────────┴───────────┴─────────────┴──────────┴→ Failed → Downloading | UpToDate
//! ```

mod event;
mod state;

#[cfg(test)]
mod tests;

pub use self::{
    event::{Action, Boot, Context, Event, FailedTrial, Offer},
    state::{Attempt, Failure, State, Target},
};

use emt_api::maintmgr::update_status::StatusType;

use crate::{detail::Reason, pace, schedule::Opening};

/// UPDATED is reported at least so many times, because the first report may be lost behind its acknowledgement.
const UPDATED_REPORTS: u32 = 3;
/// And at most so many times while the server goes on offering what runs already.
const UPDATED_REPORTS_AT_MOST: u32 = 10;

/// An event that has no meaning in a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} is no event of state {state}")]
pub struct Refused {
    /// Name of the state.
    pub state: &'static str,
    /// Name of the event.
    pub event: &'static str,
}

/// What happens next.
pub fn step(state: State, event: Event, context: &Context<'_>) -> Result<(State, Vec<Action>), Refused> {
    let refused = Refused { state: state.name(), event: event.name() };
    let next = match (state, event) {
        (state, Event::Booted(boot)) => booted(state, boot, context),
        (State::Updated { attempt, at, reports }, Event::Answered(StatusType::Updated)) => {
            confirmed(attempt, at, reports + 1, context)
        }
        (State::Failed { attempt, failure, rolled_back, at, retry_at, reported: false }, Event::Answered(StatusType::Failed)) => {
            (State::Failed { attempt, failure, rolled_back, at, retry_at, reported: true }, vec![])
        }
        (state, Event::Answered(_) | Event::Woken) => reconsider(state, context),
        (State::Downloading { attempt }, Event::Fetched) => reconsider(State::Downloaded { attempt }, context),
        (State::Downloading { attempt }, Event::FetchFailed(failure))
        | (State::Installing { attempt }, Event::WriteFailed(failure)) => {
            (failed(attempt, failure, false, context), vec![Action::Discard])
        }
        (State::Installing { attempt }, Event::Written { slot, boot_id }) => written(attempt, slot, boot_id, context),
        (State::Rebooting { attempt, .. }, Event::ArmFailed(failure)) => {
            (failed(attempt, failure, false, context), vec![Action::Disarm, Action::Discard])
        }
        (state @ State::Verifying { slot, .. }, Event::Healthy) => (state, vec![Action::Commit(slot)]),
        (State::Verifying { attempt, .. }, Event::Committed) => (updated(attempt, context), vec![Action::Discard]),
        (State::Verifying { attempt, slot }, Event::Unhealthy(failure) | Event::CommitFailed(failure)) => {
            let state = failed(attempt, failure, true, context);
            (state, vec![Action::Reject(slot), Action::Discard, Action::Reboot])
        }
        _ => return Err(refused),
    };
    Ok(next)
}

/// The process has started. Only what really booted decides; the state says what was meant to.
fn booted(state: State, boot: Boot, context: &Context<'_>) -> (State, Vec<Action>) {
    if boot.trial {
        let attempt = match state {
            // The slot was found wanting before, but the way back was cut off.
            State::Failed { .. } => return (state, vec![Action::Reject(boot.slot), Action::Reboot]),
            State::Rebooting { attempt, .. } | State::Verifying { attempt, .. } => attempt,
            // Nothing is known of how this slot came to be tried; it is judged by itself.
            _ => Attempt { target: Target::running(context.running), number: 1, id: String::new() },
        };
        return (State::Verifying { attempt, slot: boot.slot }, vec![Action::Check]);
    }
    match state {
        State::Rebooting { attempt, slot, .. } | State::Verifying { attempt, slot } => {
            if boot.slot == slot {
                return (updated(attempt, context), vec![Action::Discard]);
            }
            match boot.failed_trial {
                Some(failed_trial) if failed_trial.slot == slot => {
                    let failure = Failure { reason: Reason::BootLoader, log: failed_trial.why };
                    (failed(attempt, failure, true, context), vec![Action::Discard])
                }
                // The trial has not taken place.
                _ => (State::Downloaded { attempt }, vec![Action::Disarm]),
            }
        }
        State::Installing { attempt } => (State::Downloaded { attempt }, vec![Action::Disarm]),
        State::Updated { attempt, at, .. } if attempt.target.is(context.running) => {
            (State::Updated { attempt, at, reports: 0 }, vec![Action::Discard])
        }
        State::Updated { .. } => (State::UpToDate { confirmed: None }, vec![Action::Discard]),
        // The power cut may have come before what was fetched was removed.
        state @ (State::UpToDate { confirmed: Some(_) } | State::Failed { .. }) => (state, vec![Action::Discard]),
        state @ (State::UpToDate { confirmed: None } | State::Downloading { .. } | State::Downloaded { .. }) => (state, vec![]),
    }
}

/// Looks at the latest offer. Before the first answer of this process nothing begins.
fn reconsider(state: State, context: &Context<'_>) -> (State, Vec<Action>) {
    let Some(offer) = context.offer else { return (state, vec![]) };
    let same = |attempt: &Attempt| offer.target.as_ref().is_some_and(|target| target.sha256 == attempt.target.sha256);
    match state {
        State::UpToDate { confirmed } => match &offer.target {
            Some(target) if target.is(context.running) => {
                if confirmed.as_ref() == Some(&target.sha256) {
                    return (State::UpToDate { confirmed }, vec![]);
                }
                // The server does not know yet that this runs here.
                (updated(Attempt { target: target.clone(), number: 1, id: String::new() }, context), vec![])
            }
            Some(target) if offer.download_due && offer.opening != Opening::Closed => begin(target.clone(), 1, offer),
            _ => (State::UpToDate { confirmed }, vec![]),
        },
        State::Downloading { attempt } if same(&attempt) => {
            if offer.opening == Opening::Closed {
                return (State::UpToDate { confirmed: None }, vec![Action::CancelFetch]);
            }
            let fetch = Action::Fetch(attempt.target.clone());
            (State::Downloading { attempt }, vec![fetch])
        }
        State::Downloading { .. } => withdrawn(vec![Action::CancelFetch, Action::Discard], context),
        State::Downloaded { attempt } if same(&attempt) => {
            if offer.opening != Opening::Open {
                return (State::Downloaded { attempt }, vec![]);
            }
            let install = Action::Install(attempt.target.clone());
            (State::Installing { attempt }, vec![install])
        }
        State::Downloaded { .. } => withdrawn(vec![Action::Discard], context),
        // A failure that nobody has heard of yet is told first.
        state @ State::Failed { reported: false, .. } => (state, vec![]),
        State::Failed { attempt, retry_at, .. }
            if same(&attempt) && retry_at <= context.now && offer.download_due && offer.opening != Opening::Closed =>
        {
            begin(attempt.target, attempt.number.saturating_add(1), offer)
        }
        State::Failed { attempt, failure, rolled_back, at, retry_at, reported } if same(&attempt) => {
            (State::Failed { attempt, failure, rolled_back, at, retry_at, reported }, vec![])
        }
        State::Failed { .. } => withdrawn(vec![], context),
        busy @ (State::Installing { .. } | State::Rebooting { .. } | State::Verifying { .. } | State::Updated { .. }) => {
            (busy, vec![])
        }
    }
}

/// The target is another one now, or none.
fn withdrawn(mut actions: Vec<Action>, context: &Context<'_>) -> (State, Vec<Action>) {
    let (state, more) = reconsider(State::UpToDate { confirmed: None }, context);
    actions.extend(more);
    (state, actions)
}

fn begin(target: Target, number: u32, offer: &Offer) -> (State, Vec<Action>) {
    let fetch = Action::Fetch(target.clone());
    let attempt = Attempt { target, number, id: offer.attempt_id.clone() };
    (State::Downloading { attempt }, vec![fetch])
}

/// The slot is written. The node reboots only if the window is still open for the same target.
fn written(attempt: Attempt, slot: crate::slots::SlotId, boot_id: String, context: &Context<'_>) -> (State, Vec<Action>) {
    let wanted = |offer: &&Offer| offer.target.as_ref().is_some_and(|target| target.sha256 == attempt.target.sha256);
    match context.offer.filter(wanted) {
        Some(offer) if offer.opening == Opening::Open => {
            (State::Rebooting { attempt, slot, boot_id }, vec![Action::Arm(slot), Action::Reboot])
        }
        Some(_) => (State::Downloaded { attempt }, vec![]),
        None => withdrawn(vec![Action::Discard], context),
    }
}

fn updated(attempt: Attempt, context: &Context<'_>) -> State {
    State::Updated { attempt, at: context.now, reports: 0 }
}

/// An UPDATED report was answered.
fn confirmed(attempt: Attempt, at: i64, reports: u32, context: &Context<'_>) -> (State, Vec<Action>) {
    let offered = context.offer.and_then(|offer| offer.target.as_ref()).is_some_and(|target| target.is(context.running));
    if reports >= UPDATED_REPORTS_AT_MOST || (reports >= UPDATED_REPORTS && !offered) {
        let confirmed = Some(attempt.target.sha256).filter(|sha256| !sha256.is_empty());
        return (State::UpToDate { confirmed }, vec![Action::Discard]);
    }
    (State::Updated { attempt, at, reports }, vec![])
}

fn failed(attempt: Attempt, failure: Failure, rolled_back: bool, context: &Context<'_>) -> State {
    let retry_at = context.now.saturating_add(pace::retry(context.retry_seconds, attempt.number));
    State::Failed { attempt, failure, rolled_back, at: context.now, retry_at, reported: false }
}
