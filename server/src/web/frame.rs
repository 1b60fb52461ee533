//! The frame around each page: head, tabs, foot, and the headers that keep it safe.

use askama::Template;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Failure, Page, Web,
    assets::{ICON, SCRIPT, STYLE},
    packed,
    visit::Visitor,
};
use crate::{http::RequestId, identity::IdentityError, oidc::CALLBACK};

/// Asks for the middle of a page only: what the script puts in place of what it has become.
pub(super) const FRAGMENT: HeaderName = HeaderName::from_static("x-emt-fragment");

/// Within how many milliseconds the open pages of a project had best fetch themselves again, so that not all come at once.
const SPREAD: HeaderName = HeaderName::from_static("x-emt-spread");
/// Milliseconds for each page that is open.
const SPREAD_EACH: usize = 2;
/// Longest time over which they are spread, milliseconds.
const SPREAD_MOST: usize = 10_000;

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
    tag: &'a str,
    spread: usize,
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

/// What there is to know of a request for the frame around its answer.
#[derive(Default)]
struct Asked {
    /// Name of the project; "" for none.
    project: String,
    id: String,
    headers: HeaderMap,
}

/// Finds out who visits, and puts the page of a handler into the frame.
pub(super) async fn framed(State(site): State<Web>, mut request: Request, next: Next) -> Response {
    let anybody = ANYBODY.iter().any(|place| request.uri().path().starts_with(place));
    let visitor = match if anybody { Ok(None) } else { Visitor::of(&site, request.headers()).await } {
        Ok(visitor) => visitor,
        Err(IdentityError::Unavailable(why)) => {
            return rendered(&site, Failure::issuer_away(why).into_response(), None, &Asked::default()).await;
        }
        Err(error) => {
            tracing::error!(%error, "logins cannot be looked up");
            let text = "The server cannot look up logins now.";
            let failure = Failure::told(StatusCode::SERVICE_UNAVAILABLE, "Not now", text, "Try again in a while.");
            return rendered(&site, failure.into_response(), None, &Asked::default()).await;
        }
    };
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let path = request.uri().path();
    let project = path.strip_prefix("/ui/p/").and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    let asked = Asked { project, id, headers: request.headers().clone() };
    if let Some(visitor) = &visitor {
        request.extensions_mut().insert(visitor.clone());
    }
    let response = next.run(request).await;
    rendered(&site, response, visitor.as_ref(), &asked).await
}

async fn rendered(site: &Web, mut response: Response, visitor: Option<&Visitor>, asked: &Asked) -> Response {
    if let Some(page) = response.extensions_mut().remove::<Page>() {
        let (mut head, _) = response.into_parts();
        head.headers.remove(header::CONTENT_LENGTH);
        let body = body(site, page, visitor, asked, &mut head).await;
        response = Response::from_parts(head, body);
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

/// The page, or its middle alone, as it is sent.
async fn body(site: &Web, page: Page, visitor: Option<&Visitor>, asked: &Asked, head: &mut Parts) -> Body {
    let tag = packed::tag(&page.main);
    let spread = if page.live.is_some() { spread(site, &asked.project).await } else { 0 };
    let html = if asked.headers.contains_key(FRAGMENT) {
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            head.headers.insert(header::ETAG, tag);
        }
        head.headers.insert(SPREAD, spread.into());
        if head.status == StatusCode::OK && packed::has(&asked.headers, &tag) {
            head.status = StatusCode::NOT_MODIFIED;
            return Body::empty();
        }
        page.main
    } else {
        in_frame(site, &page, visitor, asked, (&tag, spread)).await
    };
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let Some(visitor) = visitor else { return html.into() };
    // The one secret of pages within projects is masked.
    let is_packed = !asked.project.is_empty() && packed::takes_gzip(&asked.headers);
    packed::body(visitor.filled(&html, &site.random), is_packed, &mut head.headers)
}

async fn spread(site: &Web, project: &str) -> usize {
    let project = site.rest.identity.project_recalled(project).await.ok().flatten();
    project.map_or(0, |project| SPREAD_MOST.min(site.rest.inventory.store.feed().followers(&project.uuid) * SPREAD_EACH))
}

async fn in_frame(site: &Web, page: &Page, visitor: Option<&Visitor>, asked: &Asked, (tag, spread): (&str, usize)) -> String {
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
    let known = visit.as_ref().is_some_and(|visit| visit.projects.contains(&asked.project));
    let project = if known { asked.project.as_str() } else { "" };
    let (style, script, icon) = (&STYLE.name, &SCRIPT.name, &ICON.name);
    let frame = Frame { page, visit, project, request: &asked.id, style, script, icon, tag, spread };
    frame.render().unwrap_or_default()
}
