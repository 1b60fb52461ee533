//! Registration of hosts, onboarding and withdrawal of trust.

use axum::{extract::State, http::Method, response::Response};
use emt_api::{
    enums::HostState,
    error::ApiError,
    input::check_text,
    openapi,
    page::Choice,
    patterns,
    record::{Record, Row},
    resources::{HOST, Host},
};
use serde_json::json;

use super::{
    Rest,
    answer::{self, Refused, written},
    context::{Id, InProject, render},
    operation::{Answer, At, Body, Holds, Named, Operation, Parameter, ParameterKind},
    parameters::FILTER,
    request::{JsonBody, Parameters},
    resource,
};
use crate::inventory::{Chosen, HOSTS, HostRegister, Resource, View};

pub(super) const AT: At = At::project(&["/compute/hosts"], &["/hosts"]);
const SUMMARY: At = At::project(&["/compute/hosts/summary", "/compute/hosts_summary"], &["/hosts_summary", "/hosts/summary"]);

/// Most characters of the note of an invalidation.
const NOTE_LIMIT: usize = 512;

static ENROLMENT: Parameter = Parameter {
    name: "enrolment",
    doc: "Whether the answer is to carry a one-time token with which the node gets credentials of its own.",
    holds: Holds::Bool,
    kind: ParameterKind::Extension,
};
static RESOURCE_ID: Parameter =
    Parameter { name: "resourceId", doc: "Not used.", holds: Holds::Id("host"), kind: ParameterKind::Upstream };
static NOTE: Parameter = Parameter {
    name: "note",
    doc: "Why trust is withdrawn.",
    holds: Holds::Text { max: NOTE_LIMIT, pattern: patterns::NOTE },
    kind: ParameterKind::Upstream,
};
static REGISTER: Named = Named {
    name: "HostRegister",
    schema: |_| {
        json!({
            "type": "object",
            "description": "A host that is expected: a UUID or a serial number is needed.",
            "properties": {
                "name": {"type": "string", "maxLength": 20, "pattern": format!("^$|{}", patterns::NAME)},
                "serialNumber": {"type": "string", "pattern": patterns::SERIAL},
                "uuid": {"type": "string", "maxLength": 36, "pattern": format!("^$|{}", patterns::UUID)},
                "autoOnboard": {"type": "boolean", "description": "Onboard it when it connects."},
                "enableVpro": {"type": "boolean", "description": "Provision the management engine."},
                "userLvmSize": {"type": "integer", "minimum": 0, "maximum": u32::MAX, "description": "Gigabytes."},
            },
            "additionalProperties": false,
        })
    },
};
static HOST_SUMMARY: Named = Named {
    name: "HostSummary",
    schema: |_| {
        let count = |doc: &str| json!({"type": "integer", "minimum": 0, "description": doc});
        let properties = json!({
            "total": count("Hosts in all."),
            "error": count("Hosts with an error in any status of theirs or of their instance."),
            "running": count("Hosts with an instance that runs, and no error."),
            "unallocated": count("Hosts without a site."),
        });
        openapi::object("Hosts counted.", openapi::properties(properties))
    },
};
static REGISTERED: Named = Named {
    name: "HostRegistered",
    schema: |schemas| {
        let token = json!({
            "type": "string", "x-emt-extension": true,
            "description": "One-time token of the node, if the query asked for one.",
        });
        schemas.widened(HOSTS.spec(), HOSTS.one(), openapi::properties(json!({"enrolmentToken": token})))
    },
};
static INVALIDATION: Named = Named {
    name: "HostInvalidation",
    schema: |_| {
        json!({
            "type": "object", "deprecated": true,
            "description": "The note, as the first generation of the API took it.",
            "properties": {"note": openapi::bounded_text(0, NOTE_LIMIT, patterns::NOTE)},
        })
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = resource::crud(&HOSTS, AT);
    operations.extend([
        Operation::new(Method::GET, "summarizeHosts", SUMMARY.paths(""), summary)
            .summary("Counts hosts by what an operator looks for first")
            .parameters([&FILTER])
            .answer(Answer::Named(&HOST_SUMMARY)),
        Operation::new(Method::POST, "registerHost", AT.paths("/register"), register)
            .summary("Registers a host that is expected")
            .parameters([&RESOURCE_ID, &ENROLMENT])
            .body(Body::Named(&REGISTER))
            .answer(Answer::Named(&REGISTERED)),
        Operation::new(Method::PATCH, "registerHostAgain", AT.paths("/{resourceId}/register"), register_again)
            .summary("Changes a registration")
            .parameters([&ENROLMENT])
            .body(Body::Optional(&REGISTER))
            .answer(Answer::Named(&REGISTERED)),
        Operation::new(Method::PATCH, "onboardHost", AT.paths("/{resourceId}/onboard"), onboard)
            .summary("Wants a host to be onboarded"),
        Operation::new(Method::PUT, "invalidateHost", AT.paths("/{resourceId}/invalidate"), invalidate)
            .summary("Withdraws trust from a host; its credentials end at once")
            .parameters([&NOTE])
            .body(Body::Optional(&INVALIDATION)),
    ]);
    operations
}

/// `GET …/hosts/summary`.
async fn summary(State(rest): State<Rest>, at: InProject, parameters: Parameters) -> Result<Response, Refused> {
    let chosen = Chosen::compile(&HOST, Choice::filter_only(&parameters.0)?)?;
    Ok(answer::json(rest.inventory.host_summary(&at.project, &chosen.filter).await?))
}

/// `POST …/hosts/register`. With the query `enrolment=true` the answer carries a one-time token for the node.
async fn register(
    State(rest): State<Rest>,
    at: InProject,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let enrolment = parameters.truth("enrolment")?;
    parameters.checked(&RESOURCE_ID)?;
    let register = HostRegister::read(&body)?;
    if enrolment {
        rest.identity.check_own_issuer()?;
        check_uuid(&register.uuid)?;
    }
    let (row, view) = rest.inventory.register(&at.project, &register).await?;
    registered(&rest, row, &view, enrolment).await
}

/// `PATCH …/hosts/{id}/register`. With the query `enrolment=true` the answer carries a new one-time token for the node;
/// earlier ones end.
async fn register_again(
    State(rest): State<Rest>,
    at: InProject,
    id: Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let id = id.of_host()?;
    let enrolment = parameters.truth("enrolment")?;
    let register = HostRegister::read(&body)?;
    if enrolment {
        let (row, _) = rest.inventory.get(&HOSTS, &at.project, &id).await?;
        rest.identity.check_own_issuer()?;
        check_uuid(row.get("uuid").text())?;
    }
    let (row, view) = rest.inventory.register_again(&at.project, &id, &register).await?;
    registered(&rest, row, &view, enrolment).await
}

fn check_uuid(uuid: &str) -> Result<(), ApiError> {
    if uuid.is_empty() {
        return Err(ApiError::invalid("an enrolment token needs the host's uuid: the node's credentials are bound to it"));
    }
    Ok(())
}

async fn registered(rest: &Rest, row: Row, view: &View, enrolment: bool) -> Result<Response, Refused> {
    let mut json = render(&row, view, HOSTS.one());
    if enrolment {
        let host = Host::from_row(row);
        let token = rest.identity.issue_enrolment_token(&host.meta.project, host.id(), &host.uuid).await?;
        json.pop();
        json.extend_from_slice(format!(",\"enrolmentToken\":\"{token}\"}}").as_bytes());
    }
    Ok(written(json))
}

/// `PATCH …/hosts/{id}/onboard`, without a body.
async fn onboard(State(rest): State<Rest>, at: InProject, id: Id) -> Result<Response, Refused> {
    rest.inventory.set_host_state(&at.project, &id.of_host()?, HostState::Onboarded, None).await?;
    Ok(answer::empty())
}

/// `PUT …/hosts/{id}/invalidate`: the host is not trusted any more, and its credentials are worthless. The note comes
/// by query, or, from clients of the first generation, in the body.
async fn invalidate(
    State(rest): State<Rest>,
    at: InProject,
    id: Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let in_body = note_in(&body)?;
    let note = parameters.checked(&NOTE)?.or(in_body);
    let host = rest.inventory.set_host_state(&at.project, &id.of_host()?, HostState::Untrusted, note).await?;
    if !host.uuid.is_empty() {
        rest.identity.revoke_node(&host.uuid).await?;
    }
    Ok(answer::empty())
}

/// The note in a body, if it says anything.
fn note_in(body: &serde_json::Value) -> Result<Option<&str>, ApiError> {
    let wrong = |what: &str| ApiError::schema(format!("request body has an error: {what}"));
    let body = body.as_object().ok_or_else(|| wrong("an object is needed"))?;
    let Some(note) = body.get("note") else { return Ok(None) };
    let note = note.as_str().ok_or_else(|| wrong("note must be a text"))?;
    check_text(note, 0, NOTE_LIMIT, patterns::NOTE).map_err(|what| wrong(&format!("note: {what}")))?;
    Ok(Some(note).filter(|note| !note.is_empty()))
}
