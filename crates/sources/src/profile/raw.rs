//! A profile document as YAML has it: types and keys only. Aliases are followed, so that everything is bounded where it is
//! read: a few bytes can stand for very many.

use std::{collections::BTreeMap, fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

/// Most bytes of a text.
const LONGEST: usize = 600_000;
/// Most bytes of a map's texts together.
const MAP_BYTES: usize = 1024 * 1024;
/// Most keys of a map.
const KEYS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(rename = "appVersion")]
    pub(super) app_version: Option<Bounded>,
    pub(super) metadata: Option<Texts>,
    pub(super) spec: Option<Fields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    pub(super) name: Option<Bounded>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Bounded>,
    pub(super) provider: Option<Bounded>,
    pub(super) architecture: Option<Bounded>,
    #[serde(rename = "profileName")]
    pub(super) profile_name: Option<Bounded>,
    #[serde(rename = "osImageUrl")]
    pub(super) image_url: Option<Bounded>,
    #[serde(rename = "osImageVersion")]
    pub(super) image_version: Option<Bounded>,
    #[serde(rename = "osImageSha256")]
    pub(super) image_sha256: Option<Bounded>,
    #[serde(rename = "osPackageManifestURL")]
    pub(super) manifest_url: Option<Bounded>,
    #[serde(rename = "osExistingCvesURL")]
    pub(super) existing_cves_url: Option<Bounded>,
    #[serde(rename = "osFixedCvesURL")]
    pub(super) fixed_cves_url: Option<Bounded>,
    #[serde(rename = "securityFeature")]
    pub(super) security_feature: Option<Bounded>,
    #[serde(rename = "platformBundle")]
    pub(super) platform_bundle: Option<Texts>,
    pub(super) description: Option<Bounded>,
    #[serde(rename = "tlsCaCertificate")]
    pub(super) certificate: Option<Bounded>,
}

/// A text of bounded length. What looks like a number is a text all the same: versions do.
#[derive(Debug)]
pub(super) struct Bounded(String);

impl Bounded {
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Deref for Bounded {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Bounded;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bounded, E> {
                if text.len() > LONGEST {
                    return Err(E::custom(format!("a text has more than {LONGEST} bytes")));
                }
                Ok(Bounded(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// A flat map of texts.
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<String, String>);

impl Texts {
    /// Takes a text out.
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    /// As a JSON object, keys in order; "" without any.
    pub(super) fn json(&self) -> String {
        if self.0.is_empty() { String::new() } else { serde_json::to_string(&self.0).unwrap_or_default() }
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<'de>(PhantomData<&'de ()>);
        impl<'de> Visitor<'de> for Reader<'de> {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a flat map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let (mut texts, mut bytes) = (BTreeMap::new(), 0);
                while let Some((key, value)) = map.next_entry::<Bounded, Option<Bounded>>()? {
                    let value = value.map(Bounded::into_text).unwrap_or_default();
                    bytes += key.len() + value.len();
                    if texts.len() == KEYS || bytes > MAP_BYTES {
                        return Err(A::Error::custom(format!("a map has more than {KEYS} keys or {MAP_BYTES} bytes")));
                    }
                    let key = key.into_text();
                    if texts.contains_key(&key) {
                        return Err(A::Error::custom(format!("the key {key:?} is there twice")));
                    }
                    texts.insert(key, value);
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}
