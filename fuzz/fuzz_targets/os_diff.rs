//! Lists of vulnerabilities and packages, as sources tell them.

#![no_main]

use emt_api::os_diff::{OsTexts, diff};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (a, b) = text.split_at(text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at));
    let texts = |text| OsTexts { existing_cves: text, fixed_cves: text, installed_packages: text };
    let found = diff(&texts(a), &texts(b));
    assert!(found.cves.fixed.iter().all(|cve| !cve.id.is_empty() && !found.cves.remaining.contains(cve)));
    assert!(diff(&texts(text), &texts(text)).cves.new.is_empty());
});
