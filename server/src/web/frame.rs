//! The frame around each page: head, tabs, foot, and the headers that keep it safe.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Failure, Page, Web,
    assets::{ICON, SCRIPT, STYLE},
    visit::Visitor,
};
use crate::{http::RequestId, identity::IdentityError, oidc::CALLBACK};

/// Asks for the middle of a page only: what the script puts in place of what it has become.
pub(super) const FRAGMENT: HeaderName = HeaderName::from_static("x-emt-fragment");

/// Nothing runs, shows or frames but what the server itself has sent.
static POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'",
);

/// Tabs: the word in addresses, and the label.
const TABS: [(&str, &str); 4] = [("", "Overview"), ("hosts", "Hosts"), ("os", "OS"), ("schedules", "Schedules")];

/// What is the same whoever asks, and what must work while nobody knows who does.
const ANYBODY: [&str; 4] = ["/ui/assets/", "/ui/sign-in", "/ui/sign-out", CALLBACK];

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    page: &'a Page,
    visit: Option<Visited<'a>>,
    /// The project that is shown; "" for none.
    project: &'a str,
    request: &'a str,
    style: &'a str,
    script: &'a str,
    icon: &'a str,
}

/// Who looks at the page.
struct Visited<'a> {
    user: &'a str,
    form: String,
    projects: Vec<String>,
}

impl Frame<'_> {
    fn is_open(&self, tab: &str) -> bool {
        self.page.tab == tab
    }

    fn is_shown(&self, project: &str) -> bool {
        self.project == project
    }
}

/// Finds out who visits, and puts the page of a handler into the frame.
pub(super) async fn framed(State(site): State<Web>, mut request: Request, next: Next) -> Response {
    let anybody = ANYBODY.iter().any(|place| request.uri().path().starts_with(place));
    let visitor = match if anybody { Ok(None) } else { Visitor::of(&site, request.headers()).await } {
        Ok(visitor) => visitor,
        Err(IdentityError::Unavailable(why)) => {
            return rendered(&site, Failure::issuer_away(why).into_response(), None, "", "", false).await;
        }
        Err(error) => {
            tracing::error!(%error, "logins cannot be looked up");
            let text = "The server cannot look up logins now.";
            let failure = Failure::told(StatusCode::SERVICE_UNAVAILABLE, "Not now", text, "Try again in a while.");
            return rendered(&site, failure.into_response(), None, "", "", false).await;
        }
    };
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let path = request.uri().path();
    let project = path.strip_prefix("/ui/p/").and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    let fragment = request.headers().contains_key(FRAGMENT);
    if let Some(visitor) = &visitor {
        request.extensions_mut().insert(visitor.clone());
    }
    let response = next.run(request).await;
    rendered(&site, response, visitor.as_ref(), &project, &id, fragment).await
}

async fn rendered(
    site: &Web,
    mut response: Response,
    visitor: Option<&Visitor>,
    project: &str,
    request: &str,
    fragment: bool,
) -> Response {
    if let Some(page) = response.extensions_mut().remove::<Page>() {
        let html = if fragment { page.main } else { in_frame(site, &page, visitor, project, request).await };
        let (mut head, _) = response.into_parts();
        head.headers.remove(header::CONTENT_LENGTH);
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response = Response::from_parts(head, html.into());
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

async fn in_frame(site: &Web, page: &Page, visitor: Option<&Visitor>, project: &str, request: &str) -> String {
    let visit = match visitor.filter(|_| !page.is_for_nobody) {
        None => None,
        Some(visitor) => {
            let caller = &visitor.caller;
            let projects = site.rest.identity.projects_of(caller).await.unwrap_or_default();
            let readable = projects.into_iter().filter(|project| project.deleting.is_none() && caller.can_read(&project.uuid));
            let projects: Vec<String> = readable.map(|project| project.name).collect();
            Some(Visited { user: caller.username(), form: visitor.form_token(), projects })
        }
    };
    // What is not theirs is not shown as theirs.
    let known = visit.as_ref().is_some_and(|visit| visit.projects.iter().any(|name| name == project));
    let project = if known { project } else { "" };
    let frame = Frame { page, visit, project, request, style: &STYLE.name, script: &SCRIPT.name, icon: &ICON.name };
    frame.render().unwrap_or_default()
}
