//! Several rules that hold together.

use crate::{explain::Explanation, rule::Rule, window::Window};

/// How far ahead the end of windows that go over into each other is looked for, in seconds: some never end.
pub const HORIZON_SECONDS: i64 = 7 * 86_400;

/// Several rules that hold together, such as those of a host, of its site and of the regions above: a window of any of them is
/// a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules(pub Vec<Rule>);

impl Rules {
    /// The time around an instant during which some window is open without a gap. An end beyond [`HORIZON_SECONDS`] from the
    /// instant may be followed by more.
    pub fn active(&self, at: i64) -> Option<Window> {
        let mut open = self.open(at)?;
        // Windows that open before this one closes carry it on.
        while let Some(end) = open.end.filter(|end| *end < at.saturating_add(HORIZON_SECONDS)) {
            match self.open(end).map(|more| open.join(more)) {
                Some(longer) if longer != open => open = longer,
                _ => break,
            }
        }
        Some(open)
    }

    /// The next window of any rule that opens at an instant or later.
    pub fn next(&self, at: i64) -> Option<Window> {
        self.0.iter().filter_map(|rule| rule.next(at)).min_by_key(|window| (window.start, -window.end.unwrap_or(i64::MAX)))
    }

    /// The windows of all rules that open at an instant or later, in their order; of those that open at once the longest.
    pub fn upcoming(&self, at: i64) -> impl Iterator<Item = Window> {
        std::iter::successors(self.next(at), |window| self.next(window.start.checked_add(1)?))
    }

    /// What each rule says of an instant, in their order.
    pub fn explain(&self, at: i64) -> Vec<Explanation> {
        self.0.iter().map(|rule| rule.explain(at)).collect()
    }

    /// All windows that are open at an instant as one.
    fn open(&self, at: i64) -> Option<Window> {
        self.0.iter().filter_map(|rule| rule.active(at)).reduce(Window::join)
    }
}
