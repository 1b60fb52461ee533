//! Request bodies: bytes to JSON, JSON to a resource's fields for every kind and purpose, fields to a record and to JSON
//! again. What was taken is shown as it was given.

#![no_main]

use emt_api::{
    input::{Input, Purpose, parse},
    json::{NoSource, SHALLOW, write},
    record::Row,
    resources::ALL,
    sheet::Sheet,
    spec::{Access, Type},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = parse(bytes) else { return };
    for spec in ALL {
        for purpose in [Purpose::Create, Purpose::Replace, Purpose::Patch] {
            let input = match Input::read(spec, &body, purpose) {
                Ok(input) => input,
                Err(error) => {
                    assert_eq!(error.status, 400, "{}: {body}: {error}", spec.name);
                    continue;
                }
            };
            let mut row = Row::empty(spec);
            if purpose == Purpose::Create {
                input.fill(&mut row);
            } else if input.change(&mut row, purpose).is_err() {
                continue;
            }
            let mut shown = Vec::new();
            let sheet = Sheet::of(&row);
            write(&mut shown, sheet.get(0).expect("a record"), &SHALLOW, &NoSource);
            let shown: serde_json::Value = serde_json::from_slice(&shown).expect("answers are JSON");
            if purpose != Purpose::Create {
                continue;
            }
            for (key, given) in body.as_object().expect("only objects are taken") {
                let Some((_, field)) = spec.field_named(key).filter(|(_, field)| field.access != Access::Ignored) else { continue };
                // Links are shown where their records are; older names of enums as the newer ones.
                if matches!(field.ty, Type::Text { .. } | Type::Bool | Type::Texts { .. } | Type::Metadata) {
                    assert_eq!(&shown[key], given, "{}: {key}", spec.name);
                }
            }
        }
    }
});
