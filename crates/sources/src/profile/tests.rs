use std::{fmt::Write, ops::Range};

use emt_api::enums::{OsProvider, SecurityFeature};
use proptest::prelude::*;

use super::*;

const SHA: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A document with one line exchanged; an empty line goes.
fn document(key: &str, line: &str) -> String {
    let lines = [
        ("appVersion", "appVersion: apps/v1"),
        ("metadata", "metadata: {release: 3.0.0, kubernetes-version: v1.33.5}"),
        ("spec", "spec:"),
        ("name", "  name: Microvisor 3.0"),
        ("type", "  type: OS_TYPE_IMMUTABLE"),
        ("provider", "  provider: OS_PROVIDER_KIND_INFRA"),
        ("architecture", "  architecture: x86_64"),
        ("profileName", "  profileName: microvisor-nonrt"),
        ("osImageUrl", "  osImageUrl: files-edge-orch/a-3.0.raw.gz"),
        ("osImageVersion", "  osImageVersion: 3.0"),
        ("osImageSha256", &format!("  osImageSha256: {SHA}")),
        ("osPackageManifestURL", "  osPackageManifestURL: files-edge-orch/a-3.0_pkg_manifest.json"),
        ("osExistingCvesURL", "  osExistingCvesURL: files-edge-orch/a_cve.json"),
        ("osFixedCvesURL", "  osFixedCvesURL:"),
        ("securityFeature", "  securityFeature: SECURITY_FEATURE_NONE"),
        ("platformBundle", "  platformBundle:"),
        ("description", "  description: The microvisor"),
    ];
    assert!(key.is_empty() || lines.iter().any(|(name, _)| *name == key), "{key}");
    lines.map(|(name, usual)| if name == key { line } else { usual }).join("\n")
}

/// Numbered lines.
fn lines(numbers: Range<u32>, before: &str, after: &str) -> String {
    numbers.fold(String::new(), |mut lines, number| {
        let _ = write!(lines, "{before}{number}{after}");
        lines
    })
}

#[test]
fn a_whole_document() {
    let profile = Profile::parse(document("", "").as_bytes()).unwrap();
    let os = &profile.os;
    assert_eq!(os.name, "Microvisor 3.0");
    assert_eq!((os.os_type, os.os_provider), (OsType::Immutable, OsProvider::Infra));
    assert_eq!((&*os.architecture, &*os.profile_name, &*os.image_id), ("x86_64", "microvisor-nonrt", "3.0"));
    assert_eq!((&*os.image_url, &*os.sha256), ("files-edge-orch/a-3.0.raw.gz", SHA));
    assert_eq!(os.metadata, r#"{"kubernetes-version":"v1.33.5","release":"3.0.0"}"#);
    assert_eq!((&*os.existing_cves_url, &*os.fixed_cves_url), ("files-edge-orch/a_cve.json", ""));
    assert_eq!(os.security_feature, SecurityFeature::None);
    assert_eq!((&*os.platform_bundle, &*os.description, &*os.tls_ca_cert), ("", "The microvisor", ""));
    assert_eq!(profile.manifest_url, "files-edge-orch/a-3.0_pkg_manifest.json");
    assert_eq!(profile.withdrawn, "");
}

#[test]
fn what_else_may_be() {
    let read = |key: &str, line: &str| Profile::parse(document(key, line).as_bytes()).unwrap();
    assert_eq!(read("metadata", "metadata: {withdrawn: 'Boots no more (A/B)', a: b}").withdrawn, "Boots no more (A/B)");
    assert_eq!(read("metadata", "metadata: {withdrawn: x}").os.metadata, "");
    assert_eq!(
        read("metadata", "metadata: {version: 1.20, on: true, none: ~}").os.metadata,
        r#"{"none":"","on":"true","version":"1.20"}"#
    );
    let bundle = "  platformBundle: {installerScript: 'a/b.sh', cloudInitScript: c}";
    assert_eq!(read("platformBundle", bundle).os.platform_bundle, r#"{"cloudInitScript":"c","installerScript":"a/b.sh"}"#);
    assert_eq!(read("description", "  tlsCaCertificate: |\n    QUJD\n    REVG").os.tls_ca_cert, "QUJDREVG");
    let pem = "  tlsCaCertificate: |\n    -----BEGIN CERTIFICATE-----\n    QUJD\n    -----END CERTIFICATE-----";
    let kept = read("description", pem).os.tls_ca_cert;
    assert!(STANDARD.decode(kept).unwrap().starts_with(b"-----BEGIN CERTIFICATE"));
    assert_eq!(read("name", "  name: &a Microvisor").os.name, "Microvisor", "anchors do no harm");
    let mutable = document("type", "  type: OS_TYPE_MUTABLE");
    let mutable: Vec<_> = mutable.lines().filter(|line| !line.contains("Sha256") && !line.contains("Manifest")).collect();
    let mutable = Profile::parse(mutable.join("\n").as_bytes()).unwrap();
    assert_eq!((mutable.os.os_type, &*mutable.os.sha256, &*mutable.manifest_url), (OsType::Mutable, "", ""));
}

#[test]
fn documents_that_are_refused() {
    let long = format!("  description: {}", "a".repeat(1001));
    let metadata = format!("metadata: {{a: {}}}", "a".repeat(500));
    let upper = format!("  osImageSha256: {}", SHA.to_uppercase());
    let keys = format!("  platformBundle:{}", lines(0..101, "\n    k", ": v"));
    let cases: &[(&str, &str, &[&str])] = &[
        ("appVersion", "appVersion: apps/v2", &["appVersion", "apps/v2"]),
        ("metadata", "metadata: {a: {b: c}}", &["metadata", "a text", "line 2"]),
        ("metadata", "metadata: {a: A}", &["metadata", "does not match"]),
        ("metadata", "metadata: {a: b, a: c}", &["twice"]),
        ("metadata", "metadata: [a]", &["metadata", "a flat map of texts"]),
        ("metadata", &metadata, &["metadata", "500"]),
        ("name", "", &["lacks spec.name"]),
        ("name", "  name: ''", &["lacks spec.name"]),
        ("name", "  name: ~", &["lacks spec.name"]),
        ("name", "  name: [a]", &["spec.name", "a text", "line 4"]),
        ("name", "  name: 'Ä'", &["spec.name", "does not match"]),
        ("name", "  name: a\n  name: b", &["duplicate", "name"]),
        ("name", "  name: a\n  osImageURL: b", &["osImageURL", "line 5"]),
        ("name", "  <<: {name: a}", &["<<"]),
        ("type", "  type: IMMUTABLE", &["spec.type", "OS_TYPE_IMMUTABLE"]),
        ("type", "  type: OS_TYPE_UNSPECIFIED", &["spec.type"]),
        ("provider", "", &["lacks spec.provider"]),
        ("architecture", "  architecture: a-much-too-long-architecture", &["spec.architecture", "20"]),
        ("osImageVersion", "", &["lacks spec.osImageVersion"]),
        ("osImageSha256", "", &["lacks spec.osImageSha256"]),
        ("osImageSha256", "  osImageSha256: abc", &["spec.osImageSha256", "64"]),
        ("osImageSha256", &upper, &["spec.osImageSha256", "lower case"]),
        ("osPackageManifestURL", "", &["lacks spec.osPackageManifestURL"]),
        ("securityFeature", "  securityFeature: none", &["spec.securityFeature", "SECURITY_FEATURE_NONE"]),
        ("description", &long, &["spec.description", "1000"]),
        ("description", "  tlsCaCertificate: '#'", &["spec.tlsCaCertificate", "base64"]),
        ("platformBundle", &keys, &["platformBundle", "100 keys"]),
        ("spec", "other:", &["other", "line 3"]),
    ];
    for (key, line, words) in cases {
        let error = Profile::parse(document(key, line).as_bytes()).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{line}: {error}");
    }
    let error = Profile::parse(b"{}").unwrap_err();
    assert!(matches!(&error, ProfileError::Missing(keys) if keys.len() == 8), "{error}");
    for (document, word) in [("", "lacks"), ("a: b\n---\na: b", "cannot be read"), ("<html>", "cannot be read")] {
        let error = Profile::parse(document.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{document}: {error}");
    }
}

#[test]
fn few_bytes_do_not_become_many() {
    let mut laughs = "metadata:\n  a: &a0 [x, x, x]\n".to_owned();
    for level in 1..30 {
        let _ = writeln!(laughs, "  b{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]", level - 1);
    }
    assert!(matches!(Profile::parse(laughs.as_bytes()), Err(ProfileError::Yaml(_))));
    let long = "x".repeat(500_000);
    let repeated = lines(0..99, "\n  k", ": *a");
    let error = Profile::parse(format!("metadata:\n  a: &a {long}{repeated}").as_bytes()).unwrap_err();
    assert!(error.to_string().contains("a map has more than"), "{error}");
    assert!(matches!(Profile::parse("[".repeat(100_000).as_bytes()), Err(ProfileError::TooBig(_))));
    assert!(Profile::parse("- ".repeat(100_000).as_bytes()).is_err(), "nested by indentation");
    assert!(matches!(Profile::parse(&vec![b' '; LARGEST + 1]), Err(ProfileError::TooBig(_))));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Profile::parse(&bytes);
    }

    #[test]
    fn any_damage_is_read_or_refused(at in 0_usize..600, with in "[-a-z&*!|>{}\\[\\]:,'\"\n #]{0,6}") {
        let mut document = document("", "");
        let at = at.min(document.len());
        document.insert_str(at, &with);
        if let Ok(profile) = Profile::parse(document.as_bytes()) {
            prop_assert!(!profile.os.profile_name.is_empty() && profile.os.sha256.len() == 64);
        }
    }
}
