//! Those who can have groups and roles: people, and clients that act by themselves.

use emt_api::{
    filter::Expr,
    record::{Record, Row},
};

use super::{AdminError, NamedGroup, NamedRole, directory};
use crate::{
    identity::{
        Caller, Identity, SERVER,
        projects::{ATTEMPTS, busy},
        records::{CLIENT, Client, Session, User},
        roles,
    },
    store::{Batch, Query, StoreExt},
};

const NO_USER: AdminError = AdminError::NotFound("User not found");

/// Somebody who can have groups and roles.
#[derive(Debug, Clone)]
pub enum Account {
    /// A person.
    Person(Box<User>),
    /// A client that acts by itself.
    Service(Box<Client>),
}

impl Account {
    pub(super) fn of_row(row: Row) -> Self {
        if std::ptr::eq(row.spec, &raw const CLIENT) {
            Self::Service(Box::new(Client::from_row(row)))
        } else {
            Self::Person(Box::new(User::from_row(row)))
        }
    }

    /// Groups, by name.
    pub fn groups(&self) -> &[String] {
        match self {
            Self::Person(user) => &user.member_of.0,
            Self::Service(client) => &client.member_of.0,
        }
    }

    /// Roles that do not come from groups, by name.
    pub fn roles(&self) -> &[String] {
        match self {
            Self::Person(user) => &user.roles.0,
            Self::Service(client) => &client.roles.0,
        }
    }

    fn lists(&mut self) -> (&mut Vec<String>, &mut Vec<String>) {
        match self {
            Self::Person(user) => (&mut user.member_of.0, &mut user.roles.0),
            Self::Service(client) => (&mut client.member_of.0, &mut client.roles.0),
        }
    }

    fn update(self) -> Batch {
        match self {
            Self::Person(user) => Batch::default().update(*user),
            Self::Service(client) => Batch::default().update(*client),
        }
    }
}

impl Identity {
    /// A person or a service account.
    pub async fn account(&self, id: &str) -> Result<Account, AdminError> {
        if let Some(user) = self.store().load::<User>(SERVER, id).await? {
            return Ok(Account::Person(Box::new(user)));
        }
        if id.is_empty() {
            return Err(NO_USER);
        }
        let client = self.store().load_all::<Client>(SERVER, Expr::is("service_account", id)).await?.pop();
        client.map(|client| Account::Service(Box::new(client))).ok_or(NO_USER)
    }

    /// A person.
    pub async fn person(&self, id: &str) -> Result<User, AdminError> {
        match self.account(id).await? {
            Account::Person(user) => Ok(*user),
            Account::Service(_) => Err(NO_USER),
        }
    }

    /// Nobody but administrators may change those who administer, also by a group: whoever sets somebody's password or
    /// secret can act as them.
    pub(super) async fn check_account(&self, caller: &Caller, account: &Account) -> Result<(), AdminError> {
        if caller.is_admin() {
            return Ok(());
        }
        let (effective, rights) = match account {
            Account::Person(user) => (self.roles_of(user).await?, &user.admin_roles.0),
            Account::Service(client) => (self.roles_of_client(client).await?, &client.admin_roles.0),
        };
        if rights.is_empty() && !effective.iter().any(|role| role == roles::ADMIN) {
            return Ok(());
        }
        Err(AdminError::Forbidden)
    }

    /// The groups of somebody.
    pub async fn groups_of(&self, id: &str) -> Result<Vec<NamedGroup>, AdminError> {
        let account = self.account(id).await?;
        Ok(self.groups().await?.into_iter().filter(|group| account.groups().contains(&group.name)).collect())
    }

    /// Puts somebody into a group or takes them out.
    pub async fn change_membership(&self, caller: &Caller, id: &str, group: &str, give: bool) -> Result<(), AdminError> {
        let account = self.account(id).await?;
        let group = self.group(group).await?;
        self.check_account(caller, &account).await?;
        Self::check_group(caller, &group)?;
        self.change_account(id, |account| directory::change(account.lists().0, std::slice::from_ref(&group.name), give)).await
    }

    /// The roles that somebody has of their own, not by groups.
    pub async fn own_roles(&self, id: &str) -> Result<Vec<NamedRole>, AdminError> {
        let account = self.account(id).await?;
        let default = NamedRole::called(roles::DEFAULT);
        let known = self.roles().await?.into_iter().filter(|role| account.roles().contains(&role.name));
        Ok(std::iter::once(default).chain(known).collect())
    }

    /// All roles that somebody has at this moment.
    pub async fn effective_roles(&self, id: &str) -> Result<Vec<NamedRole>, AdminError> {
        let names = match self.account(id).await? {
            Account::Person(user) => self.roles_of(&user).await?,
            Account::Service(client) => self.roles_of_client(&client).await?,
        };
        Ok(names.iter().map(|name| NamedRole::called(name)).collect())
    }

    /// Gives roles to somebody or takes them.
    pub async fn change_roles(
        &self,
        caller: &Caller,
        id: &str,
        asked: &[(Option<String>, Option<String>)],
        give: bool,
    ) -> Result<(), AdminError> {
        let account = self.account(id).await?;
        let names = self.named_roles(caller, asked).await?;
        self.check_account(caller, &account).await?;
        if !give && names.iter().any(|name| name == roles::ADMIN) {
            self.check_not_last(&account).await?;
        }
        self.change_account(id, |account| directory::change(account.lists().1, &names, give)).await
    }

    /// The last administrator stays: nobody could make another.
    pub(super) async fn check_not_last(&self, account: &Account) -> Result<(), AdminError> {
        let Account::Person(user) = account else { return Ok(()) };
        if !user.roles.0.iter().any(|role| role == roles::ADMIN) || !user.enabled {
            return Ok(());
        }
        let enabled = directory::lists("roles", roles::ADMIN).and(Expr::is("enabled", 1_i64));
        if self.store().find(Query::all(User::SPEC, SERVER).filter(enabled).limit(2)).await?.rows.len() > 1 {
            return Ok(());
        }
        Err(AdminError::Invalid(format!(
            "user {} is the last administrator: give another user the role {} first",
            user.username,
            roles::ADMIN
        )))
    }

    /// The logins of a person.
    pub async fn sessions_of(&self, id: &str) -> Result<Vec<Session>, AdminError> {
        self.person(id).await?;
        let sessions = self.store().load_all::<Session>(SERVER, Expr::is("user_uuid", id)).await?;
        Ok(sessions.into_iter().filter(|session| session.ends > self.now() && !session.client_name.is_empty()).collect())
    }

    /// Ends all logins of a person.
    pub async fn end_logins(&self, id: &str) -> Result<(), AdminError> {
        self.person(id).await?;
        Ok(self.store().commit(Self::without_logins(Batch::default(), id)).await?)
    }

    /// Ends one login.
    pub async fn end_session(&self, id: &str) -> Result<(), AdminError> {
        if self.store().load::<Session>(SERVER, id).await?.is_none() {
            return Err(AdminError::NotFound("Session not found"));
        }
        Ok(self.forget::<Session>(id).await?)
    }

    /// Wrong passwords that count against a person: how many, the second of the last one, and whether they have to wait.
    pub async fn failed_logins(&self, id: &str) -> Result<(u32, i64, bool), AdminError> {
        self.person(id).await?;
        let (now, passwords) = (self.now(), &self.shared.passwords);
        let (count, last) = passwords.failures(id, now).unwrap_or_default();
        Ok((count, last, passwords.is_locked(id, now)))
    }

    /// Wrong passwords so far do not count any more.
    pub async fn forget_failed_logins(&self, id: &str) -> Result<(), AdminError> {
        self.person(id).await?;
        self.shared.passwords.forget_failures(id);
        Ok(())
    }

    async fn change_account(&self, id: &str, change: impl Fn(&mut Account)) -> Result<(), AdminError> {
        for _ in 0..ATTEMPTS {
            let mut account = self.account(id).await?;
            let before = (account.groups().to_vec(), account.roles().to_vec());
            change(&mut account);
            if (account.groups(), account.roles()) == (before.0.as_slice(), before.1.as_slice()) {
                return Ok(());
            }
            if !self.commit_or_conflict(account.update()).await? {
                return Ok(());
            }
        }
        Err(busy().into())
    }
}
