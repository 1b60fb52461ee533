//! Rules of sources of OS images, and how one is read.

use std::sync::Arc;

use async_trait::async_trait;
use emt_api::{
    enums::OsSourceKind,
    error::ApiError,
    filter::Expr,
    input::Input,
    record::{Record, Row},
    resources::{OS_OFFER, OS_SOURCE, OsSource},
    spec::Spec,
};
use emt_sources::{RevisionError, Settings, Source};

use super::{Resource, Scope, gone};
use crate::store::Change;

/// Sources of OS images.
pub static OS_SOURCES: OsSources = OsSources;

/// See [`OS_SOURCES`].
pub struct OsSources;

/// Status of a source that was not looked at yet.
const NOT_YET: &str = "Not synchronised yet";
/// How the status of a source begins that could not be read.
pub const NOT_READABLE: &str = "Not readable: ";

#[async_trait]
impl Resource for OsSources {
    fn spec(&self) -> &'static Spec {
        &OS_SOURCE
    }

    async fn creating(&self, scope: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check(row)?;
        row.set("status", NOT_YET.into());
        row.set("status_timestamp", scope.now().into());
        Ok(Vec::new())
    }

    async fn changing(&self, _: &Scope<'_>, before: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check(after)?;
        if before != after {
            // What was listed elsewhere, or with other eyes, says nothing about what is listed now.
            after.set("validator", "".into());
        }
        Ok(Vec::new())
    }

    /// What it offered is forgotten. The OS resources that were made of it stay, and so does what it has withdrawn.
    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let offers = Change::DeleteWhere {
            spec: &OS_OFFER,
            project: scope.project.to_owned(),
            filter: Expr::is("source_id", row.meta.id.as_str()),
        };
        Ok(vec![offers, gone(row)])
    }
}

fn check(row: &Row) -> Result<(), ApiError> {
    let source = OsSource::from_row(row.clone());
    if source.kind == OsSourceKind::Unspecified {
        return Err(ApiError::invalid("kind cannot be unspecified: name a registry, a tree or a directory"));
    }
    if source.password.is_empty() != source.username.is_empty() {
        return Err(ApiError::invalid("username and password go together"));
    }
    reader_of(&source).map(drop).map_err(ApiError::invalid)
}

/// Whether a source could be read when it was last looked at.
pub fn is_readable(source: &OsSource) -> bool {
    !source.status.starts_with(NOT_READABLE)
}

/// What reads a source; else what is wrong with its settings.
pub fn reader_of(source: &OsSource) -> Result<Arc<dyn Source>, String> {
    emt_sources::open(&settings_of(source)?).map_err(|error| format!("{} {}", json_key(error.field()), error.why()))
}

fn settings_of(source: &OsSource) -> Result<Settings, String> {
    let url = source.url.clone();
    let mut settings = match source.kind {
        OsSourceKind::Registry => Settings::registry(url, source.files_url.clone()),
        OsSourceKind::Directory => Settings { files_url: source.files_url.clone(), ..Settings::directory(url) },
        OsSourceKind::Tree | OsSourceKind::Unspecified => Settings { files_url: source.files_url.clone(), ..Settings::tree(url) },
    };
    if !source.repository.is_empty() {
        settings.repository.clone_from(&source.repository);
    }
    if !source.profile_revision.is_empty() {
        settings.revision =
            source.profile_revision.parse().map_err(|error: RevisionError| format!("profileRevision: {error}"))?;
    }
    settings.profiles.clone_from(&source.profiles.0);
    settings.username.clone_from(&source.username);
    settings.password.clone_from(&source.password);
    settings.ca_pem = source.ca_cert.clone().into_bytes();
    settings.plain_http = source.plain_http;
    Ok(settings)
}

/// Name of a setting in requests.
fn json_key(field: &str) -> &str {
    match field {
        "files_url" => "filesUrl",
        "revision" => "profileRevision",
        "ca_pem" => "caCert",
        other => other,
    }
}
