//! The calendar: a month of a zone, or one of its days, with all windows.

use std::cmp::Ordering;

use askama::Template;
use axum::extract::{Query, State};
use emt_windows::Zone;
use jiff::{
    ToSpan,
    civil::{Date, date},
};

use super::{
    Failure, Page, Web,
    days::{Day, Entry, days},
    form::ZONES,
    known::{Scheduled, schedules},
    target::Targets,
    visit::Visit,
    wall,
};
use crate::{
    oidc::percent_encoded,
    web::words::{many, quoted},
};

/// Windows that a day of a month shows.
const SHOWN: usize = 4;
/// Windows that a day shows by itself.
const SHOWN_ALONE: usize = 500;
/// Days of a week.
const WEEK: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];
/// Years that zones are known for.
const YEARS: std::ops::Range<i16> = 1970..2110;

#[derive(Template)]
#[template(path = "schedules_month.html")]
struct MonthText<'a> {
    project: &'a str,
    zone: &'a str,
    first: Date,
    /// Weeks from Monday; none where another month is.
    weeks: Vec<Vec<Option<Cell>>>,
    today: Date,
    wrong: Option<(&'static str, String)>,
    is_empty: bool,
}

#[derive(Template)]
#[template(path = "schedules_day.html")]
struct DayText<'a> {
    project: &'a str,
    zone: &'a str,
    date: Date,
    rows: Vec<Shown>,
    /// How many are not shown.
    more: usize,
}

/// A day of the month.
struct Cell {
    date: Date,
    /// Of the page that shows it alone.
    address: String,
    /// Class of the style: whether it is today, or past.
    class: &'static str,
    entries: Vec<Shown>,
    more: usize,
}

/// A window of a day.
struct Shown {
    id: String,
    name: String,
    target: String,
    is_update: bool,
    purpose: &'static str,
    entry: Entry,
}

impl Cell {
    fn label(&self) -> String {
        self.date.strftime("%A %-d %B %Y").to_string()
    }

    fn short(&self) -> String {
        self.date.strftime("%a %-d %b").to_string()
    }

    fn counted(&self) -> String {
        many((self.entries.len() + self.more) as u64, "window", "windows")
    }
}

impl Shown {
    fn of(all: &[Scheduled], targets: Option<&Targets>, entry: Entry) -> Option<Self> {
        let schedule = &all.get(entry.schedule)?.schedule;
        Some(Self {
            id: schedule.id().to_owned(),
            name: schedule.label().to_owned(),
            target: targets.map_or_else(String::new, |targets| targets.words(schedule)),
            is_update: schedule.is_update(),
            purpose: schedule.purpose(),
            entry,
        })
    }
}

/// The address of a month or a day in a zone.
fn address(what: &str, when: &str, zone: &str) -> String {
    format!("?{what}={when}&zone={}", percent_encoded(zone))
}

impl MonthText<'_> {
    fn title(&self) -> String {
        self.first.strftime("%B %Y").to_string()
    }

    fn month(&self) -> String {
        self.first.strftime("%Y-%m").to_string()
    }

    /// The months before and after, as far as there are any: address and name of each.
    fn turns(&self) -> Vec<(&'static str, (String, String))> {
        let turn = |(place, months): (&'static str, i64)| {
            let first = self.first.checked_add(months.months()).ok().filter(|first| YEARS.contains(&first.year()))?;
            let month = first.strftime("%Y-%m").to_string();
            Some((place, (address("month", &month, self.zone), first.strftime("%B %Y").to_string())))
        };
        [("prev", -1), ("next", 1)].into_iter().filter_map(turn).collect()
    }

    fn begins_past(&self) -> bool {
        self.first < self.today
    }

    fn wrong(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(known, _)| *known == field).map(|(_, what)| what.as_str())
    }
}

impl DayText<'_> {
    fn title(&self) -> String {
        self.date.strftime("%A %-d %B %Y").to_string()
    }

    fn month(&self) -> String {
        address("month", &self.date.strftime("%Y-%m").to_string(), self.zone)
    }

    fn month_title(&self) -> String {
        self.date.strftime("%B %Y").to_string()
    }

    /// The days before and after, as far as there are any: address and name of each.
    fn turns(&self) -> Vec<(&'static str, (String, String))> {
        let turn = |(place, days): (&'static str, i64)| {
            let date = self.date.checked_add(days.days()).ok().filter(|date| YEARS.contains(&date.year()))?;
            Some((place, (address("day", &date.to_string(), self.zone), date.strftime("%a %-d %B").to_string())))
        };
        [("prev", -1), ("next", 1)].into_iter().filter_map(turn).collect()
    }
}

/// `GET /ui/p/{project}/schedules/calendar?month=…&zone=…`, or with `day=…`.
pub(in crate::web) async fn calendar(
    State(site): State<Web>,
    visit: Visit,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Page, Failure> {
    let get = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let mut wrong = None;
    let zone = match get("zone") {
        "" => Zone::utc(),
        name => Zone::get(name).unwrap_or_else(|error| {
            wrong = Some(("zone", error.to_string()));
            Zone::utc()
        }),
    };
    let now = site.clock.now();
    let today = wall::wall(&zone, now).date();
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let all = schedules(&mut *snapshot, &visit.project).await?;
    let known = |date: &Date| YEARS.contains(&date.year());
    if let Some(date) = get("day").parse::<Date>().ok().filter(known) {
        let day = days(&zone, date, 1, &all).pop();
        let mut entries = day.map(|day| day.entries).unwrap_or_default();
        let more = entries.len().saturating_sub(SHOWN_ALONE);
        entries.truncate(SHOWN_ALONE);
        let shown = entries.iter().filter_map(|entry| all.get(entry.schedule)).map(|scheduled| &scheduled.schedule);
        let targets = Targets::of(&mut *snapshot, &visit.project, shown).await?;
        let rows = entries.into_iter().filter_map(|entry| Shown::of(&all, Some(&targets), entry)).collect();
        let text = DayText { project: &visit.name, zone: zone.name(), date, rows, more };
        return page(&visit, &text, &text.title(), date, &zone);
    }
    let first = match get("month") {
        "" => today.first_of_month(),
        text => format!("{text}-01").parse().ok().filter(known).unwrap_or_else(|| {
            wrong = Some(("month", format!("{text:?} is no month such as 2026-12, from 1970 to 2109")));
            today.first_of_month()
        }),
    };
    let month = days(&zone, first, first.days_in_month(), &all);
    let is_empty = month.iter().all(|day| day.entries.is_empty());
    let weeks = weeks(month, &all, &zone, today);
    let text = MonthText { project: &visit.name, zone: zone.name(), first, weeks, today, wrong, is_empty };
    page(&visit, &text, &text.title(), first, &zone)
}

fn page(visit: &Visit, text: &impl Template, title: &str, from: Date, zone: &Zone) -> Result<Page, Failure> {
    let page = Page::new(format!("{title} · {}", visit.name), text)?.tab("schedules");
    let command = format!("emtctl schedule next --at '{from} 00:00' --tz {}", quoted(zone.name()));
    Ok(page.live("SingleSchedule,RepeatedSchedule").command(command))
}

/// Days in weeks from Monday on.
fn weeks(month: Vec<Day>, all: &[Scheduled], zone: &Zone, today: Date) -> Vec<Vec<Option<Cell>>> {
    let first = month.first().map_or(date(1970, 1, 1), |day| day.date);
    let ahead = usize::try_from(first.weekday().to_monday_zero_offset()).unwrap_or(0);
    let mut cells: Vec<Option<Cell>> = (0..ahead).map(|_| None).collect();
    cells.extend(month.into_iter().map(|day| Some(cell(day, all, zone, today))));
    while !cells.len().is_multiple_of(7) {
        cells.push(None);
    }
    let mut weeks = Vec::new();
    while !cells.is_empty() {
        let rest = cells.split_off(7.min(cells.len()));
        weeks.push(std::mem::replace(&mut cells, rest));
    }
    weeks
}

fn cell(day: Day, all: &[Scheduled], zone: &Zone, today: Date) -> Cell {
    // A link to the rest takes as much room as the last of them.
    let shown = if day.entries.len() > SHOWN + 1 { SHOWN } else { day.entries.len() };
    let more = day.entries.len() - shown;
    let entries = day.entries.into_iter().take(shown).filter_map(|entry| Shown::of(all, None, entry)).collect();
    let class = match day.date.cmp(&today) {
        Ordering::Less => "past",
        Ordering::Equal => "today",
        Ordering::Greater => "",
    };
    Cell { date: day.date, address: address("day", &day.date.to_string(), zone.name()), class, entries, more }
}
