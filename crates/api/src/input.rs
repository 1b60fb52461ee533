//! Request bodies against a resource's declaration: closed schema, types, limits, read-only and required keys.

use std::{
    collections::HashMap,
    fmt,
    sync::{OnceLock, RwLock},
};

use regex::Regex;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

use crate::{
    error::ApiError,
    id, patterns,
    record::Row,
    spec::{Access, Field, LinksSpec, Spec, Type},
    value::{MetadataItem, Value},
};

/// Why a body is read: it decides which keys must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// POST: required keys must be there.
    Create,
    /// PUT: required keys must be there; what is absent is cleared.
    Replace,
    /// PATCH: what is absent is left alone. Stricter servers want the required keys here too; we want those only that say
    /// which thing is meant.
    Patch,
}

/// The fields that a valid body sets: positions in the declaration, and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    values: Vec<(usize, Value)>,
}

impl Field {
    /// Whether a body of this purpose must have it.
    pub fn must_be_in(&self, purpose: Purpose) -> bool {
        if purpose == Purpose::Patch { self.required_to_patch } else { self.required }
    }
}

impl Input {
    /// Reads a body.
    pub fn read(spec: &'static Spec, body: &Json, purpose: Purpose) -> Result<Self, ApiError> {
        let Json::Object(body) = body else {
            return Err(ApiError::schema("request body has an error: a JSON object is needed"));
        };
        let mut input = Self::default();
        for (key, json) in body {
            match spec.field_named(key) {
                Some((at, field)) if field.is_input() => input.values.push((at, read_value(field, json)?)),
                Some(_) => return Err(read_only(key)),
                None => check_unstored(spec, key, json)?,
            }
        }
        for field in spec.fields.iter().filter(|field| field.must_be_in(purpose)) {
            let instead = !field.unless.is_empty() && body.contains_key(field.unless);
            if !body.contains_key(field.json) && !instead {
                return Err(ApiError::schema(format!("request body has an error: property \"{}\" is missing", field.json)));
            }
        }
        Ok(input)
    }

    /// The value given for a column, if the body has it.
    pub fn get(&self, spec: &'static Spec, column: &str) -> Option<&Value> {
        let at = spec.column(column)?;
        self.values.iter().find(|(position, _)| *position == at).map(|(_, value)| value)
    }

    /// Narrowed to the fields that a list of names, separated by commas, has; those that the body does not set are emptied.
    /// A list without any known name is as none, as upstream has it.
    #[must_use]
    pub fn masked(mut self, spec: &'static Spec, mask: &str) -> Self {
        let named = |field: &Field| mask.split(',').any(|name| name == field.column || name == field.json);
        if !spec.fields.iter().any(named) {
            return self;
        }
        self.values.retain(|(at, _)| named(&spec.fields[*at]));
        for (at, field) in spec.fields.iter().enumerate().filter(|(_, field)| field.is_mutable() && named(field)) {
            if !self.values.iter().any(|(given, _)| *given == at) {
                self.values.push((at, field.empty_value()));
            }
        }
        self
    }

    /// Sets the fields of a record that is being made.
    pub fn fill(self, row: &mut Row) {
        for (at, value) in self.values {
            if let Some(slot) = row.values.get_mut(at) {
                *slot = value;
            }
        }
    }

    /// Changes a record by PATCH or PUT: only changeable fields move; immutable ones are refused. PUT clears what the body does
    /// not have, but for extensions.
    pub fn change(self, row: &mut Row, purpose: Purpose) -> Result<(), ApiError> {
        let fields = row.spec.fields;
        if let Some((at, _)) = self.values.iter().find(|(at, _)| fields[*at].access == Access::Immutable) {
            return Err(ApiError::invalid(format!("field {} is immutable", fields[*at].json)));
        }
        if purpose == Purpose::Replace {
            for (field, slot) in fields.iter().zip(&mut row.values) {
                if field.is_mutable() && !field.extension {
                    *slot = field.empty_value();
                }
            }
        }
        for (at, value) in self.values {
            if fields[at].is_mutable() {
                row.values[at] = value;
            }
        }
        Ok(())
    }
}

fn read_only(key: &str) -> ApiError {
    ApiError::schema(format!("request body has an error: readOnly property \"{key}\" in request"))
}

fn check_unstored(spec: &'static Spec, key: &str, json: &Json) -> Result<(), ApiError> {
    if let Some(field) = spec.unstored.iter().find(|field| field.json == key) {
        return read_value(field, json).map(drop);
    }
    let shown = crate::json::computed_keys(spec).any(|computed| computed == key);
    let linked = spec.fields.iter().any(|field| match &field.ty {
        Type::Link(link) => !link.object.is_empty() && link.object == key,
        Type::Links(links) => links.object == key,
        _ => false,
    });
    if shown || linked || key == "resourceId" || key == "timestamps" || (key == spec.id_alias && !key.is_empty()) {
        return Err(read_only(key));
    }
    Err(ApiError::schema(format!("request body has an error: property \"{key}\" is unsupported")))
}

fn read_value(field: &Field, json: &Json) -> Result<Value, ApiError> {
    let wrong = |what: &str| ApiError::schema(format!("request body has an error at \"/{}\": {what}", field.json));
    match (&field.ty, json) {
        (_, Json::Null) => Err(wrong("Value is not nullable")),
        (Type::Text { min, max, pattern }, Json::String(text)) => {
            check_text(text, *min, *max, pattern).map_err(|what| wrong(&what))?;
            Ok(Value::Text(text.clone()))
        }
        (Type::Number { min, max }, Json::Number(number)) => {
            let number = whole(number).ok_or_else(|| wrong("a whole number is needed"))?;
            if number < *min || number > *max {
                return Err(wrong(&format!("number must be from {min} to {max}")));
            }
            Ok(Value::Int(number))
        }
        (Type::Bool, Json::Bool(truth)) => Ok(Value::Int(i64::from(*truth))),
        (Type::Enum(names), Json::String(name)) => names.number(name).map(Value::Int).ok_or_else(|| {
            let known: Vec<_> = names.variants.iter().map(|(name, _)| *name).collect();
            wrong(&format!("value is not one of {}", known.join(", ")))
        }),
        (Type::Link(link), Json::String(text)) => {
            if text.is_empty() && link.clearable {
                Ok(Value::Null)
            } else {
                check_id(text, link.to).map(|()| Value::Text(text.clone())).map_err(|what| wrong(&what))
            }
        }
        (Type::Links(links), Json::Array(ids)) => read_links(links, ids).map_err(|what| wrong(&what)),
        (Type::Texts { items, max, pattern }, Json::Array(texts)) => {
            if texts.len() > *items {
                return Err(wrong(&format!("at most {items} items")));
            }
            for text in texts {
                let text = text.as_str().ok_or_else(|| wrong("items must be strings"))?;
                check_text(text, 0, *max, pattern).map_err(|what| wrong(&what))?;
            }
            Ok(Value::Text(json.to_string()))
        }
        (Type::Metadata, Json::Array(items)) => read_metadata(items).map_err(|what| wrong(&what)),
        (ty, _) => Err(wrong(match ty {
            Type::Text { .. } | Type::Enum(_) | Type::Link(_) | Type::BigNumber => "a string is needed",
            Type::Number { .. } => "a number is needed",
            Type::Bool => "a boolean is needed",
            Type::Texts { .. } | Type::Links(_) | Type::Metadata | Type::Document => "an array is needed",
        })),
    }
}

/// Checks that a text has the form of an id of this kind.
pub fn check_id(text: &str, kind: &str) -> Result<(), String> {
    let prefix = crate::resources::by_prefix(kind).map_or(kind, |spec| spec.id_prefix());
    if id::is(text, prefix) { Ok(()) } else { Err(format!("string does not match ^{prefix}-[0-9a-f]{{8}}$")) }
}

/// Ids, each once.
fn read_links(links: &LinksSpec, ids: &[Json]) -> Result<Value, String> {
    if ids.len() > links.items {
        return Err(format!("at most {} items", links.items));
    }
    let mut read: Vec<&str> = Vec::with_capacity(ids.len());
    for id in ids {
        let id = id.as_str().ok_or("items must be strings")?;
        check_id(id, links.to)?;
        if !read.contains(&id) {
            read.push(id);
        }
    }
    Ok(Value::Text(Json::from(read).to_string()))
}

/// Checks a text against length limits (in characters) and a pattern; an empty text always fits the pattern.
pub fn check_text(text: &str, min: usize, max: usize, pattern: &'static str) -> Result<(), String> {
    let length = text.chars().count();
    if length < min {
        return Err(format!("minimum string length is {min}"));
    }
    if length > max {
        return Err(format!("maximum string length is {max}"));
    }
    if text.is_empty() || pattern.is_empty() || matches(pattern, text) {
        return Ok(());
    }
    Err(format!("string does not match the regular expression {pattern}"))
}

/// Whether a text matches one of the declared patterns. A pattern that cannot be compiled matches nothing.
pub fn matches(pattern: &'static str, text: &str) -> bool {
    static COMPILED: OnceLock<RwLock<HashMap<&'static str, Option<Regex>>>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(RwLock::default);
    if let Ok(compiled) = compiled.read()
        && let Some(regex) = compiled.get(pattern)
    {
        return regex.as_ref().is_some_and(|regex| regex.is_match(text));
    }
    let regex = Regex::new(pattern).ok();
    let fits = regex.as_ref().is_some_and(|regex| regex.is_match(text));
    if let Ok(mut compiled) = compiled.write() {
        compiled.insert(pattern, regex);
    }
    fits
}

/// The whole number that a JSON number stands for.
pub fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        // 1e3 and 1.0 are whole numbers in JSON.
        let float = number.as_f64()?;
        #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and within 53 bits")]
        (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then_some(float as i64)
    })
}

fn read_metadata(items: &[Json]) -> Result<Value, String> {
    if items.len() > 100 {
        return Err("at most 100 items".to_owned());
    }
    let mut labels = Vec::with_capacity(items.len());
    for item in items {
        let object = item.as_object().ok_or("items must be objects")?;
        let part = |key: &str| object.get(key).and_then(Json::as_str).ok_or(format!("property \"{key}\" is missing"));
        let label = MetadataItem { key: part("key")?.to_owned(), value: part("value")?.to_owned() };
        if object.len() > 2 {
            return Err("items have the keys \"key\" and \"value\" only".to_owned());
        }
        check_text(&label.key, 0, 316, patterns::METADATA_KEY)?;
        check_text(&label.value, 0, 63, patterns::METADATA_VALUE)?;
        labels.push(label);
    }
    serde_json::to_string(&labels).map(Value::Text).map_err(|error| error.to_string())
}

/// Parses a body; the same key twice in one object is an error. No body counts as `{}`.
pub fn parse(body: &[u8]) -> Result<Json, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Json::Object(Map::new()));
    }
    serde_json::from_slice::<Strict>(body)
        .map(|strict| strict.0)
        .map_err(|error| ApiError::schema(format!("request body has an error: failed to decode request body: {error}")))
}

struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Bool(truth))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }
    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }
    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }
    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }
    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if object.contains_key(&key) {
                return Err(serde::de::Error::custom(format!("the key \"{key}\" is there twice")));
            }
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resources::{ALL, HOST, OS, REPEATED_SCHEDULE, SINGLE_SCHEDULE};

    #[test]
    fn every_declared_pattern_compiles() {
        for spec in ALL {
            for field in spec.fields.iter().chain(spec.unstored) {
                if let Type::Text { pattern, .. } | Type::Texts { pattern, .. } = field.ty {
                    assert!(Regex::new(pattern).is_ok(), "{} of {}", field.json, spec.prefix);
                }
            }
        }
        for pattern in [patterns::METADATA_KEY, patterns::METADATA_VALUE, patterns::SERIAL] {
            assert!(Regex::new(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn bodies_are_held_against_the_declaration() {
        let sha = "a".repeat(64);
        let weekly = json!({"scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "durationSeconds": 60});
        let mut cron = weekly.clone();
        cron["cron"] = "0 2 * * SAT".into();
        let cases = [
            (&OS, Purpose::Create, json!({"sha256": sha}), ""),
            (&OS, Purpose::Create, json!({"sha256": sha, "osType": "OPERATING_SYSTEM_TYPE_IMMUTABLE"}), ""),
            (&OS, Purpose::Create, json!({"sha256": sha, "repoUrl": "x", "kernelCommand": "y"}), ""),
            (&OS, Purpose::Create, json!({}), "\"sha256\" is missing"),
            (&OS, Purpose::Patch, json!({}), "\"sha256\" is missing"),
            (&OS, Purpose::Create, json!({"sha256": "A".repeat(64)}), "does not match"),
            (&OS, Purpose::Create, json!({"sha256": "a"}), "minimum string length is 64"),
            (&OS, Purpose::Create, json!({"sha256": sha, "osType": 2}), "a string is needed"),
            (&OS, Purpose::Create, json!({"sha256": sha, "osType": "IMMUTABLE"}), "not one of OS_TYPE_UNSPECIFIED"),
            (&OS, Purpose::Create, json!({"sha256": sha, "name": null}), "not nullable"),
            (&OS, Purpose::Create, json!({"sha256": sha, "resourceId": "os-00000000"}), "readOnly property \"resourceId\""),
            (&OS, Purpose::Create, json!({"sha256": sha, "osResourceID": "x"}), "readOnly"),
            (&OS, Purpose::Create, json!({"sha256": sha, "installedPackages": "x"}), "readOnly"),
            (&OS, Purpose::Create, json!({"sha256": sha, "image_url": "x"}), "unsupported"),
            (&OS, Purpose::Create, json!([]), "a JSON object is needed"),
            (&HOST, Purpose::Patch, json!({"instance": {}}), "readOnly"),
            (&HOST, Purpose::Patch, json!({"siteId": ""}), ""),
            (&HOST, Purpose::Patch, json!({"siteId": "host-00000000"}), "does not match ^site-"),
            (&HOST, Purpose::Patch, json!({"metadata": [{"key": "ring", "value": "canary"}]}), ""),
            (&HOST, Purpose::Patch, json!({"metadata": [{"key": "Ring", "value": "canary"}]}), "does not match"),
            (&HOST, Purpose::Patch, json!({"metadata": [{"key": "ring"}]}), "\"value\" is missing"),
            (&SINGLE_SCHEDULE, Purpose::Patch, json!({"endSeconds": 0}), "from 1 to"),
            (&SINGLE_SCHEDULE, Purpose::Patch, json!({"endSeconds": 1.5}), "whole number"),
            (&REPEATED_SCHEDULE, Purpose::Patch, json!({"cronHours": ""}), "minimum string length is 1"),
            (&REPEATED_SCHEDULE, Purpose::Patch, json!({"cronHours": "01"}), "does not match"),
            (&REPEATED_SCHEDULE, Purpose::Patch, json!({"cronHours": "0,23"}), ""),
            (&REPEATED_SCHEDULE, Purpose::Create, weekly.clone(), "\"cronMinutes\" is missing"),
            (&REPEATED_SCHEDULE, Purpose::Create, cron.clone(), ""),
            (&REPEATED_SCHEDULE, Purpose::Replace, weekly, "\"cronMinutes\" is missing"),
            (&REPEATED_SCHEDULE, Purpose::Replace, cron, ""),
        ];
        for (spec, purpose, body, expected) in cases {
            match Input::read(spec, &body, purpose) {
                Ok(_) => assert_eq!(expected, "", "{body} was taken"),
                Err(error) => {
                    assert!(!expected.is_empty() && error.message.contains(expected), "{body}: {error}");
                    assert_eq!((error.status, error.code), (400, None), "{body}");
                }
            }
        }
    }

    #[test]
    fn a_change_moves_only_what_may_move() {
        let sha = "a".repeat(64);
        let body = json!({"sha256": sha, "architecture": "x86_64", "imageId": "9"});
        let mut row = Row::empty(&OS);
        row.set("image_id", "1".into());
        row.set("metadata", "{}".into());
        let input = Input::read(&OS, &body, Purpose::Patch).unwrap();
        input.clone().change(&mut row, Purpose::Patch).unwrap();
        assert_eq!((row.get("architecture").text(), row.get("image_id").text()), ("x86_64", "1"));
        assert_eq!(row.get("metadata").text(), "{}", "PATCH leaves alone what it does not name");
        input.change(&mut row, Purpose::Replace).unwrap();
        assert_eq!(row.get("metadata").text(), "", "PUT clears it");
        let named = Input::read(&OS, &json!({"sha256": sha, "name": "x"}), Purpose::Patch).unwrap();
        assert_eq!(named.change(&mut row, Purpose::Patch).unwrap_err().message, "field name is immutable");
    }

    #[test]
    fn put_leaves_alone_what_only_we_have() {
        let mut row = Row::empty(&REPEATED_SCHEDULE);
        for (column, text) in [("name", "weekly"), ("time_zone", "Europe/Berlin"), ("exceptions", "[\"2026-12-24\"]")] {
            row.set(column, text.into());
        }
        let body =
            json!({"scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "durationSeconds": 60, "cron": "0 2 * * *", "timeZone": ""});
        let input = Input::read(&REPEATED_SCHEDULE, &body, Purpose::Replace).unwrap();
        input.change(&mut row, Purpose::Replace).unwrap();
        let text = |column: &str| row.get(column).text().to_owned();
        assert_eq!(
            (text("name"), text("time_zone"), text("exceptions")),
            (String::new(), String::new(), "[\"2026-12-24\"]".into())
        );
    }

    #[test]
    fn bodies_parse_strictly() {
        assert_eq!(parse(b" ").unwrap(), json!({}));
        assert_eq!(parse(br#"{"a":[1,-2,3.5,"x",true,null]}"#).unwrap(), json!({"a": [1, -2, 3.5, "x", true, null]}));
        for broken in [&br#"{"a":1,"a":2}"#[..], b"{", b"\xff", br#"{"a":{"b":1,"b":1}}"#] {
            assert_eq!(parse(broken).unwrap_err().status, 400);
        }
    }
}
