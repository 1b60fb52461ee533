//! Profile documents: what is taken fits an OS resource.

#![no_main]

use emt_sources::Profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(profile) = Profile::parse(bytes) {
        let os = &profile.os;
        assert!(!os.name.is_empty() && os.name.len() <= 128);
        assert!(!os.profile_name.is_empty() && !os.image_id.is_empty() && !os.image_url.is_empty());
        assert!(os.sha256.is_empty() || os.sha256.len() == 64);
        assert!(os.metadata.is_empty() || serde_json::from_str::<serde_json::Value>(&os.metadata).is_ok());
        assert!(os.platform_bundle.is_empty() || serde_json::from_str::<serde_json::Value>(&os.platform_bundle).is_ok());
    }
});
