//! Schemas of single fields.

use serde_json::{Value as Json, json};

use super::{Schemas, describe};
use crate::{
    patterns,
    spec::{Access, EnumSpec, Field, Type},
};

/// A field as answers show it. Unset fields are shown as empty values, which may lie outside what requests may set.
pub(super) fn shown(schemas: &mut Schemas, field: &Field) -> Json {
    let mut schema = match &field.ty {
        Type::Text { max, .. } => bounded_text(0, *max, ""),
        Type::Number { min, max } => whole_number((*min).min(0), (*max).max(0)),
        Type::BigNumber => json!({"type": "string", "pattern": "^-?[0-9]+$"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Enum(names) => enumeration(schemas, names),
        Type::Link(link) if link.echo => json!({"type": "string", "pattern": id_pattern(link.to, true)}),
        Type::Link(_) => json!({"type": "string", "const": ""}),
        Type::Links(links) => json!({"type": "array", "items": {"type": "string", "pattern": id_pattern(links.to, false)}}),
        Type::Texts { .. } => json!({"type": "array", "items": {"type": "string"}}),
        Type::Metadata => json!({"type": "array", "items": metadata_item(schemas)}),
        Type::Document => json!({"type": "array", "items": {"type": "object"}}),
    };
    describe(&mut schema, field.doc);
    if field.access == Access::Output {
        schema["readOnly"] = true.into();
    }
    mark(&mut schema, field);
    schema
}

/// A field as requests may set it.
pub(super) fn input(schemas: &mut Schemas, field: &Field) -> Json {
    let mut schema = match &field.ty {
        Type::Text { min, max, pattern } => bounded_text(*min, *max, pattern),
        Type::Number { min, max } => whole_number(*min, *max),
        Type::BigNumber => json!({"type": "string", "pattern": "^-?[0-9]+$"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Enum(names) => {
            let current = enumeration(schemas, names);
            if names.aliases.is_empty() {
                current
            } else {
                let older: Vec<_> = names.aliases.iter().map(|(name, _)| *name).collect();
                let older = json!({
                    "type": "string", "enum": older, "deprecated": true,
                    "description": "Names of the first generation of the API.",
                });
                json!({"anyOf": [current, older]})
            }
        }
        Type::Link(link) => json!({"type": "string", "pattern": id_pattern(link.to, link.clearable)}),
        Type::Links(links) => {
            let id = json!({"type": "string", "pattern": id_pattern(links.to, false)});
            json!({"type": "array", "maxItems": links.items, "items": id})
        }
        Type::Texts { items, max, pattern } => {
            json!({"type": "array", "maxItems": items, "items": bounded_text(0, *max, pattern)})
        }
        Type::Metadata => json!({"type": "array", "maxItems": 100, "items": metadata_item(schemas)}),
        Type::Document => json!({"type": "array"}),
    };
    describe(&mut schema, field.doc);
    if field.access == Access::Ignored {
        schema["deprecated"] = true.into();
    }
    if matches!(field.access, Access::Ignored | Access::Secret) {
        schema["writeOnly"] = true.into();
    }
    mark(&mut schema, field);
    schema
}

fn mark(schema: &mut Json, field: &Field) {
    if field.extension {
        schema["x-emt-extension"] = true.into();
    }
}

/// Text with limits in characters and a pattern that only holds for a text that is not empty.
pub fn bounded_text(min: usize, max: usize, pattern: &str) -> Json {
    let mut schema = json!({"type": "string"});
    if min > 0 {
        schema["minLength"] = min.into();
    }
    if max != usize::MAX {
        schema["maxLength"] = max.into();
    }
    if !pattern.is_empty() {
        let or_empty = min == 0 && !pattern.starts_with("^$|");
        schema["pattern"] = if or_empty { format!("^$|{pattern}").into() } else { pattern.into() };
    }
    schema
}

fn whole_number(min: i64, max: i64) -> Json {
    let mut schema = json!({"type": "integer"});
    if min != i64::MIN {
        schema["minimum"] = min.into();
    }
    if max != i64::MAX {
        schema["maximum"] = max.into();
    }
    schema
}

fn enumeration(schemas: &mut Schemas, names: &'static EnumSpec) -> Json {
    schemas.named(names.name, |_| {
        let names: Vec<_> = names.variants.iter().map(|(name, _)| *name).collect();
        json!({"type": "string", "enum": names})
    })
}

/// What ids of a kind look like.
pub fn id_pattern(kind: &str, or_none: bool) -> String {
    let prefix = crate::resources::by_prefix(kind).map_or(kind, |spec| spec.id_prefix());
    format!("{}^{prefix}-[0-9a-f]{{8}}$", if or_none { "^$|" } else { "" })
}

pub(super) fn metadata_item(schemas: &mut Schemas) -> Json {
    schemas.named("MetadataItem", |_| {
        json!({
            "type": "object",
            "description": "A label.",
            "properties": {
                "key": bounded_text(0, 316, patterns::METADATA_KEY),
                "value": bounded_text(0, 63, patterns::METADATA_VALUE),
            },
            "required": ["key", "value"],
            "additionalProperties": false,
        })
    })
}
