//! Who asks, and for which project.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header, request::Parts},
};
use emt_api::{error::ApiError, id, record::Row, sheet::Sheet};

use super::{
    Rest,
    answer::{Refused, forbidden},
    operation::PREFIX,
};
use crate::identity::{Caller, Project};

/// A caller with a valid token.
pub(super) struct Signed(pub(super) Arc<Caller>);

/// A caller that may do what it asks for in a project: reading methods need the reading role, all others the writing one.
pub(super) struct InProject {
    /// UUID of the project.
    pub(super) project: String,
}

impl FromRequestParts<Rest> for Signed {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        let caller = rest.identity.authenticate(authorization(&parts.headers)).await?;
        tracing::Span::current().record("user", caller.username());
        Ok(Self(caller))
    }
}

impl FromRequestParts<Rest> for InProject {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        let Signed(caller) = Signed::from_request_parts(parts, rest).await?;
        let project = match parts.headers.get("activeprojectid") {
            Some(uuid) => {
                let uuid = uuid.to_str().ok().filter(|uuid| id::is_uuid(uuid)).ok_or(Refused::Unauthenticated)?;
                uuid.to_ascii_lowercase()
            }
            None if parts.uri.path().starts_with(PREFIX) => {
                caller.only_project().map(str::to_owned).ok_or(Refused::Unauthenticated)?
            }
            None => project_of(parts, rest, &caller).await?.uuid,
        };
        let reads = parts.method.is_safe();
        if if reads { caller.can_read(&project) } else { caller.can_write(&project) } {
            Ok(Self { project })
        } else {
            Err(forbidden())
        }
    }
}

/// The project that the path names, if the caller is a member of it.
async fn project_of(parts: &mut Parts, rest: &Rest, caller: &Caller) -> Result<Project, Refused> {
    let name = path_parameter(parts, rest, "project").await?;
    let project = rest.identity.project_recalled(&name).await?;
    project.filter(|project| caller.is_member(&project.uuid)).ok_or(Refused::NoProject)
}

/// A segment of the path, decoded.
pub(super) async fn path_parameter(parts: &mut Parts, rest: &Rest, name: &str) -> Result<String, Refused> {
    let unreadable = || Refused::Api(ApiError::plain(400, "the path is not readable as UTF-8"));
    let parameters = RawPathParams::from_request_parts(parts, rest).await.map_err(|_| unreadable())?;
    parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).ok_or_else(unreadable)
}

/// The header with the token.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()
}

/// The id that the path ends with.
pub(super) struct Id(pub(super) String);

impl FromRequestParts<Rest> for Id {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        path_parameter(parts, rest, "resourceId").await.map(Self)
    }
}

impl Id {
    /// The id of a host, on the paths whose schema tells its form.
    pub(super) fn of_host(self) -> Result<String, Refused> {
        if id::is(&self.0, "host") {
            return Ok(self.0);
        }
        let text = "parameter \"resourceId\" in path has an error: string does not match ^host-[0-9a-f]{8}$";
        Err(ApiError::schema(text).into())
    }
}

/// A record as JSON.
pub(super) fn render(row: &Row, view: &crate::inventory::View, plan: &emt_api::json::Plan) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 * 1024);
    for record in Sheet::of(row).iter() {
        view.write(&mut out, record, plan);
    }
    out
}
