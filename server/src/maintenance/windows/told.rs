//! The one window that a node is told of a rule.

use emt_api::maintmgr::SingleSchedule;
use emt_windows::{Rule, Window};

use super::Ends;

/// Length given to a window without an end, where old agents would never run it.
pub(super) const OPEN_ENDED_SECONDS: i64 = 3650 * 86_400;

/// A window as nodes count it: open at its start and at its end. Epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    start: i64,
    /// Open for the last time; `None` stays open.
    last: Option<i64>,
}

impl Told {
    /// The window that is open at an instant, else the one that opens next. What a blackout leaves of one is told so that it
    /// is closed when the blackout begins.
    pub(super) fn of(rule: &Rule, now: i64) -> Option<Self> {
        rule.active(now).into_iter().chain(rule.upcoming(now)).map(Self::from).find(|told| told.closes() > told.start)
    }

    /// When it closes; one without an end is given one.
    fn closes(self) -> i64 {
        self.last.unwrap_or(self.start.saturating_add(OPEN_ENDED_SECONDS))
    }

    /// As a message.
    pub(super) fn message(self, ends: Ends) -> Option<SingleSchedule> {
        let last = if ends == Ends::Made { Some(self.closes()) } else { self.last };
        Some(SingleSchedule {
            start_seconds: u64::try_from(self.start).ok()?,
            end_seconds: u64::try_from(last.unwrap_or(0)).ok()?,
        })
    }
}

impl From<Window> for Told {
    fn from(window: Window) -> Self {
        Self { start: window.start, last: window.closed_from().map(|closed| closed - 1) }
    }
}

/// Of several windows the one that is open (the one that stays open longest), else the one that opens next.
pub(super) fn chosen(windows: Vec<Told>, now: i64) -> Option<Told> {
    let (open, coming): (Vec<Told>, Vec<Told>) =
        windows.into_iter().filter(|window| window.closes() >= now).partition(|window| window.start <= now);
    let longest = open.into_iter().max_by_key(|window| window.closes());
    longest.or_else(|| coming.into_iter().min_by_key(|window| window.start))
}

/// From which instant on a rule may have another window to tell.
pub(super) fn holds_until(rule: &Rule, now: i64) -> Option<i64> {
    let closes = rule.active(now).map(|window| Told::from(window).closes().saturating_add(1));
    let opens = rule.next(now.saturating_add(1)).map(|window| window.start);
    closes.into_iter().chain(opens).min()
}
