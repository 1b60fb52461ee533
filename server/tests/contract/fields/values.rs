//! Values that requests may hold: types, limits, patterns, names of enums.

use regex::Regex;
use serde_json::{Value as Json, json};

use super::{Field, Kind, check::Check, pattern};

/// Body limit, beyond which nothing can be said about a field.
const BODY_LIMIT: usize = 100_000;

impl Check<'_> {
    /// Values of another type, and null.
    pub(super) async fn types(&mut self, field: &Field) {
        let wrong = match field.kind {
            Kind::Number => json!([null, "7", true, [], {}, 1.5]),
            Kind::Bool => json!([null, "true", 1, [], {}]),
            Kind::Texts | Kind::Ids => json!([null, "x", 7, {}, [7], [null], [[]]]),
            Kind::Metadata => {
                json!([null, "x", 7, {}, [7], ["x"], [{}], [{"key": "a"}], [{"value": "a"}], [{"key": 1, "value": "a"}],
                                     [{"key": "a", "value": null}], [{"key": "a", "value": "b", "more": "c"}]])
            }
            _ => json!([null, 7, true, [], {}]),
        };
        for value in wrong.as_array().into_iter().flatten() {
            self.refused("another type", &field.name, value).await;
        }
    }

    pub(super) async fn limits(&mut self, field: &Field) {
        match field.kind {
            Kind::Text => self.text(field).await,
            Kind::Number => self.number(field).await,
            Kind::Bool => {
                for value in [json!(true), json!(false)] {
                    self.taken("a truth value", field, &value).await;
                }
            }
            Kind::Enum => self.enumeration(field).await,
            Kind::Id => {
                for bad in [
                    json!("x"),
                    json!("{x}-0000000g"),
                    json!(format!("{}-1234567", field.pattern)),
                    json!(format!("{}-123456789", field.pattern)),
                    json!(format!("{}-ABCDEF01", field.pattern)),
                    json!(format!(" {}-00000000", field.pattern)),
                ] {
                    self.refused("no id", &field.name, &bad).await;
                }
                if field.clearable {
                    self.taken("no link", field, &json!("")).await;
                } else {
                    self.refused("an empty id", &field.name, &json!("")).await;
                }
                let unknown = self.create(&field.name, &json!(format!("{}-00000000", field.pattern))).await;
                if unknown.status != 404 {
                    self.say("an unknown id", format!("{} is answered with {}: {}", field.name, unknown.status, unknown.text()));
                }
            }
            Kind::Ids => {
                for bad in [json!([""]), json!(["x"]), json!([format!("{}-0000000G", field.pattern)])] {
                    self.refused("no ids", &field.name, &bad).await;
                }
                self.taken("no links", field, &json!([])).await;
                let unknown = self.create(&field.name, &json!([format!("{}-00000000", field.pattern)])).await;
                if unknown.status != 404 {
                    self.say("an unknown id", format!("{} is answered with {}: {}", field.name, unknown.status, unknown.text()));
                }
            }
            Kind::Texts => self.texts(field).await,
            Kind::Metadata => self.metadata(field).await,
            Kind::Big | Kind::List | Kind::Object | Kind::Triple => panic!("{} is not for requests", field.name),
        }
        for value in &field.good {
            let value = self.runner.names.resolved(value);
            self.taken("a good value", field, &value).await;
        }
        for value in &field.bad {
            let value = self.runner.names.resolved(value);
            self.refused("a bad value", &field.name, &value).await;
        }
    }

    pub(super) async fn text(&mut self, field: &Field) {
        let unit = "a";
        if let Some(length) = field.length {
            self.taken("the length", field, &json!(unit.repeat(length))).await;
            self.refused("one shorter", &field.name, &json!(unit.repeat(length - 1))).await;
            self.refused("one longer", &field.name, &json!(unit.repeat(length + 1))).await;
            self.refused("nothing", &field.name, &json!("")).await;
        }
        // Where only certain texts fit, limits are among the values told.
        let any = !field.pattern.is_empty() || field.good.is_empty();
        if any && let Some(max) = field.max.and_then(|max| usize::try_from(max).ok()) {
            let max = max.min(BODY_LIMIT - 5_000);
            for length in [max - 1, max] {
                self.taken("within the limit", field, &json!(unit.repeat(length))).await;
            }
            if field.max.is_some_and(|limit| limit == max as i64) {
                self.refused("one beyond the limit", &field.name, &json!(unit.repeat(max + 1))).await;
            }
        }
        if any && field.length.is_none() {
            if field.min.is_some() {
                self.refused("nothing", &field.name, &json!("")).await;
            } else {
                self.taken("nothing", field, &json!("")).await;
            }
        }
        if field.pattern.is_empty() {
            return;
        }
        let (good, bad) = characters(pattern(&field.pattern));
        if field.length.is_none() {
            let room = field.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(1000) - 2;
            let good: Vec<char> = good.chars().collect();
            for part in good.chunks(room) {
                self.taken("characters of the pattern", field, &json!(format!("a{}a", part.iter().collect::<String>()))).await;
            }
        }
        for character in bad.chars() {
            let text = match field.length {
                Some(length) => format!("{}{character}", "a".repeat(length - 1)),
                None => format!("a{character}a"),
            };
            self.refused("a character outside the pattern", &field.name, &json!(text)).await;
        }
    }

    pub(super) async fn number(&mut self, field: &Field) {
        if let Some(min) = field.min {
            self.refused("below the least", &field.name, &json!(min - 1)).await;
            for value in [min, min + 1] {
                self.taken("the least", field, &json!(value)).await;
            }
        }
        if let Some(max) = field.max {
            for value in [max - 1, max] {
                self.taken("the greatest", field, &json!(value)).await;
            }
            self.refused("above the greatest", &field.name, &json!(max + 1)).await;
        }
    }

    pub(super) async fn enumeration(&mut self, field: &Field) {
        for name in field.names() {
            if field.refuse.contains(&name) {
                self.refused("a name that the store refuses", &field.name, &json!(name)).await;
            } else if field.free && name.ends_with("_UNSPECIFIED") {
                // As if the key were absent.
                let answer = self.create(&field.name, &json!(name)).await;
                if answer.status != 200 {
                    self.say("a name of the enum", format!("{}: {name} is answered with {}", field.name, answer.status));
                }
            } else {
                self.taken("a name of the enum", field, &json!(name)).await;
            }
        }
        let last = field.names().pop().unwrap();
        for bad in [json!(""), json!("NOSUCH"), json!(last.to_lowercase()), json!(format!("{last}_X")), json!(1)] {
            self.refused("no name of the enum", &field.name, &bad).await;
        }
    }

    pub(super) async fn texts(&mut self, field: &Field) {
        let items = field.items.unwrap_or(100);
        self.taken("no items", field, &json!([])).await;
        self.taken("the most items", field, &json!(vec!["a"; items])).await;
        self.refused("one item more", &field.name, &json!(vec!["a"; items + 1])).await;
        if let Some(max) = field.max.and_then(|max| usize::try_from(max).ok()) {
            self.taken("the longest item", field, &json!(["a".repeat(max)])).await;
            self.refused("an item that is too long", &field.name, &json!(["a".repeat(max + 1)])).await;
        }
        if !field.pattern.is_empty() {
            let (good, bad) = characters(pattern(&field.pattern));
            self.taken("characters of the pattern", field, &json!([good])).await;
            for character in bad.chars() {
                self.refused("a character outside the pattern", &field.name, &json!([format!("a{character}a")])).await;
            }
        }
    }

    pub(super) async fn metadata(&mut self, field: &Field) {
        let label = |key: &str, value: &str| json!([{"key": key, "value": value}]);
        for (key, value) in [
            ("a", ""),
            ("a", "b"),
            ("", "b"),
            ("ab", "0"),
            ("0b", "a.b"),
            ("edge.io/", "x"),
            ("edge.io/0", "x"),
            ("edge.io/a-b_c.d", "x_y-z.0"),
        ] {
            self.taken("a label", field, &label(key, value)).await;
        }
        for (key, value) in [
            ("A", "b"),
            ("-a", "b"),
            ("a-", "b"),
            ("a b", "b"),
            ("/a", "b"),
            ("a/b/c", "b"),
            ("ä", "b"),
            ("a/-b", "b"),
            ("0", "b"),
            ("a", "B"),
            ("a", "-b"),
            ("a", "b-"),
            ("a", "b c"),
            ("a", "b/c"),
            ("a", "ä"),
        ] {
            self.refused("no label", &field.name, &label(key, value)).await;
        }
        self.taken("the longest key", field, &label(&"a".repeat(316), "b")).await;
        self.refused("a longer key", &field.name, &label(&"a".repeat(317), "b")).await;
        self.taken("the longest value", field, &label("a", &"b".repeat(63))).await;
        self.refused("a longer value", &field.name, &label("a", &"b".repeat(64))).await;
        let labels = |count: usize| (0..count).map(|at| json!({"key": format!("k{at}k"), "value": "v"})).collect::<Json>();
        self.taken("the most labels", field, &labels(100)).await;
        self.refused("one label more", &field.name, &labels(101)).await;
    }
}

/// Characters that a pattern of one class takes between two others, and some of those that it does not take.
fn characters(pattern: &str) -> (String, String) {
    let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let all = (' '..='~').chain(['\n', '\t', '\u{1}', '\u{7f}', 'é', '→', '🦀']);
    all.partition(|character| regex.is_match(&format!("a{character}a")))
}
