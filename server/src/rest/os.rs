//! OS resources, and the operators' word that one is not to be installed.

use axum::{extract::State, http::Method, response::Response};
use emt_api::error::ApiError;
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{Refused, written},
    context::{Id, InProject, Signed, render},
    operation::{Answer, At, Body, Named, Operation},
    request::JsonBody,
    resource,
};
use crate::inventory::{BLOCK_REASON, OS_RESOURCES, Resource, blocked_by};

const AT: At = At::project(&["/compute/os", "/compute/operating_systems"], &["/operating_systems"]);

static BLOCK: Named = Named {
    name: "OsBlock",
    schema: |_| {
        let reason = emt_api::openapi::bounded_text(1, BLOCK_REASON.0, BLOCK_REASON.1);
        json!({"type": "object", "properties": {"reason": reason}, "required": ["reason"], "additionalProperties": false})
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = resource::crud(&OS_RESOURCES, AT);
    operations.extend([
        Operation::new(Method::PUT, "blockOs", AT.paths("/{resourceId}/block"), block)
            .summary("Blocks an OS resource: nobody installs it from now on")
            .body(Body::Named(&BLOCK))
            .answer(Answer::One(&OS_RESOURCES))
            .extension(),
        Operation::new(Method::PUT, "unblockOs", AT.paths("/{resourceId}/unblock"), unblock)
            .summary("Takes the block of an OS resource away")
            .answer(Answer::One(&OS_RESOURCES))
            .extension(),
    ]);
    operations
}

/// `PUT …/os/{id}/block`.
async fn block(
    State(rest): State<Rest>,
    Signed(caller): Signed,
    at: InProject,
    Id(id): Id,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let blocked = blocked_by(caller.username(), reason(&body)?)
        .map_err(|what| ApiError::schema(format!("request body has an error at \"/reason\": {what}")))?;
    set(&rest, &at, &id, blocked).await
}

/// `PUT …/os/{id}/unblock`, without a body.
async fn unblock(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    set(&rest, &at, &id, String::new()).await
}

async fn set(rest: &Rest, at: &InProject, id: &str, blocked: String) -> Result<Response, Refused> {
    rest.inventory.set_blocked(&at.project, id, blocked).await?;
    let (row, view) = rest.inventory.get(&OS_RESOURCES, &at.project, id).await?;
    Ok(written(render(&row, &view, OS_RESOURCES.one())))
}

fn reason(body: &Json) -> Result<&str, ApiError> {
    let wrong = |at: &str, what: &str| ApiError::schema(format!("request body has an error{at}: {what}"));
    let body = body.as_object().ok_or_else(|| wrong("", "a JSON object is needed"))?;
    if let Some(key) = body.keys().find(|key| *key != "reason") {
        return Err(wrong("", &format!("property \"{key}\" is unsupported")));
    }
    let reason =
        body.get("reason").ok_or_else(|| wrong("", "property \"reason\" is missing: say why, for those who will ask"))?;
    reason.as_str().ok_or_else(|| wrong(" at \"/reason\"", "a string is needed"))
}
