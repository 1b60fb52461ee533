//! Why a rule has a window open, or has none.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{blackout::Blackout, rule::Rule, window::Window};

/// What a rule says of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Open or closed.
    pub state: State,
    /// The next window that opens later; none if nothing opens any more.
    pub next: Option<Window>,
}

/// Open or closed, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// A window is open.
    Open(Window),
    /// A window is still to come, none is open.
    Before,
    /// None is open, and none is to come.
    After,
    /// There would be a window, but for a blackout.
    Blackout(Blackout),
    /// There would be a window, but it may not open before its notice is over.
    Notice {
        /// Unix seconds.
        until: i64,
    },
    /// There would be a window, but work had to be over.
    Finished {
        /// By when, Unix seconds.
        by: i64,
    },
}

impl Rule {
    /// Says why a window is open at an instant, or why none is.
    pub fn explain(&self, at: i64) -> Explanation {
        let next = self.next(at.saturating_add(1));
        let blackout = self.blackout(at);
        let state = match (self.active(at), self.planned(at)) {
            (Some(window), _) => State::Open(window),
            (None, Some(_)) => match (blackout, self.not_before()) {
                (Some(blackout), _) => State::Blackout(blackout),
                (None, Some(until)) if at < until => State::Notice { until },
                // What is left has no length.
                _ => Self::closed(next),
            },
            (None, None) => match self.unlimited().planned(at) {
                Some(window) => match self.finish().and_then(|finish| finish.after(window.start, self.zone())) {
                    Some(by) if by < at => State::Finished { by },
                    _ => Self::closed(next),
                },
                None => Self::closed(next),
            },
        };
        Explanation { state, next }
    }

    fn closed(next: Option<Window>) -> State {
        if next.is_some() { State::Before } else { State::After }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::Open(Window { start, end: None, .. }) => write!(f, "open since {}, without an end", Shown(start))?,
            State::Open(Window { start, end: Some(end), .. }) => write!(f, "open since {}, until {}", Shown(start), Shown(end))?,
            State::Before => f.write_str("closed: not open yet")?,
            State::After => f.write_str("closed: over")?,
            State::Blackout(Blackout { from, to }) => {
                write!(f, "closed: a blackout lasts from {} to {}", Shown(from), Shown(to))?;
            }
            State::Notice { until } => write!(f, "closed: the notice lasts until {}", Shown(until))?,
            State::Finished { by } => write!(f, "closed: work had to be over by {}", Shown(by))?,
        }
        match self.next {
            Some(next) => write!(f, "; opens next at {}", Shown(next.start)),
            None => f.write_str("; nothing opens later"),
        }
    }
}

/// An instant in RFC 3339.
struct Shown(i64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) => write!(f, "second {}", self.0),
        }
    }
}
