//! Schedules as rules of windows: the one place where rules are made from records.

use std::fmt::Display;

use emt_api::{
    error::ApiError,
    resources::{RepeatedSchedule, SingleSchedule},
};
use emt_windows::{Blackout, Cron, CronError, Field, FinishBy, Rule, Zone};

/// Why a schedule is no rule: nothing opens by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field {field}: {why}")]
pub struct NoRule {
    /// Key of the field, with the place in a list.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

impl From<NoRule> for ApiError {
    fn from(error: NoRule) -> Self {
        Self::invalid(error.to_string())
    }
}

/// The rule of a single schedule.
pub fn single_rule(schedule: &SingleSchedule) -> Result<Rule, NoRule> {
    let zone = zone_of(&schedule.time_zone)?;
    let end = (schedule.end_seconds != 0).then_some(i64::from(schedule.end_seconds));
    let rule = Rule::single(schedule.start_seconds.into(), end, zone).map_err(|error| wrong("endSeconds", &error))?;
    less(rule, &schedule.exceptions.0, schedule.planned_at, schedule.minimum_notice_seconds)
}

/// The rule of a repeated schedule.
pub fn repeated_rule(schedule: &RepeatedSchedule) -> Result<Rule, NoRule> {
    let zone = zone_of(&schedule.time_zone)?;
    let cron = if schedule.cron.is_empty() {
        Cron::wire(wire_fields(schedule)).map_err(|error| wrong(single_field(&error), &error))?
    } else {
        Cron::parse(&schedule.cron).map_err(|error| wrong("cron", &error))?
    };
    let duration = u32::try_from(schedule.duration_seconds).unwrap_or(0);
    let rule = Rule::repeated(cron, duration, zone.clone()).map_err(|error| wrong("durationSeconds", &error))?;
    let rule = less(rule, &schedule.exceptions.0, schedule.planned_at, schedule.minimum_notice_seconds)?;
    if schedule.finish_by.is_empty() {
        return Ok(rule);
    }
    FinishBy::parse(&schedule.finish_by, &zone).map(|finish| rule.finish_by(finish)).map_err(|error| wrong("finishBy", &error))
}

/// The zone of a name; without one UTC.
pub(super) fn zone_of(name: &str) -> Result<Zone, NoRule> {
    if name.is_empty() { Ok(Zone::utc()) } else { Zone::get(name).map_err(|error| wrong("timeZone", &error)) }
}

/// The five single fields.
fn wire_fields(schedule: &RepeatedSchedule) -> [&str; 5] {
    [&schedule.cron_minutes, &schedule.cron_hours, &schedule.cron_day_month, &schedule.cron_month, &schedule.cron_day_week]
        .map(String::as_str)
}

fn single_field(error: &CronError) -> &'static str {
    match error.field() {
        Some(Field::Minutes) => "cronMinutes",
        Some(Field::Hours) => "cronHours",
        Some(Field::DayOfMonth) => "cronDayMonth",
        Some(Field::Month) => "cronMonth",
        Some(Field::DayOfWeek) => "cronDayWeek",
        None => "cron",
    }
}

/// The rule less exceptions and notice.
fn less(rule: Rule, exceptions: &[String], planned_at: i64, notice: u32) -> Result<Rule, NoRule> {
    let zone = rule.zone().clone();
    let blackout = |(place, text): (usize, &String)| {
        Blackout::parse(text, &zone).map_err(|error| wrong(&format!("exceptions[{place}]"), &error))
    };
    let blackouts = exceptions.iter().enumerate().map(blackout).collect::<Result<Vec<_>, _>>()?;
    let rule = rule.except(blackouts);
    Ok(if notice == 0 { rule } else { rule.with_notice(planned_at, notice) })
}

fn wrong(field: &str, why: &impl Display) -> NoRule {
    NoRule { field: field.to_owned(), why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use emt_api::value::Json;

    use super::*;

    fn nightly() -> RepeatedSchedule {
        RepeatedSchedule { duration_seconds: 3600, cron: "0 2 * * *".to_owned(), ..RepeatedSchedule::default() }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field() {
        let exceptions = Json(vec!["2026-12-24".to_owned(), "soon".to_owned()]);
        for (schedule, field, why) in [
            (RepeatedSchedule { time_zone: "Mars/Olympus".to_owned(), ..nightly() }, "timeZone", "Europe/Berlin"),
            (RepeatedSchedule { cron: "0 25 * * *".to_owned(), ..nightly() }, "cron", "hours: \"25\" is out of range"),
            (RepeatedSchedule { cron: String::new(), ..nightly() }, "cronMinutes", "no number from 0 to 59"),
            (RepeatedSchedule { duration_seconds: 0, ..nightly() }, "durationSeconds", "1 to 86400"),
            (RepeatedSchedule { exceptions, ..nightly() }, "exceptions[1]", "\"soon\" is not understood"),
            (RepeatedSchedule { finish_by: "25:00".to_owned(), ..nightly() }, "finishBy", "05:30"),
        ] {
            let error = repeated_rule(&schedule).unwrap_err();
            assert!(error.field == field && error.why.contains(why), "{error}");
        }
        let backwards = SingleSchedule { start_seconds: 20, end_seconds: 10, ..SingleSchedule::default() };
        assert_eq!(single_rule(&backwards).unwrap_err().field, "endSeconds");
    }

    #[test]
    fn all_that_a_schedule_says_is_in_its_rule() {
        let schedule = RepeatedSchedule {
            time_zone: "Europe/Berlin".to_owned(),
            exceptions: Json(vec!["2026-06-07".to_owned()]),
            minimum_notice_seconds: 3600,
            planned_at: 1_780_704_000,
            finish_by: "02:30".to_owned(),
            ..nightly()
        };
        // 2026-06-06T01:00:00Z is an hour after it was planned; the window of the 7th is left out.
        let opens: Vec<_> =
            repeated_rule(&schedule).unwrap().upcoming(0).take(2).map(|window| (window.start, window.end)).collect();
        assert_eq!(opens, [(1_780_876_800, Some(1_780_878_600)), (1_780_963_200, Some(1_780_965_000))]);
        let single = SingleSchedule {
            start_seconds: 1_780_704_000,
            exceptions: Json(vec!["2026-06-06T00:00:00Z/2026-06-06T01:00:00Z".to_owned()]),
            ..SingleSchedule::default()
        };
        assert_eq!(single_rule(&single).unwrap().next(0).unwrap().start, 1_780_707_600);
    }
}
