//! The windows of a rule as people are shown them: on the rule's own clock, and with what is remarkable about each.

use emt_windows::{Change, Cron, FinishBy, Opens, Rule, Window, Zone};

use super::wall::{self, words};
use crate::web::words::When;

/// Windows that are shown.
const SHOWN: usize = 5;
/// How far ahead a change of the clocks is looked for that touches a window: 400 days.
const AHEAD: i64 = 400 * 86_400;

/// A window that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// On the clock of the rule's zone.
    pub(super) span: String,
    pub(super) start: When,
    /// "never" if it stays open.
    pub(super) end: Option<When>,
    pub(super) length: String,
    pub(super) remarks: Vec<String>,
    pub(super) is_open: bool,
    /// Whether others are left out before it.
    pub(super) is_later: bool,
}

/// The windows that are open or open next; then those that the next changes of the clocks touch.
pub(super) fn shown(rule: &Rule, now: i64) -> Vec<Shown> {
    let mut windows: Vec<Window> = rule.active(now).into_iter().chain(rule.upcoming(now.saturating_add(1))).take(SHOWN).collect();
    windows.dedup();
    let mut all: Vec<Shown> = windows.iter().map(|window| row(rule, window, now, false)).collect();
    let last = windows.last().map_or(now, |window| window.start);
    if let Opens::Repeatedly { duration, .. } = rule.opens() {
        let soon = rule.zone().changes().iter().filter(|change| change.at > last && change.at < now + AHEAD);
        let around = soon.filter_map(|change| rule.next(change.at - i64::from(*duration)).filter(|window| window.start > last));
        let mut later: Vec<Shown> = around.map(|window| row(rule, &window, now, true)).collect();
        later.retain(|window| window.remarks.iter().any(|remark| remark.contains("clock")));
        later.dedup();
        all.extend(later);
    }
    all
}

fn row(rule: &Rule, window: &Window, now: i64, is_later: bool) -> Shown {
    Shown {
        span: wall::span(rule.zone(), window),
        start: When(window.start),
        end: window.end.map(When),
        length: window.end.map_or_else(|| "no end".to_owned(), |end| words(end - window.start)),
        remarks: remarks(rule, window),
        is_open: window.is_open(now),
        is_later,
    }
}

/// What is remarkable about a window.
pub(super) fn remarks(rule: &Rule, window: &Window) -> Vec<String> {
    let zone = rule.zone();
    let mut remarks = Vec::new();
    if let Opens::Repeatedly { cron, duration } = rule.opens() {
        remarks.extend(skipped(cron, zone, window.start));
        let lasts = window.end.map_or(0, |end| end - window.start);
        if rule.not_before() == Some(window.start) {
            remarks.push("opens when the notice is over".to_owned());
        } else if rule.blackouts().iter().any(|blackout| blackout.to == window.start) {
            remarks.push("opens when an exception is over".to_owned());
        } else if lasts < i64::from(*duration) && !window.cut {
            remarks.push(match rule.finish() {
                Some(FinishBy::Clock(time)) => format!("has to be over by {}", time.strftime("%H:%M")),
                _ => "has to be over earlier".to_owned(),
            });
        }
    }
    if zone.changes().iter().any(|change| is_twice(change, window.start)) {
        let at = wall::time(wall::wall(zone, window.start));
        remarks.push(format!("{at} comes twice on that day, when the clocks are put back: it opens the first time"));
    }
    remarks.extend(window.end.and_then(|end| {
        let change = zone.changes().iter().find(|change| window.start < change.at && change.at < end)?;
        let by = change.after - change.before;
        let (way, seems) = if by > 0 { ("forward", "longer") } else { ("back", "shorter") };
        let (by, lasts) = (words(by.abs()), words(end - window.start));
        Some(format!("the clocks are put {way} by {by} in it: it looks {by} {seems}, and lasts {lasts}"))
    }));
    if window.cut {
        remarks.push("ends early: an exception begins".to_owned());
    }
    remarks
}

/// Whether the clock shows what it shows at an instant once more, later.
fn is_twice(change: &Change, at: i64) -> bool {
    at < change.at && at + change.before >= change.at + change.after
}

/// That a time of a cron does not exist on the day that a window opens.
fn skipped(cron: &Cron, zone: &Zone, start: i64) -> Option<String> {
    let change = zone.changes().iter().find(|change| change.at == start && change.after > change.before)?;
    // The same cron on a clock that skips nothing.
    let plain = Rule::repeated(*cron, 1, Zone::utc()).ok()?;
    let meant = plain.next(change.at + change.before)?.start;
    (meant < change.at + change.after).then(|| does_not_exist(zone, meant, start))
}

fn does_not_exist(zone: &Zone, meant: i64, start: i64) -> String {
    let meant = wall::time(wall::wall(&Zone::utc(), meant));
    let opens = wall::time(wall::wall(zone, start));
    format!("{meant} does not exist on that day: the clocks are put forward, and it opens at {opens}")
}

/// What is remarkable about the begin of a single window, as it was typed.
pub(super) fn remark_of_typed(zone: &Zone, typed: &str, start: i64) -> Option<String> {
    let meant = Zone::utc().parse(typed).ok()?;
    let change = zone.changes().iter().find(|change| change.at == start)?;
    // A time with an offset of its own is what it is.
    let is_skipped = !typed.ends_with('Z') && change.at + change.before <= meant && meant < change.at + change.after;
    is_skipped.then(|| does_not_exist(zone, meant, start))
}

/// When a schedule opens, in words; "once" for a single one.
pub(super) fn opening(schedule: &super::known::Schedule) -> String {
    use super::typed::{Opens, Typed};
    let typed = Typed::of(schedule, None, 0);
    let at = &typed.time;
    let months = if typed.months.is_empty() { String::new() } else { format!(" in {}", listed(&typed.months, &MONTHS, 1)) };
    match typed.opens {
        Opens::Once => "once".to_owned(),
        Opens::Weekly if typed.weekdays.len() == 7 => format!("every day{months} at {at}"),
        Opens::Weekly => format!("{}{months} at {at}", weekdays(&typed.weekdays)),
        Opens::Monthly => {
            let days: Vec<&str> = typed.days.iter().map(|day| if day == "L" { "the last" } else { day }).collect();
            let what = match days.as_slice() {
                ["the last"] => "on",
                [_] => "on day",
                _ => "on days",
            };
            let last = if days.last() == Some(&"the last") { " day" } else { "" };
            let months = if months.is_empty() { " of each month" } else { &months };
            format!("{what} {}{last}{months} at {at}", joined(&days))
        }
        Opens::Cron => typed.cron,
    }
}

/// Weekdays in the order of a cron's numbers.
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Months of a year.
pub(super) const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn weekdays(numbers: &[String]) -> String {
    let mut days: Vec<usize> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
    // A week begins on Monday.
    days.sort_unstable_by_key(|day| (day + 6) % 7);
    if days == [1, 2, 3, 4, 5] {
        return "Mondays to Fridays".to_owned();
    }
    let names: Vec<String> = days.iter().filter_map(|day| WEEKDAYS.get(*day)).map(|name| format!("{name}s")).collect();
    joined(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn listed(numbers: &[String], names: &[&str], first: usize) -> String {
    let name = |number: &String| number.parse::<usize>().ok().and_then(|number| names.get(number.checked_sub(first)?)).copied();
    joined(&numbers.iter().map(|number| name(number).unwrap_or(number)).collect::<Vec<_>>())
}

fn joined(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [more @ .., last] => format!("{} and {last}", more.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use emt_api::resources::RepeatedSchedule;
    use emt_windows::Blackout;

    use super::*;
    use crate::web::schedules::known::Schedule;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    fn berlin(cron: &str, duration: u32) -> Rule {
        Rule::repeated(Cron::parse(cron).unwrap(), duration, Zone::get("Europe/Berlin").unwrap()).unwrap()
    }

    #[test]
    fn changes_of_the_clocks_are_remarked() {
        for (cron, now, span, remark) in [
            ("30 2 * * *", "2026-03-28T12:00:00Z", "Sun 29 Mar 2026 03:00 – 05:00", "02:30 does not exist on that day"),
            ("0 3 * * *", "2026-03-28T12:00:00Z", "Sun 29 Mar 2026 03:00 – 05:00", ""),
            (
                "0 1 * * *",
                "2026-03-28T12:00:00Z",
                "Sun 29 Mar 2026 01:00 (+01:00) – 04:00 (+02:00)",
                "put forward by 1 h in it: it looks 1 h longer, and lasts 2 h",
            ),
            (
                "30 1 * * *",
                "2026-10-24T12:00:00Z",
                "Sun 25 Oct 2026 01:30 (+02:00) – 02:30 (+01:00)",
                "put back by 1 h in it: it looks 1 h shorter, and lasts 2 h",
            ),
            ("30 2 * * *", "2026-10-24T12:00:00Z", "Sun 25 Oct 2026 02:30 (+02:00) – 03:30 (+01:00)", "02:30 comes twice"),
            ("0 3 * * *", "2026-10-24T12:00:00Z", "Sun 25 Oct 2026 03:00 – 05:00", ""),
        ] {
            let first = shown(&berlin(cron, 7200), at(now)).remove(0);
            assert_eq!(first.span, span, "{cron}");
            let told = first.remarks.join("; ");
            assert!(told.contains(remark) && told.is_empty() == remark.is_empty(), "{cron}: {told}");
        }
    }

    #[test]
    fn windows_that_the_clocks_touch_later_are_shown_too() {
        let nightly = shown(&berlin("30 2 * * *", 3600), at("2026-06-01T00:00:00Z"));
        let later: Vec<&str> = nightly[5..].iter().map(|window| window.span.as_str()).collect();
        assert!(
            later.len() == 2 && later[0].starts_with("Sun 25 Oct 2026") && later[1].starts_with("Sun 28 Mar 2027"),
            "{later:?}"
        );
        assert!(nightly[5].is_later && !nightly[4].is_later);
        assert_eq!(shown(&berlin("0 12 * * *", 3600), at("2026-06-01T00:00:00Z")).len(), 5, "none is touched at noon");
        assert_eq!(shown(&berlin("0 2 30 2 *", 3600), 0), []);
    }

    #[test]
    fn what_takes_from_windows_is_remarked() {
        let zone = Zone::get("Europe/Berlin").unwrap();
        let now = at("2026-06-06T00:00:00Z");
        let nightly = berlin("0 22 * * *", 8 * 3600);
        let from = |text| Blackout::parse(text, &zone).unwrap();
        for (rule, remark) in [
            (nightly.clone().except([from("2026-06-07")]), "ends early: an exception begins"),
            (nightly.clone().except([from("2026-06-06 12:00/2026-06-06 23:00")]), "opens when an exception is over"),
            (nightly.clone().with_notice(now, 21 * 3600), "opens when the notice is over"),
            (nightly.clone().finish_by(FinishBy::parse("05:00", &zone).unwrap()), "has to be over by 05:00"),
        ] {
            let windows = shown(&rule, at("2026-06-06T12:00:00Z"));
            assert_eq!(windows[0].remarks, [remark], "{windows:?}");
        }
        let start = zone.parse("2026-03-29T02:30").unwrap();
        assert!(remark_of_typed(&zone, "2026-03-29T02:30", start).unwrap().contains("02:30 does not exist"));
        assert_eq!(remark_of_typed(&zone, "2026-03-29T03:00", start), None);
    }

    #[test]
    fn rules_are_told_in_words() {
        for (cron, words) in [
            ("0 2 * * 6,0", "Saturdays and Sundays at 02:00"),
            ("0 2 * * 1-5", "Mondays to Fridays at 02:00"),
            ("0 2 * * 6", "Saturdays at 02:00"),
            ("0 2 * * *", "every day at 02:00"),
            ("5 23 * JAN,JUL 1-3", "Mondays, Tuesdays and Wednesdays in January and July at 23:05"),
            ("0 2 1,L * *", "on days 1 and the last day of each month at 02:00"),
            ("0 2 L * *", "on the last day of each month at 02:00"),
            ("0 2 15 3 *", "on day 15 in March at 02:00"),
            ("0 2 * * 6#2", "0 2 * * 6#2"),
        ] {
            let schedule = RepeatedSchedule { cron: cron.to_owned(), duration_seconds: 5400, ..RepeatedSchedule::default() };
            assert_eq!(opening(&Schedule::Repeated(Box::new(schedule))), words);
        }
    }
}
