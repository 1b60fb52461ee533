//! Registration of hosts, onboarding and withdrawal of trust.

use axum::{extract::State, response::Response};
use emt_api::{
    enums::HostState,
    error::ApiError,
    record::{Record, Row},
    resources::Host,
};

use super::{
    Rest,
    answer::{self, Refused, written},
    context::{Id, InProject, render},
    request::{JsonBody, Parameters},
};
use crate::inventory::{HOSTS, HostRegister, Resource, View};

/// `POST …/hosts/register`. With the query `enrolment=true` the answer carries a one-time token for the node.
pub(super) async fn register(
    State(rest): State<Rest>,
    at: InProject,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let enrolment = parameters.truth("enrolment")?;
    let register = HostRegister::read(&body)?;
    if enrolment {
        check_uuid(&register.uuid)?;
    }
    let (row, view) = rest.inventory.register(&at.project, &register).await?;
    registered(&rest, row, &view, enrolment).await
}

/// `PATCH …/hosts/{id}/register`. With the query `enrolment=true` the answer carries a new one-time token for the node;
/// earlier ones end.
pub(super) async fn register_again(
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
pub(super) async fn onboard(State(rest): State<Rest>, at: InProject, id: Id) -> Result<Response, Refused> {
    rest.inventory.set_host_state(&at.project, &id.of_host()?, HostState::Onboarded, None).await?;
    Ok(answer::empty())
}

/// `PUT …/hosts/{id}/invalidate`: the host is not trusted any more, and its credentials are worthless. The note comes
/// by query, or, from clients of the first generation, in the body.
pub(super) async fn invalidate(
    State(rest): State<Rest>,
    at: InProject,
    id: Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Response, Refused> {
    let note = parameters.text("note")?.or_else(|| body.get("note").and_then(serde_json::Value::as_str));
    let host = rest.inventory.set_host_state(&at.project, &id.of_host()?, HostState::Untrusted, note).await?;
    if !host.uuid.is_empty() {
        rest.identity.revoke_node(&host.uuid).await?;
    }
    Ok(answer::empty())
}
