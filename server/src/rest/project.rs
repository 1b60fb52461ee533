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
use crate::{
    deletion::Deletions,
    identity::{Project, Put},
};

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
/// `update_if_exists=false` refuses to change what is there.
pub(super) static UPDATE: Parameter = Parameter {
    name: "update_if_exists",
    doc: "Whether what is there already is changed (the default) or refused.",
    holds: Holds::Bool,
    kind: ParameterKind::Upstream,
};
static STATUS: Named = Named {
    name: "ProjectStatus",
    schema: |schemas| {
        let status = TENANT.refer(schemas);
        object("What became of a project.", of(json!({"projectStatus": status})))
    },
};
/// What became of a project or an organisation.
pub(super) static TENANT: Named = Named {
    name: "TenantStatus",
    schema: |_| {
        let properties = json!({
            "message": {"type": "string"},
            "statusIndicator": reference("StatusIndication"),
            "timeStamp": {"type": "integer", "description": "Epoch seconds."},
            "uID": {"type": "string", "format": "uuid", "description": "The id that names of roles are built from."},
        });
        object("What became of it.", of(properties))
    },
};
/// What a project or an organisation is to be.
pub(super) static SPEC: Named = Named {
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
/// What was done, for people.
pub(super) static DONE: Named =
    Named { name: "Done", schema: |_| object("What was done.", of(json!({"message": {"type": "string"}}))) };

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "listProjects", ALL.paths(""), list)
            .summary("Lists the projects that the caller may use")
            .parameters([&MEMBER_ROLE])
            .answer(Answer::Named(&PROJECTS)),
        Operation::new(Method::GET, "getProject", ONE.paths(""), show).summary("Shows a project").answer(Answer::Named(&PROJECT)),
        Operation::new(Method::PUT, "putProject", ONE.paths(""), put)
            .summary("Makes a project, or changes its description")
            .access(Access::AdministerProjects)
            .parameters([&UPDATE])
            .body(Body::Optional(&SPEC))
            .answer(Answer::Named(&DONE)),
        Operation::new(Method::DELETE, "deleteProject", ONE.paths(""), delete)
            .summary("Deletes a project with all that belongs to it")
            .access(Access::AdministerProjects)
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

async fn status(State(rest): State<Rest>, Signed(caller): Signed, Name(name): Name) -> Result<Response, Refused> {
    let project = rest.identity.project_of(&caller, &name).await?;
    Ok(answer::json(status_of(&project)))
}

async fn show(State(rest): State<Rest>, Signed(caller): Signed, Name(name): Name) -> Result<Response, Refused> {
    let project = rest.identity.project_of(&caller, &name).await?;
    Ok(answer::json(json!({"spec": {"description": project.description}, "status": status_of(&project)})))
}

async fn put(
    State(rest): State<Rest>,
    Signed(caller): Signed,
    Name(name): Name,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let project = rest.identity.put_project(&caller, &name, &wanted(&parameters, body)?).await?;
    Ok(answer::json(json!({"message": format!("project {} is there", project.name)})))
}

async fn delete(State(rest): State<Rest>, Signed(caller): Signed, Name(name): Name) -> Result<Response, Refused> {
    let deletion = rest.identity.begin_deletion(&caller, &name).await?;
    let deletions = Deletions { identity: rest.identity.clone(), images: rest.images.clone() };
    let message = if deletions.wait_for(deletion).await { "is deleted" } else { "is being deleted" };
    Ok(answer::json(json!({"message": format!("project {name} {message}")})))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Spec {
    description: String,
}

/// What is to be put.
pub(super) fn wanted(parameters: &Parameters, body: Json) -> Result<Put, Refused> {
    if !body.is_object() {
        // Lists would be read as fields in order.
        return Err(ApiError::schema("request body has an error: an object is needed").into());
    }
    let spec: Spec =
        serde_json::from_value(body).map_err(|error| ApiError::schema(format!("request body has an error: {error}")))?;
    let update = parameters.text(UPDATE.name)?.is_none() || parameters.truth(UPDATE.name)?;
    Ok(Put { description: spec.description, update })
}

fn named(project: &Project) -> Json {
    json!({"name": project.name, "spec": {"description": project.description}, "status": status_of(project)})
}

fn status_of(project: &Project) -> Json {
    let (message, indicator, time) = match project.deleting {
        None => ("CREATE is complete", "STATUS_INDICATION_IDLE", project.created_seconds()),
        Some(since) => ("DELETE is in progress", "STATUS_INDICATION_IN_PROGRESS", since),
    };
    json!({"projectStatus": {
        "message": format!("Project {} {message}", project.name),
        "statusIndicator": indicator,
        "timeStamp": time,
        "uID": project.uuid,
    }})
}
