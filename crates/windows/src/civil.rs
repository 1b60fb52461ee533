//! The Gregorian calendar in whole days, counted from 1970-01-01.

pub(crate) const MINUTE: i64 = 60;
pub(crate) const DAY: i64 = 86_400;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Month {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) number: u8,
    /// Its first day, counted from 1970-01-01.
    pub(crate) first: i64,
}

impl Month {
    /// The month that a day is in, and the day's number in it.
    pub(crate) fn of(day: i64) -> (Self, u8) {
        // Years that begin in March have their leap day at the end; 400 of them have 146 097 days.
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day_of_month = of_year - (153 * from_march + 2) / 5;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        (Self { year, number: small(month), first: day - day_of_month }, small(day_of_month + 1))
    }

    /// How many days it has.
    pub(crate) fn length(self) -> u8 {
        match self.number {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    pub(crate) fn following(self) -> Self {
        let first = self.first + i64::from(self.length());
        if self.number == 12 {
            Self { year: self.year + 1, number: 1, first }
        } else {
            Self { number: self.number + 1, first, ..self }
        }
    }

    pub(crate) fn preceding(self) -> Self {
        let mut month = if self.number == 1 {
            Self { year: self.year - 1, number: 12, ..self }
        } else {
            Self { number: self.number - 1, ..self }
        };
        month.first -= i64::from(month.length());
        month
    }
}

/// The weekday of a day, 0 is Sunday.
pub(crate) fn weekday(day: i64) -> u8 {
    small((day + 4).rem_euclid(7))
}

fn small(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date};

    use super::*;

    #[test]
    fn days_agree_with_the_calendar_of_jiff() {
        let mut date = date(1899, 12, 25);
        let mut day = i64::from(date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).unwrap().get_days());
        let (mut before, _) = Month::of(day);
        while date.year() < 2110 {
            let (month, number) = Month::of(day);
            let expected = (i64::from(date.year()), date.month(), date.day());
            assert_eq!((month.year, i8::try_from(month.number).unwrap(), i8::try_from(number).unwrap()), expected);
            assert_eq!(i8::try_from(weekday(day)).unwrap(), date.weekday().to_sunday_zero_offset(), "{date}");
            assert_eq!(i8::try_from(month.length()).unwrap(), date.days_in_month(), "{date}");
            if month != before {
                assert_eq!((before.following(), month.preceding()), (month, before), "{date}");
                before = month;
            }
            date = date.checked_add(1.day()).unwrap();
            day += 1;
        }
    }
}
