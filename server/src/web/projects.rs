//! Which project to look at.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{Failure, Page, Web, visit::Visitor};
use crate::oidc::percent_encoded;

#[derive(Template)]
#[template(path = "projects.html")]
struct Projects {
    projects: Vec<(String, String)>,
}

/// `GET /ui`: the one project of the visitor, or a choice.
pub(super) async fn home(State(site): State<Web>, visitor: Visitor) -> Result<Response, Failure> {
    let all = site.rest.identity.projects_of(&visitor.caller).await?;
    let readable = all.into_iter().filter(|project| project.deleting.is_none() && visitor.caller.can_read(&project.uuid));
    let projects: Vec<(String, String)> = readable.map(|project| (project.name, project.description)).collect();
    if let [(only, _)] = projects.as_slice() {
        return Err(Failure::Elsewhere(format!("/ui/p/{}", percent_encoded(only))));
    }
    Ok(Page::new("Projects", &Projects { projects })?.command("emtctl project list").into_response())
}
