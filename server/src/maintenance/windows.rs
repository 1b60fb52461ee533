//! Which maintenance windows hold for a node, and which of them it is told.
//!
//! What the wire can say exactly (lists in UTC, and nothing left out) nodes are told as it is, and compute by themselves. Of
//! all else they are told one window: the one that is open, else the next one.

mod told;

use std::ops::Range;

use emt_api::{
    maintmgr::{self, PlatformUpdateStatusResponse, UpdateSchedule},
    record::Record,
    resources::{Instance, RepeatedSchedule, SingleSchedule},
};
use emt_windows::{Blackout, Cron, Opens, Rule};

use self::told::{Told, chosen};
use crate::inventory::{repeated_rule, single_rule};

/// Longest single window for a kernel command line, seconds: in a longer one old agents reboot again and again.
pub(super) const KERNEL_COMMAND_SECONDS: u64 = 600;

/// The OS-update windows that hold for a node.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// Windows that open once.
    pub singles: Vec<SingleSchedule>,
    /// Windows that open again and again.
    pub repeated: Vec<RepeatedSchedule>,
}

/// What becomes of a window that has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// It is told as it is kept.
    AsKept,
    /// It is given one.
    Made,
}

/// Which of the windows a node may be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Limits {
    /// No single window that is longer than [`KERNEL_COMMAND_SECONDS`].
    pub(super) short: bool,
    /// Epoch seconds between which no window may open for the node, nor be open.
    pub(super) closed: Option<Range<i64>>,
}

/// A schedule that can be read.
pub(super) struct Readable<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) rule: Rule,
    /// What nodes are told of it, if the wire can say exactly this.
    list: Option<maintmgr::RepeatedSchedule>,
}

impl Windows {
    /// The schedules that can be read; of those that are told as single windows, if `short`, only short ones. One that cannot be
    /// read never opens.
    pub(super) fn rules(&self, short: bool) -> impl Iterator<Item = Readable<'_>> {
        let singles = self.singles.iter().filter_map(|single| {
            Some(Readable { id: single.id(), name: &single.name, rule: single_rule(single).ok()?, list: None })
        });
        let repeated = self.repeated.iter().filter_map(|repeated| {
            let rule = repeated_rule(repeated).ok()?;
            Some(Readable { id: repeated.id(), name: &repeated.name, list: list(repeated, &rule), rule })
        });
        singles.chain(repeated).filter(move |readable| !short || readable.list.is_some() || is_short(&readable.rule))
    }

    /// As a message.
    pub(super) fn schedule(&self, ends: Ends, limits: &Limits, now: i64) -> UpdateSchedule {
        let (mut lists, mut windows) = (Vec::new(), Vec::new());
        for readable in self.rules(limits.short) {
            match readable.list {
                Some(list) if limits.leave(&readable.rule, now) => lists.push(list),
                Some(_) => {}
                None => windows.extend(Told::of(&limits.applied(readable.rule), now)),
            }
        }
        #[allow(deprecated, reason = "old agents read the first one here")]
        UpdateSchedule {
            single_schedule: chosen(windows, now).and_then(|window| window.message(ends)),
            repeated_schedule: lists.first().cloned(),
            repeated_schedules: lists,
        }
    }

    /// From which instant on [`Self::schedule`] may be another one than it is at `now`, epoch seconds.
    pub(super) fn told_until(&self, limits: &Limits, now: i64) -> i64 {
        let windows = self.rules(limits.short).filter(|readable| readable.list.is_none());
        let edges = windows.filter_map(|readable| told::holds_until(&limits.applied(readable.rule), now));
        let reopened = limits.closed.as_ref().map(|closed| closed.end);
        edges.chain(reopened).filter(|edge| *edge > now).min().unwrap_or(i64::MAX)
    }
}

impl Limits {
    /// A rule less the time in which nothing may be open for the node.
    pub(super) fn applied(&self, rule: Rule) -> Rule {
        rule.except(self.closed.as_ref().and_then(|closed| Blackout::new(closed.start, closed.end).ok()))
    }

    /// Whether a list may be told: while it is closed for the node, one that would not open anyway.
    fn leave(&self, rule: &Rule, now: i64) -> bool {
        let Some(closed) = self.closed.as_ref().filter(|closed| now < closed.end) else { return true };
        rule.active(closed.start).is_none() && rule.next(closed.start).is_none_or(|next| next.start >= closed.end)
    }
}

/// Whether a rule's windows are short enough for a kernel command line.
fn is_short(rule: &Rule) -> bool {
    let length = match rule.opens() {
        Opens::Once { start, end } => end.map(|end| end - start),
        Opens::Repeatedly { duration, .. } => Some((*duration).into()),
    };
    length.and_then(|seconds| u64::try_from(seconds).ok()).is_some_and(|seconds| seconds <= KERNEL_COMMAND_SECONDS)
}

/// A repeated schedule as the wire has it, if that says the same: in UTC, in lists, and with nothing left out.
fn list(schedule: &RepeatedSchedule, rule: &Rule) -> Option<maintmgr::RepeatedSchedule> {
    let zone = rule.zone();
    let in_utc = zone.is_fixed() && zone.offset(0) == 0;
    let whole = rule.blackouts().is_empty() && rule.not_before().is_none() && rule.finish().is_none();
    let fields =
        [&schedule.cron_minutes, &schedule.cron_hours, &schedule.cron_day_month, &schedule.cron_month, &schedule.cron_day_week];
    let readable = in_utc && whole && Cron::wire(fields.map(String::as_str)).is_ok();
    let [cron_minutes, cron_hours, cron_day_month, cron_month, cron_day_week] = fields.map(String::clone);
    let duration_seconds = u32::try_from(schedule.duration_seconds).ok()?;
    readable.then_some(maintmgr::RepeatedSchedule {
        duration_seconds,
        cron_minutes,
        cron_hours,
        cron_day_month,
        cron_month,
        cron_day_week,
    })
}

/// The single window that is told to an agent which overlooks that a window it waits for was moved or replaced, until it
/// was told none once: after a change, none. `last` is what it was told before.
fn handed_over(
    last: Option<maintmgr::SingleSchedule>,
    now: Option<maintmgr::SingleSchedule>,
) -> Option<maintmgr::SingleSchedule> {
    match (last, now) {
        (Some(last), Some(now)) if last != now => None,
        (_, now) => now,
    }
}

/// Puts a gap between two single windows that an old agent is told, and remembers what it was told.
pub(super) fn hand_over(instance: &mut Instance, answer: &mut PlatformUpdateStatusResponse) {
    let Some(schedule) = &mut answer.update_schedule else { return };
    let number = |seconds: i64| u64::try_from(seconds).unwrap_or(0);
    let (start_seconds, end_seconds) = (number(instance.offered_start), number(instance.offered_end));
    let last = (start_seconds != 0).then_some(maintmgr::SingleSchedule { start_seconds, end_seconds });
    let told = handed_over(last, schedule.single_schedule);
    let kept = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    instance.offered_start = told.map_or(0, |window| kept(window.start_seconds));
    instance.offered_end = told.map_or(0, |window| kept(window.end_seconds));
    schedule.single_schedule = told;
}

#[cfg(test)]
mod tests;
