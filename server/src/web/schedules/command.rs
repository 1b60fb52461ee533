//! The commands that do the same as a form.

use emt_api::enums::ScheduleStatus;
use serde_json::Value as Json;

use super::{
    draft::{CRON_KEYS, Draft},
    known::Schedule,
    target::Target,
    typed::Typed,
    wall::short,
};
use crate::web::words::quoted;

/// A command, or why there is none.
pub(super) type Command = Result<String, &'static str>;

/// Shortest window that the command plans, seconds.
const SHORTEST: i64 = 60;

/// A command with its options.
struct Line(String);

impl Line {
    fn option(&mut self, name: &str, value: &str) {
        // What begins with a dash is no option of its own.
        let between = if value.starts_with('-') { '=' } else { ' ' };
        self.0 = format!("{} --{name}{between}{}", self.0, quoted(value));
    }

    fn flag(&mut self, name: &str) {
        self.0 = format!("{} --{name}", self.0);
    }
}

/// The command that plans what was typed.
pub(super) fn create(typed: &Typed, draft: &Draft, target: Option<&Target>) -> Command {
    let is_update = typed.status == ScheduleStatus::OsUpdate.as_str();
    if !is_update && typed.status != ScheduleStatus::Maintenance.as_str() {
        return Err("emtctl plans windows for OS updates and for maintenance only");
    }
    let Some(target) = target else { return Err("emtctl plans windows for a host, a site or a region only") };
    let length = draft.body.get("durationSeconds").and_then(Json::as_i64).or_else(|| once(draft));
    let mut line = Line(format!("emtctl schedule {}", if is_update { "update" } else { "maintenance" }));
    line.option(target.kind, &target.called);
    if typed.opens.is_repeated() {
        line.option("cron", &cron(draft).unwrap_or_default());
    } else {
        line.option("at", &at(draft).unwrap_or_default());
        if length.is_some_and(|length| length < SHORTEST) {
            return Err("emtctl plans windows of a minute at least");
        }
    }
    match length {
        Some(length) => line.option("duration", &short(length)),
        None if is_update => line.flag("open-end"),
        None => {}
    }
    line.option("tz", draft.body.get("timeZone").and_then(Json::as_str).unwrap_or("UTC"));
    terms(&mut line, draft);
    if !typed.name.is_empty() {
        line.option("name", &typed.name);
    }
    Ok(line.0)
}

/// The command that changes a schedule so.
pub(super) fn edit(draft: &Draft, before: &Schedule, target: Option<&Target>) -> Command {
    let has = |key: &str| draft.body.contains_key(key);
    if has("scheduleStatus") {
        return Err("emtctl cannot change what a schedule is for");
    }
    if draft.takes_end {
        return Err("emtctl cannot take the end from a window");
    }
    let mut line = Line(format!("emtctl schedule edit {}", quoted(before.id())));
    if let Some(name) = draft.body.get("name").and_then(Json::as_str) {
        line.option("name", name);
    }
    if ["targetHostId", "targetSiteId", "targetRegionId"].into_iter().any(has) {
        let Some(target) = target else { return Err("emtctl cannot make a schedule hold for nobody") };
        line.option(target.kind, &target.called);
    }
    if let Some(at) = at(draft) {
        line.option("at", &at);
    }
    let length = draft.body.get("durationSeconds").and_then(Json::as_i64).or_else(|| edited_once(draft, before));
    if length.is_some_and(|length| length < SHORTEST && has("startSeconds")) {
        return Err("emtctl plans windows of a minute at least");
    }
    if let Some(length) = length {
        line.option("duration", &short(length));
    }
    if let Some(cron) = cron(draft) {
        line.option("cron", &cron);
    }
    if let Some(zone) = draft.body.get("timeZone").and_then(Json::as_str) {
        line.option("tz", zone);
    }
    for (key, flag) in [("exceptions", "no-except"), ("minimumNoticeSeconds", "no-notice"), ("finishBy", "no-finish-by")] {
        let empty = [Json::from(""), Json::from(0), Json::from(Vec::<Json>::new())];
        // Exceptions are added to those that there are.
        let clears = draft.body.get(key).is_some_and(|value| empty.contains(value));
        if clears || (key == "exceptions" && has(key) && !before.exceptions().is_empty()) {
            line.flag(flag);
        }
    }
    terms(&mut line, draft);
    Ok(line.0)
}

/// Exceptions, notice, the end of work.
fn terms(line: &mut Line, draft: &Draft) {
    for text in draft.body.get("exceptions").and_then(Json::as_array).into_iter().flatten() {
        line.option("except", text.as_str().unwrap_or_default());
    }
    if let Some(notice) = draft.body.get("minimumNoticeSeconds").and_then(Json::as_i64).filter(|notice| *notice > 0) {
        line.option("notice", &short(notice));
    }
    if let Some(finish) = draft.body.get("finishBy").and_then(Json::as_str).filter(|finish| !finish.is_empty()) {
        line.option("finish-by", finish);
    }
}

fn number(draft: &Draft, key: &str) -> Option<i64> {
    draft.body.get(key).and_then(Json::as_i64)
}

/// The length of a single window.
fn once(draft: &Draft) -> Option<i64> {
    Some(number(draft, "endSeconds")? - number(draft, "startSeconds")?)
}

/// The length of a single window that is changed, if the command would not keep it.
fn edited_once(draft: &Draft, before: &Schedule) -> Option<i64> {
    let Schedule::Single(single) = before else { return None };
    let start = number(draft, "startSeconds").unwrap_or(single.start_seconds.into());
    let end = number(draft, "endSeconds").or((single.end_seconds != 0).then_some(single.end_seconds.into()))?;
    Some(end - start).filter(|length| before.length() != Some(*length))
}

fn at(draft: &Draft) -> Option<String> {
    jiff::Timestamp::from_second(number(draft, "startSeconds")?).ok().map(|at| at.to_string())
}

/// The whole cron.
fn cron(draft: &Draft) -> Option<String> {
    if let Some(cron) = draft.body.get("cron").and_then(Json::as_str) {
        return Some(cron.to_owned());
    }
    let fields = CRON_KEYS.map(|key| draft.body.get(key).and_then(Json::as_str).unwrap_or_default());
    (!fields[0].is_empty()).then(|| fields.join(" "))
}

#[cfg(test)]
mod tests {
    use emt_api::{
        enums::ScheduleStatus,
        resources::{RepeatedSchedule, SingleSchedule},
        value::{Json as Kept, Link},
    };

    use super::*;
    use crate::web::schedules::typed::Opens;

    fn host() -> Target {
        let name = "shop 1".to_owned();
        Target { kind: "host", id: "host-00000001".to_owned(), called: name.clone(), name }
    }

    fn created(change: impl FnOnce(&mut Typed)) -> Command {
        let mut typed = Typed { at: "2026-12-01T02:00".to_owned(), ..Typed::fresh("host", "", 0) };
        change(&mut typed);
        let draft = Draft::of(&typed, Some(&host()), None);
        assert_eq!(draft.wrong, []);
        create(&typed, &draft, Some(&host()))
    }

    type Change = fn(&mut Typed);

    #[test]
    fn a_new_schedule_has_one_command() {
        for (change, command) in [
            (
                (|typed| typed.name = "-n x".to_owned()) as fn(&mut Typed),
                Ok("emtctl schedule update --host 'shop 1' --at 2026-12-01T02:00:00Z --duration 2h --tz UTC --name='-n x'"),
            ),
            (
                |typed| {
                    (typed.status, typed.endless) = (ScheduleStatus::Maintenance.as_str().to_owned(), true);
                    typed.zone = "Europe/Berlin".to_owned();
                },
                Ok("emtctl schedule maintenance --host 'shop 1' --at 2026-12-01T01:00:00Z --tz Europe/Berlin"),
            ),
            (
                |typed| {
                    (typed.opens, typed.weekdays) = (Opens::Weekly, vec!["6".to_owned(), "0".to_owned()]);
                    (typed.zone, typed.exceptions) = ("Europe/Berlin".to_owned(), "2026-12-24\n\n 2026-12-31".to_owned());
                    (typed.notice, typed.finish) = ("2 days".to_owned(), "05:00".to_owned());
                },
                Ok("emtctl schedule update --host 'shop 1' --cron '0 2 * * 6,0' --duration 2h --tz Europe/Berlin --except \
                    2026-12-24 --except 2026-12-31 --notice 2d --finish-by 05:00"),
            ),
            (
                |typed| (typed.opens, typed.days) = (Opens::Monthly, vec!["1".to_owned()]),
                Ok("emtctl schedule update --host 'shop 1' --cron '0 2 1 * *' --duration 2h --tz UTC"),
            ),
            (
                |typed| typed.endless = true,
                Ok("emtctl schedule update --host 'shop 1' --at 2026-12-01T02:00:00Z --open-end --tz UTC"),
            ),
            (|typed| typed.length = "59s".to_owned(), Err("emtctl plans windows of a minute at least")),
            (
                |typed| typed.status = ScheduleStatus::Unspecified.as_str().to_owned(),
                Err("emtctl plans windows for OS updates and for maintenance only"),
            ),
        ] {
            assert_eq!(created(change), command.map(str::to_owned));
        }
    }

    #[test]
    fn a_change_names_what_changes() {
        let weekly = RepeatedSchedule {
            name: "weekly".to_owned(),
            duration_seconds: 3600,
            cron: "0 2 * * 6".to_owned(),
            exceptions: Kept(vec!["2026-12-24".to_owned()]),
            minimum_notice_seconds: 60,
            finish_by: "05:00".to_owned(),
            target_host_id: Link::to("host-00000001"),
            ..RepeatedSchedule::default()
        };
        let single = SingleSchedule { start_seconds: 1_780_704_000, end_seconds: 1_780_707_600, ..SingleSchedule::default() };
        let mut weekly = Schedule::Repeated(Box::new(weekly));
        let mut single = Schedule::Single(Box::new(single));
        for (schedule, id) in [(&mut weekly, "repeatedsche-1"), (&mut single, "singlesche-1")] {
            match schedule {
                Schedule::Single(schedule) => id.clone_into(&mut schedule.meta.id),
                Schedule::Repeated(schedule) => id.clone_into(&mut schedule.meta.id),
            }
        }
        let cases: [(&Schedule, Change, Result<&str, &str>); 9] = [
            (&weekly, |typed| typed.name = "w".to_owned(), Ok("edit repeatedsche-1 --name w")),
            (
                &weekly,
                |typed| (typed.weekdays, typed.length) = (vec!["0".to_owned()], "90m".to_owned()),
                Ok("edit repeatedsche-1 --duration 1h30m --cron '0 2 * * 0'"),
            ),
            (
                &weekly,
                |typed| {
                    typed.exceptions.push_str("\n2026-12-31");
                    (typed.notice, typed.finish) = (String::new(), String::new());
                },
                Ok("edit repeatedsche-1 --no-except --no-notice --no-finish-by --except 2026-12-24 --except 2026-12-31"),
            ),
            (&weekly, |typed| typed.zone = "Asia/Tokyo".to_owned(), Ok("edit repeatedsche-1 --tz Asia/Tokyo")),
            (
                &weekly,
                |typed| typed.status = ScheduleStatus::Maintenance.as_str().to_owned(),
                Err("emtctl cannot change what a schedule is for"),
            ),
            (&single, |typed| typed.at = "2026-06-07T00:00".to_owned(), Ok("edit singlesche-1 --at 2026-06-07T00:00:00Z")),
            (&single, |typed| typed.length = "2h".to_owned(), Ok("edit singlesche-1 --duration 2h")),
            (
                &single,
                |typed| (typed.at, typed.length) = ("2026-06-07T00:00".to_owned(), "2h".to_owned()),
                Ok("edit singlesche-1 --at 2026-06-07T00:00:00Z --duration 2h"),
            ),
            (&single, |typed| typed.endless = true, Err("emtctl cannot take the end from a window")),
        ];
        for (before, change, command) in cases {
            let target = Some(host()).filter(|_| !before.target().0.is_empty());
            let mut typed = Typed::of(before, target.as_ref(), 0);
            change(&mut typed);
            let draft = Draft::of(&typed, target.as_ref(), Some(before));
            assert_eq!(draft.wrong, []);
            let found = edit(&draft, before, target.as_ref());
            assert_eq!(found, command.map(|rest| format!("emtctl schedule {rest}")));
        }
    }
}
