//! Linking an OS, with orchestrators of each kind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use std::sync::Arc;

use axum::{Router, extract::Request};
use emt_client::{Error, Resource, Way, models::Instance, models::Os};
use serde_json::{Value as Json, json};
use support::{Fake, Log};

/// Answers by the beginning of a request.
async fn orchestrator(answers: Vec<(&'static str, Json)>) -> (Fake, Log) {
    let (log, answers) = (Log::default(), Arc::new(answers));
    let seen = log.clone();
    let routes = Router::new().fallback(move |request: Request| {
        let (log, answers) = (seen.clone(), Arc::clone(&answers));
        async move {
            let request = log.note(request).await;
            let found = answers.iter().find(|(start, _)| request.starts_with(start));
            found.map_or_else(
                || support::json(404, &json!({"message": "no matching operation was found"})),
                |(_, answer)| {
                    let status = answer.get("status").and_then(Json::as_u64).and_then(|status| u16::try_from(status).ok());
                    support::json(status.unwrap_or(200), answer)
                },
            )
        }
    });
    (Fake::serve(routes).await, log)
}

fn os(id: &str, profile: &str) -> Json {
    json!({"resourceId": id, "profileName": profile, "imageId": "2", "osType": "OS_TYPE_IMMUTABLE"})
}

fn instance(id: &str, json: Json) -> Resource<Instance> {
    let mut json = json;
    json["resourceId"] = id.into();
    Resource { data: serde_json::from_value(json.clone()).unwrap(), json }
}

/// As the second generation shows them: no desired OS, but a place for a policy.
fn second(id: &str, profile: &str) -> Resource<Instance> {
    instance(id, json!({"os": os("os-1", profile), "updatePolicy": null}))
}

/// Plans and links; the requests that were made.
async fn link(fake: &Fake, log: &Log, wanted: &Json, instances: &[Resource<Instance>]) -> (Result<Way, Error>, Vec<String>) {
    let wanted: Os = serde_json::from_value(wanted.clone()).unwrap();
    let api = fake.api();
    let plan = match api.plan_link(&wanted, instances).await {
        Ok(plan) => plan,
        Err(error) => return (Err(error), log.take()),
    };
    let mut linked = Vec::new();
    let done = api.link(&plan, |instance| linked.push(instance)).await;
    if done.is_ok() {
        assert_eq!(linked.len(), plan.changes.len());
    }
    (done.map(|()| plan.way), log.take())
}

#[tokio::test]
async fn where_there_is_a_desired_os_it_is_set() {
    let features = json!({"orchestrator": {"features": {"emt": {"installed": true, "desired-os": {"installed": true}}}}});
    let (fake, log) = orchestrator(vec![("GET /v1/orchestrator", features), ("PATCH compute/instances/", json!({}))]).await;
    let instances = [second("inst-1", "p"), second("inst-2", "p")];
    let (way, requests) = link(&fake, &log, &os("os-2", "p"), &instances).await;
    assert_eq!(way.unwrap(), Way::DesiredOs);
    assert_eq!(
        requests,
        [
            "GET /v1/orchestrator",
            r#"PATCH compute/instances/inst-1 {"osID":"os-2"}"#,
            r#"PATCH compute/instances/inst-2 {"osID":"os-2"}"#
        ]
    );
}

#[tokio::test]
async fn the_first_generation_has_a_desired_os_too() {
    let (fake, log) = orchestrator(vec![("PATCH compute/instances/", json!({}))]).await;
    let instances =
        [instance("inst-1", json!({"os": os("os-1", "p"), "currentOs": os("os-1", "p"), "desiredOs": os("os-1", "p")}))];
    let (way, requests) = link(&fake, &log, &os("os-2", "p"), &instances).await;
    assert_eq!(way.unwrap(), Way::DesiredOs);
    assert_eq!(requests, [r#"PATCH compute/instances/inst-1 {"osID":"os-2"}"#]);
}

#[tokio::test]
async fn elsewhere_a_policy_is_made_once_and_used_again() {
    let policies = |policies: Json| ("GET os-update-policies?", json!({"osUpdatePolicies": policies, "hasNext": false}));
    let others = json!([
        {"resourceId": "osupdatepolicy-1", "updatePolicy": "UPDATE_POLICY_LATEST", "targetOs": null},
        {"resourceId": "osupdatepolicy-2", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOs": os("os-3", "p")},
    ]);
    let made = ("POST os-update-policies", json!({"resourceId": "osupdatepolicy-9"}));
    let patched = ("PATCH compute/instances/", json!({}));
    let (fake, log) = orchestrator(vec![policies(others), made, patched.clone()]).await;
    let instances = [second("inst-1", "p"), second("inst-2", "p")];
    let (way, requests) = link(&fake, &log, &os("os-2", "p"), &instances).await;
    assert_eq!(way.unwrap(), Way::NewPolicy);
    assert_eq!(
        requests[2..],
        [
            r#"POST os-update-policies {"name":"p 2","updatePolicy":"UPDATE_POLICY_TARGET","targetOsId":"os-2"}"#,
            r#"PATCH compute/instances/inst-1 {"osUpdatePolicyID":"osupdatepolicy-9"}"#,
            r#"PATCH compute/instances/inst-2 {"osUpdatePolicyID":"osupdatepolicy-9"}"#
        ]
    );
    let there = json!([{"resourceId": "osupdatepolicy-3", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOs": os("os-2", "p")}]);
    let (fake, log) = orchestrator(vec![policies(there), patched]).await;
    let (way, requests) = link(&fake, &log, &os("os-2", "p"), &instances[..1]).await;
    assert_eq!(way.unwrap(), Way::Policy("osupdatepolicy-3".to_owned()));
    assert_eq!(requests[2..], [r#"PATCH compute/instances/inst-1 {"osUpdatePolicyID":"osupdatepolicy-3"}"#]);
}

#[tokio::test]
async fn what_must_not_be_linked_changes_nothing() {
    let (fake, log) = orchestrator(vec![("PATCH compute/instances/", json!({}))]).await;
    let instances = [second("inst-1", "p"), second("inst-2", "other")];
    let mut mutable = os("os-2", "p");
    mutable["osType"] = "OS_TYPE_MUTABLE".into();
    let (refused, requests) = link(&fake, &log, &os("os-2", "p"), &instances).await;
    assert!(matches!(refused.unwrap_err(), Error::OtherProfile { instance, .. } if instance.contains("inst-2")));
    assert!(requests.is_empty(), "{requests:?}");
    let (refused, requests) = link(&fake, &log, &mutable, &instances[..1]).await;
    assert!(matches!(refused.unwrap_err(), Error::Mutable { .. }));
    assert!(requests.is_empty(), "{requests:?}");
}

#[tokio::test]
async fn what_only_the_server_can_judge_comes_first() {
    let refused = json!({"status": 400, "code": "FailedPrecondition", "message": "other profile"});
    let (fake, log) = orchestrator(vec![("PATCH compute/instances/inst-2", refused), ("PATCH ", json!({}))]).await;
    let first = instance("inst-1", json!({"os": os("os-1", "p")}));
    let unknown = instance("inst-2", json!({"os": null}));
    let (refused, requests) = link(&fake, &log, &os("os-2", "p"), &[first, unknown]).await;
    assert_eq!(refused.unwrap_err().to_string(), "other profile");
    assert_eq!(requests, [r#"PATCH compute/instances/inst-2 {"osID":"os-2"}"#], "the other one is left alone");
}

#[tokio::test]
async fn a_link_that_is_there_is_left_alone() {
    let (fake, log) = orchestrator(Vec::new()).await;
    let linked = instance("inst-1", json!({"os": os("os-1", "p"), "desiredOs": os("os-2", "p"), "updatePolicy": null}));
    let (way, requests) = link(&fake, &log, &os("os-2", "p"), &[linked]).await;
    assert_eq!(way.unwrap(), Way::DesiredOs);
    assert!(requests.is_empty(), "{requests:?}");
}
