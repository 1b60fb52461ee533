//! Who visits, and which project: the same rights as in the API.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};

use super::{Failure, Site, Web, frame::FRAGMENT, mask, session};
use crate::{
    clock::Randomness,
    identity::{Caller, IdentityError, Project, form_token},
    oidc::percent_encoded,
};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) caller: Arc<Caller>,
    cookie: Arc<str>,
}

impl Visitor {
    /// Who sends these headers; nobody if the cookie is none or stands for no login any more.
    pub(super) async fn of(site: &Site, headers: &HeaderMap) -> Result<Option<Self>, IdentityError> {
        let Some(cookie) = session::cookie(headers, session::COOKIE) else { return Ok(None) };
        match site.rest.identity.browsing(cookie).await {
            Ok(caller) => Ok(Some(Self { caller, cookie: cookie.into() })),
            Err(IdentityError::Unauthenticated(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What stands in pages for what forms that this browser is shown carry.
    #[allow(clippy::unused_self, reason = "only who is signed in is shown forms")]
    pub(super) fn form_token(&self) -> String {
        mask::MARK.clone()
    }

    /// A page as this browser is shown it.
    pub(super) fn filled(&self, page: &str, random: &Randomness) -> String {
        mask::filled(page, &form_token(&self.cookie), random)
    }

    /// The cookie.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Failure> {
        if let Some(visitor) = parts.extensions.get::<Self>() {
            tracing::Span::current().record("user", visitor.caller.username());
            return Ok(visitor.clone());
        }
        let accepts = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if parts.headers.contains_key(FRAGMENT) || accepts.starts_with("text/event-stream") {
            return Err(Failure::SignedOut);
        }
        if parts.method != Method::GET {
            let text = "You are signed out, or your login has ended; nothing was changed.";
            return Err(Failure::told(StatusCode::UNAUTHORIZED, "Sign in first", text, "Go back, sign in, and try again."));
        }
        let here = parts.uri.path_and_query().map_or("", |here| here.as_str());
        Err(Failure::Elsewhere(format!("/ui/sign-in?next={}", percent_encoded(here))))
    }
}

/// Somebody who may read a project.
pub(super) struct Visit {
    /// Who.
    pub(super) visitor: Visitor,
    /// Name of the project.
    pub(super) name: String,
    /// UUID of the project.
    pub(super) project: String,
}

impl Visit {
    /// Whether they may change something in it.
    pub(super) fn can_write(&self) -> bool {
        self.visitor.caller.can_write(&self.project)
    }
}

impl FromRequestParts<Web> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Web) -> Result<Self, Failure> {
        let visitor = Visitor::from_request_parts(parts, site).await?;
        let name = path_parameter(parts, site, "project").await?;
        let project = site.rest.identity.project_recalled(&name).await?;
        let readable = project.filter(|project| visitor.caller.can_read(&project.uuid));
        if let Some(Project { uuid, name, .. }) = readable {
            return Ok(Self { visitor, name, project: uuid });
        }
        let text = format!("There is no project {name:?}, or it is not yours.");
        let hint = "Choose another project, or ask an administrator for a role in it.";
        Err(Failure::told(StatusCode::FORBIDDEN, "Access denied or project not found", text, hint))
    }
}

/// A segment of the path.
async fn path_parameter(parts: &mut Parts, site: &Web, name: &str) -> Result<String, Failure> {
    let parameters = RawPathParams::from_request_parts(parts, site).await.map_err(|_| Failure::no_page())?;
    parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).ok_or_else(Failure::no_page)
}

/// The id that a path ends with.
pub(super) struct Id(pub(super) String);

impl FromRequestParts<Web> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Web) -> Result<Self, Failure> {
        path_parameter(parts, site, "id").await.map(Self)
    }
}

/// A form of a page that this browser was shown.
pub(super) struct Posted {
    pub(super) visitor: Visitor,
    fields: Vec<(String, String)>,
}

impl Posted {
    /// A field; "" if it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// A field that may be there several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<Web> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &Web) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, site).await?;
        let request = Request::from_parts(parts, body);
        let form = Form::<Vec<(String, String)>>::from_request(request, site).await;
        let posted = Self { visitor, fields: form.map_err(|_| Failure::foreign_form())?.0 };
        if mask::is_of(posted.visitor.cookie(), posted.get("form")) { Ok(posted) } else { Err(Failure::foreign_form()) }
    }
}
