//! The transitions one by one; [`model`] has whole nodes live through random histories.

mod model;
mod world;

use super::*;
use crate::slots::{Identity, SlotId};

const A: SlotId = SlotId::A;
const B: SlotId = SlotId::B;
const NOW: i64 = 1000;
const RETRY: i64 = 600;

/// The image of a version.
pub(super) fn target(version: &str) -> Target {
    Target {
        url: format!("files/{version}"),
        image_id: version.to_owned(),
        sha256: format!("sha-{version}"),
        profile_name: "emt".to_owned(),
    }
}

pub(super) fn identity(version: &str) -> Identity {
    Identity { profile: "emt".to_owned(), version: version.to_owned() }
}

pub(super) fn failure(reason: Reason) -> Failure {
    Failure { reason, log: "why".to_owned() }
}

fn attempt(version: &str) -> Attempt {
    Attempt { target: target(version), number: 1, id: String::new() }
}

#[allow(clippy::unnecessary_wraps, reason = "the tables have cases without an offer")]
fn offer(version: Option<&str>, opening: Opening, download_due: bool) -> Option<Offer> {
    Some(Offer { target: version.map(target), opening, download_due, attempt_id: String::new() })
}

/// A state with what matters of it, and actions, on one line.
fn show(state: &State, actions: &[Action]) -> String {
    let attempt = state.attempt().map(|attempt| format!(" {}#{}", attempt.target.image_id, attempt.number));
    let more = match state {
        State::UpToDate { confirmed: Some(sha256) } => format!(" confirmed {sha256}"),
        State::Rebooting { slot, .. } | State::Verifying { slot, .. } => format!(" slot {slot}"),
        State::Updated { at, reports, .. } => format!(" at {at} reports {reports}"),
        State::Failed { failure, rolled_back, retry_at, reported, .. } => {
            let (back, told) = (if *rolled_back { " rolled-back" } else { "" }, if *reported { " reported" } else { "" });
            format!(" {:?} retry {retry_at}{back}{told}", failure.reason)
        }
        _ => String::new(),
    };
    let actions = actions.iter().map(|action| match action {
        Action::Fetch(target) => format!(" | fetch {}", target.image_id),
        Action::Install(target) => format!(" | install {}", target.image_id),
        other => format!(" | {other:?}").to_lowercase(),
    });
    [state.name().to_owned(), attempt.unwrap_or_default(), more].into_iter().chain(actions).collect()
}

fn up_to_date() -> State {
    State::UpToDate { confirmed: None }
}

fn downloading() -> State {
    State::Downloading { attempt: attempt("2") }
}

fn downloaded() -> State {
    State::Downloaded { attempt: attempt("2") }
}

fn installing() -> State {
    State::Installing { attempt: attempt("2") }
}

fn rebooting() -> State {
    State::Rebooting { attempt: attempt("2"), slot: B, boot_id: "one".to_owned() }
}

fn verifying() -> State {
    State::Verifying { attempt: attempt("2"), slot: B }
}

fn updated(version: &str, reports: u32) -> State {
    State::Updated { attempt: attempt(version), at: 5, reports }
}

fn given_up(reported: bool, retry_at: i64) -> State {
    let failure = failure(Reason::Download);
    State::Failed { attempt: attempt("2"), failure, rolled_back: false, at: 5, retry_at, reported }
}

fn boot(slot: SlotId, trial: bool, failed: Option<SlotId>) -> Event {
    let failed_trial = failed.map(|slot| FailedTrial { slot, why: "no kernel".to_owned() });
    Event::Booted(Boot { slot, boot_id: "two".to_owned(), trial, failed_trial })
}

fn written() -> Event {
    Event::Written { slot: B, boot_id: "one".to_owned() }
}

/// The node runs version 1 unless the event says that slot B, with version 2, has booted.
fn after(state: State, event: Event, offer: Option<&Offer>) -> String {
    let on_two = match &event {
        Event::Booted(boot) => boot.slot == B,
        _ => matches!(state, State::Verifying { .. } | State::Updated { .. }),
    };
    let running = identity(if on_two { "2" } else { "1" });
    let context = Context { now: NOW, running: &running, offer, retry_seconds: RETRY };
    match step(state, event, &context) {
        Ok((state, actions)) => show(&state, &actions),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn what_an_answer_does() {
    use Opening::{Ahead, Closed, Open};
    use StatusType as S;
    let answered = Event::Answered;
    let cases = [
        // Before the first answer nothing begins.
        (downloading(), Event::Woken, None, "downloading 2#1"),
        (downloaded(), Event::Woken, None, "downloaded 2#1"),
        // Nothing to do.
        (up_to_date(), answered(S::UpToDate), offer(None, Closed, false), "up-to-date"),
        (up_to_date(), answered(S::UpToDate), offer(None, Open, true), "up-to-date"),
        // A download begins when it is due and a window is open or ahead.
        (up_to_date(), answered(S::UpToDate), offer(Some("2"), Closed, false), "up-to-date"),
        (up_to_date(), answered(S::UpToDate), offer(Some("2"), Ahead(2000), false), "up-to-date"),
        (up_to_date(), answered(S::UpToDate), offer(Some("2"), Ahead(2000), true), "downloading 2#1 | fetch 2"),
        (up_to_date(), answered(S::UpToDate), offer(Some("2"), Open, true), "downloading 2#1 | fetch 2"),
        // What runs already is told until it is heard, and not told again.
        (up_to_date(), answered(S::UpToDate), offer(Some("1"), Open, true), "updated 1#1 at 1000 reports 0"),
        (
            State::UpToDate { confirmed: Some("sha-1".to_owned()) },
            answered(S::UpToDate),
            offer(Some("1"), Open, true),
            "up-to-date confirmed sha-1",
        ),
        (
            State::UpToDate { confirmed: Some("sha-1".to_owned()) },
            Event::Woken,
            offer(Some("2"), Open, true),
            "downloading 2#1 | fetch 2",
        ),
        // Going on with it, for another target, or not at all.
        (downloading(), answered(S::Downloading), offer(Some("2"), Ahead(2000), true), "downloading 2#1 | fetch 2"),
        (downloading(), answered(S::Downloading), offer(Some("2"), Closed, false), "up-to-date | cancelfetch"),
        (
            downloading(),
            answered(S::Downloading),
            offer(Some("3"), Open, true),
            "downloading 3#1 | cancelfetch | discard | fetch 3",
        ),
        (downloading(), answered(S::Downloading), offer(None, Closed, false), "up-to-date | cancelfetch | discard"),
        // The slot is written in an open window only.
        (downloading(), Event::Fetched, offer(Some("2"), Ahead(2000), true), "downloaded 2#1"),
        (downloading(), Event::Fetched, offer(Some("2"), Open, true), "installing 2#1 | install 2"),
        (downloaded(), Event::Woken, offer(Some("2"), Ahead(2000), true), "downloaded 2#1"),
        (downloaded(), Event::Woken, offer(Some("2"), Closed, false), "downloaded 2#1"),
        (downloaded(), Event::Woken, offer(Some("2"), Open, true), "installing 2#1 | install 2"),
        (downloaded(), answered(S::Downloaded), offer(Some("3"), Open, true), "downloading 3#1 | discard | fetch 3"),
        (downloaded(), answered(S::Downloaded), offer(None, Closed, false), "up-to-date | discard"),
        // Nothing disturbs what has begun.
        (installing(), answered(S::Started), offer(Some("3"), Open, true), "installing 2#1"),
        (rebooting(), answered(S::Started), offer(None, Closed, false), "rebooting 2#1 slot B"),
        (verifying(), answered(S::Started), offer(Some("3"), Open, true), "verifying 2#1 slot B"),
        // Success is told three times, and on while the server has not understood.
        (updated("2", 0), answered(S::Started), offer(None, Closed, false), "updated 2#1 at 5 reports 0"),
        (updated("2", 1), answered(S::Updated), offer(None, Closed, false), "updated 2#1 at 5 reports 2"),
        (updated("2", 2), answered(S::Updated), offer(None, Closed, false), "up-to-date confirmed sha-2 | discard"),
        (updated("2", 2), answered(S::Updated), offer(Some("2"), Open, true), "updated 2#1 at 5 reports 3"),
        (updated("2", 9), answered(S::Updated), offer(Some("2"), Open, true), "up-to-date confirmed sha-2 | discard"),
        (updated("2", 2), answered(S::Updated), offer(Some("3"), Open, true), "up-to-date confirmed sha-2 | discard"),
        // A failure is told first, then waits for its time and its window.
        (given_up(false, 0), Event::Woken, offer(Some("2"), Open, true), "failed 2#1 Download retry 0"),
        (given_up(false, 0), Event::Woken, offer(Some("3"), Open, true), "failed 2#1 Download retry 0"),
        (given_up(false, 2000), answered(S::Failed), offer(Some("2"), Open, true), "failed 2#1 Download retry 2000 reported"),
        (given_up(true, 1001), Event::Woken, offer(Some("2"), Open, true), "failed 2#1 Download retry 1001 reported"),
        (given_up(true, 1000), Event::Woken, offer(Some("2"), Open, true), "downloading 2#2 | fetch 2"),
        (given_up(true, 1000), Event::Woken, offer(Some("2"), Closed, false), "failed 2#1 Download retry 1000 reported"),
        (given_up(true, 1000), Event::Woken, offer(Some("2"), Ahead(2000), false), "failed 2#1 Download retry 1000 reported"),
        (given_up(true, 9999), Event::Woken, offer(Some("3"), Open, true), "downloading 3#1 | fetch 3"),
        (given_up(true, 9999), Event::Woken, offer(None, Closed, false), "up-to-date"),
    ];
    for (state, event, offer, expected) in cases {
        let case = format!("{} with {event:?} and {offer:?}", show(&state, &[]));
        assert_eq!(after(state, event, offer.as_ref()), expected, "{case}");
    }
}

#[test]
fn what_work_ends_in() {
    use Opening::{Ahead, Open};
    let open = offer(Some("2"), Open, true);
    let cases = [
        (downloading(), Event::FetchFailed(failure(Reason::Download)), open.clone(), "failed 2#1 Download retry 1600 | discard"),
        (installing(), Event::WriteFailed(failure(Reason::UtWrite)), open.clone(), "failed 2#1 UtWrite retry 1600 | discard"),
        // The reboot needs a window that is still open, for the same image.
        (installing(), written(), open.clone(), "rebooting 2#1 slot B | arm(b) | reboot"),
        (installing(), written(), offer(Some("2"), Ahead(2000), true), "downloaded 2#1"),
        (installing(), written(), offer(Some("3"), Open, true), "downloading 3#1 | discard | fetch 3"),
        (installing(), written(), offer(None, Opening::Closed, false), "up-to-date | discard"),
        (
            rebooting(),
            Event::ArmFailed(failure(Reason::UtBootConfiguration)),
            open.clone(),
            "failed 2#1 UtBootConfiguration retry 1600 | disarm | discard",
        ),
        // Health decides, with or without a server.
        (verifying(), Event::Healthy, None, "verifying 2#1 slot B | commit(b)"),
        (verifying(), Event::Committed, None, "updated 2#1 at 1000 reports 0 | discard"),
        (
            verifying(),
            Event::Unhealthy(failure(Reason::CriticalServices)),
            None,
            "failed 2#1 CriticalServices retry 1600 rolled-back | reject(b) | discard | reboot",
        ),
        (
            verifying(),
            Event::CommitFailed(failure(Reason::OsCommit)),
            None,
            "failed 2#1 OsCommit retry 1600 rolled-back | reject(b) | discard | reboot",
        ),
        // What makes no sense is refused by name.
        (up_to_date(), Event::Fetched, open.clone(), "fetched is no event of state up-to-date"),
        (downloaded(), written(), open.clone(), "written is no event of state downloaded"),
        (downloading(), Event::Healthy, open.clone(), "healthy is no event of state downloading"),
        (updated("2", 0), Event::Committed, open, "committed is no event of state updated"),
    ];
    for (state, event, offer, expected) in cases {
        let case = format!("{} with {event:?}", show(&state, &[]));
        assert_eq!(after(state, event, offer.as_ref()), expected, "{case}");
    }
}

#[test]
fn what_a_start_does() {
    let rejected = "failed 2#1 BootLoader retry 1600 rolled-back | discard";
    let cases = [
        (up_to_date(), boot(A, false, None), "up-to-date"),
        (State::UpToDate { confirmed: Some("sha-1".to_owned()) }, boot(A, false, None), "up-to-date confirmed sha-1 | discard"),
        (downloading(), boot(A, false, None), "downloading 2#1"),
        (downloaded(), boot(A, false, None), "downloaded 2#1"),
        // Half a slot is written again.
        (installing(), boot(A, false, None), "downloaded 2#1 | disarm"),
        // The trial has come, has not come, or has failed.
        (rebooting(), boot(B, true, None), "verifying 2#1 slot B | check"),
        (rebooting(), boot(A, false, None), "downloaded 2#1 | disarm"),
        (rebooting(), boot(A, false, Some(B)), rejected),
        (rebooting(), boot(A, false, Some(A)), "downloaded 2#1 | disarm"),
        (verifying(), boot(B, true, None), "verifying 2#1 slot B | check"),
        (verifying(), boot(A, false, Some(B)), rejected),
        // The commit was done, and its note was lost.
        (verifying(), boot(B, false, None), "updated 2#1 at 1000 reports 0 | discard"),
        (rebooting(), boot(B, false, None), "updated 2#1 at 1000 reports 0 | discard"),
        // Success is told anew after each start, as long as it is true.
        (updated("2", 2), boot(B, false, None), "updated 2#1 at 5 reports 0 | discard"),
        (updated("2", 2), boot(A, false, None), "up-to-date | discard"),
        (given_up(true, 9999), boot(A, false, None), "failed 2#1 Download retry 9999 reported | discard"),
        // A slot that was given up and boots once more is given up again.
        (given_up(true, 9999), boot(B, true, None), "failed 2#1 Download retry 9999 reported | reject(b) | reboot"),
        // Without a journal the slot on trial is judged by itself.
        (up_to_date(), boot(B, true, None), "verifying 2#1 slot B | check"),
    ];
    for (state, event, expected) in cases {
        let case = format!("{} with {event:?}", show(&state, &[]));
        assert_eq!(after(state, event, None), expected, "{case}");
    }
}

#[test]
fn an_attempt_keeps_the_name_that_it_began_with() {
    let running = identity("1");
    let offered = |id: &str, opening| Offer { attempt_id: id.to_owned(), ..offer(Some("2"), opening, true).unwrap() };
    let name = |state: &State| state.attempt().map(|attempt| attempt.id.clone()).unwrap();
    let take = |state: State, event: Event, offer: &Offer| {
        let context = Context { now: NOW, running: &running, offer: Some(offer), retry_seconds: RETRY };
        step(state, event, &context).unwrap().0
    };
    let first = offered("a1", Opening::Open);
    let second = offered("b2", Opening::Open);
    let state = take(up_to_date(), Event::Woken, &first);
    assert_eq!((state.name(), name(&state).as_str()), ("downloading", "a1"));
    let state = take(state, Event::Fetched, &second);
    assert_eq!((state.name(), name(&state).as_str()), ("installing", "a1"));
    let state = take(state, Event::WriteFailed(failure(Reason::UtWrite)), &second);
    let state = take(state, Event::Answered(StatusType::Failed), &second);
    assert_eq!((state.name(), name(&state).as_str()), ("failed", "a1"));
    let State::Failed { attempt, failure, rolled_back, at, reported, .. } = state else { unreachable!() };
    let due = State::Failed { attempt, failure, rolled_back, at, retry_at: NOW, reported };
    let state = take(due, Event::Woken, &second);
    assert_eq!((state.name(), name(&state).as_str()), ("downloading", "b2"), "the next go is another attempt");
}

#[test]
fn retries_come_later_and_later() {
    let running = identity("1");
    let context = Context { now: NOW, running: &running, offer: None, retry_seconds: RETRY };
    for (number, expected) in [(1, 1600), (2, 2200), (3, 3400), (u32::MAX, NOW + 86_400)] {
        let state = State::Installing { attempt: Attempt { target: target("2"), number, id: String::new() } };
        let (state, _) = step(state, Event::WriteFailed(failure(Reason::UtWrite)), &context).unwrap();
        assert!(matches!(state, State::Failed { retry_at, .. } if retry_at == expected), "{number}: {state:?}");
    }
}
