//! Records as JSON: every declared key is always there, links are shown as objects as deep as the caller resolved them.
//!
//! Written straight into a buffer: a page of a hundred hosts has some fifteen thousand keys.

use crate::{
    record::{Meta, Row},
    spec::{Access, Computed, Field, LinkSpec, LinksSpec, Spec, Type},
    timestamp,
    value::Value,
};

/// How deep a record is shown: the links that are followed, and how deep what they lead to is shown in turn.
#[derive(Debug)]
pub struct Plan {
    /// Keys of followed links, each with the plan of its target.
    pub follow: &'static [(&'static str, &'static Plan)],
    /// Whether computed values are filled.
    pub computed: bool,
}

/// Nothing is followed, nothing computed.
pub static SHALLOW: Plan = Plan { follow: &[], computed: false };

impl Plan {
    /// The plan of the record that a key leads to, if it is followed.
    pub fn of(&self, key: &str) -> Option<&'static Plan> {
        self.follow.iter().find(|(followed, _)| *followed == key).map(|(_, plan)| *plan)
    }
}

/// Where the records behind links are found.
pub trait Source {
    /// The record of this kind and id.
    fn row(&self, prefix: &str, id: &str) -> Option<&Row>;
    /// The records of a kind whose link points at `owner`.
    fn referrers(&self, prefix: &str, owner: &str) -> Vec<&Row>;
    /// A computed value as JSON text; `None` shows it as empty.
    fn computed(&self, owner: &Row, computed: &Computed) -> Option<String>;
}

/// Knows no other record.
pub struct NoSource;

impl Source for NoSource {
    fn row(&self, _: &str, _: &str) -> Option<&Row> {
        None
    }
    fn referrers(&self, _: &str, _: &str) -> Vec<&Row> {
        Vec::new()
    }
    fn computed(&self, _: &Row, _: &Computed) -> Option<String> {
        None
    }
}

/// Keys of answers that are computed and not spelt by a field.
pub fn computed_keys(spec: &'static Spec) -> impl Iterator<Item = &'static str> {
    spec.computed.iter().map(computed_key)
}

pub(crate) fn computed_key(computed: &Computed) -> &'static str {
    match computed {
        Computed::Referrer { key, .. } | Computed::Referrers { key, .. } | Computed::SameAs { key, .. } => key,
        Computed::InheritedMetadata => "inheritedMetadata",
        Computed::TotalSites => "totalSites",
        Computed::DesiredOs => "desiredOs",
        Computed::UpdateStatusDetail => "updateStatusDetail",
    }
}

/// Appends a record.
pub fn write(out: &mut Vec<u8>, row: &Row, plan: &Plan, source: &dyn Source) {
    out.push(b'{');
    key(out, "resourceId");
    string(out, &row.meta.id);
    if !row.spec.id_alias.is_empty() {
        next_key(out, row.spec.id_alias);
        string(out, &row.meta.id);
    }
    for (field, value) in row.spec.fields.iter().zip(&row.values) {
        write_field(out, field, value, plan, source);
    }
    for field in row.spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        next_key(out, field.json);
        write_value(out, &field.ty, &field.empty_value());
    }
    for computed in row.spec.computed {
        next_key(out, computed_key(computed));
        write_computed(out, row, computed, plan, source);
    }
    next_key(out, "timestamps");
    write_timestamps(out, &row.meta);
    out.push(b'}');
}

fn write_field(out: &mut Vec<u8>, field: &Field, value: &Value, plan: &Plan, source: &dyn Source) {
    if field.access == Access::Internal {
        return;
    }
    let link = match &field.ty {
        Type::Link(link) if link.object.is_empty() => {
            next_key(out, field.json);
            string(out, value.text());
            return;
        }
        Type::Link(link) => link,
        ty => {
            next_key(out, field.json);
            write_value(out, ty, value);
            if let Type::Links(links) = ty {
                next_key(out, links.object);
                write_linked(out, links, value, plan, source);
            }
            return;
        }
    };
    let target = follow(link, value, plan, source);
    if !field.json.is_empty() {
        next_key(out, field.json);
        // As upstream has it, the id is shown only where the record is.
        string(out, if link.echo && target.is_some() { value.text() } else { "" });
    }
    next_key(out, link.object);
    write_target(out, link, target, source);
}

/// The records of a list of links that are there.
fn write_linked(out: &mut Vec<u8>, links: &LinksSpec, value: &Value, plan: &Plan, source: &dyn Source) {
    let Some(deeper) = plan.of(links.object) else {
        out.extend_from_slice(b"[]");
        return;
    };
    let ids = value.texts();
    write_list(out, ids.iter().filter_map(|id| source.row(links.to, id)), deeper, source);
}

fn write_list<'a>(out: &mut Vec<u8>, rows: impl IntoIterator<Item = &'a Row>, plan: &Plan, source: &dyn Source) {
    out.push(b'[');
    for (at, row) in rows.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, row, plan, source);
    }
    out.push(b']');
}

fn follow<'a>(link: &LinkSpec, value: &Value, plan: &Plan, source: &'a dyn Source) -> Option<(&'a Row, &'static Plan)> {
    let deeper = plan.of(link.object)?;
    let row = if value.is_empty() { None } else { source.row(link.to, value.text()) };
    row.map(|row| (row, deeper))
}

fn write_target(out: &mut Vec<u8>, link: &LinkSpec, target: Option<(&Row, &'static Plan)>, source: &dyn Source) {
    match target {
        Some((row, plan)) => write(out, row, plan, source),
        None => match crate::resources::by_prefix(link.to).filter(|_| link.empty_object) {
            Some(spec) => write_shadow(out, spec),
            None => out.extend_from_slice(b"null"),
        },
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
        match &field.ty {
            Type::Link(link) if !link.object.is_empty() => {
                next_key(out, link.object);
                out.extend_from_slice(b"null");
            }
            Type::Links(links) => {
                next_key(out, links.object);
                out.extend_from_slice(b"[]");
            }
            _ => {}
        }
    }
    for field in spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        next_key(out, field.json);
        write_value(out, &field.ty, &field.empty_value());
    }
    for computed in spec.computed {
        next_key(out, computed_key(computed));
        write_computed(out, &row, computed, &SHALLOW, &NoSource);
    }
    next_key(out, "timestamps");
    out.extend_from_slice(b"null}");
}

fn write_computed(out: &mut Vec<u8>, row: &Row, computed: &Computed, plan: &Plan, source: &dyn Source) {
    let value = || if plan.computed { source.computed(row, computed) } else { None };
    match computed {
        Computed::Referrer { key, prefix, .. } => {
            let deeper = plan.of(key);
            match deeper.and_then(|deeper| Some((source.referrers(prefix, &row.meta.id).into_iter().next()?, deeper))) {
                Some((referrer, deeper)) => write(out, referrer, deeper, source),
                None => out.extend_from_slice(b"null"),
            }
        }
        Computed::Referrers { key, prefix, .. } => match plan.of(key) {
            Some(deeper) => write_list(out, source.referrers(prefix, &row.meta.id), deeper, source),
            None => out.extend_from_slice(b"[]"),
        },
        Computed::SameAs { of, .. } => {
            let repeated = row.spec.fields.iter().zip(&row.values).find_map(|(field, value)| {
                let link = field.as_link().filter(|link| link.object == *of)?;
                Some((link, value))
            });
            match repeated {
                Some((link, value)) => write_target(out, link, follow(link, value, plan, source), source),
                None => out.extend_from_slice(b"null"),
            }
        }
        Computed::InheritedMetadata => append(out, value().as_deref(), "[]"),
        Computed::TotalSites => append(out, value().as_deref(), "0"),
        Computed::DesiredOs => append(out, value().as_deref(), "null"),
        Computed::UpdateStatusDetail => append(out, value().as_deref(), "\"\""),
    }
}

fn append(out: &mut Vec<u8>, json: Option<&str>, empty: &str) {
    out.extend_from_slice(json.unwrap_or(empty).as_bytes());
}

fn write_value(out: &mut Vec<u8>, ty: &Type, value: &Value) {
    match ty {
        Type::Text { .. } | Type::Link(_) => string(out, value.text()),
        Type::Number { .. } => number(out, value.int()),
        Type::BigNumber => string(out, &value.int().to_string()),
        Type::Bool => out.extend_from_slice(if value.int() == 0 { b"false" } else { b"true" }),
        Type::Enum(names) => {
            out.push(b'"');
            out.extend_from_slice(names.name_of(value.int()).as_bytes());
            out.push(b'"');
        }
        Type::Texts { .. } | Type::Links(_) | Type::Metadata | Type::Document => {
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
        write(&mut out, row, &SHALLOW, &NoSource);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn every_kind_is_valid_json_without_double_keys() {
        for spec in ALL {
            let mut out = Vec::new();
            write(&mut out, &Row::empty(spec), &SHALLOW, &NoSource);
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
