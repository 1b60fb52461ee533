//! One opening of a window.

use serde::Serialize;

/// One opening of a window. Instants are Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Window {
    /// Opens.
    pub start: i64,
    /// Closes; `None` stays open.
    pub end: Option<i64>,
    /// A blackout closes it: it is closed at `end` already. Other windows are still open at their end, as the Edge
    /// Orchestrator counts it.
    pub cut: bool,
}

impl Window {
    /// A window that no blackout cuts.
    pub fn new(start: i64, end: Option<i64>) -> Self {
        Self { start, end, cut: false }
    }

    /// Whether it is open at an instant.
    pub fn is_open(&self, at: i64) -> bool {
        self.start <= at && self.end.is_none_or(|end| at < end || (at == end && !self.cut))
    }

    /// The first instant after its start at which it is not open; none if it stays open.
    pub fn closed_from(&self) -> Option<i64> {
        self.end.map(|end| end.saturating_add(i64::from(!self.cut)))
    }

    /// Both, if they touch, and what is between them.
    pub(crate) fn join(self, other: Self) -> Self {
        let longer = std::cmp::max_by_key(self, other, |window| window.closed_from().unwrap_or(i64::MAX));
        Self { start: self.start.min(other.start), ..longer }
    }
}
