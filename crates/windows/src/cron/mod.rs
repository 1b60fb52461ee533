//! Cron: the minutes of a wall clock at which windows open.

mod days;
mod error;
mod item;
mod read;
mod text;

use self::days::Days;
pub use self::error::{CronError, Field};
use crate::civil::{DAY, MINUTE, Month};

/// Most months that a search looks at: every combination of day, month and weekday that exists comes within 40 years (the
/// fifth of a weekday in February needs at most 40, because 2100 is no leap year).
const SEARCH_MONTHS: usize = 41 * 12;

/// The minutes of a wall clock at which windows open: minutes, hours, days of the month, months, days of the week.
///
/// It is made by [`Cron::parse`] from what people write or by [`Cron::wire`] from what the Edge Orchestrator API carries.
/// Shown with `{}` it is a text that [`Cron::parse`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u32,
    months: u16,
    days: Days,
}

impl Cron {
    /// The first tick at a second of the wall clock or later; seconds since 1970-01-01 00:00 on that clock.
    pub(crate) fn at_or_after(&self, wall: i64) -> Option<i64> {
        let minute = wall.checked_add(MINUTE - 1)?.div_euclid(MINUTE);
        let (day, of_day) = (minute.div_euclid(24 * 60), minute.rem_euclid(24 * 60));
        let (mut month, number) = Month::of(day);
        let mut days = self.days_of(month) & u32::MAX << number;
        if days >> number & 1 == 1 {
            if let Some(minute) = self.minute_from(of_day) {
                return Some(day * DAY + minute * MINUTE);
            }
            days ^= 1 << number;
        }
        let first = self.minute_from(0)?;
        for _ in 0..SEARCH_MONTHS {
            if days != 0 {
                return Some((month.first + i64::from(days.trailing_zeros()) - 1) * DAY + first * MINUTE);
            }
            month = month.following();
            days = self.days_of(month);
        }
        None
    }

    /// The last tick at a second of the wall clock or earlier, not before `floor`.
    pub(crate) fn at_or_before(&self, wall: i64, floor: i64) -> Option<i64> {
        let minute = wall.div_euclid(MINUTE);
        let (day, of_day) = (minute.div_euclid(24 * 60), minute.rem_euclid(24 * 60));
        let (mut month, number) = Month::of(day);
        let mut days = self.days_of(month) & u32::MAX >> (31 - number);
        if days >> number & 1 == 1 {
            if let Some(minute) = self.minute_to(of_day) {
                return Some(day * DAY + minute * MINUTE).filter(|tick| *tick >= floor);
            }
            days ^= 1 << number;
        }
        let last = self.minute_to(24 * 60 - 1)?;
        loop {
            if days != 0 {
                let tick = (month.first + i64::from(days.ilog2()) - 1) * DAY + last * MINUTE;
                return Some(tick).filter(|tick| *tick >= floor);
            }
            if month.first * DAY <= floor {
                return None;
            }
            month = month.preceding();
            days = self.days_of(month);
        }
    }

    fn days_of(&self, month: Month) -> u32 {
        if self.months >> month.number & 1 == 1 { self.days.of(month) } else { 0 }
    }

    /// The first minute of a day that fits, from one on.
    fn minute_from(&self, of_day: i64) -> Option<i64> {
        let (hour, minute) = (of_day / 60, of_day % 60);
        if self.hours >> hour & 1 == 1 {
            let minutes = self.minutes & u64::MAX << minute;
            if minutes != 0 {
                return Some(hour * 60 + i64::from(minutes.trailing_zeros()));
            }
        }
        let hours = u64::from(self.hours) & u64::MAX << (hour + 1);
        (hours != 0).then(|| i64::from(hours.trailing_zeros()) * 60 + i64::from(self.minutes.trailing_zeros()))
    }

    /// The last minute of a day that fits, up to one.
    fn minute_to(&self, of_day: i64) -> Option<i64> {
        let (hour, minute) = (of_day / 60, of_day % 60);
        if self.hours >> hour & 1 == 1 {
            let minutes = self.minutes & u64::MAX >> (63 - minute);
            if minutes != 0 {
                return Some(hour * 60 + i64::from(minutes.ilog2()));
            }
        }
        let hours = self.hours & ((1 << hour) - 1);
        (hours != 0).then(|| i64::from(hours.ilog2()) * 60 + i64::from(self.minutes.ilog2()))
    }
}
