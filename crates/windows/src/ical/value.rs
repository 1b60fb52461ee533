//! Dates with times, and durations.

use std::fmt::Write as _;

use jiff::{Timestamp, civil::DateTime};

use super::line::Line;
use crate::{ical::IcalError, time::wall, zone::Zone};

/// A time as a property says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// Unix seconds.
    pub(super) at: i64,
    pub(super) zone: Zone,
}

/// Reads the times of a property, of which some take several: in UTC, or on the clock of a zone that `TZID` names.
pub(super) fn moments(line: &Line) -> Result<Vec<Moment>, IcalError> {
    if let Some(kind) = line.parameter("VALUE").filter(|kind| !kind.eq_ignore_ascii_case("DATE-TIME")) {
        return Err(line.wrong(format!("values of the kind {kind} are not read; allowed are dates with times")));
    }
    let named = line.parameter("TZID").map(Zone::get).transpose().map_err(|error| line.wrong(error.to_string()))?;
    line.value.split(',').map(|text| moment(line, text, named.as_ref())).collect()
}

fn moment(line: &Line, text: &str, named: Option<&Zone>) -> Result<Moment, IcalError> {
    let wrong = |why: &str| line.wrong(format!("{text:?} {why}; allowed are times such as 20261224T020000Z or with a TZID"));
    let (digits, utc) = text.strip_suffix('Z').map_or((text, false), |digits| (digits, true));
    let shape = digits.len() == 15
        && digits.bytes().enumerate().all(|(at, byte)| if at == 8 { byte == b'T' } else { byte.is_ascii_digit() });
    if !shape {
        return Err(wrong("is no date with a time"));
    }
    let read = DateTime::strptime("%Y%m%dT%H%M%S", digits).map_err(|_| wrong("does not exist"))?;
    if !(1970..2110).contains(&read.year()) {
        return Err(wrong("is not in the years from 1970 to 2109"));
    }
    let wall = wall(read);
    match (utc, named) {
        (true, None) => Ok(Moment { at: wall, zone: Zone::utc() }),
        (false, Some(zone)) => {
            let at = zone.instant(wall);
            if zone.wall(at) == wall {
                Ok(Moment { at, zone: zone.clone() })
            } else {
                Err(wrong("is skipped by the clock of its zone"))
            }
        }
        (true, Some(_)) => Err(wrong("is in UTC and has a TZID")),
        (false, None) => Err(wrong("has no zone")),
    }
}

/// A time as a value: on the clock of its zone, or in UTC.
pub(super) fn clock(at: i64, zone: &Zone) -> String {
    let shown =
        |second| Timestamp::from_second(second).map(|time| time.strftime("%Y%m%dT%H%M%S").to_string()).unwrap_or_default();
    if *zone == Zone::utc() { format!("{}Z", shown(at)) } else { shown(zone.wall(at)) }
}

/// Reads a duration in seconds; days and weeks are as long as the clock makes them, so that they need a fixed offset.
pub(super) fn duration(line: &Line, fixed: bool) -> Result<i64, IcalError> {
    let wrong = |why: &str| line.wrong(format!("{:?} {why}; allowed are durations such as PT2H or PT1H30M", line.value));
    let text = line.value.strip_prefix('+').unwrap_or(&line.value);
    let text = text.strip_prefix('P').ok_or_else(|| wrong("is no duration above zero"))?;
    let (days, times) = text.split_once('T').map_or((text, None), |(days, times)| (days, Some(times)));
    if !days.is_empty() && !fixed {
        return Err(wrong("has days, whose length changes with the clock of the zone"));
    }
    let parts = |text, units| seconds(text, units).ok_or_else(|| wrong("is no duration"));
    let sum = parts(days, &[('W', 604_800), ('D', 86_400)])?
        .checked_add(times.map_or(Ok(0), |times| parts(times, &[('H', 3600), ('M', 60), ('S', 1)]))?);
    sum.filter(|sum| *sum > 0).ok_or_else(|| wrong("is no duration above zero"))
}

fn seconds(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    for (unit, size) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            let plain = !number.is_empty() && number.len() < 10 && number.bytes().all(|byte| byte.is_ascii_digit());
            sum += number.parse::<i64>().ok().filter(|_| plain)?.checked_mul(*size)?;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

/// A duration as a value, without days.
pub(super) fn length(seconds: i64) -> String {
    let mut text = "PT".to_owned();
    for (unit, number) in [('H', seconds / 3600), ('M', seconds / 60 % 60), ('S', seconds % 60)] {
        if number > 0 {
            let _ = write!(text, "{number}{unit}");
        }
    }
    text
}
