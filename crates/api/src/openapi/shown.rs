//! Schemas of resources as answers show them; the counterpart of [`json::write`](crate::json::write).

use serde_json::{Map, Value as Json, json};

use super::{
    Schemas, describe,
    field::{self, id_pattern, metadata_item},
    object as closed, reference,
};
use crate::{
    json::{Plan, SHALLOW, computed_key},
    resources::{OS, by_prefix},
    spec::{Access, Computed, Field, LinkSpec, Spec, Type},
};

/// Tells shapes apart: the kind, and what is followed from it.
pub(super) fn signature(spec: &'static Spec, plan: &Plan) -> String {
    fn below(plan: &Plan) -> String {
        let followed = plan.follow.iter().map(|(key, deeper)| format!("{key}{{{}}}", below(deeper)));
        followed.collect::<Vec<_>>().join(",")
    }
    format!("{}{{{}}}", spec.name, below(plan))
}

/// Name of a shape that is not the kind's main one.
pub(super) fn name(spec: &'static Spec, plan: &Plan) -> String {
    fn below(plan: &Plan) -> String {
        let followed = plan.follow.iter().map(|(key, deeper)| format!("{}{}", capitalised(key), below(deeper)));
        followed.collect::<Vec<_>>().join("And")
    }
    if plan.follow.is_empty() { format!("{}Nested", spec.name) } else { format!("{}With{}", spec.name, below(plan)) }
}

fn capitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The object. Every key is always there, but for those that are only there when they are set.
pub(super) fn object(schemas: &mut Schemas, spec: &'static Spec, plan: &'static Plan) -> Json {
    let timestamps = timestamps(schemas);
    let object = |schemas: &mut Schemas, link: &LinkSpec| linked(schemas, link, plan);
    assembled(schemas, spec, plan, &id_pattern(spec.prefix, false), timestamps, &object)
}

/// The object of empty values that stands where a link leads nowhere; its own objects are null.
fn none(schemas: &mut Schemas, spec: &'static Spec) -> Json {
    schemas.named(&format!("No{}", spec.name), |schemas| {
        let null = |_: &mut Schemas, _: &LinkSpec| json!({"type": "null"});
        let mut schema = assembled(schemas, spec, &SHALLOW, "^$", json!({"type": "null"}), &null);
        describe(&mut schema, &format!("Stands where there is no {}: all values are empty.", spec.name));
        schema
    })
}

fn assembled(
    schemas: &mut Schemas,
    spec: &'static Spec,
    plan: &'static Plan,
    id: &str,
    timestamps: Json,
    object: &dyn Fn(&mut Schemas, &LinkSpec) -> Json,
) -> Json {
    let mut properties = Map::new();
    let id = json!({"type": "string", "pattern": id, "readOnly": true});
    if !spec.id_alias.is_empty() {
        properties.insert(spec.id_alias.to_owned(), id.clone());
    }
    properties.insert("resourceId".to_owned(), id);
    for declared in spec.fields.iter().filter(|field| field.is_shown()) {
        if !declared.json.is_empty() {
            properties.insert(declared.json.to_owned(), field::shown(schemas, declared));
        }
        let (key, mut schema) = match &declared.ty {
            Type::Link(link) if !link.object.is_empty() => (link.object, object(schemas, link)),
            Type::Links(links) => (links.object, list_of(schemas, links.to, plan.of(links.object))),
            _ => continue,
        };
        describe(&mut schema, declared.doc);
        schema["readOnly"] = true.into();
        properties.insert(key.to_owned(), schema);
    }
    for declared in spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        properties.insert(declared.json.to_owned(), field::shown(schemas, declared));
    }
    for declared in spec.computed {
        let mut schema = computed(schemas, spec, plan, declared, object);
        schema["readOnly"] = true.into();
        properties.insert(computed_key(declared).to_owned(), schema);
    }
    properties.insert("timestamps".to_owned(), timestamps);
    let mut schema = closed(spec.doc, properties);
    if let Some(required) = schema["required"].as_array_mut() {
        let is_rare = |key: &Json| spec.fields.iter().any(|field| field.when_set && *key == field.json);
        required.retain(|key| !is_rare(key));
    }
    schema
}

/// What a link leads to, or what stands there if it leads nowhere.
fn linked(schemas: &mut Schemas, link: &LinkSpec, plan: &'static Plan) -> Json {
    let Some(spec) = by_prefix(link.to) else { return json!({"type": "null"}) };
    let nothing = if link.empty_object { none(schemas, spec) } else { json!({"type": "null"}) };
    match plan.of(link.object) {
        Some(deeper) => json!({"anyOf": [schemas.shown(spec, deeper), nothing]}),
        None => nothing,
    }
}

/// Records of a kind; none where they are not followed.
fn list_of(schemas: &mut Schemas, prefix: &str, plan: Option<&'static Plan>) -> Json {
    match plan.zip(by_prefix(prefix)) {
        Some((deeper, spec)) => json!({"type": "array", "items": schemas.shown(spec, deeper)}),
        None => json!({"type": "array", "maxItems": 0}),
    }
}

fn computed(
    schemas: &mut Schemas,
    spec: &'static Spec,
    plan: &'static Plan,
    declared: &Computed,
    object: &dyn Fn(&mut Schemas, &LinkSpec) -> Json,
) -> Json {
    let or_null = |schema: Json| json!({"anyOf": [schema, {"type": "null"}]});
    match declared {
        Computed::Referrer { key, prefix, .. } => match plan.of(key).zip(by_prefix(prefix)) {
            Some((deeper, spec)) => or_null(schemas.shown(spec, deeper)),
            None => json!({"type": "null"}),
        },
        Computed::SameAs { of, .. } => {
            let link = spec.fields.iter().filter_map(Field::as_link).find(|link| link.object == *of);
            let mut schema = link.map_or_else(|| json!({"type": "null"}), |link| object(schemas, link));
            describe(&mut schema, &format!("The same as `{of}`, for clients of the first generation of the API."));
            schema["deprecated"] = true.into();
            schema
        }
        Computed::Referrers { key, prefix, .. } => list_of(schemas, prefix, plan.of(key)),
        Computed::InheritedMetadata => {
            let mut schema = json!({"type": "array", "items": metadata_item(schemas)});
            describe(&mut schema, "Labels of everything above.");
            schema
        }
        Computed::TotalSites => json!({"type": "integer", "minimum": 0}),
        Computed::DesiredOs => {
            let mut schema = or_null(schemas.shown(&OS, &SHALLOW));
            describe(&mut schema, "What the instance is to run.");
            schema["x-emt-extension"] = true.into();
            schema
        }
        Computed::UpdateStatusDetail => {
            json!({"type": "string", "deprecated": true, "description": "Details of the last finished update run, as JSON text."})
        }
    }
}

fn timestamps(schemas: &mut Schemas) -> Json {
    let time = json!({"type": "string", "format": "date-time"});
    schemas.named("Timestamps", |_| {
        let properties = [("createdAt".to_owned(), time.clone()), ("updatedAt".to_owned(), time)];
        closed("When it was made and last changed, in UTC.", properties.into_iter().collect())
    });
    let mut schema = reference("Timestamps");
    schema["readOnly"] = true.into();
    schema
}
