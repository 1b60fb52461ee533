//! What a new server begins with.

use std::{fmt, sync::PoisonError};

use emt_api::{filter::Expr, value::Json};
use zeroize::Zeroizing;

use super::{
    Identity, IdentityError, SERVER, SYSTEM_CLIENT, WEB_CLIENT, keys, projects,
    records::{Client, Org, ProjectRecord, SigningKey, User},
    roles,
};
use crate::store::{Batch, StoreExt};

/// A text that must not be seen in logs.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The first user.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

impl Identity {
    /// Whether [`Self::bootstrap`] was done.
    pub async fn is_initialised(&self) -> Result<bool, IdentityError> {
        let keys = self.store().load_all::<SigningKey>(SERVER, Expr::everything()).await?;
        Ok(!keys.is_empty())
    }

    /// Refuses names that [`Self::bootstrap`] would refuse.
    pub fn check_bootstrap(admin: &Admin, project: &str) -> Result<(), IdentityError> {
        projects::check_name("project", project)?;
        let name = &admin.username;
        if name.is_empty() || name.len() > 255 || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(IdentityError::Invalid(format!("{name:?} is no user name: use letters and digits")));
        }
        Ok(())
    }

    /// Makes keys, the public clients, the organisation, the first user and the first project, all or nothing.
    pub async fn bootstrap(&self, admin: &Admin, project: &str) -> Result<(), IdentityError> {
        Self::check_bootstrap(admin, project)?;
        let username = admin.username.to_lowercase();
        let keys = self.generated_keys().await?;
        let password = Zeroizing::new(admin.password.as_str().to_owned());
        let password = self.shared.passwords.hash(password, &self.shared.random).await?;

        let mut org = Org { name: "default".to_owned(), ..Org::default() };
        self.name(&mut org, self.uuid());
        let mut made = ProjectRecord { name: project.to_owned(), org: org.meta.id.clone(), ..ProjectRecord::default() };
        self.name(&mut made, self.uuid());
        let groups = [roles::ORG_ADMINS.to_owned(), roles::project_managers(&org.meta.id), roles::host_managers(&made.meta.id)];
        let mut user = User {
            username,
            password,
            enabled: true,
            member_of: Json(groups.to_vec()),
            roles: Json(vec![roles::ADMIN.to_owned()]),
            ..User::default()
        };
        self.name(&mut user, self.uuid());
        let mut client = Client { direct_grants: true, device_grant: true, client_uuid: self.uuid(), ..Client::default() };
        self.name(&mut client, SYSTEM_CLIENT.to_owned());
        let web_origins = Json(vec!["+".to_owned()]);
        let mut web = Client { standard_flow: true, web_origins, client_uuid: self.uuid(), ..Client::default() };
        self.name(&mut web, WEB_CLIENT.to_owned());
        let mut batch = Batch::default().insert(org).insert(made).insert(user).insert(client).insert(web);
        for key in &keys {
            batch = batch.insert(key.clone());
        }
        self.store().commit(batch).await?;
        let ready = keys::Keys::of(&keys)?.map(std::sync::Arc::new);
        *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = ready;
        Ok(())
    }
}
