//! Which days of a month fit.

use crate::civil::{Month, weekday};

/// All days of the longest month: bits 1 to 31.
pub(crate) const EVERY_DAY: u32 = 0xffff_fffe;
/// All weekdays: bits 0 to 6.
pub(crate) const EVERY_WEEKDAY: u8 = 0x7f;

/// Days of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MonthDays {
    /// Bits 1 to 31.
    pub(crate) numbers: u32,
    /// The last day, whichever it is.
    pub(crate) last: bool,
}

/// Days of the week; bit 0 is Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct WeekDays {
    /// For days 1 to 7 of a month, 8 to 14 and so on: the first, the second … of each weekday. One that always fits is in all.
    pub(crate) nth: [u8; 5],
    /// For the last seven days of a month.
    pub(crate) last: u8,
}

/// Both fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) month: MonthDays,
    pub(crate) week: WeekDays,
    /// A day that fits one of the fields will do; else it has to fit both, of which one takes any day.
    pub(crate) either: bool,
}

impl MonthDays {
    pub(crate) fn is_every(self) -> bool {
        self.numbers == EVERY_DAY
    }
}

impl WeekDays {
    /// Those that fit in any week.
    pub(crate) fn always(self) -> u8 {
        self.nth.into_iter().fold(EVERY_WEEKDAY, |all, week| all & week)
    }

    pub(crate) fn is_every(self) -> bool {
        self.always() == EVERY_WEEKDAY
    }
}

impl Days {
    /// The days of a month that fit: bits 1 to 31.
    pub(crate) fn of(&self, month: Month) -> u32 {
        let length = month.length();
        let month_days = self.month.numbers | u32::from(self.month.last) << length;
        let first = weekday(month.first);
        let weeks = (0_u32..).step_by(7).zip(self.week.nth);
        let nth = weeks.fold(0, |days, (before, week)| days | u64::from(turned(week, first)) << (before + 1));
        let last = u64::from(turned(self.week.last, (first + length) % 7)) << (length - 6);
        // Beyond bit 31 no month has days.
        let week_days = u32::try_from((nth | last) & u64::from(EVERY_DAY)).unwrap_or(0);
        let days = if self.either { month_days | week_days } else { month_days & week_days };
        days & EVERY_DAY & (u32::MAX >> (31 - length))
    }
}

/// The weekdays as bits of seven days in a row, of which the first is the weekday `first`.
fn turned(weekdays: u8, first: u8) -> u8 {
    (weekdays >> first | weekdays << (7 - first)) & EVERY_WEEKDAY
}
