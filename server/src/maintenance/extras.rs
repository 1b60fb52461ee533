//! What a node of ours is told beyond the contract: its window to the second, the name of its attempt, when to poll and when
//! to fetch. Pure; whoever does not ask for it never sees it.
//!
//! What is spread over the fleet is spread by a hash of the node's UUID: each node is always given the same place, without that
//! anything is kept, and an answer can be remembered.

use emt_api::{
    maintmgr::{self, Extras, UpdateStatus, update_status::StatusType},
    record::{Meta, Record},
    resources::Instance,
};
use emt_windows::{HORIZON_SECONDS, Rules, Window};
use sha2::{Digest, Sha256};

use super::{answer::Situation, decision::Task};

/// So long before a window opens nodes poll as in it, seconds: what is changed shortly before is still heard of by all. Longer
/// than the longest poll.
const NEAR_SECONDS: i64 = 300;
/// Images are to be fetched so long before a window opens, seconds.
const FETCH_MARGIN: i64 = 600;
/// Length of the time before that margin over which nodes spread their downloads, seconds.
const FETCH_SPREAD: i64 = 6 * 3600;
/// How far back the beginning of windows that go over into each other is looked for, seconds.
const LOOK_BACK: i64 = 86_400;
/// Most characters of the name of an attempt: those that are given take 32.
const ATTEMPT: usize = 64;

/// All that the extras depend on.
pub(super) struct Asks<'a> {
    pub(super) situation: &'a Situation<'a>,
    /// UUID of the host, in whichever case.
    pub(super) uuid: &'a str,
    /// What it reports.
    pub(super) status: StatusType,
    pub(super) instance: &'a Instance,
    /// Id of the run that ended last; "" if none has.
    pub(super) ended: &'a str,
    /// Most bytes a second of a download; 0: any number.
    pub(super) bandwidth: u64,
}

/// What a node is told.
pub(super) struct Told {
    pub(super) told: Extras,
    /// From which instant on it may be another one, epoch seconds.
    pub(super) until: i64,
}

/// How often a node polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Nothing is to be done.
    Rest,
    /// Something is, later.
    Waits,
    /// A window is open or near, or an attempt goes on.
    Busy,
}

impl Pace {
    /// Seconds, before they are spread. At rest an operator's wish is heard of within 72 s and 10 000 nodes send 170 reports a
    /// second; who waits is as prompt as the Edge Orchestrator's agent; who is busy is watched by people.
    fn seconds(self) -> i64 {
        match self {
            Self::Rest => 60,
            Self::Waits => 20,
            Self::Busy => 10,
        }
    }

    /// Seconds for one node: up to a fifth less or more, so that nodes that were switched on together drift apart.
    fn of(self, uuid: &str) -> u32 {
        let fifth = self.seconds() / 5;
        let seconds = self.seconds() - fifth + place(uuid, "poll", 2 * fifth + 1);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }
}

impl Asks<'_> {
    pub(super) fn extras(&self) -> Told {
        let now = self.situation.now;
        let window = self.window();
        let start = window.map(|window| window.start);
        let near = start.map(|start| start.saturating_sub(NEAR_SECONDS));
        let told = Extras {
            window: window.map(message),
            attempt_id: window.and_then(|window| self.attempt(window)).unwrap_or_default(),
            poll_seconds: self.pace(near).of(self.uuid),
            download: start.and_then(|start| self.download(start)),
            download_bytes_per_second: self.bandwidth,
        };
        let edges = [near, start, window.and_then(|window| window.closed_from())];
        let until = edges.into_iter().flatten().filter(|edge| *edge > now).min().unwrap_or(i64::MAX);
        Told { told, until }
    }

    /// The window that is open, with those that follow without a gap, else the next one.
    fn window(&self) -> Option<Window> {
        let Situation { windows, now, .. } = *self.situation;
        let limits = self.situation.limits();
        let rules = Rules(windows.rules(limits.short).map(|readable| limits.applied(readable.rule)).collect());
        whole(&rules, now).or_else(|| whole(&rules, rules.next(now)?.start))
    }

    fn pace(&self, near: Option<i64>) -> Pace {
        let goes_on = matches!(self.status, StatusType::Downloading | StatusType::Started | StatusType::Updated);
        let is_near = near.is_some_and(|near| near <= self.situation.now);
        match self.situation.decision.task() {
            _ if goes_on => Pace::Busy,
            Task::Nothing | Task::Done(_) => Pace::Rest,
            Task::Install(_) | Task::KernelCommand(_) | Task::Packages if is_near => Pace::Busy,
            Task::Install(_) | Task::KernelCommand(_) | Task::Packages => Pace::Waits,
        }
    }

    /// The name of an attempt in a window. That an attempt has ended makes the next one another.
    fn attempt(&self, window: Window) -> Option<String> {
        let decision = self.situation.decision;
        let key = match decision.task() {
            Task::Nothing | Task::Done(_) => None,
            Task::Install(_) | Task::KernelCommand(_) | Task::Packages => decision.target.key(),
        }?;
        let text = format!("{}\n{key}\n{}\n{}", self.uuid.to_ascii_lowercase(), window.start, self.ended);
        Some(hex::encode(&Sha256::digest(text)[..16]))
    }

    /// When to fetch the image for a window that is still ahead: from a place in the hours before it, or in what is left of them
    /// since target and windows have been as they are. In an open window there is nothing to wait for.
    fn download(&self, start: i64) -> Option<maintmgr::Window> {
        let Task::Install(os) = self.situation.decision.task() else { return None };
        if start <= self.situation.now {
            return None;
        }
        let Situation { windows, policy, .. } = *self.situation;
        let schedules = windows.singles.iter().map(Record::meta).chain(windows.repeated.iter().map(Record::meta));
        let records = schedules.chain([self.instance.meta(), os.meta()]).chain(policy.map(Record::meta));
        let known_since = records.map(|meta: &Meta| meta.updated_ms / 1000).max().unwrap_or_default();
        let latest = start.saturating_sub(FETCH_MARGIN);
        let earliest = latest.saturating_sub(FETCH_SPREAD).max(known_since).min(start);
        let from = earliest + place(self.uuid, "fetch", latest.saturating_sub(earliest));
        Some(maintmgr::Window { start_seconds: from, end_seconds: Some(start) })
    }
}

/// The attempt that a report speaks of; "" if it does not say, or not in a form that was ever told.
pub(super) fn attempt(report: &UpdateStatus) -> &str {
    let attempt = report.attempt_id.as_str();
    let told = attempt.len() <= ATTEMPT && attempt.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if told { attempt } else { "" }
}

/// The time around an instant during which some window is open without a gap. What has been open for longer than
/// [`LOOK_BACK`], window after window, counts as always open, and what goes on for longer than [`HORIZON_SECONDS`] is told as far
/// as that: it is told anew when it comes to that end.
fn whole(rules: &Rules, at: i64) -> Option<Window> {
    let mut window = rules.active(at)?;
    while let Some(closed) = window.closed_from().filter(|closed| *closed < at.saturating_add(HORIZON_SECONDS))
        && let Some(more) = rules.active(closed)
    {
        window = Window { start: window.start, ..more };
    }
    let before = |start: i64| rules.0.iter().filter_map(|rule| rule.active(start - 1)).map(|window| window.start).min();
    while window.start > 0
        && let Some(start) = before(window.start)
    {
        window.start = if window.start > at.saturating_sub(LOOK_BACK) { start } else { 0 };
    }
    Some(window)
}

fn message(window: Window) -> maintmgr::Window {
    maintmgr::Window { start_seconds: window.start, end_seconds: window.closed_from() }
}

/// A node's place among `places`, from 0 on; another one for each purpose.
fn place(uuid: &str, purpose: &str, places: i64) -> i64 {
    let digest = Sha256::new().chain_update(purpose).chain_update(uuid.to_ascii_lowercase()).finalize();
    let number = digest.iter().take(4).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    number.saturating_mul(places.clamp(0, i64::from(u32::MAX))) >> 32
}

#[cfg(test)]
mod tests;
