//! Writing a cron down: as people write it, and as the Edge Orchestrator API has it.

use std::fmt;

use super::{
    Cron, Field,
    days::{EVERY_DAY, EVERY_WEEKDAY, MonthDays, WeekDays},
};

const MINUTES: u64 = (1 << 60) - 1;
const HOURS: u64 = (1 << 24) - 1;
const MONTHS: u64 = 0x1ffe;

impl Cron {
    /// The five fields in the grammar of [`Cron::parse`].
    pub fn to_fields(&self) -> [String; 5] {
        let Self { days, .. } = self;
        let (month_days, weekdays) = if days.either {
            (month_text(days.month, ranges), week_text(days.week, ranges))
        } else {
            // A field that is `*` leaves the decision to the other: one of them is.
            let month_days = star_or(days.month.is_every(), || month_text(days.month, ranges));
            (month_days, star_or(days.week.is_every(), || week_text(days.week, ranges)))
        };
        [
            star_or(self.minutes == MINUTES, || ranges(self.minutes)),
            star_or(u64::from(self.hours) == HOURS, || ranges(self.hours.into())),
            month_days,
            star_or(u64::from(self.months) == MONTHS, || ranges(self.months.into())),
            weekdays,
        ]
    }

    /// The five fields as the Edge Orchestrator API has them, if it can say this.
    pub fn to_wire(&self) -> Option<[String; 5]> {
        let Self { days, .. } = self;
        let week = days.week;
        let (every_day, every_weekday) = (days.month.is_every(), week.is_every());
        let special = (days.month.last && !every_day)
            || [&week.nth[..], &[week.last]].concat().iter().any(|bits| bits & !week.always() != 0);
        if special {
            return None;
        }
        let (month_days, weekdays) = if days.either && (every_day || every_weekday) {
            (String::from("*"), String::from("*"))
        } else {
            let month_days = star_or(every_day, || numbers(days.month.numbers.into()));
            (month_days, star_or(every_weekday, || numbers(week.always().into())))
        };
        Some([
            star_or(self.minutes == MINUTES, || numbers(self.minutes)),
            star_or(u64::from(self.hours) == HOURS, || numbers(self.hours.into())),
            month_days,
            star_or(u64::from(self.months) == MONTHS, || numbers(self.months.into())),
            weekdays,
        ])
    }

    /// Whether both day fields are restricted, and a day that fits either will do.
    pub(crate) fn either_day(&self) -> bool {
        self.days.either
    }

    /// Minutes, hours and months that fit, each in its order.
    pub(crate) fn parts(&self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        (list(self.minutes), list(self.hours.into()), list(self.months.into()))
    }

    /// Days of the month that fit, and whether the last one does; none if any will do.
    pub(crate) fn month_days(&self) -> Option<(Vec<u8>, bool)> {
        let days = self.days.month;
        (!days.is_every()).then(|| (list(days.numbers.into()), days.last))
    }

    /// Weekdays that fit, with their place in the month: 1 to 5, -1 the last, 0 each; none if any will do.
    pub(crate) fn weekdays(&self) -> Option<Vec<(i8, u8)>> {
        let week = self.days.week;
        let always = week.always();
        let of = |place: i8, bits: u8| list(u64::from(bits & !always)).into_iter().map(move |day| (place, day));
        let each = list(always.into()).into_iter().map(|day| (0, day));
        let placed = (1..).zip(week.nth).flat_map(|(place, bits)| of(place, bits));
        (!week.is_every()).then(|| each.chain(placed).chain(of(-1, week.last)).collect())
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_fields().join(" "))
    }
}

impl Field {
    /// All fields in their order.
    pub fn all() -> [Self; 5] {
        Self::ALL
    }
}

fn star_or(star: bool, text: impl FnOnce() -> String) -> String {
    if star { "*".to_owned() } else { text() }
}

fn month_text(days: MonthDays, text: impl Fn(u64) -> String) -> String {
    let last = (days.last && days.numbers != EVERY_DAY).then(|| "L".to_owned());
    let numbers = (days.numbers != 0).then(|| text(days.numbers.into()));
    numbers.into_iter().chain(last).collect::<Vec<_>>().join(",")
}

fn week_text(week: WeekDays, text: impl Fn(u64) -> String) -> String {
    let always = week.always();
    let mut parts = Vec::new();
    if always != 0 {
        parts.push(text(always.into()));
    }
    let rest = |bits: u8| list(u64::from(bits & !always & EVERY_WEEKDAY));
    for (place, bits) in (1..).zip(week.nth) {
        parts.extend(rest(bits).iter().map(|day| format!("{day}#{place}")));
    }
    parts.extend(rest(week.last).iter().map(|day| format!("{day}L")));
    parts.join(",")
}

fn list(bits: u64) -> Vec<u8> {
    (0..64).filter(|number| bits >> number & 1 == 1).collect()
}

fn numbers(bits: u64) -> String {
    list(bits).iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

/// A list in which three and more in a row are a range.
fn ranges(bits: u64) -> String {
    let mut parts: Vec<(u8, u8)> = Vec::new();
    for number in list(bits) {
        match parts.last_mut() {
            Some((_, to)) if *to + 1 == number => *to = number,
            _ => parts.push((number, number)),
        }
    }
    let text = |(from, to): (u8, u8)| match to - from {
        0 => from.to_string(),
        1 => format!("{from},{to}"),
        _ => format!("{from}-{to}"),
    };
    parts.into_iter().map(text).collect::<Vec<_>>().join(",")
}
