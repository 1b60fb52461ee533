//! The language of `orderBy`, for every kind of resource.

#![no_main]

use emt_api::{order, resources::ALL};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for spec in ALL {
        if let Err(error) = order::order(spec, text) {
            assert_eq!(error.status, 400, "{}: {text:?}: {error}", spec.name);
            assert!(!error.message.is_empty());
        }
    }
});
