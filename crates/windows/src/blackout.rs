//! Times at which nothing is open, whatever a rule says.

use jiff::civil::Date;

use crate::{
    civil::DAY,
    time::{TimeError, moment},
    zone::Zone,
};

/// A time at which nothing is open: `from` is in it, `to` is not. Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Blackout {
    /// Begins.
    pub from: i64,
    /// Is over.
    pub to: i64,
}

impl Blackout {
    /// The time from an instant to another.
    pub fn new(from: i64, to: i64) -> Result<Self, TimeError> {
        if from < to { Ok(Self { from, to }) } else { Err(TimeError::Backwards { from, to }) }
    }

    /// A whole day of a zone, from midnight to midnight.
    pub fn date(date: Date, zone: &Zone) -> Self {
        let midnight = crate::time::wall(date.at(0, 0, 0, 0));
        let (from, to) = (zone.instant(midnight), zone.instant(midnight + DAY));
        // A day that a zone skips has no time.
        Self { from, to: to.max(from) }
    }

    /// Reads `DATE` or `FROM/TO`. Both may be dates, which count as a whole, or times as [`Zone::parse`] reads them. A time
    /// that comes twice on the wall clock is taken so that the blackout is the longer one.
    pub fn parse(text: &str, zone: &Zone) -> Result<Self, TimeError> {
        let Some((from, to)) = text.split_once('/') else {
            return match moment(text)? {
                (date, None, _) => Ok(Self::date(date, zone)),
                _ => Err(TimeError::blackout(text, "is a time; a blackout is a day or goes from one time to another")),
            };
        };
        let from = match moment(from)? {
            (date, None, _) => Self::date(date, zone).from,
            (date, Some(time), offset) => crate::time::instant(date, time, offset, |wall| zone.instant(wall)),
        };
        let to = match moment(to)? {
            (date, None, _) => Self::date(date, zone).to,
            (date, Some(time), offset) => crate::time::instant(date, time, offset, |wall| zone.last_instant(wall)),
        };
        Self::new(from, to).map_err(|_| TimeError::blackout(text, "ends before it begins"))
    }
}

/// Blackouts in their order, without overlaps and without touching.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Blackouts(Box<[Blackout]>);

impl Blackouts {
    pub(crate) fn with(&self, more: impl IntoIterator<Item = Blackout>) -> Self {
        let mut all: Vec<Blackout> = self.0.iter().copied().chain(more).filter(|blackout| blackout.from < blackout.to).collect();
        all.sort_unstable();
        let mut merged: Vec<Blackout> = Vec::with_capacity(all.len());
        for blackout in all {
            match merged.last_mut() {
                Some(last) if blackout.from <= last.to => last.to = last.to.max(blackout.to),
                _ => merged.push(blackout),
            }
        }
        Self(merged.into())
    }

    pub(crate) fn all(&self) -> &[Blackout] {
        &self.0
    }

    /// The last one that begins at an instant or earlier, and the first one that begins later.
    pub(crate) fn around(&self, at: i64) -> (Option<Blackout>, Option<Blackout>) {
        let next = self.0.partition_point(|blackout| blackout.from <= at);
        (next.checked_sub(1).map(|last| self.0[last]), self.0.get(next).copied())
    }

    /// The one that an instant is in.
    pub(crate) fn at(&self, at: i64) -> Option<Blackout> {
        self.around(at).0.filter(|blackout| at < blackout.to)
    }
}
