//! A resource that is being checked: requests, fresh bodies, and what was found wrong.

use std::fmt::{Display, Write as _};

use serde_json::{Map, Value as Json};

use super::{
    super::{Answer, Runner, Step, of_every_answer, runner},
    Direction, Field, Resource,
};

pub(super) struct Check<'a> {
    pub(super) resource: &'a Resource,
    pub(super) runner: Runner,
    pub(super) wrong: String,
    number: u32,
}

impl<'a> Check<'a> {
    /// Makes what must be there before.
    pub(super) async fn start(resource: &'a Resource) -> Self {
        let mut check = Check { resource, runner: runner().await, wrong: String::new(), number: 0 };
        for step in &resource.before {
            if let Err(difference) = check.runner.step(step).await {
                check.say(&format!("before: {}", step.case), difference);
            }
        }
        check
    }
}

impl Check<'_> {
    pub(super) fn say(&mut self, case: &str, difference: impl Display) {
        let _ = writeln!(self.wrong, "{} – {case}: {difference}", self.resource.path);
    }

    pub(super) async fn send(&mut self, method: &str, path: &str, body: &Map<String, Json>) -> Answer {
        let body = Json::Object(body.clone());
        let step = Step { method: method.to_owned(), path: path.to_owned(), body, ..Step::default() };
        let answer = self.runner.ask(&step).await;
        if let Err(difference) = of_every_answer(&answer) {
            self.say(&format!("{method} {path}"), difference);
        }
        answer
    }

    /// A body that is valid and fresh.
    pub(super) fn body(&mut self) -> Map<String, Json> {
        self.number += 1;
        let texts = &mut self.runner.names.texts;
        texts.insert("n".to_owned(), self.number.to_string());
        texts.insert("uuid".to_owned(), uuid::Uuid::new_v4().to_string());
        texts.insert("sn".to_owned(), format!("SN{:06}", self.number));
        match self.runner.names.resolved(&Json::Object(self.resource.body.clone())) {
            Json::Object(body) => body,
            _ => Map::new(),
        }
    }

    /// Creates with one key more or other.
    pub(super) async fn create(&mut self, name: &str, value: &Json) -> Answer {
        let mut body = self.body();
        body.insert(name.to_owned(), value.clone());
        let path = self.resource.path.clone();
        self.send("POST", &path, &body).await
    }

    pub(super) async fn refused(&mut self, case: &str, name: &str, value: &Json) {
        let answer = self.create(name, value).await;
        if answer.status != 400 {
            let shown: String = value.to_string().chars().take(80).collect();
            self.say(case, format!("{name}: {shown} is answered with {}: {}", answer.status, answer.text()));
        }
    }

    pub(super) async fn taken(&mut self, case: &str, field: &Field, value: &Json) {
        let answer = self.create(&field.name, value).await;
        let shown: String = value.to_string().chars().take(80).collect();
        if answer.status != 200 {
            self.say(case, format!("{}: {shown} is answered with {}: {}", field.name, answer.status, answer.text()));
            return;
        }
        if matches!(field.direction, Direction::NoEcho | Direction::Request) {
            return;
        }
        let found = answer.json();
        if found.get(&field.name) != Some(value) {
            self.say(case, format!("{}: {shown} comes back as {:?}", field.name, found.get(&field.name)));
        }
    }

    pub(super) fn item(&self, id: &str) -> String {
        format!("{}/{id}", self.resource.path)
    }

    pub(super) async fn made(&mut self) -> Option<(Map<String, Json>, Json)> {
        let body = self.body();
        let path = self.resource.path.clone();
        let answer = self.send("POST", &path, &body).await;
        if answer.status == 200 {
            return Some((body, answer.json()));
        }
        self.say("create", format!("status {}: {}", answer.status, answer.text()));
        None
    }

    pub(super) async fn shown(&mut self, id: &str) -> Json {
        let path = self.item(id);
        self.runner.ask(&Step { method: "GET".to_owned(), path, ..Step::default() }).await.json()
    }
}
