//! Recurrences: `RRULE` and the cron that says the same.

use super::{IcalError, line::Line};
use crate::{
    civil::{DAY, Month, weekday},
    cron::Cron,
};

const WEEKDAYS: [&str; 7] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/// A cron as a recurrence, if one can say it.
pub(super) fn told(cron: &Cron) -> Option<String> {
    let (minutes, hours, months) = cron.parts();
    let (month_days, week_days) = match (cron.month_days(), cron.weekdays()) {
        // A recurrence has no "either".
        (Some(_), Some(_)) => return None,
        _ if cron.either_day() => (None, None),
        days => days,
    };
    let placed = week_days.as_ref().is_some_and(|days| days.iter().any(|(place, _)| *place != 0));
    let frequency = match (&month_days, &week_days) {
        (None, None) => "DAILY",
        (None, Some(_)) if !placed => "WEEKLY",
        _ => "MONTHLY",
    };
    let mut rule = format!("FREQ={frequency}");
    let mut by = |name: &str, list: Vec<String>| rule.extend([";", name, "=", &list.join(",")]);
    let numbers = |list: &[u8]| list.iter().map(u8::to_string).collect::<Vec<_>>();
    if months.len() < 12 {
        by("BYMONTH", numbers(&months));
    }
    if let Some((days, last)) = month_days {
        by("BYMONTHDAY", numbers(&days).into_iter().chain(last.then(|| "-1".to_owned())).collect());
    }
    if let Some(days) = week_days {
        let name = |(place, day): (i8, u8)| {
            let place = if place == 0 { String::new() } else { place.to_string() };
            format!("{place}{}", WEEKDAYS[usize::from(day)])
        };
        by("BYDAY", days.into_iter().map(name).collect());
    }
    // One time of day is that of the first window.
    if (hours.len(), minutes.len()) != (1, 1) {
        by("BYHOUR", numbers(&hours));
        by("BYMINUTE", numbers(&minutes));
    }
    Some(rule)
}

/// The parts of a recurrence.
#[derive(Debug, Default)]
struct Parts<'a> {
    frequency: &'a str,
    month: Option<&'a str>,
    month_day: Option<&'a str>,
    day: Option<&'a str>,
    hour: Option<&'a str>,
    minute: Option<&'a str>,
}

/// The cron that says the same as a recurrence that begins at a second of the wall clock.
pub(super) fn cron(line: &Line, begin: i64) -> Result<Cron, IcalError> {
    let parts = parts(line)?;
    let (day, of_day) = (begin.div_euclid(DAY), begin.rem_euclid(DAY));
    let or = |given: Option<&str>, first: i64| given.map_or_else(|| Ok(first.to_string()), |list| numbers(line, list));
    let month_days = parts.month_day.map(|list| month_days(line, list)).transpose()?;
    let week_days = parts.day.map(|list| week_days(line, list, parts.frequency == "MONTHLY")).transpose()?;
    let (month_days, week_days) = match (parts.frequency, month_days, week_days) {
        ("DAILY", None, None) => ("*".to_owned(), "*".to_owned()),
        ("WEEKLY", Some(_), _) => return Err(line.wrong("BYMONTHDAY has no sense in a week; allowed is BYDAY")),
        ("WEEKLY", None, None) => ("*".to_owned(), weekday(day).to_string()),
        (_, None, None) => (Month::of(day).1.to_string(), "*".to_owned()),
        (_, Some(days), None) => (days, "*".to_owned()),
        (_, None, Some(days)) => ("*".to_owned(), days),
        (_, Some(_), Some(_)) => {
            return Err(line.wrong(
                "days of the month and weekdays that both have to fit cannot be told; an nth weekday can, such as BYDAY=2SA",
            ));
        }
    };
    let months = parts.month.map_or_else(|| Ok("*".to_owned()), |list| numbers(line, list))?;
    let fields = [or(parts.minute, of_day / 60 % 60)?, or(parts.hour, of_day / 3600)?, month_days, months, week_days];
    let cron = Cron::fields(fields.each_ref().map(String::as_str)).map_err(|error| line.wrong(error.to_string()))?;
    if cron.at_or_after(begin) == Some(begin) { Ok(cron) } else { Err(line.wrong("DTSTART is not one of the recurrences")) }
}

fn parts(line: &Line) -> Result<Parts<'_>, IcalError> {
    let mut parts = Parts::default();
    let mut seen = Vec::new();
    for part in line.value.split(';') {
        let (name, value) = part.split_once('=').ok_or_else(|| line.wrong(format!("{part:?} is no NAME=VALUE")))?;
        if seen.contains(&name) {
            return Err(line.wrong(format!("{name} comes twice")));
        }
        seen.push(name);
        match name {
            "FREQ" if ["DAILY", "WEEKLY", "MONTHLY"].contains(&value) => parts.frequency = value,
            "FREQ" => return Err(line.wrong(format!("FREQ={value} cannot be told; allowed are DAILY, WEEKLY and MONTHLY"))),
            "BYMONTH" => parts.month = Some(value),
            "BYMONTHDAY" => parts.month_day = Some(value),
            "BYDAY" => parts.day = Some(value),
            "BYHOUR" => parts.hour = Some(value),
            "BYMINUTE" => parts.minute = Some(value),
            // They change nothing.
            "BYSECOND" if value == "0" => {}
            "INTERVAL" if value == "1" => {}
            "WKST" if WEEKDAYS.contains(&value) => {}
            "INTERVAL" => return Err(line.wrong("only every day, week or month can be told; allowed is INTERVAL=1")),
            "COUNT" | "UNTIL" => return Err(line.wrong(format!("{name} cannot be told: a rule goes on until it is deleted"))),
            _ => {
                return Err(
                    line.wrong(format!("{part} cannot be told; allowed are FREQ, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE"))
                );
            }
        }
    }
    if parts.frequency.is_empty() { Err(line.wrong("FREQ is missing")) } else { Ok(parts) }
}

/// A list of plain numbers; which are in range the cron knows.
fn numbers(line: &Line, list: &str) -> Result<String, IcalError> {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match list.split(',').find(|part| !plain(part)) {
        Some(part) => Err(line.wrong(format!("{part:?} is no number"))),
        None => Ok(list.to_owned()),
    }
}

fn month_days(line: &Line, list: &str) -> Result<String, IcalError> {
    let parts: Vec<&str> =
        list.split(',').map(|part| if part == "-1" { "L" } else { part.strip_prefix('+').unwrap_or(part) }).collect();
    if let Some(part) = parts.iter().find(|part| part.starts_with('-')) {
        return Err(line.wrong(format!("BYMONTHDAY={part} cannot be told; allowed are 1 to 31 and -1")));
    }
    for part in parts.iter().filter(|part| **part != "L") {
        numbers(line, part)?;
    }
    Ok(parts.join(","))
}

fn week_days(line: &Line, list: &str, of_month: bool) -> Result<String, IcalError> {
    let day = |part: &str| {
        let (place, name) = part.split_at_checked(part.len().saturating_sub(2)).unwrap_or_default();
        let number =
            WEEKDAYS.iter().position(|known| *known == name).ok_or_else(|| line.wrong(format!("{part:?} is no weekday")))?;
        match place.strip_prefix('+').unwrap_or(place) {
            "" if place.is_empty() => Ok(number.to_string()),
            _ if !of_month => Err(line.wrong(format!("BYDAY={part} has sense in a month only"))),
            place @ ("1" | "2" | "3" | "4" | "5") => Ok(format!("{number}#{place}")),
            "-1" => Ok(format!("{number}L")),
            _ => Err(line.wrong(format!("BYDAY={part} cannot be told; allowed are the first to the fifth and the last (-1)"))),
        }
    };
    Ok(list.split(',').map(day).collect::<Result<Vec<_>, _>>()?.join(","))
}
