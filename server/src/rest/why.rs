//! Why a host updates or does not.

use axum::{extract::State, http::Method, response::Response};
use emt_api::{
    openapi,
    record::Record,
    resources::{HOST, Os},
};
use emt_windows::Window;
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Id, InProject},
    host,
    operation::{Answer, Named, Operation},
};
use crate::{
    inventory::{Target, refused},
    maintenance::{
        Why,
        decision::{Check, Gate, GateState},
    },
};

/// Kinds of targets: an image, an addition to the kernel's command line, packages.
const TARGET_KINDS: [&str; 3] = ["UPDATE_TARGET_OS", "UPDATE_TARGET_KERNEL_COMMAND", "UPDATE_TARGET_PACKAGES"];

static UPDATE_DECISION: Named = Named {
    name: "UpdateDecision",
    schema: |schemas| {
        let time = |doc: &str| json!({"type": ["string", "null"], "format": "date-time", "description": doc});
        let text = |doc: &str| json!({"type": "string", "description": doc});
        let one_of = |names: Vec<&str>, doc: &str| json!({"type": "string", "enum": names, "description": doc});
        let object = |doc: &str, json: Json| openapi::object(doc, openapi::properties(json));
        let or_null = |schema: Json| json!({"oneOf": [schema, {"type": "null"}]});
        let gates: Vec<&str> = Gate::ALL.map(Gate::as_str).to_vec();
        let mut blockers: Vec<Json> = gates.iter().map(|gate| Json::from(*gate)).collect();
        blockers.push(Json::Null);
        let os = || {
            json!({
                "osID": text("Its id, or \"\"."),
                "name": text("Its name."),
                "profileName": text("Its profile."),
                "imageId": text("Its version."),
            })
        };
        let mut target = os();
        target["kind"] = one_of(TARGET_KINDS.to_vec(), "What it is.");
        target["kernelCommand"] = text("Addition to the kernel's command line, or \"\".");
        target["policyID"] = text("The OS update policy that says so, or \"\" if it is linked directly.");
        let window = object(
            "A window for OS updates.",
            json!({"start": time("When it opens."), "end": time("When it closes; null if no end is in sight.")}),
        );
        let window = schemas.named("UpdateWindow", |_| window);
        let gate = object(
            "A condition that must hold before a node may update.",
            json!({
                "gate": one_of(gates, "Which."),
                "state": one_of(GateState::ALL.map(GateState::as_str).to_vec(), "Whether it holds."),
                "reason": text("Why, in plain words; \"\" if it was not reached."),
                "changesAt": time("When its state changes by itself; null if only a person or the node can change it."),
                "hint": text("What can be done; \"\" if nothing."),
            }),
        );
        let gate = schemas.named("UpdateGate", |_| gate);
        object(
            "Whether a host may update now, to what, and if not, why not and when that changes.",
            json!({
                "hostID": text("The host."),
                "instanceID": text("Its instance, or \"\"."),
                "at": {"type": "string", "format": "date-time", "description": "For when this was decided."},
                "mayUpdate": {"type": "boolean", "description": "Whether an update may begin now."},
                "blocker": {
                    "type": ["string", "null"], "enum": blockers,
                    "description": "The first gate that does not hold; null if all do.",
                },
                "changesAt": time("When the blocker changes by itself, or, without one, when the window closes; null if only a person or the node can change it."),
                "target": or_null(object("What the node is to run.", target)),
                "current": or_null(object("What it runs.", os())),
                "window": or_null(window.clone()),
                "nextWindows": {"type": "array", "items": window, "maxItems": 5, "description": "The windows that open next."},
                "gates": {"type": "array", "items": gate, "description": "All gates in their order."},
            }),
        )
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "explainHost", host::AT.paths("/{resourceId}/why"), why)
            .summary("Tells whether a host may update now, to what, and if not, why not and when that changes")
            .answer(Answer::Named(&UPDATE_DECISION))
            .extension(),
    ]
}

/// `GET …/hosts/{id}/why`.
async fn why(State(rest): State<Rest>, at: InProject, id: Id) -> Result<Response, Refused> {
    let modes = rest.modes.read(&at.project).await.map_err(refused)?;
    let why = rest.maintenance.why(&at.project, &id.of_host()?, &modes).await.map_err(refused)?;
    let why = why.ok_or_else(|| HOST.not_found())?;
    Ok(answer::json(shown(&why)))
}

fn shown(why: &Why) -> Json {
    let decision = &why.decision;
    json!({
        "hostID": why.host.id(),
        "instanceID": why.instance.as_ref().map_or("", Record::id),
        "at": time(why.at),
        "mayUpdate": decision.may_update(),
        "blocker": decision.blocker().map(|check| check.gate.as_str()),
        "changesAt": decision.changes_at().map(time),
        "target": target(why),
        "current": current(why),
        "window": decision.window(why.at).map(window),
        "nextWindows": decision.next_windows(why.at).into_iter().map(window).collect::<Vec<_>>(),
        "gates": decision.gates.iter().map(gate).collect::<Vec<_>>(),
    })
}

fn gate(check: &Check) -> Json {
    json!({
        "gate": check.gate.as_str(),
        "state": check.state.as_str(),
        "reason": check.reason,
        "changesAt": check.changes_at.map(time),
        "hint": check.hint,
    })
}

fn target(why: &Why) -> Json {
    let [image, kernel, packages] = TARGET_KINDS;
    let none = Os::default();
    let (kind, os, command) = match &why.decision.target {
        Target::Nothing | Target::Missing => return Json::Null,
        Target::Os(os) => (image, &**os, ""),
        Target::KernelCommand(command) => (kernel, &none, command.as_str()),
        Target::Packages => (packages, &none, ""),
    };
    let mut json = named(os);
    json["kind"] = kind.into();
    json["kernelCommand"] = command.into();
    json["policyID"] = why.policy.as_ref().map_or("", Record::id).into();
    json
}

/// What runs; the node may name a version that there is no record of.
fn current(why: &Why) -> Json {
    match (&why.current, &why.instance) {
        (Some(os), _) => named(os),
        (None, Some(instance)) if !instance.running_image.is_empty() => {
            json!({"osID": "", "name": "", "profileName": instance.running_profile, "imageId": instance.running_image})
        }
        _ => Json::Null,
    }
}

fn named(os: &Os) -> Json {
    json!({"osID": os.id(), "name": os.name, "profileName": os.profile_name, "imageId": os.image_id})
}

fn window(window: Window) -> Json {
    json!({"start": time(window.start), "end": window.end.map(time)})
}

/// RFC 3339 in UTC; null for what no calendar has.
fn time(second: i64) -> Json {
    jiff::Timestamp::from_second(second).map_or(Json::Null, |time| time.to_string().into())
}
