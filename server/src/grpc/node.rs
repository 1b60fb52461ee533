//! Which node calls, and how refusals are told.

use tonic::{Request, Status};

use crate::{
    identity::{Identity, IdentityError, Reason},
    maintenance::{Agent, MaintenanceManager, Refusal, Reporter},
};

/// Knows nodes by their tokens.
#[derive(Clone)]
pub(super) struct Nodes {
    pub(super) identity: Identity,
    /// Tells what became of a node whose credentials have ended.
    pub(super) manager: MaintenanceManager,
}

impl Nodes {
    /// The host that the token speaks for. Metadata may name the same project, but never another: what a token may do
    /// is written in the token alone.
    pub(super) async fn reporter<T>(&self, request: &Request<T>) -> Result<Reporter, Status> {
        let text = |key: &str| request.metadata().get(key).and_then(|value| value.to_str().ok());
        let (header, named) = (text("authorization"), text("activeprojectid"));
        // Which of both codes a node gets depends, as upstream has it, on whether it names a project.
        let refused = |text: &str| match named {
            Some(_) => Status::permission_denied(text),
            None => Status::unauthenticated(text),
        };
        let caller = match self.identity.authenticate(header).await {
            Ok(caller) => caller,
            Err(IdentityError::Unauthenticated(Reason::Revoked)) => return Err(self.ended(header).await),
            Err(error) if error.is_unauthenticated() => {
                let sent = header.and_then(|header| header.split_once(' ')).is_some_and(|(_, token)| !token.trim().is_empty());
                return Err(if sent {
                    Status::permission_denied("the token is not valid, or has expired: get a new one")
                } else {
                    refused("no token: send the node's access token as authorization metadata")
                });
            }
            Err(error) => {
                tracing::error!(%error, "a node could not be authenticated");
                return Err(Status::unavailable("the server could not check the credentials; report again"));
            }
        };
        let (Some(host_uuid), Some(project)) = (caller.node_uuid(), caller.node_project()) else {
            return Err(refused("the credentials are not those of an enrolled node: enrol it"));
        };
        if named.is_some_and(|named| !named.eq_ignore_ascii_case(project)) {
            return Err(Status::permission_denied("the credentials belong to another project than activeprojectid names"));
        }
        tracing::Span::current().record("user", caller.username());
        let agent = Agent::of(text("user-agent"));
        Ok(Reporter { project: project.to_owned(), host_uuid: host_uuid.to_owned(), agent })
    }

    /// For a token that was good until its credentials were replaced or ended.
    async fn ended(&self, header: Option<&str>) -> Status {
        if let Some((project, uuid)) = self.identity.former_node(header)
            && let Ok(Some(refusal)) = self.manager.refusal(&project, &uuid).await
        {
            return refused(refusal);
        }
        Status::unauthenticated("the credentials were replaced or ended: get a new token, or enrol the node again")
    }
}

/// A refusal as a status.
#[allow(clippy::needless_pass_by_value, reason = "made for `map_err`")]
pub(super) fn refused(refusal: Refusal) -> Status {
    let text = refusal.to_string();
    match refusal {
        Refusal::Invalid(_) => Status::invalid_argument(text),
        Refusal::Unknown { .. } => Status::not_found(text),
        Refusal::Foreign { .. } => Status::permission_denied(text),
        Refusal::Untrusted { .. } => Status::unauthenticated(text),
        Refusal::Unprovisioned => Status::failed_precondition(text),
        Refusal::Busy => Status::unavailable(text),
        Refusal::Store(error) => {
            tracing::error!(%error, "a report was not taken");
            Status::unavailable("the report could not be kept; report again")
        }
    }
}
