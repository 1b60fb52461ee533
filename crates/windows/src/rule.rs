//! A rule of windows, and what follows from it at an instant.

use std::iter;

use crate::{
    blackout::{Blackout, Blackouts},
    civil::DAY,
    cron::Cron,
    finish::FinishBy,
    window::Window,
    zone::{EARLIEST, LATEST, Zone},
};

/// Longest repeated window, in seconds: a day.
pub const MAX_DURATION_SECONDS: u32 = 86_400;

/// A rule of windows: one window, or one at each tick of a cron; less its blackouts, its notice, and what has to be over
/// earlier. All instants are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    opens: Opens,
    zone: Zone,
    blackouts: Blackouts,
    /// Nothing opens earlier.
    not_before: i64,
    finish: Option<FinishBy>,
}

/// When a rule's windows open, and how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// Once.
    Once {
        /// Opens.
        start: i64,
        /// Closes; `None` stays open.
        end: Option<i64>,
    },
    /// At each tick.
    Repeatedly {
        /// The ticks, on a wall clock of the rule's zone.
        cron: Cron,
        /// Length of each window in seconds, 1 to [`MAX_DURATION_SECONDS`].
        duration: u32,
    },
}

/// Why a rule is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The window would close before it opens.
    #[error("the window ends at {end}, which is not after its start at {start}")]
    EndsBeforeStart {
        /// Unix seconds.
        start: i64,
        /// Unix seconds.
        end: i64,
    },
    /// The length is out of range.
    #[error("the window lasts {0} seconds; it must last from 1 to {MAX_DURATION_SECONDS}")]
    Duration(u32),
}

impl Rule {
    /// A window that opens once; without an end it stays open. The zone is for what is added to the rule.
    pub fn single(start: i64, end: Option<i64>, zone: Zone) -> Result<Self, RuleError> {
        match end {
            Some(end) if end <= start => Err(RuleError::EndsBeforeStart { start, end }),
            _ => Ok(Self::new(Opens::Once { start, end }, zone)),
        }
    }

    /// A window at each tick on a wall clock of a zone. A tick that the clock skips opens when it is put forward, one that
    /// comes twice the first time. The length is elapsed time in seconds, 1 to [`MAX_DURATION_SECONDS`].
    pub fn repeated(cron: Cron, duration: u32, zone: Zone) -> Result<Self, RuleError> {
        if (1..=MAX_DURATION_SECONDS).contains(&duration) {
            Ok(Self::new(Opens::Repeatedly { cron, duration }, zone))
        } else {
            Err(RuleError::Duration(duration))
        }
    }

    fn new(opens: Opens, zone: Zone) -> Self {
        Self { opens, zone, blackouts: Blackouts::default(), not_before: i64::MIN, finish: None }
    }

    /// The rule less blackouts. They always win: what a window has left before and after one is open.
    #[must_use]
    pub fn except(mut self, blackouts: impl IntoIterator<Item = Blackout>) -> Self {
        self.blackouts = self.blackouts.with(blackouts);
        self
    }

    /// The rule with a minimum notice in seconds from when it was made or changed: nothing opens earlier.
    #[must_use]
    pub fn with_notice(mut self, changed_at: i64, notice: u32) -> Self {
        self.not_before = self.not_before.max(changed_at.saturating_add(notice.into()));
        self
    }

    /// The rule with a time by which work has to be over.
    #[must_use]
    pub fn finish_by(mut self, finish: FinishBy) -> Self {
        self.finish = Some(finish);
        self
    }

    /// When its windows open.
    pub fn opens(&self) -> &Opens {
        &self.opens
    }

    /// The zone whose wall clock it goes by.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Its blackouts, in their order, joined where they touch.
    pub fn blackouts(&self) -> &[Blackout] {
        self.blackouts.all()
    }

    /// The blackout that an instant is in.
    pub(crate) fn blackout(&self, at: i64) -> Option<Blackout> {
        self.blackouts.at(at)
    }

    /// Before this instant nothing opens, if there is a notice.
    pub fn not_before(&self) -> Option<i64> {
        (self.not_before > i64::MIN).then_some(self.not_before)
    }

    /// By when work has to be over.
    pub fn finish(&self) -> Option<FinishBy> {
        self.finish
    }

    /// The window that is open at an instant; of several the one that opened last.
    pub fn active(&self, at: i64) -> Option<Window> {
        let (earlier, later) = self.blackouts.around(at);
        if at < self.not_before || earlier.is_some_and(|blackout| at < blackout.to) {
            return None;
        }
        self.planned(at).and_then(|whole| self.left(whole, earlier, later))
    }

    /// What the notice and the blackouts before and after leave of a window, if that has a length.
    fn left(&self, whole: Window, earlier: Option<Blackout>, later: Option<Blackout>) -> Option<Window> {
        let start = whole.start.max(self.not_before).max(earlier.map_or(i64::MIN, |blackout| blackout.to));
        let cut = later.map(|blackout| blackout.from).filter(|from| whole.end.is_none_or(|end| *from <= end));
        let window = Window { start, end: cut.or(whole.end), cut: cut.is_some() };
        window.end.is_none_or(|end| start < end).then_some(window)
    }

    /// The next window that opens at an instant or later. What a blackout leaves of a window opens too.
    pub fn next(&self, at: i64) -> Option<Window> {
        let mut from = at.max(self.not_before);
        loop {
            let (earlier, later) = self.blackouts.around(from);
            if let Some(blackout) = earlier.filter(|blackout| from < blackout.to) {
                from = blackout.to;
                continue;
            }
            let resumes = from == self.not_before || earlier.is_some_and(|blackout| from == blackout.to);
            if resumes && let Some(window) = self.active(from).filter(|window| window.start == from) {
                return Some(window);
            }
            let tick = self.tick_from(from)?;
            match later {
                Some(blackout) if blackout.from <= tick => from = blackout.to,
                _ => return self.whole(tick).and_then(|whole| self.left(whole, earlier, later)),
            }
        }
    }

    /// The windows that open at an instant or later, in their order.
    pub fn upcoming(&self, at: i64) -> impl Iterator<Item = Window> {
        iter::successors(self.next(at), |window| self.next(window.start.checked_add(1)?))
    }

    /// The window that would be open at an instant without blackouts and notice; of several the one that opens last.
    pub(crate) fn planned(&self, at: i64) -> Option<Window> {
        self.whole(self.tick_to(at)?).filter(|window| window.is_open(at))
    }

    /// The window of a tick without blackouts and notice, if it has a length.
    fn whole(&self, tick: i64) -> Option<Window> {
        let end = match self.opens {
            Opens::Once { end, .. } => end,
            Opens::Repeatedly { duration, .. } => Some(tick + i64::from(duration)),
        };
        let finish = self.finish.and_then(|finish| finish.after(tick, &self.zone));
        let end = [end, finish].into_iter().flatten().min();
        end.is_none_or(|end| tick < end).then(|| Window::new(tick, end))
    }

    /// The same without what has to be over earlier.
    pub(crate) fn unlimited(&self) -> Self {
        Self::new(self.opens, self.zone.clone())
    }

    /// The first tick at an instant or later.
    pub(crate) fn tick_from(&self, at: i64) -> Option<i64> {
        match self.opens {
            Opens::Once { start, .. } => Some(start).filter(|start| *start >= at),
            Opens::Repeatedly { cron, .. } => {
                let at = at.max(EARLIEST);
                if at > LATEST {
                    return None;
                }
                let tick = self.zone.instant(cron.at_or_after(self.zone.wall_from(at))?);
                Some(tick).filter(|tick| *tick <= LATEST)
            }
        }
    }

    /// The last tick at an instant or earlier, as far back as a window reaches.
    fn tick_to(&self, at: i64) -> Option<i64> {
        match self.opens {
            Opens::Once { start, .. } => Some(start).filter(|start| *start <= at),
            Opens::Repeatedly { cron, duration } => {
                if !(EARLIEST..=LATEST + DAY).contains(&at) {
                    return None;
                }
                let wall = self.zone.wall_to(at);
                let earliest = at - i64::from(duration);
                // Wall clocks are put forward by a day at most.
                let tick = self.zone.instant(cron.at_or_before(wall, wall - i64::from(duration) - DAY - 1)?);
                Some(tick).filter(|tick| (earliest.max(EARLIEST)..=LATEST).contains(tick))
            }
        }
    }
}
