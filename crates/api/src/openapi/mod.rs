//! Declarations as JSON Schemas of an OpenAPI 3.1 document.
//!
//! A resource has one schema a shape: as one is shown, as lists show it, as other resources show it, and one for each body
//! that requests may carry. All of them come from the resource's [`Spec`] and [`Plan`], which validation and rendering use too.

mod field;
mod input;
mod shown;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

pub use self::field::{bounded_text, id_pattern};
use crate::{input::Purpose, json::Plan, spec::Spec};

/// The named schemas of a document, made as they are asked for.
#[derive(Debug, Default)]
pub struct Schemas {
    made: BTreeMap<String, Json>,
    names: BTreeMap<String, String>,
}

impl Schemas {
    /// No schemas yet. `kinds` are those that get the kind's plain name, each as deep as one of it is shown.
    pub fn new(kinds: impl IntoIterator<Item = (&'static Spec, &'static Plan)>) -> Self {
        let names = kinds.into_iter().map(|(spec, plan)| (shown::signature(spec, plan), spec.name.to_owned()));
        Self { made: BTreeMap::new(), names: names.collect() }
    }

    /// A resource as an answer shows it, as deep as `plan` says.
    pub fn shown(&mut self, spec: &'static Spec, plan: &'static Plan) -> Json {
        let signature = shown::signature(spec, plan);
        let name = self.names.entry(signature).or_insert_with(|| shown::name(spec, plan)).clone();
        self.named(&name, |schemas| shown::object(schemas, spec, plan))
    }

    /// The same with more keys.
    pub fn widened(&mut self, spec: &'static Spec, plan: &'static Plan, more: Map<String, Json>) -> Json {
        let mut schema = shown::object(self, spec, plan);
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.extend(more);
        }
        schema
    }

    /// A page of a list.
    pub fn list(&mut self, spec: &'static Spec, plan: &'static Plan) -> Json {
        self.named(&format!("{}List", spec.name), |schemas| page(schemas, &[(spec, plan)]))
    }

    /// What a request may carry.
    pub fn input(&mut self, spec: &'static Spec, purpose: Purpose) -> Json {
        let what = match purpose {
            Purpose::Create => "Create",
            Purpose::Replace => "Replace",
            Purpose::Patch => "Patch",
        };
        self.named(&format!("{}{what}", spec.name), |schemas| input::body(schemas, spec, purpose))
    }

    /// A reference to the schema of this name, which is made if it is not there yet.
    pub fn named(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Json) -> Json {
        if !self.made.contains_key(name) {
            // Taken first, so that a schema may refer to itself.
            self.made.insert(name.to_owned(), Json::Null);
            let schema = make(self);
            self.made.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// All that were made, by name.
    pub fn into_json(self) -> Json {
        Json::Object(self.made.into_iter().collect())
    }
}

/// A reference to a named schema.
pub fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A closed object: these keys, all of them, and no others are promised.
pub fn object(doc: &str, properties: Map<String, Json>) -> Json {
    let required: Vec<Json> = properties.keys().cloned().map(Json::from).collect();
    let mut schema = json!({"type": "object"});
    describe(&mut schema, doc);
    schema["properties"] = Json::Object(properties);
    schema["required"] = Json::Array(required);
    schema
}

/// A page with the lists of some kinds.
pub fn page(schemas: &mut Schemas, kinds: &[(&'static Spec, &'static Plan)]) -> Json {
    let mut properties = Map::new();
    for (spec, plan) in kinds {
        properties.insert(spec.list_key.to_owned(), json!({"type": "array", "items": schemas.shown(spec, plan)}));
    }
    let mut total = json!({"type": "integer", "minimum": 0});
    describe(&mut total, "Matches before paging.");
    let mut next = json!({"type": "boolean"});
    describe(&mut next, "Whether matches follow after this page.");
    properties.insert("totalElements".to_owned(), total);
    properties.insert("hasNext".to_owned(), next);
    object("A page of a list.", properties)
}

/// Adds a description, if there is one.
fn describe(schema: &mut Json, doc: &str) {
    let doc = doc.trim();
    if !doc.is_empty() {
        schema["description"] = doc.into();
    }
}

/// The properties of an object, written as JSON.
pub fn properties(json: Json) -> Map<String, Json> {
    if let Json::Object(properties) = json { properties } else { Map::new() }
}
