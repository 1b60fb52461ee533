//! Schedules as rules of windows.

use emt_client::models::Schedule;
use emt_windows::{Blackout, Cron, FinishBy, Rule, Zone};

/// The rule that a schedule says; none if it cannot be understood.
pub(super) fn rule(schedule: &Schedule) -> Option<Rule> {
    let zone = Zone::get(schedule.zone_name()).ok()?;
    let rule = if schedule.is_repeated() {
        let cron = Cron::parse(&schedule.cron_text()).ok()?;
        Rule::repeated(cron, u32::try_from(schedule.duration).ok()?, zone.clone()).ok()?
    } else {
        Rule::single(schedule.start, Some(schedule.end).filter(|end| *end != 0), zone.clone()).ok()?
    };
    let blackouts = schedule.exceptions.iter().map(|text| Blackout::parse(text, &zone)).collect::<Result<Vec<_>, _>>().ok()?;
    let rule = rule.except(blackouts);
    let notice = u32::try_from(schedule.notice).ok()?;
    let rule = if notice == 0 { rule } else { rule.with_notice(schedule.planned_at, notice) };
    if schedule.finish_by.is_empty() {
        return Some(rule);
    }
    Some(rule.finish_by(FinishBy::parse(&schedule.finish_by, &zone).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_understood_or_are_no_rules() {
        let nightly = Schedule { duration: 3600, cron: "0 2 * * *".to_owned(), ..Schedule::default() };
        let lists = Schedule {
            cron: String::new(),
            minutes: "0".to_owned(),
            hours: "2".to_owned(),
            day_of_month: "*".to_owned(),
            month: "*".to_owned(),
            day_of_week: "*".to_owned(),
            ..nightly.clone()
        };
        for (schedule, opens) in [
            (nightly.clone(), Some(7200)),
            (lists.clone(), Some(7200)),
            (Schedule { zone: "Europe/Berlin".to_owned(), ..lists }, Some(3600)),
            (Schedule { exceptions: vec!["1970-01-01".to_owned()], ..nightly.clone() }, Some(86_400 + 7200)),
            (Schedule { notice: 10_000, planned_at: 86_400, ..nightly.clone() }, Some(96_400)),
            (Schedule { cron: "soon".to_owned(), ..nightly.clone() }, None),
            (Schedule { finish_by: "soon".to_owned(), ..nightly }, None),
            (Schedule { start: 5, ..Schedule::default() }, Some(5)),
            (Schedule { start: 5, end: 4, ..Schedule::default() }, None),
        ] {
            assert_eq!(rule(&schedule).and_then(|rule| rule.next(0)).map(|window| window.start), opens, "{schedule:?}");
        }
    }
}
