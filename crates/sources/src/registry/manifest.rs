//! Manifests of artifacts (OCI image specification 1.1): where the profile document is.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::digest::Sha256;

/// Kind of artifact that profiles are.
const ARTIFACT: &str = "application/vnd.intel.orch.en";
/// Media types of configurations that say nothing about the artifact.
const NEUTRAL: [&str; 5] = [
    "",
    "application/vnd.oci.empty.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.unknown.config.v1+json",
];
const TITLE: &str = "org.opencontainers.image.title";

/// The layer with the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) digest: Sha256,
    pub(super) size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    artifact_type: String,
    config: Option<Config>,
    layers: Option<Vec<Blob>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    media_type: String,
}

#[derive(Deserialize)]
struct Blob {
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// The first layer is the document; all have titles.
pub(super) fn first_layer(json: &[u8]) -> Result<Layer, String> {
    let manifest: Manifest = serde_json::from_slice(json).map_err(|error| format!("it is no manifest: {error}"))?;
    let Some(layers) = manifest.layers else {
        return Err("it has no layers: an artifact with one profile is needed, not an index of several".to_owned());
    };
    let config = manifest.config.map(|config| config.media_type).unwrap_or_default();
    let config = if NEUTRAL.contains(&&*config) { "" } else { &config };
    let kind = if manifest.artifact_type.is_empty() { config } else { &manifest.artifact_type };
    if !kind.is_empty() && kind != ARTIFACT {
        return Err(format!("it is an artifact of type {kind:?}, and profiles are {ARTIFACT}"));
    }
    for (at, layer) in layers.iter().enumerate() {
        let title = layer.annotations.as_ref().and_then(|annotations| annotations.get(TITLE));
        if title.is_none_or(String::is_empty) {
            return Err(format!("layer {} has no annotation {TITLE}", at + 1));
        }
    }
    let first = layers.first().ok_or("it has no layer")?;
    let digest = Sha256::parse_named(&first.digest).map_err(|_| format!("the digest {:?} is no sha256 digest", first.digest))?;
    Ok(Layer { digest, size: first.size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn layer(title: &str) -> serde_json::Value {
        json!({"mediaType": "x", "digest": Sha256::of(b"").named(), "size": 3, "annotations": {TITLE: title}})
    }

    #[test]
    fn manifests() {
        let good = [
            json!({"layers": [layer("a.yaml")]}),
            json!({"layers": [layer("a.yaml"), layer("b")], "artifactType": ARTIFACT, "config": {"mediaType": NEUTRAL[1]}}),
            json!({"layers": [layer("a.yaml")], "config": {"mediaType": ARTIFACT}}),
            json!({"layers": [layer("a.yaml")], "config": {"mediaType": NEUTRAL[4]}, "schemaVersion": 2}),
        ];
        for manifest in good {
            let read = first_layer(manifest.to_string().as_bytes());
            assert_eq!(read, Ok(Layer { digest: Sha256::of(b""), size: 3 }), "{manifest}");
        }
        let mut other = layer("a");
        other["digest"] = json!("sha512:00");
        let bad = [
            (json!([]), "no manifest"),
            (json!({}), "no layers"),
            (json!({"manifests": []}), "index of several"),
            (json!({"layers": []}), "no layer"),
            (json!({"layers": [{"digest": "sha256:", "size": 1}]}), "layer 1 has no annotation"),
            (json!({"layers": [layer("a"), layer("")]}), "layer 2 has no annotation"),
            (json!({"layers": [layer("a")], "artifactType": "application/vnd.other"}), "application/vnd.other"),
            (json!({"layers": [layer("a")], "config": {"mediaType": "application/vnd.other"}}), "application/vnd.other"),
            (json!({"layers": [other]}), "sha512"),
            (json!({"layers": [{"digest": "", "size": -1}]}), "no manifest"),
        ];
        for (manifest, word) in bad {
            let error = first_layer(manifest.to_string().as_bytes()).unwrap_err();
            assert!(error.contains(word), "{manifest}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = first_layer(&bytes);
        }
    }
}
