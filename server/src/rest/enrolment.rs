//! A node exchanges its one-time token for credentials of its own.

use axum::{extract::State, http::Method, response::Response};
use emt_api::{error::ApiError, id, openapi::object, patterns};
use serde::Deserialize;
use serde_json::json;

use super::{
    Rest,
    answer::{self, Refused},
    operation::{Access, Answer, At, Body, Named, Operation},
    request::JsonBody,
};

const AT: At = At::whole(&["/v1/enrol"]);

static REQUEST: Named = Named {
    name: "Enrolment",
    schema: |_| {
        json!({
            "type": "object",
            "properties": {
                "token": {"type": "string", "description": "The one-time token."},
                "uuid": {"type": "string", "pattern": patterns::UUID, "description": "UUID of the machine."},
            },
            "required": ["token", "uuid"],
            "additionalProperties": false,
        })
    },
};
static CREDENTIALS: Named = Named {
    name: "NodeCredentials",
    schema: |_| {
        let text = json!({"type": "string"});
        let keys = ["clientId", "clientSecret", "projectId", "projectName", "tokenUrl"];
        object("Credentials of a node.", keys.map(|key| (key.to_owned(), text.clone())).into_iter().collect())
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::POST, "enrol", AT.paths(""), redeem)
            .summary("Exchanges a node's one-time token for credentials")
            .access(Access::Open)
            .body(Body::Named(&REQUEST))
            .answer(Answer::Named(&CREDENTIALS))
            .extension(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    token: String,
    uuid: String,
}

/// `POST /v1/enrol` with `{"token", "uuid"}`. The token is the authority; no other credentials are needed.
async fn redeem(State(rest): State<Rest>, JsonBody(body): JsonBody) -> Result<Response, Refused> {
    let request: Request =
        serde_json::from_value(body).map_err(|error| ApiError::schema(format!("request body has an error: {error}")))?;
    if !id::is_uuid(&request.uuid) {
        return Err(ApiError::schema("request body has an error at \"/uuid\": a UUID in 8-4-4-4-12 hex form is needed").into());
    }
    let node = rest.identity.redeem_enrolment_token(&request.token, &request.uuid).await?;
    if let Err(refused) = rest.inventory.enrolled(&node.project.uuid, &node.host_id).await {
        // The operator was faster: the host is gone or not trusted any more.
        rest.identity.revoke_node(&request.uuid).await?;
        return Err(refused.into());
    }
    tracing::info!(host = %node.host_id, client = %node.client_id, "a node has enrolled");
    Ok(answer::json(json!({
        "clientId": node.client_id,
        "clientSecret": node.client_secret.as_str(),
        "projectId": node.project.uuid,
        "projectName": node.project.name,
        "tokenUrl": rest.token_url(),
    })))
}
