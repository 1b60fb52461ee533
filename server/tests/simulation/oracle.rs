//! What is right, by the contract's own words and the slowest means: minute by minute, version part by version part.

use jiff::{Timestamp, tz::TimeZone};

/// Where a schedule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Host(String),
    Site(String),
    Region(String),
}

/// When it opens.
#[derive(Debug, Clone)]
pub(crate) enum When {
    /// Once; without an end it stays open.
    Single { start: i64, end: Option<i64> },
    /// At these minutes and hours on these days of the week (empty: any) by the clocks of a zone, for so many seconds, but not
    /// from the one exception to the other, epoch seconds. No clock of these zones is changed in this month.
    Repeated { zone: &'static str, minute: i64, hours: Vec<i64>, weekdays: Vec<i64>, seconds: i64, except: Option<(i64, i64)> },
}

/// A schedule as it was made.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) place: Place,
    /// Whether it is for OS updates.
    pub(crate) for_updates: bool,
    pub(crate) when: When,
}

impl Schedule {
    /// Whether its window is open, at both its ends as in between.
    pub(crate) fn is_open(&self, at: i64) -> bool {
        match &self.when {
            When::Single { start, end } => *start <= at && end.is_none_or(|end| at <= end),
            When::Repeated { except: Some((from, to)), .. } if (*from..*to).contains(&at) => false,
            When::Repeated { zone, minute, hours, weekdays, seconds, .. } => {
                let zone = TimeZone::get(zone).unwrap();
                let first = (at - seconds).div_euclid(60) * 60;
                (first..=at).step_by(60).any(|tick| {
                    let time = zone.to_datetime(Timestamp::from_second(tick).unwrap());
                    let day = i64::from(time.weekday().to_sunday_zero_offset());
                    tick + seconds >= at
                        && i64::from(time.minute()) == *minute
                        && hours.contains(&i64::from(time.hour()))
                        && (weekdays.is_empty() || weekdays.contains(&day))
                })
            }
        }
    }
}

/// An OS resource as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) profile: String,
    pub(crate) version: String,
}

/// What an operator has linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    /// This OS, by a policy or directly.
    Exactly(String),
    /// The newest of the profile.
    Newest,
}

/// The one image that a node may install.
pub(crate) fn target<'a>(wish: &Wish, running: &Image, images: &'a [Image]) -> Option<&'a Image> {
    let wanted = match wish {
        Wish::Nothing => None,
        Wish::Exactly(id) => images.iter().find(|image| image.id == *id),
        Wish::Newest => {
            let newest = images.iter().filter(|image| image.profile == running.profile);
            newest.max_by_key(|image| parts(&image.version)).filter(|image| parts(&image.version) > parts(&running.version))
        }
    };
    wanted.filter(|image| image.profile == running.profile && image.version != running.version)
}

fn parts(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap()).collect()
}
