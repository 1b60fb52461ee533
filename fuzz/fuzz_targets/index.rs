//! Indexes of release trees, package manifests and lists of vulnerabilities: what is taken is read again as it is written.

#![no_main]

use emt_sources::{RelativePath, cves, index::Index, packages};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(index) = Index::parse(bytes) {
        assert_eq!(Index::parse(&index.to_json()).as_ref(), Ok(&index));
        let paths = index.profiles.iter().map(|entry| &entry.path).chain(index.files.keys());
        for path in paths {
            assert!(RelativePath::parse(path.as_str()).is_ok());
            assert!(path.as_str().split('/').all(|part| !part.is_empty() && !part.starts_with('.')));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let kept = [packages::read(text), cves::read(text, cves::List::Existing), cves::read(text, cves::List::Fixed)];
        for kept in kept.into_iter().flatten() {
            assert!(!kept.contains(char::is_whitespace));
        }
    }
});
