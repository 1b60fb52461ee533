//! The form of a schedule as HTML: fields with what was typed, what is wrong at them, and the preview.

use std::fmt;

use askama::{
    Template,
    filters::{Html, HtmlSafe},
};
use emt_api::enums::ScheduleStatus;

use super::{
    command::Command,
    draft::Wrong,
    facts,
    known::Schedule,
    target::Hosts,
    typed::{Opens, Typed},
    windows::{MONTHS, Shown, WEEKDAYS},
};

/// Zones that are offered.
pub(super) const ZONES: [&str; 40] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Phoenix",
    "America/Sao_Paulo",
    "America/Toronto",
    "Asia/Bangkok",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Warsaw",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
];

/// What helps with a field.
const HINTS: [(&str, &str); 11] = [
    ("name", "Without one it is made of target and time."),
    ("target", "By name or id; the list shows the first that fit."),
    ("at", "On the clock of the time zone below."),
    ("length", "Such as 90m, 2h or 1h30m; what repeats is open for a day at most."),
    (
        "cron",
        "Minute, hour, day of month, month, day of week; also ranges, steps, names, 6#2 (second Saturday), 6L (last), L (last day).",
    ),
    ("zone", "The clock that all times here are on."),
    ("month", "None: every month."),
    ("except", "One a line: a day (2026-12-24), days (2026-12-24/2026-12-26), or from one time to another."),
    ("notice", "Nothing opens earlier than so long after the schedule was planned or changed, such as 2d."),
    ("finish", "Windows close at this time of day at the latest, such as 05:00."),
    ("status", "Hosts install in windows for OS updates only."),
];

/// See the module.
#[derive(Template)]
#[template(path = "schedules_form.html")]
pub(super) struct FormText<'a> {
    pub(super) project: &'a str,
    pub(super) form: String,
    pub(super) before: Option<&'a Schedule>,
    pub(super) typed: &'a Typed,
    /// That the form was shown with; 0 for a new schedule.
    pub(super) revision: i64,
    pub(super) offered: Vec<(String, String)>,
    /// What is wrong, and whether that is told at the fields, too.
    pub(super) wrong: Vec<Wrong>,
    pub(super) marks: bool,
    pub(super) preview: Option<Preview>,
    /// If somebody else has changed it meanwhile, what differs: label, what is there now, what was typed.
    pub(super) conflict: Option<Vec<(&'static str, String, String)>>,
    /// Whether somebody wanted to have written what is not what the preview showed.
    pub(super) is_unseen: bool,
}

/// What would happen.
pub(super) struct Preview {
    /// What and for whom.
    pub(super) purpose: &'static str,
    pub(super) target: String,
    pub(super) hosts: Hosts,
    pub(super) zone: String,
    pub(super) windows: Vec<Shown>,
    /// What speaks against it, though it is allowed.
    pub(super) warnings: Vec<String>,
    pub(super) command: Command,
    /// A digest of what is shown.
    pub(super) seen: String,
    /// Whether there is nothing to write.
    pub(super) is_unchanged: bool,
}

impl Preview {
    fn counted(&self) -> String {
        facts::hosts(self.hosts.count)
    }
}

/// HTML that is whole.
struct Markup(String);

impl HtmlSafe for Markup {}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn escaped(text: &str) -> String {
    match askama::filters::escape(text, Html) {
        Ok(safe) => safe.to_string(),
        Err(never) => match never {},
    }
}

impl FormText<'_> {
    fn of(&self, field: &str) -> impl Iterator<Item = &Wrong> {
        self.wrong.iter().filter(move |wrong| self.marks && wrong.field == field)
    }

    /// The attributes that join a field to what is told of it.
    fn marks(&self, field: &str) -> Markup {
        let hint = HINTS.iter().any(|(known, _)| *known == field).then(|| format!("{field}-hint"));
        let wrong = self.of(field).next().map(|_| format!("{field}-wrong"));
        let invalid = if wrong.is_some() { " aria-invalid=\"true\"" } else { "" };
        let ids: Vec<String> = hint.into_iter().chain(wrong).collect();
        let described = if ids.is_empty() { String::new() } else { format!(" aria-describedby=\"{}\"", ids.join(" ")) };
        Markup(format!("{invalid}{described}"))
    }

    /// What is told of a field: the hint, and what is wrong.
    fn told(&self, field: &str) -> Markup {
        let hint = HINTS.iter().find(|(known, _)| *known == field);
        let hint = hint.map_or_else(String::new, |(_, hint)| format!("<small id=\"{field}-hint\">{hint}</small>"));
        let wrong: Vec<String> = self.of(field).map(|wrong| escaped(&wrong.what)).collect();
        if wrong.is_empty() {
            return Markup(hint);
        }
        Markup(format!("<p class=\"wrong\" id=\"{field}-wrong\">{}</p>{hint}", wrong.join("<br>")))
    }

    /// Ways to open that can be chosen: a schedule stays of its type.
    fn ways(&self) -> Vec<(&'static str, &'static str, bool)> {
        let fits = |opens: Opens| self.before.is_none() || opens.is_repeated() == self.typed.opens.is_repeated();
        let ways = Opens::ALL.into_iter().filter(|(opens, ..)| fits(*opens));
        ways.map(|(opens, word, label)| (word, label, opens == self.typed.opens)).collect()
    }

    fn may_repeat(&self) -> bool {
        self.before.is_none() || self.typed.opens.is_repeated()
    }

    fn may_be_once(&self) -> bool {
        self.before.is_none() || !self.typed.opens.is_repeated()
    }

    fn statuses(&self) -> [(&'static str, &'static str, bool); 3] {
        [
            (ScheduleStatus::OsUpdate, "OS update"),
            (ScheduleStatus::Maintenance, "Maintenance"),
            (ScheduleStatus::Unspecified, "Not said"),
        ]
        .map(|(status, label)| (status.as_str(), label, status.as_str() == self.typed.status))
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str, bool)> {
        let nobody = self.before.is_some().then_some(("", "Nobody"));
        let kinds = [("host", "Host"), ("site", "Site"), ("region", "Region")].into_iter().chain(nobody);
        kinds.map(|(word, label)| (word, label, word == self.typed.kind)).collect()
    }

    /// Days of the week from Monday: the number of crons, the name.
    fn weekdays(&self) -> [(String, &'static str, bool); 7] {
        [1, 2, 3, 4, 5, 6, 0].map(|day: usize| {
            let number = day.to_string();
            let is_chosen = self.typed.weekdays.contains(&number);
            (number, WEEKDAYS[day], is_chosen)
        })
    }

    /// Days of the month, with the last one.
    fn days(&self) -> Vec<(String, String, bool)> {
        let days = (1..=31).map(|day: u8| (day.to_string(), day.to_string())).chain([("L".to_owned(), "Last".to_owned())]);
        days.map(|(number, label)| (number.clone(), label, self.typed.days.contains(&number))).collect()
    }

    fn months(&self) -> Vec<(String, &'static str, bool)> {
        let months = (1_u8..).zip(MONTHS).map(|(number, name)| (number.to_string(), name));
        months.map(|(number, name)| (number.clone(), name, self.typed.months.contains(&number))).collect()
    }

    /// Whether one of the fields that are folded says something, or is wrong.
    fn has_more(&self) -> bool {
        let typed = self.typed;
        let filled = [&typed.exceptions, &typed.notice, &typed.finish].into_iter().any(|text| !text.is_empty());
        filled
            || !typed.months.is_empty()
            || ["except", "notice", "finish", "month"].iter().any(|field| self.of(field).count() > 0)
    }

    /// What a preview is of.
    fn what(&self, preview: &Preview) -> String {
        let count = if self.typed.opens.is_repeated() { "Windows" } else { "A window" };
        match preview.purpose {
            "OS update" => format!("{count} for OS updates,"),
            "maintenance" => format!("{count} for maintenance,"),
            _ => format!("{count} without a purpose,"),
        }
    }
}
