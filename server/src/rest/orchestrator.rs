//! What this server is and serves, as clients read it at login.

use std::collections::BTreeMap;

use axum::{extract::State, http::Method, response::Response};
use emt_api::openapi::{object, properties, reference};
use serde_json::{Value as Json, json};

use super::{
    Rest, answer,
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

/// Features, and what must be served for each (northbound contract, 1.3). Those without are not there.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "edge-infrastructure-manager.onboarding",
        &["listHosts", "registerHost", "registerHostAgain", "onboardHost", "invalidateHost"],
    ),
    (
        "edge-infrastructure-manager.provisioning",
        &[
            "createOs",
            "createInstance",
            "createRegion",
            "createSite",
            "createProvider",
            "createLocalAccount",
            "createCustomConfig",
        ],
    ),
    (
        "edge-infrastructure-manager.day2",
        &["listSchedules", "createSingleSchedule", "createRepeatedSchedule", "createOsUpdatePolicy", "listOsUpdateRuns"],
    ),
    ("edge-infrastructure-manager.oob", &[]),
    ("edge-infrastructure-manager.oxm-profile", &[]),
    ("multitenancy", &["listProjects", "putProject"]),
    ("multitenancy.default-tenant-only", &[]),
    ("application-orchestration", &[]),
    ("cluster-orchestration.cluster-management", &[]),
    ("cluster-orchestration.capi", &[]),
    ("cluster-orchestration.intel-provider", &[]),
    ("orchestrator-observability", &[]),
    ("edgenode-observability", &[]),
    ("web-ui", &[]),
    ("kyverno", &[]),
    ("emt.desired-os", &["patchInstance"]),
    ("emt.enrolment", &["enrol"]),
    ("emt.adoption", &["adoptHost"]),
    ("emt.events", &["followChanges"]),
    ("emt.windows", &["createSingleSchedule", "createRepeatedSchedule"]),
    ("emt.releases", &["putImage", "getImage"]),
    ("emt.resumable-uploads", &["headImage", "patchImage"]),
    ("emt.os-sources", &["createOsSource", "syncOsSource", "listOsOffers"]),
    ("emt.openapi", &["getOpenApi"]),
    ("emt.sign-in-links", &["createSignInLink"]),
    ("emt.why", &["explainHost"]),
    ("emt.os-blocks", &["blockOs", "unblockOs"]),
    ("emt.os-modes", &["getOsResourceManager", "patchOsResourceManager"]),
];

/// What is served, as clients read it: a feature is there if all its operations are, and a group if any of its features is.
/// `told` is what the operator wants to be said instead, such as `edge-infrastructure-manager.oob`.
pub fn features(served: &[Operation], told: &BTreeMap<String, bool>) -> Json {
    let is_served = |id: &&str| served.iter().any(|operation| operation.id == *id);
    let mut features = json!({});
    for (name, needed) in KNOWN {
        set(&mut features, name, !needed.is_empty() && needed.iter().all(is_served));
    }
    for (name, installed) in told {
        set(&mut features, name, *installed);
    }
    features
}

fn set(features: &mut Json, name: &str, installed: bool) {
    let mut at = features;
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        at = &mut at[part];
        let known = at["installed"].as_bool().unwrap_or_default();
        at["installed"] = if parts.peek().is_some() { known || installed } else { installed }.into();
    }
}

/// `GET /v1/orchestrator`: any valid token. `emt` lists what is served beyond the Edge Orchestrator's API.
async fn show(State(rest): State<Rest>, _: Signed) -> Response {
    answer::json(json!({
        "schema-version": "1.0",
        "orchestrator": {"version": env!("CARGO_PKG_VERSION"), "features": *rest.features},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_follow_from_what_is_served_and_what_the_operator_says() {
        let mut served = super::super::operations();
        for (name, needed) in KNOWN {
            for id in *needed {
                assert!(served.iter().any(|operation| operation.id == *id), "{name} needs {id}, which nothing is called");
            }
        }
        let installed = |features: &Json, path: &str| features.pointer(&format!("{path}/installed")).and_then(Json::as_bool);
        let day2 = "/edge-infrastructure-manager/day2";
        let all = features(&served, &BTreeMap::new());
        assert_eq!(installed(&all, day2), Some(true));
        assert_eq!(installed(&all, "/edge-infrastructure-manager"), Some(true));
        assert_eq!(installed(&all, "/edge-infrastructure-manager/oob"), Some(false));
        assert_eq!(installed(&all, "/cluster-orchestration"), Some(false));
        assert_eq!(installed(&all, "/multitenancy"), Some(true));
        let told = [("edge-infrastructure-manager.oob", true), ("multitenancy", false), ("other.thing", true)];
        let told = features(&served, &told.map(|(name, there)| (name.to_owned(), there)).into());
        assert_eq!(installed(&told, "/edge-infrastructure-manager/oob"), Some(true));
        assert_eq!(installed(&told, "/multitenancy"), Some(false));
        assert_eq!((installed(&told, "/other"), installed(&told, "/other/thing")), (Some(true), Some(true)));
        served.retain(|operation| operation.id != "listSchedules");
        assert_eq!(installed(&features(&served, &BTreeMap::new()), day2), Some(false), "one operation is missing");
    }
}
