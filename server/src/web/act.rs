//! What can be done with hosts: the form that asks for it, for those who may.

use askama::Template;
use emt_api::record::Record;

use super::{Failure, visit::Visit};
use crate::os_resources::Catalogue;

/// Versions of a profile that can be chosen.
const VERSIONS: usize = 20;

/// See the module.
#[derive(Template)]
#[template(path = "act.html")]
pub(super) struct Act {
    profiles: Vec<Profile>,
}

struct Profile {
    name: String,
    /// Id and version.
    versions: Vec<(String, String)>,
}

/// The fields of the form as HTML, "" for somebody who may only look.
pub(super) fn act(visit: &Visit, catalogue: &Catalogue) -> Result<String, Failure> {
    if !visit.can_write() {
        return Ok(String::new());
    }
    let mut names: Vec<&str> = catalogue.profiles().filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    let profile = |name: &str| Profile {
        name: name.to_owned(),
        versions: catalogue
            .of_profile(name)
            .iter()
            .filter(|os| os.is_offered() && os.os_type == emt_api::enums::OsType::Immutable)
            .take(VERSIONS)
            .map(|os| (os.id().to_owned(), os.image_id.clone()))
            .collect(),
    };
    let profiles = names.into_iter().map(profile).filter(|profile| !profile.versions.is_empty()).collect();
    Act { profiles }.render().map_err(|error| {
        tracing::error!(%error, "a form was not written");
        Failure::told(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            "The page could not be written",
            "the server's log tells more",
            "",
        )
    })
}
