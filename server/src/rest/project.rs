//! Projects: the tenants.

use axum::{
    extract::{FromRequestParts, State},
    http::{Method, request::Parts},
    response::Response,
};
use emt_api::{
    error::ApiError,
    openapi::{object, properties as of, reference},
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Signed, path_parameter},
    operation::{Access, Answer, At, Body, Holds, Named, Operation, Parameter, ParameterKind},
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

const ALL: At = At::whole(&["/v1/projects"]);
const ONE: At = At::whole(&["/v1/projects/{project}"]);

static MEMBER_ROLE: Parameter = Parameter {
    name: "member-role",
    doc: "Only projects that the caller is a member of.",
    holds: Holds::Bool,
    kind: ParameterKind::Upstream,
};
static STATUS: Named = Named {
    name: "ProjectStatus",
    schema: |schemas| {
        let properties = json!({
            "message": {"type": "string"},
            "statusIndicator": reference("StatusIndication"),
            "timeStamp": {"type": "integer", "description": "Epoch seconds."},
            "uID": {"type": "string", "format": "uuid", "description": "The id that names of roles are built from."},
        });
        let status = schemas.named("TenantStatus", |_| object("What became of it.", of(properties)));
        object("What became of a project.", of(json!({"projectStatus": status})))
    },
};
static SPEC: Named = Named {
    name: "TenantSpec",
    schema: |_| json!({"type": "object", "properties": {"description": {"type": "string"}}, "additionalProperties": false}),
};
static PROJECT: Named = Named {
    name: "Project",
    schema: |schemas| {
        let (spec, status) = (SPEC.refer(schemas), STATUS.refer(schemas));
        object("A project, without its name.", of(json!({"spec": spec, "status": status})))
    },
};
static PROJECTS: Named = Named {
    name: "ProjectList",
    schema: |schemas| {
        let (spec, status) = (SPEC.refer(schemas), STATUS.refer(schemas));
        let project = object("A project.", of(json!({"name": {"type": "string"}, "spec": spec, "status": status})));
        json!({"type": "array", "items": project})
    },
};
static DONE: Named = Named { name: "Done", schema: |_| object("What was done.", of(json!({"message": {"type": "string"}}))) };

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "listProjects", ALL.paths(""), list)
            .summary("Lists the projects that the caller may use")
            .parameters([&MEMBER_ROLE])
            .answer(Answer::Named(&PROJECTS)),
        Operation::new(Method::GET, "getProject", ONE.paths(""), show).summary("Shows a project").answer(Answer::Named(&PROJECT)),
        Operation::new(Method::PUT, "putProject", ONE.paths(""), put)
            .summary("Makes a project")
            .access(Access::AdministerProjects)
            .body(Body::Optional(&SPEC))
            .answer(Answer::Named(&DONE)),
        Operation::new(Method::GET, "getProjectStatus", ONE.paths("/status"), status)
            .summary("Shows what became of a project")
            .access(Access::SignedIn)
            .answer(Answer::Named(&STATUS)),
    ]
}

/// `GET /v1/projects`: those that the caller may use.
async fn list(State(rest): State<Rest>, Signed(caller): Signed, parameters: Parameters) -> Result<Response, Refused> {
    let members_only = parameters.truth("member-role")?;
    let projects = rest.identity.projects_of(&caller).await?;
    let shown = projects.iter().filter(|project| !members_only || caller.is_member(&project.uuid));
    Ok(answer::json(shown.map(named).collect::<Vec<_>>()))
}

async fn status(rest: State<Rest>, signed: Signed, name: Name) -> Result<Response, Refused> {
    let project = visible(&rest, &signed, &name).await?;
    Ok(answer::json(status_of(&project)))
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
