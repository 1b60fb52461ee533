//! For whatever supervises the server.

use axum::{
    extract::State,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};

use super::{
    Rest,
    operation::{Access, Answer, At, Operation},
};

const LIVE: At = At::whole(&["/healthz"]);
const READY: At = At::whole(&["/readyz"]);

pub(super) fn operations() -> Vec<Operation> {
    let operations = [
        Operation::new(Method::GET, "live", LIVE.paths(""), live).summary("Tells whether the process answers"),
        Operation::new(Method::GET, "ready", READY.paths(""), ready).summary("Tells whether requests can be served"),
    ];
    operations.map(|operation| operation.access(Access::Open).answer(Answer::Text).extension()).into()
}

/// `GET /healthz`: the process answers.
async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: requests can be served.
async fn ready(State(rest): State<Rest>) -> Response {
    if let Err(error) = rest.inventory.store.ready().await {
        return not_ready(&error, "the database does not answer");
    }
    match rest.images.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => not_ready(&error, "the store of the images does not answer"),
    }
}

fn not_ready(error: &dyn std::error::Error, reason: &str) -> Response {
    tracing::error!(%error, "not ready");
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response()
}
