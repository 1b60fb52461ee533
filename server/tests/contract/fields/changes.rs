//! What PUT and PATCH change, what they refuse, and what requests must or must not carry.

use serde_json::{Map, Value as Json, json};

use super::{Direction, Field, Later, check::Check, expanded};

impl Check<'_> {
    pub(super) async fn read_only(&mut self, name: &str, value: &Json) {
        // What could be a value of it, so that nothing but being read-only is wrong.
        let value = if value.is_null() { json!({}) } else { value.clone() };
        if self.resource.existing.is_empty() {
            self.refused("a read-only key in POST", name, &value).await;
        }
        for method in self.changing() {
            let id = if self.resource.existing.is_empty() {
                format!("{}-00000000", self.resource.id)
            } else {
                self.runner.names.fill(&self.resource.existing)
            };
            let mut body = self.body();
            body.insert(name.to_owned(), value.clone());
            let path = self.item(&id);
            let answer = self.send(&method, &path, &body).await;
            if answer.status != 400 {
                self.say(
                    &format!("a read-only key in {method}"),
                    format!("{name} is answered with {}: {}", answer.status, answer.text()),
                );
            }
        }
    }

    pub(super) fn changing(&self) -> Vec<String> {
        let changing = self.resource.methods.iter().filter(|method| ["PUT", "PATCH"].contains(&method.as_str()));
        if self.resource.request_only { Vec::new() } else { changing.cloned().collect() }
    }

    /// The key in other spellings is an unknown key.
    pub(super) async fn spelling(&mut self, field: &Field) {
        if !self.resource.existing.is_empty() {
            return;
        }
        let mut snake = String::new();
        for character in field.name.chars() {
            if character.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
        }
        let mut capital = field.name.clone();
        capital[..1].make_ascii_uppercase();
        for name in [snake, capital] {
            if name != field.name {
                self.refused("another spelling of a key", &name, &field.other()).await;
            }
        }
    }

    pub(super) async fn later(&mut self, field: &Field) {
        if field.later == Later::Untold || self.resource.request_only {
            return;
        }
        let other = self.runner.names.resolved(&field.other());
        for method in self.changing() {
            let Some((given, made)) = self.made().await else { return };
            let id = made["resourceId"].as_str().unwrap_or_default().to_owned();
            let mut body = self.required_of(&given);
            body.insert(field.name.clone(), other.clone());
            let path = self.item(&id);
            let answer = self.send(&method, &path, &body).await;
            let case = format!("{method} {}", field.name);
            let wanted = if field.later == Later::Refused { 400 } else { 200 };
            if answer.status != wanted {
                self.say(&case, format!("status {}, but it should be {wanted}: {}", answer.status, answer.text()));
                continue;
            }
            if answer.status == 200 {
                self.keys(&case, &answer.json());
            }
            let shown = self.shown(&id).await;
            let wanted = if field.later == Later::Changes { &other } else { &made[&field.name] };
            if field.direction != Direction::NoEcho && shown[&field.name] != *wanted {
                self.say(&case, format!("{} is shown, but it should be {wanted}", shown[&field.name]));
            }
            // What else can be changed is left alone by PATCH and cleared by PUT.
            for another in expanded(&self.resource.fields) {
                let told = matches!(another.direction, Direction::Optional) && another.name != field.name;
                if field.later == Later::Refused || !told || another.later == Later::Untold || another.free {
                    continue;
                }
                let cleared = method == "PUT" && another.later == Later::Changes;
                let wanted = if cleared { another.empty() } else { made[&another.name].clone() };
                if shown[&another.name] != wanted {
                    self.say(
                        &case,
                        format!("{} is {} afterwards, but it should be {wanted}", another.name, shown[&another.name]),
                    );
                }
            }
        }
    }

    /// The part of a body that every request must carry.
    pub(super) fn required_of(&self, body: &Map<String, Json>) -> Map<String, Json> {
        let carried = self.resource.fields.iter().filter(|field| field.always || field.direction == Direction::Required);
        carried.filter_map(|field| Some((field.name.clone(), body.get(&field.name)?.clone()))).collect()
    }

    /// Bodies without a required key: POST and PUT refuse them; PATCH of ours takes them.
    pub(super) async fn required(&mut self) {
        if !self.resource.existing.is_empty() {
            return;
        }
        let required: Vec<Field> =
            self.resource.fields.iter().filter(|field| field.direction == Direction::Required).cloned().collect();
        for field in required {
            let mut body = self.body();
            body.remove(&field.name);
            let path = self.resource.path.clone();
            let answer = self.send("POST", &path, &body).await;
            if answer.status != 400 {
                self.say("without a required key", format!("POST without {} is answered with {}", field.name, answer.status));
            }
            for method in self.changing() {
                let Some((given, made)) = self.made().await else { return };
                let mut body = self.required_of(&given);
                body.remove(&field.name);
                let path = self.item(made["resourceId"].as_str().unwrap_or_default());
                let answer = self.send(&method, &path, &body).await;
                let wanted = if method == "PUT" || field.strict { 400 } else { 200 };
                if answer.status != wanted {
                    let text = format!("{method} without {} is answered with {}: {}", field.name, answer.status, answer.text());
                    self.say("without a required key", text);
                }
            }
        }
    }
}
