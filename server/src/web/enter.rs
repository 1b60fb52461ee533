//! A browser signs in by a link. The code stands behind `#` in it, where neither logs nor the next page see it; only a form
//! that was shown to this browser takes it, so that whoever fetches links in advance uses none up.

use askama::Template;
use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Failure, Page, ROOT, Web,
    session::{self, cookie, page_of_ours, set_cookie},
    visit::Visitor,
};
use crate::identity::{form_token, is_form_token};

/// Where links lead.
pub(crate) const ENTER: &str = "/ui/enter";
/// Cookie of a browser that was shown the form.
const SHOWN: &str = "__Host-emt-enter";
/// How long the form may lie there, in seconds.
const PATIENCE: i64 = 3600;

#[derive(Template)]
#[template(path = "enter.html")]
struct Enter<'a> {
    form: String,
    /// Who is signed in so far; "" for nobody.
    user: &'a str,
}

/// `GET /ui/enter`: the form.
pub(super) async fn show(
    State(site): State<Web>,
    headers: HeaderMap,
    visitor: Option<Extension<Visitor>>,
) -> Result<Response, Failure> {
    if site.rest.identity.external_issuer().is_some() {
        return Err(Failure::Elsewhere(ROOT.to_owned()));
    }
    // Of several forms in one browser each stays good.
    let shown = cookie(&headers, SHOWN).map_or_else(|| session::drawn(&site), str::to_owned);
    let user = visitor.as_ref().map_or("", |Extension(visitor)| visitor.caller.username());
    let mut response = Page::new("Sign in", &Enter { form: form_token(&shown), user })?.into_response();
    set_cookie(&mut response, SHOWN, &shown, PATIENCE);
    Ok(response)
}

/// `POST /ui/enter`: the code is used.
pub(super) async fn enter(
    State(site): State<Web>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|_| Failure::foreign_form())?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let shown = cookie(&headers, SHOWN).filter(|shown| is_form_token(shown, field("form")));
    if shown.is_none() {
        return Err(Failure::foreign_form());
    }
    let Some(entered) = site.rest.identity.enter(field("code")).await? else {
        let text = "The code was used already, is older than ten minutes, or is no code; or whoever made it has logged out.";
        let hint = "Make a new one: emtctl web";
        return Err(Failure::told(StatusCode::BAD_REQUEST, "The link signs nobody in", text, hint));
    };
    if let Some(before) = cookie(&headers, session::COOKIE) {
        site.rest.identity.end_browsing(before).await?;
    }
    tracing::info!(user = entered.username, "a browser is signed in by a link");
    let mut response = Redirect::to(page_of_ours(&entered.page)).into_response();
    set_cookie(&mut response, SHOWN, "", 0);
    set_cookie(&mut response, session::COOKIE, &entered.browsing.cookie, entered.browsing.ends - site.clock.now());
    Ok(response)
}
