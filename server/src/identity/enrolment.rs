//! Enrolment: an operator's one-time token becomes a node's own credentials.

use emt_api::filter::Expr;
use sha2::{Digest, Sha256};

use super::{
    Identity, IdentityError, Project, SERVER, Secret,
    records::{Client, ENROLMENT_TOKEN, EnrolmentToken},
};
use crate::store::{Batch, Change, StoreError, StoreExt};

/// How long a token can be exchanged, in seconds.
const LIFETIME: i64 = 24 * 3600;
/// How long after its use a token still gets the same node fresh credentials, in seconds: the answer may have been lost.
const REPEAT: i64 = 600;
/// What the ids of nodes' clients begin with; the host's UUID follows.
pub(super) const NODE_CLIENT: &str = "edgenode-";
/// How often an exchange is tried again because another came between.
const ATTEMPTS: usize = 8;

/// What a node proves itself with.
#[derive(Debug, Clone)]
pub struct NodeCredentials {
    /// `edgenode-<host UUID>`, as the Edge Orchestrator names it.
    pub client_id: String,
    /// 32 characters; kept here as a hash only.
    pub client_secret: Secret,
    /// Its project.
    pub project: Project,
    /// Id of its host.
    pub host_id: String,
}

impl Identity {
    /// A token that is exchanged once, by the node with this UUID. Earlier tokens for it end; its credentials do not.
    pub async fn issue_enrolment_token(&self, project: &str, host: &str, uuid: &str) -> Result<String, IdentityError> {
        self.check_own_issuer()?;
        let token = format!("emt-{}", self.random_text(32));
        let mut kept = EnrolmentToken {
            node_project: project.to_owned(),
            host: host.to_owned(),
            node_uuid: uuid.to_ascii_lowercase(),
            ends: self.now() + LIFETIME,
            ..EnrolmentToken::default()
        };
        self.name(&mut kept, digest(&token));
        self.store().commit(Batch::default().with(end_tokens(&kept.node_uuid)).insert(kept)).await?;
        Ok(token)
    }

    /// Exchanges a token. Credentials that the node had before end.
    pub async fn redeem_enrolment_token(&self, token: &str, uuid: &str) -> Result<NodeCredentials, IdentityError> {
        self.check_own_issuer()?;
        for _ in 0..ATTEMPTS {
            let kept: Option<EnrolmentToken> = self.store().load(SERVER, &digest(token)).await?;
            let mut kept = kept.ok_or(IdentityError::Enrolment(
                "the enrolment token is not known: it is mistyped, expired, or its host was deleted; register the host again for a new one",
            ))?;
            let now = self.now();
            if kept.node_uuid != uuid.to_ascii_lowercase() {
                return Err(IdentityError::Enrolment(
                    "the enrolment token belongs to another host: the uuid of this node is not the one it was registered with",
                ));
            }
            if kept.ends <= now {
                return Err(IdentityError::Enrolment("the enrolment token has expired: register the host again for a new one"));
            }
            if kept.used != 0 && now > kept.used + REPEAT {
                return Err(IdentityError::Enrolment(
                    "the enrolment token was used already: register the host again for a new one",
                ));
            }
            let project = self.project(&kept.node_project).await?;
            let project = project.ok_or(IdentityError::Enrolment("the project of the enrolment token is gone"))?;
            if kept.used == 0 {
                kept.used = now;
            }
            let host_id = kept.host.clone();
            let secret = self.random_text(24);
            let (client, new) = self.node_client(&kept.node_project, &kept.node_uuid, &secret).await?;
            let client_id = client.meta.id.clone();
            let batch = Batch::default().update(kept);
            let batch = if new { batch.insert(client) } else { batch.update(client) };
            match self.store().commit(batch).await {
                Ok(()) => return Ok(NodeCredentials { client_id, client_secret: secret.into(), project, host_id }),
                Err(StoreError::Conflict { .. } | StoreError::IdTaken { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(IdentityError::Invalid("too many enrolments of this node at once; try again".to_owned()))
    }

    /// Gives a node new credentials without a token of its own, for an operator who carries them there. Those that it had
    /// before end, and so do its tokens for enrolment.
    pub async fn issue_node_credentials(&self, project: &str, host: &str, uuid: &str) -> Result<NodeCredentials, IdentityError> {
        self.check_own_issuer()?;
        let uuid = uuid.to_ascii_lowercase();
        for _ in 0..ATTEMPTS {
            let project = self.project(project).await?;
            let project = project.ok_or_else(|| IdentityError::NotFound("the project of the host is gone".to_owned()))?;
            let secret = self.random_text(24);
            let (client, new) = self.node_client(&project.uuid, &uuid, &secret).await?;
            let client_id = client.meta.id.clone();
            let batch = Batch::default().with(end_tokens(&uuid));
            let batch = if new { batch.insert(client) } else { batch.update(client) };
            match self.store().commit(batch).await {
                Ok(()) => {
                    let host_id = host.to_owned();
                    return Ok(NodeCredentials { client_id, client_secret: secret.into(), project, host_id });
                }
                Err(StoreError::Conflict { .. } | StoreError::IdTaken { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(IdentityError::Invalid("too many changes of this node's credentials at once; try again".to_owned()))
    }

    /// Ends what a node proves itself with, and tokens that would give it new credentials.
    pub async fn revoke_node(&self, uuid: &str) -> Result<(), IdentityError> {
        let uuid = uuid.to_ascii_lowercase();
        self.store().commit(Batch::default().with(end_tokens(&uuid))).await?;
        self.forget::<Client>(&client_id(&uuid)).await
    }

    /// The node's client with a new secret, and whether it is new itself.
    async fn node_client(&self, project: &str, uuid: &str, secret: &str) -> Result<(Client, bool), IdentityError> {
        let id = client_id(uuid);
        let existing: Option<Client> = self.store().load(SERVER, &id).await?;
        let new = existing.is_none();
        let mut client = existing.unwrap_or_default();
        if new {
            self.name(&mut client, id);
            client.client_uuid = self.uuid();
        }
        // A new account each time: access tokens of earlier credentials end with them.
        client.service_account = self.uuid();
        client.secret_sha256 = digest(secret);
        project.clone_into(&mut client.node_project);
        uuid.clone_into(&mut client.node_uuid);
        Ok((client, new))
    }
}

fn end_tokens(uuid: &str) -> Change {
    Change::DeleteWhere { spec: &ENROLMENT_TOKEN, project: SERVER.to_owned(), filter: Expr::is("node_uuid", uuid) }
}

fn client_id(uuid: &str) -> String {
    format!("{NODE_CLIENT}{uuid}")
}

/// Hex SHA-256. What is hashed has 256 random bits, so that no slow hash is needed.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
