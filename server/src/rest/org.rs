//! Organisations: the owners of projects.

use axum::{
    extract::{FromRequestParts, State},
    http::{Method, request::Parts},
    response::Response,
};
use emt_api::openapi::{object, properties as of};
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Signed, path_parameter},
    operation::{Access, Answer, At, Body, Named, Operation},
    project::{DONE, SPEC, TENANT, UPDATE, wanted},
    request::{JsonBody, Parameters},
};
use crate::identity::Organisation;

struct Name(String);

impl FromRequestParts<Rest> for Name {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        path_parameter(parts, rest, "org").await.map(Self)
    }
}

const ALL: At = At::whole(&["/v1/orgs"]);
const ONE: At = At::whole(&["/v1/orgs/{org}"]);

static STATUS: Named = Named {
    name: "OrgStatus",
    schema: |schemas| {
        let status = TENANT.refer(schemas);
        object("What became of an organisation.", of(json!({"orgStatus": status})))
    },
};
static ORG: Named = Named {
    name: "Org",
    schema: |schemas| {
        let (spec, status) = (SPEC.refer(schemas), STATUS.refer(schemas));
        object("An organisation, without its name.", of(json!({"spec": spec, "status": status})))
    },
};
static ORGS: Named = Named {
    name: "OrgList",
    schema: |schemas| {
        let (spec, status) = (SPEC.refer(schemas), STATUS.refer(schemas));
        let org = object("An organisation.", of(json!({"name": {"type": "string"}, "spec": spec, "status": status})));
        json!({"type": "array", "items": org})
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let all = [
        Operation::new(Method::GET, "listOrgs", ALL.paths(""), list)
            .summary("Lists the organisations")
            .answer(Answer::Named(&ORGS)),
        Operation::new(Method::GET, "getOrg", ONE.paths(""), show).summary("Shows an organisation").answer(Answer::Named(&ORG)),
        Operation::new(Method::PUT, "putOrg", ONE.paths(""), put)
            .summary("Makes an organisation, or changes its description")
            .parameters([&UPDATE])
            .body(Body::Optional(&SPEC))
            .answer(Answer::Named(&DONE)),
        Operation::new(Method::DELETE, "deleteOrg", ONE.paths(""), delete)
            .summary("Deletes an organisation that owns no project")
            .answer(Answer::Named(&DONE)),
        Operation::new(Method::GET, "getOrgStatus", ONE.paths("/status"), status)
            .summary("Shows what became of an organisation")
            .answer(Answer::Named(&STATUS)),
    ];
    all.into_iter().map(|operation| operation.access(Access::AdministerOrgs)).collect()
}

async fn list(State(rest): State<Rest>, Signed(caller): Signed) -> Result<Response, Refused> {
    let orgs = rest.identity.orgs(&caller).await?;
    Ok(answer::json(orgs.iter().map(named).collect::<Vec<_>>()))
}

async fn status(State(rest): State<Rest>, Signed(caller): Signed, Name(name): Name) -> Result<Response, Refused> {
    let org = rest.identity.org(&caller, &name).await?;
    Ok(answer::json(status_of(&org)))
}

async fn show(State(rest): State<Rest>, Signed(caller): Signed, Name(name): Name) -> Result<Response, Refused> {
    let org = rest.identity.org(&caller, &name).await?;
    Ok(answer::json(json!({"spec": {"description": org.description}, "status": status_of(&org)})))
}

async fn put(
    State(rest): State<Rest>,
    Signed(caller): Signed,
    Name(name): Name,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let org = rest.identity.put_org(&caller, &name, &wanted(&parameters, body)?).await?;
    Ok(answer::json(json!({"message": format!("org {} is there", org.name)})))
}

async fn delete(State(rest): State<Rest>, Signed(caller): Signed, Name(name): Name) -> Result<Response, Refused> {
    rest.identity.delete_org(&caller, &name).await?;
    Ok(answer::json(json!({"message": format!("org {name} is deleted")})))
}

fn named(org: &Organisation) -> Json {
    json!({"name": org.name, "spec": {"description": org.description}, "status": status_of(org)})
}

fn status_of(org: &Organisation) -> Json {
    json!({"orgStatus": {
        "message": format!("Org {} CREATE is complete", org.name),
        "statusIndicator": "STATUS_INDICATION_IDLE",
        "timeStamp": org.created_seconds(),
        "uID": org.uuid,
    }})
}
