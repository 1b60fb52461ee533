//! Projects: the tenants.

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::Response,
    routing::{MethodRouter, get},
};
use emt_api::error::ApiError;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Signed, path_parameter},
    request::{JsonBody, Parameters},
};
use crate::identity::Project;

struct Name(String);

impl FromRequestParts<Rest> for Name {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        path_parameter(parts, rest, "project").await.map(Self)
    }
}

/// `GET /v1/projects`: those that the caller may use.
pub(super) fn collection() -> MethodRouter<Rest> {
    get(async |State(rest): State<Rest>, Signed(caller): Signed, parameters: Parameters| {
        let members_only = parameters.truth("member-role")?;
        let projects = rest.identity.projects_of(&caller).await?;
        let shown = projects.iter().filter(|project| !members_only || caller.is_member(&project.uuid));
        Result::<_, Refused>::Ok(answer::json(shown.map(named).collect::<Vec<_>>()))
    })
    .fallback(answer::method_not_allowed)
}

/// `GET`, `PUT /v1/projects/{project}`.
pub(super) fn item() -> MethodRouter<Rest> {
    get(show).put(put).fallback(answer::method_not_allowed)
}

/// `GET /v1/projects/{project}/status`.
pub(super) fn status() -> MethodRouter<Rest> {
    get(async |rest: State<Rest>, signed: Signed, name: Name| {
        let project = visible(&rest, &signed, &name).await?;
        Result::<_, Refused>::Ok(answer::json(status_of(&project)))
    })
    .fallback(answer::method_not_allowed)
}

async fn show(rest: State<Rest>, signed: Signed, name: Name) -> Result<Response, Refused> {
    let project = visible(&rest, &signed, &name).await?;
    Ok(answer::json(json!({"spec": {"description": project.description}, "status": status_of(&project)})))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Spec {
    description: String,
}

async fn put(
    State(rest): State<Rest>,
    Signed(caller): Signed,
    Name(name): Name,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let spec: Spec =
        serde_json::from_value(body).map_err(|error| ApiError::schema(format!("request body has an error: {error}")))?;
    let project = rest.identity.create_project(&caller, &name, &spec.description).await?;
    Ok(answer::json(json!({"message": format!("project {} is there", project.name)})))
}

async fn visible(rest: &Rest, Signed(caller): &Signed, Name(name): &Name) -> Result<Project, Refused> {
    let project = rest.identity.project_named(name).await?;
    let may = |project: &Project| caller.is_member(&project.uuid) || caller.may_administer_projects();
    project.filter(may).ok_or_else(|| not_found(name).into())
}

fn not_found(name: &str) -> ApiError {
    ApiError::plain(404, format!("project {name} not found"))
}

fn named(project: &Project) -> Json {
    json!({"name": project.name, "spec": {"description": project.description}, "status": status_of(project)})
}

fn status_of(project: &Project) -> Json {
    json!({"projectStatus": {
        "message": format!("Project {} CREATE is complete", project.name),
        "statusIndicator": "STATUS_INDICATION_IDLE",
        "timeStamp": project.created_seconds(),
        "uID": project.uuid,
    }})
}
