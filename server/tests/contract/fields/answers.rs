//! What answers hold: every key and nothing else, and in a new record what the body gave.

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::{super::Step, Direction, check::Check, expanded};

impl Check<'_> {
    /// Every key is there, nothing else is, and a new record is empty but for what the body gave.
    pub(super) async fn answers(&mut self) {
        if self.resource.request_only {
            return;
        }
        let (body, id) = if self.resource.existing.is_empty() {
            let Some((body, answer)) = self.made().await else { return };
            let id = answer["resourceId"].as_str().unwrap_or_default().to_owned();
            self.keys("answer to POST", &answer);
            (body, id)
        } else {
            (Map::new(), self.runner.names.fill(&self.resource.existing))
        };
        let shown = self.shown(&id).await;
        self.keys("GET", &shown);
        for field in expanded(&self.resource.fields) {
            let wanted = match field.direction {
                Direction::Request => continue,
                Direction::NoEcho => field.empty(),
                _ if field.free => continue,
                _ => body.get(&field.name).cloned().or(field.start.clone()).unwrap_or_else(|| field.empty()),
            };
            let found = shown.get(&field.name).cloned().unwrap_or_default();
            let same = if wanted.is_object() { found.is_object() } else { found == wanted };
            if !same {
                self.say("a new record", format!("{} is {found}, but it should be {wanted}", field.name));
            }
        }
        if shown["resourceId"] != *id || !emt_api::id::is(&id, &self.resource.id) {
            self.say("GET", format!("resourceId is {}, the answer to POST had {id}", shown["resourceId"]));
        }
        if !self.resource.alias.is_empty() && shown[&self.resource.alias] != *id {
            self.say("GET", format!("{} is {}", self.resource.alias, shown[&self.resource.alias]));
        }
        let form = Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$").unwrap();
        for name in ["createdAt", "updatedAt"] {
            let time = shown["timestamps"][name].as_str().unwrap_or_default();
            if !form.is_match(time) {
                self.say("GET", format!("timestamps.{name} is {time:?}"));
            }
        }
        if !self.resource.list.is_empty() {
            let step = Step { method: "GET".to_owned(), path: self.resource.path.clone(), ..Step::default() };
            let list = self.runner.ask(&step).await.json();
            let listed =
                list[&self.resource.list].as_array().into_iter().flatten().find(|item| item["resourceId"] == *id).cloned();
            self.keys("list", &listed.unwrap_or_default());
            if !list["totalElements"].is_number() || !list["hasNext"].is_boolean() {
                self.say("list", "no totalElements or hasNext");
            }
        }
    }

    pub(super) fn keys(&mut self, case: &str, answer: &Json) {
        let Json::Object(answer) = answer else {
            self.say(case, format!("{answer} is no record"));
            return;
        };
        let mut left: Vec<&str> = answer.keys().map(String::as_str).collect();
        let fields = expanded(&self.resource.fields);
        let alias = Some(self.resource.alias.as_str()).filter(|alias| !alias.is_empty());
        let fields = fields.iter().filter(|field| field.direction != Direction::Request).map(|field| field.name.as_str());
        let mut missing = Vec::new();
        for key in fields.chain(alias).chain(["resourceId", "timestamps"]).chain(self.resource.ours.iter().map(String::as_str)) {
            match left.iter().position(|found| *found == key) {
                Some(at) => drop(left.swap_remove(at)),
                None => missing.push(key.to_owned()),
            }
        }
        let left: Vec<String> = left.into_iter().map(str::to_owned).collect();
        if !missing.is_empty() {
            self.say(case, format!("without {}", missing.join(", ")));
        }
        if !left.is_empty() {
            self.say(case, format!("more than is told: {}", left.join(", ")));
        }
    }
}
