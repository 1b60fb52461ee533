//! The language of `filter`, for every kind of resource: what is refused is a 400 with a text, whatever it is.

#![no_main]

use emt_api::{filter, resources::ALL};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for spec in ALL {
        if let Err(error) = filter::filter(spec, text) {
            assert_eq!(error.status, 400, "{}: {text:?}: {error}", spec.name);
            assert!(!error.message.is_empty());
        }
    }
});
