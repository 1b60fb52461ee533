//! What this server is and serves, as clients read it at login.

use axum::response::Response;
use serde_json::json;

use super::{answer, context::Signed};

/// `GET /v1/orchestrator`: any valid token. `emt` lists what is served beyond the Edge Orchestrator's API.
pub(super) async fn show(_: Signed) -> Response {
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
