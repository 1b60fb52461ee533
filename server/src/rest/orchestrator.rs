//! What this server is and serves, as clients read it at login.

use axum::{http::Method, response::Response};
use emt_api::openapi::{object, properties, reference};
use serde_json::json;

use super::{
    answer,
    context::Signed,
    operation::{Answer, At, Named, Operation},
};

const AT: At = At::whole(&["/v1/orchestrator"]);

static FEATURES: Named = Named {
    name: "Orchestrator",
    schema: |schemas| {
        let feature = schemas.named("Feature", |_| {
            json!({
                "type": "object",
                "description": "A feature, and the features below it.",
                "properties": {"installed": {"type": "boolean"}},
                "required": ["installed"],
                "additionalProperties": reference("Feature"),
            })
        });
        let features = json!({"type": "object", "additionalProperties": feature});
        let server = object("This server.", properties(json!({"version": {"type": "string"}, "features": features})));
        object(
            "What this server is and serves.",
            properties(json!({"schema-version": {"type": "string"}, "orchestrator": server})),
        )
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "getOrchestrator", AT.paths(""), show)
            .summary("Tells what this server is and serves")
            .answer(Answer::Named(&FEATURES)),
    ]
}

/// `GET /v1/orchestrator`: any valid token. `emt` lists what is served beyond the Edge Orchestrator's API.
async fn show(_: Signed) -> Response {
    let on = json!({"installed": true});
    let off = json!({"installed": false});
    answer::json(json!({
        "schema-version": "1.0",
        "orchestrator": {
            "version": env!("CARGO_PKG_VERSION"),
            "features": {
                "edge-infrastructure-manager": {
                    "installed": true,
                    "onboarding": on, "provisioning": on, "day2": on, "oob": off, "oxm-profile": off,
                },
                "multitenancy": {"installed": true, "default-tenant-only": off},
                "application-orchestration": off,
                "cluster-orchestration": off,
                "orchestrator-observability": off,
                "edgenode-observability": off,
                "web-ui": off,
                "kyverno": off,
                "emt": {"installed": true, "desired-os": on, "enrolment": on, "releases": on},
            },
        },
    }))
}
