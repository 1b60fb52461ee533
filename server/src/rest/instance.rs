//! What instances have beside the rest.

use axum::{extract::State, response::Response};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Id, InProject},
};

/// `PUT …/instances/{id}/invalidate`, without a body.
pub(super) async fn invalidate(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    rest.inventory.invalidate_instance(&at.project, &id).await?;
    Ok(answer::empty())
}
