//! What was typed as a request body of the API, with all that is wrong at once, each at its field.

use emt_api::{
    input::{Input, Purpose},
    resources::{REPEATED_SCHEDULE, SINGLE_SCHEDULE},
    spec::Spec,
};
use emt_windows::{Cron, Zone};
use serde_json::{Map, Value as Json, json};

use super::{
    known::Schedule,
    target::{Target, key},
    typed::{Opens, Typed},
    wall,
};
use crate::web::words::window_name;

/// The single fields of a cron, in their order.
pub(super) const CRON_KEYS: [&str; 5] = ["cronMinutes", "cronHours", "cronDayMonth", "cronMonth", "cronDayWeek"];
/// Keys of targets.
const TARGET_KEYS: [&str; 3] = ["targetHostId", "targetSiteId", "targetRegionId"];

/// Something that is wrong with a field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Id of the field; "" for the whole form.
    pub(super) field: &'static str,
    pub(super) what: String,
}

impl Wrong {
    pub(super) fn at(field: &'static str, what: impl Into<String>) -> Self {
        Self { field, what: what.into() }
    }

    /// What its field is called.
    pub(super) fn label(&self) -> &'static str {
        match self.field {
            "name" => "Name",
            "status" => "What for",
            "target" => "Holds for",
            "at" => "Opens at",
            "length" => "Open for",
            "weekday" => "Days of the week",
            "day" => "Days of the month",
            "time" => "Time",
            "cron" => "Cron",
            "zone" => "Time zone",
            "except" => "Kept closed",
            "notice" => "Notice",
            "finish" => "Finish by",
            _ => "",
        }
    }

    /// A message of the API at the field that it speaks of.
    pub(super) fn told(message: &str, opens: Opens) -> Self {
        let after = |mark: &str| message.split_once(mark).map(|(_, rest)| rest);
        let named = after("at \"/").or_else(|| after("field ")).or_else(|| after("property \""));
        let key: String = named.unwrap_or_default().chars().take_while(char::is_ascii_alphanumeric).collect();
        let field = match key.as_str() {
            "name" => "name",
            "scheduleStatus" => "status",
            "startSeconds" => "at",
            "endSeconds" | "durationSeconds" => "length",
            "targetHostId" | "targetSiteId" | "targetRegionId" => "target",
            "timeZone" => "zone",
            "exceptions" => "except",
            "minimumNoticeSeconds" => "notice",
            "finishBy" => "finish",
            _ if key.starts_with("cron") => cron_field(opens),
            _ if message.contains("start time") => "at",
            _ if message.contains("end time") => "length",
            _ if message.contains("target") => "target",
            _ => "",
        };
        // The field itself is named by its place.
        let what = after("\": ").filter(|_| message.starts_with("request body")).unwrap_or(message);
        Self::at(field, what)
    }
}

fn cron_field(opens: Opens) -> &'static str {
    match opens {
        Opens::Weekly => "weekday",
        Opens::Monthly => "day",
        _ => "cron",
    }
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// All fields of a new schedule; of one that there is those that change.
    pub(super) body: Map<String, Json>,
    /// Whether a window gets an open end: no value says that.
    pub(super) takes_end: bool,
    pub(super) wrong: Vec<Wrong>,
}

impl Draft {
    /// Reads what was typed, for a new schedule or for one that there is. What it holds for was looked up: nothing is nobody.
    pub(super) fn of(typed: &Typed, target: Option<&Target>, before: Option<&Schedule>) -> Self {
        let mut draft = Self::default();
        let zone = match typed.zone.as_str() {
            "" => Ok(Zone::utc()),
            name => Zone::get(name),
        };
        let zone = zone.map_err(|error| draft.wrong.push(Wrong::at("zone", error.to_string()))).ok();
        draft.put("name", typed.name.as_str());
        draft.put("scheduleStatus", typed.status.as_str());
        for key in TARGET_KEYS {
            draft.put(key, "");
        }
        if let Some(target) = target {
            draft.put(key(target.kind), target.id.as_str());
        }
        draft.put("timeZone", zone.as_ref().map_or("", Zone::name));
        draft.put("exceptions", json!(typed.exceptions()));
        let notice = if typed.notice.is_empty() { Some(0) } else { draft.length("notice", &typed.notice) };
        draft.put("minimumNoticeSeconds", notice);
        if let Some(zone) = zone {
            if typed.opens.is_repeated() { draft.repeated(typed, &zone, before) } else { draft.single(typed, &zone, before) }
        }
        if let Some(before) = before {
            draft.narrow(before);
        } else {
            draft.complete(typed, target);
        }
        draft.check(spec(typed), typed.opens);
        draft
    }

    fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.body.insert(key.to_owned(), value.into());
    }

    fn length(&mut self, field: &'static str, text: &str) -> Option<i64> {
        wall::length(text).map_err(|what| self.wrong.push(Wrong::at(field, what))).ok()
    }

    fn single(&mut self, typed: &Typed, zone: &Zone, before: Option<&Schedule>) {
        let start = match before {
            // What the clock shows twice would mean the first time.
            Some(Schedule::Single(single)) if wall::typed(zone, single.start_seconds.into()) == typed.at => {
                Ok(single.start_seconds.into())
            }
            _ => zone.parse(&typed.at),
        };
        let start = start.map_err(|error| self.wrong.push(Wrong::at("at", error.to_string()))).ok();
        self.put("startSeconds", start);
        if typed.endless {
            self.takes_end = before.is_some_and(|before| before.length().is_some());
            return;
        }
        let length = self.length("length", &typed.length);
        if length == Some(0) {
            self.wrong.push(Wrong::at("length", "The schedule end time must be greater than the start time"));
        }
        self.put("endSeconds", start.zip(length).and_then(|(start, length)| start.checked_add(length)));
    }

    fn repeated(&mut self, typed: &Typed, zone: &Zone, before: Option<&Schedule>) {
        let length = self.length("length", &typed.length);
        self.put("durationSeconds", length);
        self.put("finishBy", typed.finish.as_str());
        let cron = match typed.cron() {
            Ok(cron) => cron,
            Err((field, what)) => return self.wrong.push(Wrong::at(field, what)),
        };
        let rule = match Cron::parse(&cron) {
            Ok(rule) => rule,
            Err(error) => return self.wrong.push(Wrong::at(cron_field(typed.opens), error.to_string())),
        };
        // Whatever form it has been written in stays as long as it means the same.
        if before.and_then(Schedule::cron).is_some_and(|cron| cron.to_string() == rule.to_string()) {
            return;
        }
        // Lists in UTC are understood by every client.
        match rule.to_wire().filter(|_| zone.name() == "UTC") {
            Some(lists) => self.body.extend(CRON_KEYS.into_iter().map(str::to_owned).zip(lists.map(Json::from))),
            None => self.put("cron", cron),
        }
    }

    /// Leaves out what is as it was.
    fn narrow(&mut self, before: &Schedule) {
        let (kind, id) = before.target();
        let mut known: Map<String, Json> = TARGET_KEYS.iter().map(|key| ((*key).to_owned(), "".into())).collect();
        if !kind.is_empty() {
            known.insert(key(kind).to_owned(), id.into());
        }
        let more = [
            ("name", json!(before.name())),
            ("scheduleStatus", json!(before.status().as_str())),
            ("timeZone", json!(before.zone())),
            ("exceptions", json!(before.exceptions())),
            ("minimumNoticeSeconds", json!(before.notice())),
            ("finishBy", json!(before.finish_by())),
        ];
        known.extend(more.map(|(key, value)| (key.to_owned(), value)));
        let times = match before {
            Schedule::Single(single) => [("startSeconds", single.start_seconds), ("endSeconds", single.end_seconds)].to_vec(),
            Schedule::Repeated(repeated) => vec![("durationSeconds", repeated.duration_seconds.unsigned_abs())],
        };
        known.extend(times.into_iter().map(|(key, value)| (key.to_owned(), value.into())));
        self.body.retain(|key, value| known.get(key) != Some(value));
    }

    /// A new schedule has a name, and says nothing that it need not say.
    fn complete(&mut self, typed: &Typed, target: Option<&Target>) {
        if typed.name.is_empty()
            && let Some(target) = target
        {
            let start = self.body.get("startSeconds").and_then(Json::as_i64);
            self.put("name", name(target, &typed.status, start));
        }
        let empty = [json!(""), json!([]), json!(0)];
        self.body.retain(|key, value| ["scheduleStatus", "startSeconds"].contains(&key.as_str()) || !empty.contains(value));
    }

    /// Holds each field against its declaration.
    fn check(&mut self, spec: &'static Spec, opens: Opens) {
        // What could not be read is told already.
        self.body.retain(|_, value| !value.is_null());
        for (key, value) in &self.body {
            let alone = json!({(key.as_str()): value});
            if let Err(error) = Input::read(spec, &alone, Purpose::Patch) {
                self.wrong.push(Wrong::told(&error.message, opens));
            }
        }
    }

    /// The request of the API that says this.
    pub(super) fn input(&self, spec: &'static Spec, purpose: Purpose) -> Result<Input, emt_api::error::ApiError> {
        let input = Input::read(spec, &Json::Object(self.body.clone()), purpose)?;
        if !self.takes_end {
            return Ok(input);
        }
        let keys: Vec<&str> = self.body.keys().map(String::as_str).chain(["endSeconds"]).collect();
        Ok(input.masked(spec, &keys.join(",")))
    }

    /// Whether nothing would change.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty() && !self.takes_end
    }
}

/// The declaration of what was typed.
pub(super) fn spec(typed: &Typed) -> &'static Spec {
    if typed.opens.is_repeated() { &REPEATED_SCHEDULE } else { &SINGLE_SCHEDULE }
}

/// Made of target and time, as the command does.
fn name(target: &Target, status: &str, start: Option<i64>) -> String {
    let at = start.and_then(|start| jiff::Timestamp::from_second(start).ok());
    let tail = match at {
        Some(at) => at.strftime(" %Y%m%d-%H%M%SZ").to_string(),
        None if status == "SCHEDULE_STATUS_OS_UPDATE" => " updates".to_owned(),
        None => " maintenance".to_owned(),
    };
    window_name(&target.name, &tail)
}

#[cfg(test)]
mod tests {
    use emt_api::{
        enums::ScheduleStatus,
        resources::{RepeatedSchedule, SingleSchedule},
        value::{Json as Kept, Link},
    };

    use super::*;

    fn host() -> Target {
        let name = "shop-1".to_owned();
        Target { kind: "host", id: "host-00000001".to_owned(), called: name.clone(), name }
    }

    fn old_style() -> Schedule {
        let all = "*".to_owned();
        Schedule::Repeated(Box::new(RepeatedSchedule {
            name: "weekly".to_owned(),
            schedule_status: ScheduleStatus::OsUpdate,
            duration_seconds: 3600,
            cron_minutes: "30".to_owned(),
            cron_hours: "2".to_owned(),
            cron_day_month: all.clone(),
            cron_month: all,
            cron_day_week: "0,3".to_owned(),
            target_host_id: Link::to("host-00000001"),
            ..RepeatedSchedule::default()
        }))
    }

    fn changes(before: &Schedule, change: impl FnOnce(&mut Typed)) -> Json {
        let target = Some(host()).filter(|_| !before.target().0.is_empty());
        let mut typed = Typed::of(before, target.as_ref(), 0);
        change(&mut typed);
        let draft = Draft::of(&typed, target.as_ref(), Some(before));
        assert_eq!(draft.wrong, []);
        if draft.takes_end { json!("takes the end") } else { Json::Object(draft.body) }
    }

    type Change = fn(&mut Typed);

    #[test]
    fn only_what_was_typed_changes() {
        let weekly = old_style();
        let endless = SingleSchedule { start_seconds: 1_780_704_000, ..SingleSchedule::default() };
        // The second 02:30 of a night in Berlin.
        let twice = SingleSchedule {
            start_seconds: 1_792_891_800,
            end_seconds: 1_792_895_400,
            time_zone: "Europe/Berlin".to_owned(),
            exceptions: Kept(vec!["2026-12-24".to_owned()]),
            minimum_notice_seconds: 86_401,
            ..SingleSchedule::default()
        };
        let [endless, twice] = [endless, twice].map(|single| Schedule::Single(Box::new(single)));
        let cases: [(&Schedule, Change, Json); 13] = [
            (&weekly, |_| {}, json!({})),
            (&weekly, |typed| typed.name = "w".to_owned(), json!({"name": "w"})),
            (&weekly, |typed| typed.zone = "Europe/Berlin".to_owned(), json!({"timeZone": "Europe/Berlin"})),
            (&weekly, |typed| (typed.opens, typed.cron) = (Opens::Cron, "30 2 * * SUN,WED".to_owned()), json!({})),
            (
                &weekly,
                |typed| typed.weekdays = vec!["6".to_owned()],
                json!({"cronMinutes": "30", "cronHours": "2", "cronDayMonth": "*", "cronMonth": "*", "cronDayWeek": "6"}),
            ),
            (
                &weekly,
                |typed| (typed.opens, typed.cron) = (Opens::Cron, "30 2 * * 6#2".to_owned()),
                json!({"cron": "30 2 * * 6#2"}),
            ),
            (&weekly, |typed| typed.finish = "03:00".to_owned(), json!({"finishBy": "03:00"})),
            (&endless, |_| {}, json!({})),
            (&endless, |typed| typed.endless = false, json!({"endSeconds": 1_780_711_200})),
            (&twice, |_| {}, json!({})),
            (&twice, |typed| typed.length = "2h".to_owned(), json!({"endSeconds": 1_792_899_000})),
            (&twice, |typed| typed.endless = true, json!("takes the end")),
            (
                &twice,
                |typed| (typed.exceptions, typed.notice) = (String::new(), String::new()),
                json!({"exceptions": [], "minimumNoticeSeconds": 0}),
            ),
        ];
        for (before, change, body) in cases {
            assert_eq!(changes(before, change), body);
        }
    }

    #[test]
    fn messages_are_told_at_their_fields() {
        for (message, field, what) in [
            ("request body has an error at \"/name\": maximum string length is 50", "name", "maximum string length is 50"),
            ("field exceptions[1]: time \"soon\"", "except", "field exceptions[1]: time \"soon\""),
            ("field cronMinutes is empty", "weekday", "field cronMinutes is empty"),
            ("Scheduled start time cannot be in the past", "at", "Scheduled start time cannot be in the past"),
            ("too many changes", "", "too many changes"),
        ] {
            assert_eq!(Wrong::told(message, Opens::Weekly), Wrong::at(field, what));
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = Typed {
            name: "a;b".to_owned(),
            status: "SHIPPING".to_owned(),
            at: "soon".to_owned(),
            length: "long".to_owned(),
            notice: "1mo".to_owned(),
            exceptions: "x".repeat(81),
            ..Typed::fresh("host", "", 0)
        };
        let mut fields: Vec<&str> = Draft::of(&typed, Some(&host()), None).wrong.iter().map(|wrong| wrong.field).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["at", "except", "length", "name", "notice", "status"]);
        let nowhere = Typed { zone: "Mars/Olympus".to_owned(), ..Typed::fresh("host", "", 0) };
        assert_eq!(Draft::of(&nowhere, None, None).wrong[0].field, "zone");
    }

    #[test]
    fn names_are_made_of_target_and_time() {
        let typed = Typed { at: "2026-12-01T02:00".to_owned(), ..Typed::fresh("host", "", 0) };
        assert_eq!(Draft::of(&typed, Some(&host()), None).body["name"], "shop-1 20261201-020000Z");
        let long = Target { name: "x".repeat(80), ..host() };
        assert_eq!(name(&long, "SCHEDULE_STATUS_OS_UPDATE", None), format!("{} updates", "x".repeat(42)));
    }
}
