//! Records as JSON: every declared key is always there, links are shown as objects as deep as the caller resolved them.
//!
//! Written straight into a buffer: a page of a hundred hosts has some fifteen thousand keys.

use crate::{
    record::{Meta, Row},
    spec::{Access, Computed, Field, LinkSpec, Spec, Type},
    timestamp,
    value::Value,
};

/// What a record needs beside itself to be shown.
pub trait Links {
    /// The record that a link of `owner` points at, and what it in turn can show. `None` shows it as absent.
    fn follow(&self, owner: &Row, link: &LinkSpec, id: &str) -> Option<(&Row, &dyn Links)>;
    /// The record whose link points at `owner`.
    fn referrer(&self, owner: &Row, prefix: &str) -> Option<(&Row, &dyn Links)>;
    /// A computed value as JSON text; `None` shows it as empty.
    fn computed(&self, owner: &Row, computed: &Computed) -> Option<String>;
}

/// Shows every link as absent.
pub struct NoLinks;

impl Links for NoLinks {
    fn follow(&self, _: &Row, _: &LinkSpec, _: &str) -> Option<(&Row, &dyn Links)> {
        None
    }
    fn referrer(&self, _: &Row, _: &str) -> Option<(&Row, &dyn Links)> {
        None
    }
    fn computed(&self, _: &Row, _: &Computed) -> Option<String> {
        None
    }
}

/// Keys of answers that are computed and not spelt by a field.
pub fn computed_keys(spec: &'static Spec) -> impl Iterator<Item = &'static str> {
    spec.computed.iter().map(computed_key)
}

fn computed_key(computed: &Computed) -> &'static str {
    match computed {
        Computed::Referrer { key, .. } | Computed::SameAs { key, .. } => key,
        Computed::EmptyList(key) | Computed::Null(key) => key,
        Computed::InheritedMetadata => "inheritedMetadata",
        Computed::TotalSites => "totalSites",
        Computed::DesiredOs => "desiredOs",
        Computed::UpdateStatusDetail => "updateStatusDetail",
    }
}

/// Appends a record.
pub fn write(out: &mut Vec<u8>, row: &Row, links: &dyn Links) {
    out.push(b'{');
    key(out, "resourceId");
    string(out, &row.meta.id);
    if !row.spec.id_alias.is_empty() {
        next_key(out, row.spec.id_alias);
        string(out, &row.meta.id);
    }
    for (field, value) in row.spec.fields.iter().zip(&row.values) {
        write_field(out, row, field, value, links);
    }
    for field in row.spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        next_key(out, field.json);
        write_value(out, &field.ty, &field.empty_value());
    }
    for computed in row.spec.computed {
        next_key(out, computed_key(computed));
        write_computed(out, row, computed, links);
    }
    next_key(out, "timestamps");
    write_timestamps(out, &row.meta);
    out.push(b'}');
}

fn write_field(out: &mut Vec<u8>, row: &Row, field: &Field, value: &Value, links: &dyn Links) {
    if field.access == Access::Internal {
        return;
    }
    if !field.json.is_empty() {
        next_key(out, field.json);
        match field.as_link() {
            Some(link) if !link.echo => string(out, ""),
            _ => write_value(out, &field.ty, value),
        }
    }
    if let Some(link) = field.as_link() {
        next_key(out, link.object);
        write_link(out, row, link, value, links);
    }
}

fn write_link(out: &mut Vec<u8>, row: &Row, link: &LinkSpec, value: &Value, links: &dyn Links) {
    let target = if value.is_empty() { None } else { links.follow(row, link, value.text()) };
    match target {
        Some((target, deeper)) => write(out, target, deeper),
        None if link.empty_object => match crate::resources::by_prefix(link.to) {
            Some(spec) => write_shadow(out, spec),
            None => out.extend_from_slice(b"null"),
        },
        None => out.extend_from_slice(b"null"),
    }
}

/// An object of empty values, its own objects null.
fn write_shadow(out: &mut Vec<u8>, spec: &'static Spec) {
    let row = Row::empty(spec);
    out.push(b'{');
    key(out, "resourceId");
    string(out, "");
    if !spec.id_alias.is_empty() {
        next_key(out, spec.id_alias);
        string(out, "");
    }
    for (field, value) in spec.fields.iter().zip(&row.values) {
        if field.access == Access::Internal {
            continue;
        }
        if !field.json.is_empty() {
            next_key(out, field.json);
            write_value(out, &field.ty, value);
        }
        if let Some(link) = field.as_link() {
            next_key(out, link.object);
            out.extend_from_slice(b"null");
        }
    }
    for field in spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        next_key(out, field.json);
        write_value(out, &field.ty, &field.empty_value());
    }
    for computed in spec.computed {
        next_key(out, computed_key(computed));
        write_computed(out, &row, computed, &NoLinks);
    }
    next_key(out, "timestamps");
    out.extend_from_slice(b"null}");
}

fn write_computed(out: &mut Vec<u8>, row: &Row, computed: &Computed, links: &dyn Links) {
    match computed {
        Computed::Referrer { prefix, .. } => match links.referrer(row, prefix) {
            Some((referrer, deeper)) => write(out, referrer, deeper),
            None => out.extend_from_slice(b"null"),
        },
        Computed::SameAs { of, .. } => {
            let repeated = row.spec.fields.iter().zip(&row.values).find_map(|(field, value)| {
                let link = field.as_link().filter(|link| link.object == *of)?;
                Some((link, value))
            });
            match repeated {
                Some((link, value)) => write_link(out, row, link, value, links),
                None => out.extend_from_slice(b"null"),
            }
        }
        Computed::EmptyList(_) => out.extend_from_slice(b"[]"),
        Computed::Null(_) => out.extend_from_slice(b"null"),
        Computed::InheritedMetadata => append(out, links.computed(row, computed), "[]"),
        Computed::TotalSites => append(out, links.computed(row, computed), "0"),
        Computed::DesiredOs => append(out, links.computed(row, computed), "null"),
        Computed::UpdateStatusDetail => append(out, links.computed(row, computed), "\"\""),
    }
}

fn append(out: &mut Vec<u8>, json: Option<String>, empty: &str) {
    out.extend_from_slice(json.as_deref().unwrap_or(empty).as_bytes());
}

fn write_value(out: &mut Vec<u8>, ty: &Type, value: &Value) {
    match ty {
        Type::Text { .. } | Type::Link(_) => string(out, value.text()),
        Type::Number { .. } => number(out, value.int()),
        Type::BigNumber => match value.int() {
            0 => string(out, ""),
            number => string(out, &number.to_string()),
        },
        Type::Bool => out.extend_from_slice(if value.int() == 0 { b"false" } else { b"true" }),
        Type::Enum(names) => {
            out.push(b'"');
            out.extend_from_slice(names.name_of(value.int()).as_bytes());
            out.push(b'"');
        }
        Type::Texts { .. } | Type::Metadata | Type::Document => {
            let text = value.text();
            out.extend_from_slice(if text.is_empty() { b"[]" } else { text.as_bytes() });
        }
    }
}

fn write_timestamps(out: &mut Vec<u8>, meta: &Meta) {
    if meta.id.is_empty() {
        out.extend_from_slice(b"null");
        return;
    }
    out.extend_from_slice(br#"{"createdAt":""#);
    out.extend_from_slice(timestamp::rfc3339(meta.created_ms).as_bytes());
    out.extend_from_slice(br#"","updatedAt":""#);
    out.extend_from_slice(timestamp::rfc3339(meta.updated_ms).as_bytes());
    out.extend_from_slice(br#""}"#);
}

fn key(out: &mut Vec<u8>, key: &str) {
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

fn next_key(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    key(out, name);
}

fn number(out: &mut Vec<u8>, number: i64) {
    if number == 0 {
        out.push(b'0');
    } else {
        out.extend_from_slice(number.to_string().as_bytes());
    }
}

/// Appends a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    let plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    if plain {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::resources::{ALL, HOST, INSTANCE, SITE};

    fn shown(row: &Row) -> Json {
        let mut out = Vec::new();
        write(&mut out, row, &NoLinks);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn every_kind_is_valid_json_without_double_keys() {
        for spec in ALL {
            let mut out = Vec::new();
            write(&mut out, &Row::empty(spec), &NoLinks);
            assert!(crate::input::parse(&out).is_ok(), "{}: {}", spec.prefix, String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn absent_links_are_null_or_empty_objects() {
        assert_eq!(shown(&Row::empty(&HOST))["instance"], Json::Null);
        assert_eq!(shown(&Row::empty(&HOST))["site"], Json::Null);
        assert_eq!(shown(&Row::empty(&INSTANCE))["updatePolicy"], Json::Null);
        let site = shown(&Row::empty(&SITE));
        assert_eq!(site["region"]["resourceId"], "");
        assert_eq!(site["region"]["parentRegion"], Json::Null);
        assert_eq!(site["region"]["timestamps"], Json::Null);
    }

    #[test]
    fn strings_are_escaped() {
        let mut row = Row::empty(&HOST);
        row.set("name", "a\"b\\c\n".into());
        assert_eq!(shown(&row)["name"], "a\"b\\c\n");
    }
}
