//! By when work in a window has to be over.

use jiff::civil::Time;

use crate::{
    civil::DAY,
    time::{TimeError, clock},
    zone::Zone,
};

/// By when work in a window has to be over. A window closes then, if not earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishBy {
    /// Each day at a time of the rule's wall clock: a window closes at the first one after it has opened. A time that the clock
    /// skips means the change, one that comes twice the first.
    Clock(Time),
    /// At an instant, Unix seconds. What would open then or later does not open.
    Instant(i64),
}

impl FinishBy {
    /// Reads a time of day such as `05:30`, or an instant as [`Zone::parse`] does.
    pub fn parse(text: &str, zone: &Zone) -> Result<Self, TimeError> {
        if text.len() <= 5 { clock(text).map(Self::Clock) } else { zone.parse(text).map(Self::Instant) }
    }

    /// The one that holds for a window that opens at `start`.
    pub(crate) fn after(self, start: i64, zone: &Zone) -> Option<i64> {
        match self {
            Self::Instant(instant) => Some(instant),
            Self::Clock(of_day) => {
                let of_day = i64::from(of_day.hour()) * 3600 + i64::from(of_day.minute()) * 60 + i64::from(of_day.second());
                let today = zone.wall(start).div_euclid(DAY);
                // A zone may skip a day.
                let days = (today - 1..=today + 3).map(|day| zone.instant(day.saturating_mul(DAY).saturating_add(of_day)));
                days.into_iter().find(|instant| *instant > start)
            }
        }
    }
}
