//! Hosts that were provisioned elsewhere come under management.

use axum::{extract::State, http::Method, response::Response};
use emt_api::{
    error::ApiError,
    input::check_id,
    openapi::{self, object},
    resources::Host,
};
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{Refused, written},
    context::{Id, InProject, render},
    host::AT,
    operation::{Answer, Body, Holds, Named, Operation, Parameter, ParameterKind},
    request::{JsonBody, Parameters},
};
use crate::{
    identity::NodeCredentials,
    inventory::{HOSTS, Resource},
};

static CREDENTIALS: Parameter = Parameter {
    name: "credentials",
    doc: "Whether the answer is to carry new credentials of the node, once. Those that it had before end.",
    holds: Holds::Bool,
    kind: ParameterKind::Extension,
};
static ADOPTION: Named = Named {
    name: "HostAdoption",
    schema: |_| {
        json!({
            "type": "object",
            "properties": {
                "osID": {
                    "type": "string", "pattern": openapi::id_pattern("os", false),
                    "description": "The OS that runs on the host. Without it, the one that its instance has.",
                },
            },
            "additionalProperties": false,
        })
    },
};
static ADOPTED: Named = Named {
    name: "HostAdopted",
    schema: |schemas| {
        let keys = ["clientId", "clientSecret", "projectId", "projectName", "tokenUrl"];
        let text = json!({"type": "string"});
        let mut credentials = object(
            "Credentials with which the node gets its tokens, if the query asked for them.",
            keys.map(|key| (key.to_owned(), text.clone())).into_iter().collect(),
        );
        credentials["x-emt-extension"] = true.into();
        schemas.widened(HOSTS.spec(), HOSTS.one(), openapi::properties(json!({"credentials": credentials})))
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::PUT, "adoptHost", AT.paths("/{resourceId}/adopt"), adopt)
            .summary("Puts a registered host under management that was provisioned elsewhere")
            .parameters([&CREDENTIALS])
            .body(Body::Optional(&ADOPTION))
            .answer(Answer::Named(&ADOPTED))
            .extension(),
    ]
}

/// `PUT …/hosts/{id}/adopt`.
async fn adopt(
    State(rest): State<Rest>,
    at: InProject,
    id: Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let id = id.of_host()?;
    let wants_credentials = parameters.truth(CREDENTIALS.name)?;
    let os = os_in(&body)?;
    if wants_credentials {
        rest.identity.check_own_issuer()?;
    }
    let host = rest.inventory.adopt(&at.project, &id, os).await?;
    let credentials = if wants_credentials { Some(credentials(&rest, &host).await?) } else { None };
    let (row, view) = rest.inventory.get(&HOSTS, &at.project, &id).await?;
    let mut json = render(&row, &view, HOSTS.one());
    if let Some(node) = credentials {
        let credentials = json!({
            "clientId": node.client_id,
            "clientSecret": node.client_secret.as_str(),
            "projectId": node.project.uuid,
            "projectName": node.project.name,
            "tokenUrl": rest.token_url(),
        });
        json.pop();
        json.extend_from_slice(format!(",\"credentials\":{credentials}}}").as_bytes());
    }
    Ok(written(json))
}

async fn credentials(rest: &Rest, host: &Host) -> Result<NodeCredentials, Refused> {
    let node = rest.identity.issue_node_credentials(&host.meta.project, &host.meta.id, &host.uuid).await?;
    if let Err(refused) = rest.inventory.enrolled(&host.meta.project, &host.meta.id).await {
        // Another operator was faster: the host is gone or not trusted any more.
        rest.identity.revoke_node(&host.uuid).await?;
        return Err(refused.into());
    }
    tracing::info!(host = %host.meta.id, client = %node.client_id, "a node was given credentials");
    Ok(node)
}

/// The OS in a body, if it names one.
fn os_in(body: &Json) -> Result<Option<&str>, ApiError> {
    let wrong = |at: &str, what: &str| ApiError::schema(format!("request body has an error{at}: {what}"));
    let body = body.as_object().ok_or_else(|| wrong("", "a JSON object is needed"))?;
    if let Some(key) = body.keys().find(|key| *key != "osID") {
        return Err(wrong(&format!(" at \"/{key}\""), "the property is unsupported"));
    }
    let Some(os) = body.get("osID") else { return Ok(None) };
    let os = os.as_str().ok_or_else(|| wrong(" at \"/osID\"", "a string is needed"))?;
    check_id(os, "os").map_err(|what| wrong(" at \"/osID\"", &what))?;
    Ok(Some(os))
}
