//! Clients: programs that may ask for tokens.

use emt_api::{
    filter::{Expr, Path, Test},
    record::Record,
    value::Json,
};

use super::{Account, AdminError, fields};
use crate::{
    identity::{
        Caller, Identity, SERVER, SYSTEM_CLIENT, WEB_CLIENT,
        enrolment::digest,
        origin_of,
        projects::{ATTEMPTS, busy},
        records::{CLIENT, Client},
    },
    store::{Batch, Query, StoreError, StoreExt},
};

const NO_CLIENT: AdminError = AdminError::NotFound("Could not find client");

/// What an administrator wants a client to be; what is absent stays as it is, or is off.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names are those of the record")]
pub struct ClientChange {
    pub client_id: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    pub is_public: Option<bool>,
    pub secret: Option<String>,
    pub direct_grants: Option<bool>,
    pub standard_flow: Option<bool>,
    pub device_grant: Option<bool>,
    pub service_account: Option<bool>,
    pub redirect_uris: Option<Vec<String>>,
    pub web_origins: Option<Vec<String>>,
}

/// Which clients are looked for.
#[derive(Debug, Clone, Default)]
pub struct ClientSearch {
    /// Id, exactly or in part.
    pub client_id: Option<String>,
    /// Whether a part of the id is enough.
    pub in_part: bool,
}

impl Identity {
    /// The clients that fit, by id.
    pub async fn clients(&self, search: &ClientSearch, first: u64, max: u64) -> Result<Vec<Client>, AdminError> {
        let column = emt_api::filter::RESOURCE_ID;
        let filter = match &search.client_id {
            None => Expr::everything(),
            Some(id) if search.in_part => Expr::Test(Path { steps: Vec::new(), column }, Test::Like(id.clone())),
            Some(id) => Expr::is(column, id.as_str()),
        };
        let query = Query { offset: first, limit: Some(max), ..Query::all(&CLIENT, SERVER).filter(filter) };
        Ok(self.store().find(query).await?.rows.into_iter().map(Client::from_row).collect())
    }

    /// One client, by its UUID.
    pub async fn client_by_uuid(&self, uuid: &str) -> Result<Client, AdminError> {
        if uuid.is_empty() {
            return Err(NO_CLIENT);
        }
        self.store().load_all::<Client>(SERVER, Expr::is("client_uuid", uuid)).await?.pop().ok_or(NO_CLIENT)
    }

    /// One client whose secret or settings a caller may have or change.
    pub async fn own_client(&self, caller: &Caller, uuid: &str) -> Result<Client, AdminError> {
        let client = self.client_by_uuid(uuid).await?;
        self.check_account(caller, &Account::Service(Box::new(client.clone()))).await?;
        Ok(client)
    }

    /// Makes a client. The answer is its UUID.
    pub async fn create_client(&self, change: &ClientChange) -> Result<String, AdminError> {
        let id = change.client_id.clone().filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| AdminError::Invalid("Client id is missing".to_owned()))?;
        fields::label("client", &id)?;
        let mut client = Client { client_uuid: self.uuid(), ..Client::default() };
        self.name(&mut client, id.clone());
        self.apply_to_client(&mut client, change, true)?;
        let uuid = client.client_uuid.clone();
        match self.store().commit(Batch::default().insert(client)).await {
            Ok(()) => Ok(uuid),
            Err(StoreError::IdTaken { .. }) => Err(AdminError::Taken(format!("Client {id} already exists"))),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a client.
    pub async fn change_client(&self, caller: &Caller, uuid: &str, change: &ClientChange) -> Result<(), AdminError> {
        for _ in 0..ATTEMPTS {
            let mut client = self.own_client(caller, uuid).await?;
            if change.client_id.as_ref().is_some_and(|id| id != &client.meta.id) {
                return Err(AdminError::Invalid("the id of a client cannot be changed: make another client".to_owned()));
            }
            self.apply_to_client(&mut client, change, false)?;
            if !self.commit_or_conflict(Batch::default().update(client)).await? {
                return Ok(());
            }
        }
        Err(busy().into())
    }

    /// Deletes a client: its secret and its tokens are worthless at once.
    pub async fn delete_client(&self, caller: &Caller, uuid: &str) -> Result<(), AdminError> {
        let client = self.own_client(caller, uuid).await?;
        if [SYSTEM_CLIENT, WEB_CLIENT].contains(&client.id()) {
            return Err(AdminError::Invalid(format!("client {} is always there: switch it off instead", client.id())));
        }
        Ok(self.forget::<Client>(&client.meta.id).await?)
    }

    /// Gives a confidential client a new secret.
    pub async fn new_client_secret(&self, caller: &Caller, uuid: &str) -> Result<String, AdminError> {
        for _ in 0..ATTEMPTS {
            let mut client = self.own_client(caller, uuid).await?;
            if client.secret_sha256.is_empty() {
                return Err(AdminError::Invalid(format!("client {} is public: it has no secret", client.id())));
            }
            let secret = self.random_text(24);
            keep_secret(&mut client, secret.clone());
            if !self.commit_or_conflict(Batch::default().update(client)).await? {
                return Ok(secret);
            }
        }
        Err(busy().into())
    }

    fn apply_to_client(&self, client: &mut Client, change: &ClientChange, is_new: bool) -> Result<(), AdminError> {
        if let Some(uris) = &change.redirect_uris {
            if let Some(wrong) = uris.iter().find(|uri| !is_address(uri)) {
                return Err(AdminError::Invalid(format!(
                    "{wrong:?} is no address to go back to: give it whole, without wildcards; it is compared exactly"
                )));
            }
            client.redirect_uris = Json(uris.clone());
        }
        if let Some(origins) = &change.web_origins {
            client.web_origins = Json(origins.clone());
        }
        client.title = change.title.clone().unwrap_or_else(|| std::mem::take(&mut client.title));
        client.description = change.description.clone().unwrap_or_else(|| std::mem::take(&mut client.description));
        client.disabled = change.enabled.map_or(client.disabled, |enabled| !enabled);
        client.direct_grants = change.direct_grants.unwrap_or(client.direct_grants);
        client.standard_flow = change.standard_flow.unwrap_or(client.standard_flow);
        client.device_grant = change.device_grant.unwrap_or(client.device_grant);
        let is_public = change.is_public.unwrap_or(!is_new && client.secret_sha256.is_empty());
        if is_public {
            client.secret_sha256.clear();
            client.kept_secret.clear();
        } else if let Some(secret) = change.secret.clone().filter(|secret| !secret.is_empty()) {
            keep_secret(client, secret);
        } else if client.secret_sha256.is_empty() {
            keep_secret(client, self.random_text(24));
        }
        match change.service_account {
            Some(true) if is_public => {
                return Err(AdminError::Invalid("a public client has no secret, and cannot act by itself".to_owned()));
            }
            Some(true) if client.service_account.is_empty() => client.service_account = self.uuid(),
            Some(false) => client.service_account.clear(),
            _ if is_public => client.service_account.clear(),
            _ => {}
        }
        Ok(())
    }
}

/// Browsers are sent to web pages only, and only to whole addresses.
fn is_address(uri: &str) -> bool {
    let web = uri.starts_with("https://") || uri.starts_with("http://");
    web && origin_of(uri).is_some() && uri.bytes().all(|b| b.is_ascii_graphic() && !b"*#\"<>\\".contains(&b))
}

fn keep_secret(client: &mut Client, secret: String) {
    client.secret_sha256 = digest(&secret);
    client.kept_secret = secret;
}
