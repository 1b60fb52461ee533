//! The mechanical cases of a resource, out of its fields: what answers hold, read-only and required keys, types, limits,
//! patterns, and what can be changed later.

mod answers;
mod changes;
mod check;
mod values;

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use self::check::Check;
use super::{Step, read};

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
    let mut check = Check::start(resource).await;
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
