//! Profile documents: YAML that describes one image, or one version of an OS that is installed otherwise.

mod raw;

use base64::{Engine, engine::general_purpose::STANDARD};
use emt_api::{
    enums::{OS_PROVIDER, OS_TYPE, OsType, SECURITY_FEATURE},
    input::check_text,
    record::{Record, Row},
    resources::{OS, Os},
    spec::{EnumSpec, Type},
    value::Value,
};

use self::raw::{Fields, Raw};
use crate::digest::Sha256;

/// Most bytes of a document.
const LARGEST: usize = 1024 * 1024;
/// Most brackets of a document: the YAML reader's time grows with the square of their depth, and no profile nests any.
const BRACKETS: usize = 1000;
/// Most characters of the installation scripts, as JSON.
const BUNDLE: usize = 500_000;
/// Key of `metadata` that takes the version back, with the reason.
const WITHDRAWN: &str = "withdrawn";

/// What a document says.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The OS resource, without id, and without what the texts hold that it names. The image's address is as the document has
    /// it.
    pub os: Os,
    /// Where the package manifest is; "" for mutable systems.
    pub manifest_url: String,
    /// Why the version is taken back; "" if it is not.
    pub withdrawn: String,
}

/// Why a document is no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Too many bytes, or brackets.
    #[error("the profile has more than {0}")]
    TooBig(&'static str),
    /// No YAML, or other keys and types than a profile has; says where.
    #[error("the profile cannot be read: {0}")]
    Yaml(String),
    /// Keys that must be there.
    #[error("the profile lacks {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// A value that cannot be.
    #[error("the profile's {key}: {why}")]
    Value {
        /// The key, such as `spec.name`.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
}

impl ProfileError {
    fn value(key: &'static str, why: impl Into<String>) -> Self {
        Self::Value { key, why: why.into() }
    }
}

impl Profile {
    /// Reads a document. Every key and value is checked against what OS resources may have.
    pub fn parse(yaml: &[u8]) -> Result<Self, ProfileError> {
        if yaml.len() > LARGEST {
            return Err(ProfileError::TooBig("1 MiB"));
        }
        if yaml.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > BRACKETS {
            return Err(ProfileError::TooBig("1,000 brackets"));
        }
        let raw: Raw = serde_yaml_ng::from_slice(yaml).map_err(|error| ProfileError::Yaml(error.to_string()))?;
        raw.check()
    }
}

impl Raw {
    fn check(self) -> Result<Profile, ProfileError> {
        if let Some(version) = self.app_version.as_deref()
            && version != "apps/v1"
        {
            return Err(ProfileError::value("appVersion", format!("{version:?} is not known: apps/v1 is")));
        }
        let mut spec = self.spec.unwrap_or_default();
        let immutable = spec.kind.as_deref().and_then(|name| OS_TYPE.number(name)) == Some(OsType::Immutable as i64);
        let missing = spec.missing(immutable);
        if !missing.is_empty() {
            return Err(ProfileError::Missing(missing));
        }
        let mut row = Row::empty(&OS);
        for (key, column, value) in spec.texts() {
            set(&mut row, key, column, value)?;
        }
        for (key, column, names, value) in [
            ("spec.type", "os_type", &OS_TYPE, &spec.kind),
            ("spec.provider", "os_provider", &OS_PROVIDER, &spec.provider),
            ("spec.securityFeature", "security_feature", &SECURITY_FEATURE, &spec.security_feature),
        ] {
            row.set(column, Value::Int(number(key, names, value.as_deref().unwrap_or_default())?));
        }
        if let Some(sha256) = spec.image_sha256.take() {
            Sha256::parse(&sha256).map_err(|error| ProfileError::value("spec.osImageSha256", error.to_string()))?;
            row.set("sha256", sha256.into_text().into());
        }
        let mut metadata = self.metadata.unwrap_or_default();
        let withdrawn = metadata.take(WITHDRAWN).unwrap_or_default();
        set(&mut row, "metadata", "metadata", metadata.json())?;
        let bundle = spec.platform_bundle.take().unwrap_or_default().json();
        if bundle.chars().count() > BUNDLE {
            return Err(ProfileError::value("spec.platformBundle", format!("at most {BUNDLE} characters")));
        }
        row.set("platform_bundle", bundle.into());
        let certificate = spec.certificate.take().map(|text| certificate(&text)).transpose()?;
        set(&mut row, "spec.tlsCaCertificate", "tls_ca_cert", certificate.unwrap_or_default())?;
        let manifest_url = spec.manifest_url.take().map(raw::Bounded::into_text).unwrap_or_default();
        check("spec.osPackageManifestURL", "image_url", &manifest_url)?;
        Ok(Profile { os: Os::from_row(row), manifest_url, withdrawn })
    }
}

impl Fields {
    fn missing(&self, immutable: bool) -> Vec<&'static str> {
        let always = [
            ("spec.name", &self.name),
            ("spec.type", &self.kind),
            ("spec.provider", &self.provider),
            ("spec.architecture", &self.architecture),
            ("spec.profileName", &self.profile_name),
            ("spec.osImageUrl", &self.image_url),
            ("spec.osImageVersion", &self.image_version),
            ("spec.securityFeature", &self.security_feature),
        ];
        let immutable_only = [("spec.osImageSha256", &self.image_sha256), ("spec.osPackageManifestURL", &self.manifest_url)];
        let needed = always.into_iter().chain(immutable_only.into_iter().filter(|_| immutable));
        needed.filter(|(_, value)| value.as_deref().is_none_or(str::is_empty)).map(|(key, _)| key).collect()
    }

    /// Key, column, value.
    fn texts(&mut self) -> Vec<(&'static str, &'static str, String)> {
        [
            ("spec.name", "name", &mut self.name),
            ("spec.architecture", "architecture", &mut self.architecture),
            ("spec.profileName", "profile_name", &mut self.profile_name),
            ("spec.osImageUrl", "image_url", &mut self.image_url),
            ("spec.osImageVersion", "image_id", &mut self.image_version),
            ("spec.osExistingCvesURL", "existing_cves_url", &mut self.existing_cves_url),
            ("spec.osFixedCvesURL", "fixed_cves_url", &mut self.fixed_cves_url),
            ("spec.description", "description", &mut self.description),
        ]
        .map(|(key, column, value)| (key, column, value.take().map(raw::Bounded::into_text).unwrap_or_default()))
        .to_vec()
    }
}

fn set(row: &mut Row, key: &'static str, column: &'static str, value: String) -> Result<(), ProfileError> {
    check(key, column, &value)?;
    row.set(column, value.into());
    Ok(())
}

/// Holds a value against the declaration of a column of OS resources. None at all is always right.
fn check(key: &'static str, column: &'static str, value: &str) -> Result<(), ProfileError> {
    let declared = OS.column(column).and_then(|at| OS.fields.get(at));
    match declared.map(|field| field.ty) {
        Some(Type::Text { min, max, pattern }) if !value.is_empty() => {
            check_text(value, min, max, pattern).map_err(|why| ProfileError::value(key, why))
        }
        _ => Ok(()),
    }
}

fn number(key: &'static str, names: &EnumSpec, name: &str) -> Result<i64, ProfileError> {
    let known = names.variants.iter().filter(|(_, number)| *number != 0).map(|(name, _)| *name);
    names
        .number(name)
        .filter(|number| *number != 0)
        .ok_or_else(|| ProfileError::value(key, format!("{name:?} is not one of {}", known.collect::<Vec<_>>().join(", "))))
}

/// Base64 on one line; a certificate in PEM form is taken, too.
fn certificate(text: &str) -> Result<String, ProfileError> {
    if text.trim_start().starts_with("-----BEGIN") {
        return Ok(STANDARD.encode(text));
    }
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD
        .decode(&text)
        .map(|_| text)
        .map_err(|error| ProfileError::value("spec.tlsCaCertificate", format!("is no base64: {error}")))
}

#[cfg(test)]
mod tests;
