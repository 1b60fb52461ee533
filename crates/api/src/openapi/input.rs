//! Schemas of request bodies.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{Schemas, field};
use crate::{
    input::Purpose,
    spec::{Access, Spec},
};

/// The body of POST, PUT or PATCH: closed, with the keys that [`Input::read`](crate::input::Input::read) and
/// [`Input::change`](crate::input::Input::change) take.
pub(super) fn body(schemas: &mut Schemas, spec: &'static Spec, purpose: Purpose) -> Json {
    let mut properties = Map::new();
    let (mut required, mut instead) = (Vec::new(), BTreeMap::<&str, Vec<&str>>::new());
    for declared in spec.fields.iter().chain(spec.unstored).filter(|field| field.is_input() && !field.json.is_empty()) {
        if purpose != Purpose::Create && declared.access == Access::Immutable {
            continue;
        }
        let mut schema = field::input(schemas, declared);
        if purpose != Purpose::Create && declared.access == Access::CreateOnly {
            schema["description"] = format!("{} Taken and ignored: it is set at creation.", declared.doc.trim()).trim().into();
        }
        properties.insert(declared.json.to_owned(), schema);
        if declared.must_be_in(purpose) {
            let needed = if declared.unless.is_empty() { &mut required } else { instead.entry(declared.unless).or_default() };
            needed.push(declared.json);
        }
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    for (other, needed) in instead {
        schema["anyOf"] = json!([{"required": needed}, {"required": [other]}]);
    }
    schema
}
