//! `emtctl why`.

use std::time::Duration;

use crate::{
    app::App,
    cli::Format,
    clock,
    error::{Doing, Error},
    output::{Cell, Tone, lines, word, write},
    time::{Times, Zone, brief},
};
use emt_client::{
    Error as ClientError, Orchestrator, Resource, kinds,
    models::{Gate, Host, UpdateTarget, UpdateWindow, Why},
};

/// What says that the orchestrator tells why.
const FEATURE: [&str; 2] = ["emt", "why"];
const HEADER: [&str; 4] = ["", "GATE", "WHY", "CHANGES"];

/// Tell why a host updates or does not, and when that changes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id, name, UUID or serial number
    host: String,
    /// Time zone to show times in, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

pub(crate) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    let api = app.api().await?;
    let doing = format!("tell why host {} updates or does not", args.host);
    let host = api.find(&kinds::HOSTS, &args.host).await.doing(doing.clone())?.data;
    let why = match api.why(&host.id).await {
        Err(error) if error.status() == Some(404) => return Err(unanswered(&api, &host, error, doing).await),
        answer => answer.doing(doing)?,
    };
    match app.out.format() {
        Format::Table => show(app, &host, &why, &zone),
        Format::Name => lines([host.id.as_str()]),
        Format::Json | Format::Yaml => app.out.document(&why.json),
    }
}

/// Not found may mean that the host has just gone, or that this orchestrator has no such answer.
async fn unanswered(api: &Orchestrator, host: &Host, error: ClientError, doing: String) -> Error {
    match api.features().await {
        Ok(features) if !features.has(&FEATURE) => Error::rule(
            "this orchestrator does not tell why a host updates or does not",
            format!("see emtctl instance get {} and emtctl schedule list --host {}", host.id, host.id),
        ),
        _ => Error::Request { doing, source: error },
    }
}

fn show(app: &App, host: &Host, why: &Resource<Why>, zone: &Zone) -> Result<(), Error> {
    let why = &why.data;
    let times = Times { zone, now: why.at.unwrap_or_else(clock::now) };
    let name = if host.name.is_empty() { &host.id } else { &host.name };
    write(&format!("{}\n\n", sentence(name, why, &times)))?;
    app.out.table(&HEADER, why.gates.iter().map(|gate| row(gate, &times)))?;
    let windows: Vec<String> = why.next_windows.iter().filter_map(|window| shown(&times, window)).collect();
    if !windows.is_empty() {
        write(&format!("\nnext windows:\n  {}\n", windows.join("\n  ")))?;
    }
    match why.blocker().filter(|gate| !gate.hint.is_empty()) {
        Some(gate) => write(&format!("\nhint: {}\n", gate.hint)),
        None => Ok(()),
    }
}

/// What holds, in one sentence.
fn sentence(host: &str, why: &Why, times: &Times<'_>) -> String {
    let changes = why.changes_at.map(|at| times.moment(at));
    let Some(gate) = why.blocker() else {
        let target = why.target.as_ref().map(target).unwrap_or_default();
        let closes = changes.map_or_else(String::new, |changes| format!("; the window closes {changes}"));
        return format!("{host} may update now{target}{closes}");
    };
    let verb = if gate.gate == "UPDATE_GATE_NO_ATTEMPT_RUNNING" { "is updating" } else { "does not update" };
    let changes = changes.map_or_else(String::new, |changes| format!("; that changes {changes}"));
    format!("{host} {verb}: {}{changes}", gate.reason)
}

fn target(target: &UpdateTarget) -> String {
    match target.kind.as_str() {
        "UPDATE_TARGET_OS" => format!(" to {} {} ({})", target.profile, target.version, target.os),
        "UPDATE_TARGET_KERNEL_COMMAND" => format!(" its kernel command line to {:?}", target.kernel_command),
        "UPDATE_TARGET_PACKAGES" => " its packages".to_owned(),
        _ => String::new(),
    }
}

fn row(gate: &Gate, times: &Times<'_>) -> Vec<Cell> {
    let mark = match gate.state.as_str() {
        "GATE_STATE_PASS" => Cell::toned("✓", Tone::Good),
        "GATE_STATE_FAIL" => Cell::toned("✗", Tone::Bad),
        _ => "–".into(),
    };
    let changes = gate.changes_at.map(|at| times.both(at)).unwrap_or_default();
    vec![mark, word(&gate.gate, "UPDATE_GATE_").into(), gate.reason.as_str().into(), changes.into()]
}

fn shown(times: &Times<'_>, window: &UpdateWindow) -> Option<String> {
    let start = window.start?;
    let length = window.end.map_or_else(
        || "without an end".to_owned(),
        |end| format!("for {}", brief(Duration::try_from(end.duration_since(start)).unwrap_or_default())),
    );
    Some(format!("{}, {length}", times.both(start)))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    fn why(json: serde_json::Value) -> Why {
        Why::deserialize(json).unwrap()
    }

    #[test]
    fn one_sentence_tells_what_holds() {
        let zone = Zone::new(Some("Europe/Berlin")).unwrap();
        let times = Times { zone: &zone, now: "2026-06-05T20:40:00Z".parse().unwrap() };
        let gate = |gate: &str, reason: &str| json!([{"gate": gate, "state": "GATE_STATE_FAIL", "reason": reason}]);
        for (json, expected) in [
            (
                json!({"changesAt": "2026-06-06T00:00:00Z", "gates": gate("UPDATE_GATE_WINDOW_OPEN", "no window is open")}),
                "store-17 does not update: no window is open; that changes in 3h 20m (Sat 02:00 Europe/Berlin)",
            ),
            (
                json!({"changesAt": null, "gates": gate("UPDATE_GATE_LINKED", "nothing is linked")}),
                "store-17 does not update: nothing is linked",
            ),
            (
                json!({"gates": gate("UPDATE_GATE_NO_ATTEMPT_RUNNING", "an update is being installed")}),
                "store-17 is updating: an update is being installed",
            ),
            (
                json!({"mayUpdate": true, "changesAt": "2026-06-05T21:40:01Z",
                    "target": {"kind": "UPDATE_TARGET_OS", "osID": "os-1", "profileName": "emt", "imageId": "3.0.2"}}),
                "store-17 may update now to emt 3.0.2 (os-1); the window closes in 1h (Fri 23:40 Europe/Berlin)",
            ),
            (
                json!({"mayUpdate": true, "target": {"kind": "UPDATE_TARGET_KERNEL_COMMAND", "kernelCommand": "quiet"}}),
                "store-17 may update now its kernel command line to \"quiet\"",
            ),
            (json!({"mayUpdate": true, "target": {"kind": "UPDATE_TARGET_PACKAGES"}}), "store-17 may update now its packages"),
        ] {
            assert_eq!(sentence("store-17", &why(json), &times), expected);
        }
    }

    #[test]
    fn windows_are_told_in_the_zone_and_in_utc() {
        let zone = Zone::new(Some("Europe/Berlin")).unwrap();
        let times = Times { zone: &zone, now: "2026-06-05T20:40:00Z".parse().unwrap() };
        let why = why(json!({"nextWindows": [
            {"start": "2026-06-06T00:00:00Z", "end": "2026-06-06T02:00:00Z"},
            {"start": "2026-06-12T20:40:00Z", "end": null},
        ]}));
        let told: Vec<String> = why.next_windows.iter().filter_map(|window| shown(&times, window)).collect();
        assert_eq!(
            told,
            [
                "in 3h 20m, 2026-06-06 02:00:00 +02:00 (2026-06-06 00:00:00 UTC), for 2h",
                "in 7d, 2026-06-12 22:40:00 +02:00 (2026-06-12 20:40:00 UTC), without an end",
            ]
        );
    }
}
