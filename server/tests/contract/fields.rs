//! The mechanical cases of a resource, out of its fields: what answers hold, read-only and required keys, types, limits,
//! patterns, and what can be changed later.

use std::{
    collections::HashMap,
    fmt::{Display, Write as _},
    sync::LazyLock,
};

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Answer, Runner, Step, of_every_answer, read, runner};

/// Body limit, beyond which nothing can be said about a field.
const BODY_LIMIT: usize = 100_000;

/// A resource, as its section tells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Resource {
    /// Path below a project.
    pub(crate) path: String,
    /// Key of lists.
    #[serde(default)]
    pub(crate) list: String,
    /// Prefix of ids.
    pub(crate) id: String,
    /// Second name of `resourceId`.
    #[serde(default)]
    alias: String,
    /// What must be there before.
    #[serde(default)]
    before: Vec<Step>,
    /// Body of a POST; `{n}`, `{uuid}` and `{sn}` are fresh in each.
    #[serde(default)]
    body: Map<String, Json>,
    /// Id of a record, if none can be made by POST.
    #[serde(default)]
    existing: String,
    /// Whether the body is of another kind than the answer.
    #[serde(default)]
    request_only: bool,
    /// Methods of one record.
    #[serde(default)]
    methods: Vec<String>,
    /// The fields.
    pub(crate) fields: Vec<Field>,
    /// Keys of answers that are ours.
    #[serde(default)]
    ours: Vec<String>,
}

/// A field.
#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "marks in a row of a table")]
pub(crate) struct Field {
    /// Key.
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(rename = "in")]
    direction: Direction,
    min: Option<i64>,
    max: Option<i64>,
    /// Exact length of a text.
    length: Option<usize>,
    /// Most items of a list.
    items: Option<usize>,
    /// Regular expression, or the name of one of section 0. It is one class of characters, or `good` and `bad` are given.
    pattern: String,
    good: Vec<Json>,
    bad: Vec<Json>,
    /// Names of an enum, or of the enum in `2-enums.yaml`.
    values: Vec<String>,
    #[serde(rename = "enum")]
    enumeration: String,
    /// Names that the schema takes and the store refuses at creation.
    refuse: Vec<String>,
    /// Whether "" is taken.
    clearable: bool,
    /// What a new record shows, if not the empty value of the type.
    start: Option<Json>,
    /// Whether what a new record shows is told elsewhere.
    free: bool,
    /// Whether its limits are told by scenarios, because they hang together with other fields.
    apart: bool,
    /// Whether PATCH without it is refused, as upstream does with all required keys.
    strict: bool,
    /// Whether PUT and PATCH carry it in any case.
    always: bool,
    /// Another value than that of the body.
    other: Option<Json>,
    later: Later,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Text,
    /// A decimal number as text.
    Big,
    Number,
    Bool,
    Enum,
    Id,
    Ids,
    Texts,
    Metadata,
    /// Objects in a list.
    List,
    /// An object, null when unset unless `start` says otherwise.
    Object,
    /// Text, indicator and timestamp.
    Triple,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
enum Direction {
    /// May be in requests.
    #[default]
    #[serde(rename = "opt")]
    Optional,
    /// Must be in requests.
    #[serde(rename = "R")]
    Required,
    /// Only in answers.
    #[serde(rename = "RO")]
    ReadOnly,
    /// Only in requests; answers hold it empty.
    #[serde(rename = "no echo")]
    NoEcho,
    /// Only in requests; answers do not hold it.
    #[serde(rename = "request")]
    Request,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Later {
    /// Nothing is said here.
    #[default]
    Untold,
    /// PATCH and PUT change it.
    Changes,
    /// PATCH and PUT take it and change nothing.
    Ignored,
    /// PATCH and PUT refuse it.
    Refused,
}

/// What is wrong with a resource.
pub(crate) async fn check(resource: &Resource) -> String {
    let mut check = Check { resource, runner: runner().await, wrong: String::new(), number: 0 };
    for step in &resource.before {
        if let Err(difference) = check.runner.step(step).await {
            check.say(&format!("before: {}", step.case), difference);
        }
    }
    check.answers().await;
    for field in expanded(&resource.fields) {
        if field.direction == Direction::ReadOnly {
            check.read_only(&field.name, &field.empty()).await;
        } else {
            check.types(&field).await;
            if !field.apart {
                check.limits(&field).await;
            }
            check.later(&field).await;
        }
        check.spelling(&field).await;
    }
    if !resource.request_only {
        check.read_only("resourceId", &json!(format!("{}-00000000", resource.id))).await;
        check.read_only("timestamps", &json!({})).await;
        if !resource.alias.is_empty() {
            check.read_only(&resource.alias, &json!(format!("{}-00000000", resource.id))).await;
        }
    }
    check.required().await;
    check.wrong
}

/// The fields, status triples written out.
pub(crate) fn expanded(fields: &[Field]) -> Vec<Field> {
    let mut all = Vec::new();
    for field in fields {
        if field.kind != Kind::Triple {
            all.push(field.clone());
            continue;
        }
        let part = |suffix: &str, kind| Field {
            name: format!("{}{suffix}", field.name),
            kind,
            direction: Direction::ReadOnly,
            enumeration: if kind == Kind::Enum { "StatusIndication".to_owned() } else { String::new() },
            free: field.free,
            ..Field::default()
        };
        all.push(Field { start: field.start.clone(), ..part("", Kind::Text) });
        all.extend([part("Indicator", Kind::Enum), part("Timestamp", Kind::Number)]);
    }
    all
}

/// What all resources share.
#[derive(Deserialize)]
struct Shared {
    #[allow(dead_code, reason = "for the reader")]
    section: String,
    /// Names by enum.
    enums: HashMap<String, Vec<String>>,
    /// Patterns by name.
    patterns: HashMap<String, String>,
}

fn shared() -> &'static Shared {
    static SHARED: LazyLock<Shared> = LazyLock::new(|| read("contract/2-enums.yaml"));
    &SHARED
}

fn pattern(name: &str) -> &str {
    shared().patterns.get(name).map_or(name, String::as_str)
}

impl Field {
    /// Names of its enum.
    pub(crate) fn names(&self) -> Vec<String> {
        if self.enumeration.is_empty() {
            return self.values.clone();
        }
        shared().enums.get(&self.enumeration).cloned().unwrap_or_else(|| panic!("{} is no enum", self.enumeration))
    }

    /// What an unset field shows.
    fn empty(&self) -> Json {
        match self.kind {
            Kind::Text | Kind::Id => json!(""),
            Kind::Big => json!("0"),
            Kind::Number => json!(0),
            Kind::Bool => json!(false),
            Kind::Enum => json!(self.names()[0]),
            Kind::Texts | Kind::Ids | Kind::Metadata | Kind::List => json!([]),
            Kind::Object | Kind::Triple => Json::Null,
        }
    }

    /// Another value than that of the body.
    fn other(&self) -> Json {
        self.other.clone().unwrap_or_else(|| match self.kind {
            Kind::Number => json!(7),
            Kind::Bool => json!(true),
            Kind::Enum => json!(self.names().last()),
            Kind::Texts => json!(["zz"]),
            Kind::Metadata => json!([{"key": "ring", "value": "canary"}]),
            _ => json!("zz"),
        })
    }
}

struct Check<'a> {
    resource: &'a Resource,
    runner: Runner,
    wrong: String,
    number: u32,
}

impl Check<'_> {
    fn say(&mut self, case: &str, difference: impl Display) {
        let _ = writeln!(self.wrong, "{} – {case}: {difference}", self.resource.path);
    }

    async fn send(&mut self, method: &str, path: &str, body: &Map<String, Json>) -> Answer {
        let body = Json::Object(body.clone());
        let step = Step { method: method.to_owned(), path: path.to_owned(), body, ..Step::default() };
        let answer = self.runner.ask(&step).await;
        if let Err(difference) = of_every_answer(&answer) {
            self.say(&format!("{method} {path}"), difference);
        }
        answer
    }

    /// A body that is valid and fresh.
    fn body(&mut self) -> Map<String, Json> {
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
    async fn create(&mut self, name: &str, value: &Json) -> Answer {
        let mut body = self.body();
        body.insert(name.to_owned(), value.clone());
        let path = self.resource.path.clone();
        self.send("POST", &path, &body).await
    }

    async fn refused(&mut self, case: &str, name: &str, value: &Json) {
        let answer = self.create(name, value).await;
        if answer.status != 400 {
            let shown: String = value.to_string().chars().take(80).collect();
            self.say(case, format!("{name}: {shown} is answered with {}: {}", answer.status, answer.text()));
        }
    }

    async fn taken(&mut self, case: &str, field: &Field, value: &Json) {
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

    fn item(&self, id: &str) -> String {
        format!("{}/{id}", self.resource.path)
    }

    async fn made(&mut self) -> Option<(Map<String, Json>, Json)> {
        let body = self.body();
        let path = self.resource.path.clone();
        let answer = self.send("POST", &path, &body).await;
        if answer.status == 200 {
            return Some((body, answer.json()));
        }
        self.say("create", format!("status {}: {}", answer.status, answer.text()));
        None
    }

    async fn shown(&mut self, id: &str) -> Json {
        let path = self.item(id);
        self.runner.ask(&Step { method: "GET".to_owned(), path, ..Step::default() }).await.json()
    }

    /// Every key is there, nothing else is, and a new record is empty but for what the body gave.
    async fn answers(&mut self) {
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

    fn keys(&mut self, case: &str, answer: &Json) {
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

    async fn read_only(&mut self, name: &str, value: &Json) {
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

    fn changing(&self) -> Vec<String> {
        let changing = self.resource.methods.iter().filter(|method| ["PUT", "PATCH"].contains(&method.as_str()));
        if self.resource.request_only { Vec::new() } else { changing.cloned().collect() }
    }

    /// Values of another type, and null.
    async fn types(&mut self, field: &Field) {
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

    async fn limits(&mut self, field: &Field) {
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

    async fn text(&mut self, field: &Field) {
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

    async fn number(&mut self, field: &Field) {
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

    async fn enumeration(&mut self, field: &Field) {
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

    async fn texts(&mut self, field: &Field) {
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

    async fn metadata(&mut self, field: &Field) {
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

    /// The key in other spellings is an unknown key.
    async fn spelling(&mut self, field: &Field) {
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

    async fn later(&mut self, field: &Field) {
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
    fn required_of(&self, body: &Map<String, Json>) -> Map<String, Json> {
        let carried = self.resource.fields.iter().filter(|field| field.always || field.direction == Direction::Required);
        carried.filter_map(|field| Some((field.name.clone(), body.get(&field.name)?.clone()))).collect()
    }

    /// Bodies without a required key: POST and PUT refuse them; PATCH of ours takes them.
    async fn required(&mut self) {
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

/// Characters that a pattern of one class takes between two others, and some of those that it does not take.
fn characters(pattern: &str) -> (String, String) {
    let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let all = (' '..='~').chain(['\n', '\t', '\u{1}', '\u{7f}', 'é', '→', '🦀']);
    all.partition(|character| regex.is_match(&format!("a{character}a")))
}
