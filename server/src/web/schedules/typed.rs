//! What somebody has typed into the form of a schedule: kept as it is, whether it can be meant or not.

use emt_api::enums::ScheduleStatus;
use emt_windows::{Cron, Zone};

use super::{
    known::Schedule,
    target::{KINDS, Target},
    wall,
};
use crate::web::visit::Posted;

/// How a schedule opens, as the form tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Opens {
    #[default]
    Once,
    /// By days of the week.
    Weekly,
    /// By days of the month.
    Monthly,
    /// By a cron of one's own.
    Cron,
}

impl Opens {
    /// All of them, with the words of forms and labels.
    pub(super) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Once, "once", "Once"),
        (Self::Weekly, "weekly", "Days of the week"),
        (Self::Monthly, "monthly", "Days of the month"),
        (Self::Cron, "cron", "Cron"),
    ];

    fn of(word: &str) -> Self {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map_or(Self::Once, |(opens, ..)| *opens)
    }

    pub(super) fn is_repeated(self) -> bool {
        self != Self::Once
    }
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) name: String,
    /// Name of the enum.
    pub(super) status: String,
    /// Kind of target; "" for nobody.
    pub(super) kind: String,
    /// Name or id.
    pub(super) target: String,
    pub(super) opens: Opens,
    pub(super) at: String,
    pub(super) endless: bool,
    pub(super) length: String,
    /// Numbers as in a cron.
    pub(super) weekdays: Vec<String>,
    /// Numbers as in a cron, and `L`.
    pub(super) days: Vec<String>,
    /// Numbers as in a cron; none: each.
    pub(super) months: Vec<String>,
    pub(super) time: String,
    pub(super) cron: String,
    pub(super) zone: String,
    /// One a line.
    pub(super) exceptions: String,
    pub(super) notice: String,
    pub(super) finish: String,
}

impl Typed {
    /// What a new form has.
    pub(super) fn fresh(kind: &str, target: &str, now: i64) -> Self {
        Self {
            status: ScheduleStatus::OsUpdate.as_str().to_owned(),
            kind: if KINDS.contains(&kind) { kind } else { "host" }.to_owned(),
            target: target.to_owned(),
            at: wall::tomorrow(now),
            length: "2h".to_owned(),
            time: "02:00".to_owned(),
            zone: "UTC".to_owned(),
            ..Self::default()
        }
    }

    /// What a form has that was sent.
    pub(super) fn posted(posted: &Posted) -> Self {
        let get = |name: &str| posted.get(name).trim().to_owned();
        let all = |name: &str| posted.all(name).map(str::to_owned).collect();
        Self {
            name: get("name"),
            status: get("status"),
            kind: get("kind"),
            target: get("target"),
            opens: Opens::of(posted.get("opens")),
            at: get("at"),
            endless: !posted.get("endless").is_empty(),
            length: get("length"),
            weekdays: all("weekday"),
            days: all("day"),
            months: all("month"),
            time: get("time"),
            cron: get("cron"),
            zone: get("zone"),
            exceptions: get("except"),
            notice: get("notice"),
            finish: get("finish"),
        }
    }

    /// What says a schedule that there is.
    pub(super) fn of(schedule: &Schedule, target: Option<&Target>, now: i64) -> Self {
        let zone = Zone::get(schedule.zone()).unwrap_or_else(|_| Zone::utc());
        let mut typed = Self {
            name: schedule.name().to_owned(),
            status: schedule.status().as_str().to_owned(),
            kind: target.map_or("", |target| target.kind).to_owned(),
            target: target.map_or("", |target| &target.name).to_owned(),
            zone: schedule.zone().to_owned(),
            endless: schedule.length().is_none(),
            length: schedule.length().map_or_else(|| "2h".to_owned(), wall::short),
            exceptions: schedule.exceptions().join("\n"),
            notice: if schedule.notice() == 0 { String::new() } else { wall::short(schedule.notice().into()) },
            finish: schedule.finish_by().to_owned(),
            at: wall::tomorrow(now),
            time: "02:00".to_owned(),
            ..Self::default()
        };
        match schedule {
            Schedule::Single(single) => typed.at = wall::typed(&zone, single.start_seconds.into()),
            Schedule::Repeated(_) => typed.repeat(&schedule.cron_text()),
        }
        typed
    }

    /// Chooses the simplest way to say a cron.
    fn repeat(&mut self, cron: &str) {
        self.opens = Opens::Cron;
        cron.clone_into(&mut self.cron);
        let Ok(rule) = Cron::parse(cron) else { return };
        let [minutes, hours, days, months, weekdays] = rule.to_fields();
        let (Some(minute), Some(hour), Some(months)) = (only(&minutes), only(&hours), numbers(&months)) else { return };
        match (days.as_str(), weekdays.as_str()) {
            ("*", "*") => self.weekdays = (0..7).map(|day: u8| day.to_string()).collect(),
            ("*", some) => match numbers(some) {
                Some(weekdays) => self.weekdays = weekdays,
                None => return,
            },
            (some, "*") => match numbers(some) {
                Some(days) => self.days = days,
                None => return,
            },
            _ => return,
        }
        self.opens = if self.days.is_empty() { Opens::Weekly } else { Opens::Monthly };
        self.months = months;
        self.time = format!("{hour:02}:{minute:02}");
    }

    /// The exceptions, each by itself.
    pub(super) fn exceptions(&self) -> Vec<&str> {
        self.exceptions.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    /// The cron that is meant; none for once.
    pub(super) fn cron(&self) -> Result<String, (&'static str, String)> {
        if self.opens == Opens::Cron {
            return Ok(self.cron.clone());
        }
        let (days, weekdays) = match self.opens {
            Opens::Weekly if self.weekdays.is_empty() => return Err(("weekday", "choose the days of the week".to_owned())),
            Opens::Weekly => ("*".to_owned(), list(&self.weekdays, 7)),
            Opens::Monthly if self.days.is_empty() => return Err(("day", "choose the days of the month".to_owned())),
            _ => (list(&self.days, usize::MAX), "*".to_owned()),
        };
        let two = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() == 2);
        let Some((hour, minute)) = self.time.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?))) else {
            return Err(("time", emt_windows::TimeError::Clock(self.time.clone()).to_string()));
        };
        let months = if self.months.is_empty() { "*".to_owned() } else { list(&self.months, 12) };
        Ok(format!("{minute} {hour} {days} {months} {weekdays}"))
    }
}

/// A list as a cron has it; `*` if all are in it.
fn list(numbers: &[String], all: usize) -> String {
    if numbers.len() == all { "*".to_owned() } else { numbers.join(",") }
}

/// The number, if a field has one only.
fn only(field: &str) -> Option<u8> {
    field.parse().ok()
}

/// The numbers of a field as crons show it, and `L`; none if it says more than that. `*` has no number.
fn numbers(field: &str) -> Option<Vec<String>> {
    if field == "*" {
        return Some(Vec::new());
    }
    let mut all = Vec::new();
    for part in field.split(',') {
        match part.split_once('-') {
            Some((from, to)) => all.extend((from.parse::<u8>().ok()?..=to.parse().ok()?).map(|number| number.to_string())),
            None if part == "L" => all.push(part.to_owned()),
            None => all.push(part.parse::<u8>().ok()?.to_string()),
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(cron: &str) -> Typed {
        let mut typed = Typed::default();
        typed.repeat(cron);
        typed
    }

    #[test]
    fn crons_are_said_as_simply_as_they_can_be() {
        for (cron, opens, days) in [
            ("0 2 * * 6", Opens::Weekly, "6"),
            ("30 23 * * MON-FRI", Opens::Weekly, "1 2 3 4 5"),
            ("0 2 * * *", Opens::Weekly, "0 1 2 3 4 5 6"),
            ("0 2 1,15,L * *", Opens::Monthly, "1 15 L"),
            ("0 2 */10 JAN *", Opens::Monthly, "1 11 21 31"),
            ("0 2 1 * 6", Opens::Cron, ""),
            ("0 2 * * 6#2", Opens::Cron, ""),
            ("*/5 2 * * 6", Opens::Cron, ""),
            ("0 2,3 * * 6", Opens::Cron, ""),
            ("nonsense", Opens::Cron, ""),
        ] {
            let typed = said(cron);
            assert_eq!((typed.opens, [typed.weekdays.clone(), typed.days.clone()].concat().join(" ")), (opens, days.to_owned()));
            if opens != Opens::Cron {
                assert_eq!(Cron::parse(&typed.cron().unwrap()), Cron::parse(cron), "{cron}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_told_at_its_field() {
        let weekly = Typed { opens: Opens::Weekly, time: "02:00".to_owned(), ..Typed::default() };
        assert_eq!(weekly.cron().unwrap_err().0, "weekday");
        assert_eq!(Typed { opens: Opens::Monthly, ..weekly.clone() }.cron().unwrap_err().0, "day");
        for time in ["", "2:00", "noon", "02:00:00", "02"] {
            let typed = Typed { weekdays: vec!["6".to_owned()], time: time.to_owned(), ..weekly.clone() };
            assert_eq!(typed.cron().unwrap_err().0, "time", "{time}");
        }
    }

    proptest! {
        #[test]
        fn what_the_form_says_of_a_cron_is_that_cron(
            minute in 0_u8..60, hour in 0_u8..24, day in 1_u8..32, month in "\\*|[1-9]|1[0-2]|3-7", week in "\\*|[0-7]|1-5|6L|2#3",
        ) {
            for day in [day.to_string(), "*".to_owned(), format!("{day},L")] {
                let cron = format!("{minute} {hour} {day} {month} {week}");
                let read = |text: &str| Cron::parse(text).unwrap().to_string();
                prop_assert_eq!(read(&said(&cron).cron().unwrap()), read(&cron), "{}", cron);
            }
        }
    }
}
