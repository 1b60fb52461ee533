//! What resources are to each other: what stays while it is used, what goes with what, what holds for what; and every path that
//! leads to a resource.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use support::{
    SATURDAY_MS, Server,
    steps::{Runner, Step, read},
};

/// Steps in a fresh project.
#[derive(Deserialize)]
struct Scenario {
    title: String,
    steps: Vec<Step>,
}

async fn play(file: &str) {
    let scenarios: Vec<Scenario> = read(&format!("resources/{file}.yaml"));
    let mut wrong = String::new();
    for scenario in scenarios {
        let mut runner = Runner::new(Server::start_at(SATURDAY_MS).await);
        for step in &scenario.steps {
            if let Err(difference) = runner.step(step).await {
                let _ = writeln!(wrong, "{} – {}: {difference}", scenario.title, step.case);
            }
        }
    }
    assert!(wrong.is_empty(), "{file}:\n{wrong}");
}

#[tokio::test]
async fn what_is_used_stays() {
    play("used").await;
}

#[tokio::test]
async fn what_holds_for_a_place() {
    play("held").await;
}

#[tokio::test]
async fn the_services_own_prefix() {
    play("prefix").await;
}

/// Every list, by every name that it has (northbound contract, 1.2): below the project, below the service's own prefix, key.
const LISTS: &[(&[&str], &[&str], &str)] = &[
    (&["compute/os", "compute/operating_systems"], &["operating_systems"], "OperatingSystemResources"),
    (&["compute/instances"], &["instances"], "instances"),
    (&["compute/hosts"], &["hosts"], "hosts"),
    (&["compute/workloads", "workloads"], &["workloads"], "workloads"),
    (&["workload_members", "compute/workloads/workload-00000000/members"], &["workload_members"], "workloadMembers"),
    (&["regions"], &["regions"], "regions"),
    (
        &["regions/region/sites", "regions/empty/sites", "regions/region-00000000/sites", "regions//sites", "sites"],
        &["sites"],
        "sites",
    ),
    (&["compute/schedules", "schedules"], &["schedules"], "singleSchedules"),
    (&["schedules/single", "compute/schedules/single"], &["schedules/single"], "singleSchedules"),
    (&["schedules/repeated", "compute/schedules/repeated"], &["schedules/repeated"], "repeatedSchedules"),
    (&["os-update-policies", "os_update_policy"], &["os_update_policy"], "osUpdatePolicies"),
    (&["os-update-runs", "os_update_run"], &["os_update_run"], "osUpdateRuns"),
    (&["providers"], &["providers"], "providers"),
    (&["localAccounts"], &["localAccounts"], "localAccounts"),
    (&["customConfigs"], &[], "customConfigs"),
    (&["telemetry/loggroups", "telemetry/groups/logs"], &["telemetry/groups/logs"], "telemetryLogsGroups"),
    (&["telemetry/metricgroups", "telemetry/groups/metrics"], &["telemetry/groups/metrics"], "telemetryMetricsGroups"),
    (
        &["telemetry/profiles/logs", "telemetry/loggroups/telemetrygroup-00000000/logprofiles"],
        &["telemetry/profiles/logs"],
        "telemetryLogsProfiles",
    ),
    (
        &["telemetry/profiles/metrics", "telemetry/metricgroups/telemetrygroup-00000000/metricprofiles"],
        &["telemetry/profiles/metrics"],
        "telemetryMetricsProfiles",
    ),
];

#[tokio::test]
async fn every_list_is_empty_at_first_by_every_name() {
    let server = Server::start().await;
    for (below_project, below_prefix, key) in LISTS {
        let below_prefix = below_prefix.iter().map(|path| format!("/edge-infra.orchestrator.apis/v2/{path}"));
        for path in below_project.iter().map(|path| (*path).to_owned()).chain(below_prefix) {
            for path in [path.clone(), format!("{path}/")] {
                let list = server.ok("GET", &path, Json::Null).await;
                let totals = (&list[key], &list["totalElements"], &list["hasNext"]);
                assert_eq!(totals, (&json!([]), &json!(0), &json!(false)), "{path}: {list}");
            }
        }
    }
}

#[tokio::test]
async fn at_most_fifty_places_of_a_kind_are_shown() {
    let server = Server::start().await;
    let top = server.ok("POST", "regions", json!({"name": "top"})).await["resourceId"].clone();
    for number in 0..52 {
        server.ok("POST", "regions", json!({"name": format!("branch {:02}", 51 - number), "parentId": top})).await;
    }
    let tree = server.ok("GET", "locations?name=branch&showRegions=true&showSites=true", Json::Null).await;
    assert_eq!((&tree["totalElements"], &tree["outputElements"]), (&json!(52), &json!(50)), "{tree}");
    let names: Vec<&str> = tree["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 51, "and what is above them");
    assert!(names.contains(&"branch 49") && names.contains(&"top") && !names.contains(&"branch 50"), "{names:?}");
}
