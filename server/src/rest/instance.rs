//! What instances have beside the rest.

use axum::{extract::State, http::Method, response::Response};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Id, InProject},
    operation::{At, Operation},
    resource,
};
use crate::inventory::INSTANCES;

const AT: At = At::project(&["/compute/instances"], &["/instances"]);

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = resource::crud(&INSTANCES, AT);
    operations.push(
        Operation::new(Method::PUT, "invalidateInstance", AT.paths("/{resourceId}/invalidate"), invalidate)
            .summary("Withdraws trust from an instance"),
    );
    operations
}

/// `PUT …/instances/{id}/invalidate`, without a body.
async fn invalidate(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    rest.inventory.invalidate_instance(&at.project, &id).await?;
    Ok(answer::empty())
}
