//! People: made, found, changed, deleted.

use std::collections::BTreeMap;

use emt_api::{
    filter::{Expr, Path, Test},
    record::Record,
    value::Json,
};
use zeroize::Zeroizing;

use super::{Account, AdminError, fields};
use crate::{
    identity::{
        Caller, Identity, SERVER, policy,
        projects::{ATTEMPTS, busy},
        records::{USER, User},
    },
    store::{Batch, Query, StoreError, StoreExt},
};

/// What an administrator wants a person's record to be; what is absent stays as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names are those of the record")]
pub struct UserChange {
    pub username: Option<String>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub enabled: Option<bool>,
    pub attributes: Option<BTreeMap<String, Vec<String>>>,
    /// Whether the password must be changed before it can be used.
    pub must_change_password: Option<bool>,
    /// A first password, and whether it is temporary.
    pub password: Option<(Zeroizing<String>, bool)>,
    /// First groups, by name.
    pub groups: Vec<String>,
}

/// Which people are looked for.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names are those of the record")]
pub struct UserSearch {
    pub username: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// In any of these four.
    pub search: Option<String>,
    pub enabled: Option<bool>,
    /// Whether whole values must match, not parts.
    pub exact: bool,
}

impl UserSearch {
    fn filter(&self) -> Expr {
        let test = |column, test| Expr::Test(Path { steps: Vec::new(), column }, test);
        let has = |column, text: &str| match self.exact {
            true if ["username", "email"].contains(&column) => Expr::is(column, text.to_lowercase()),
            true => Expr::is(column, text),
            false => test(column, Test::Like(text.to_owned())),
        };
        let mut all = Vec::new();
        let named = [
            ("username", &self.username),
            ("email", &self.email),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
        ];
        all.extend(named.into_iter().filter_map(|(column, text)| text.as_deref().map(|text| has(column, text))));
        if let Some(text) = &self.search {
            let any = ["username", "email", "first_name", "last_name"];
            all.push(Expr::Any(any.into_iter().map(|column| test(column, Test::Like(text.clone()))).collect()));
        }
        all.extend(self.enabled.map(|enabled| Expr::is("enabled", i64::from(enabled))));
        Expr::All(all)
    }
}

impl Identity {
    /// The people who fit, by name.
    pub async fn users(&self, search: &UserSearch, first: u64, max: u64) -> Result<Vec<User>, AdminError> {
        let query = Query {
            order: vec![("username", false)],
            offset: first,
            limit: Some(max),
            ..Query::all(&USER, SERVER).filter(search.filter())
        };
        Ok(self.store().find(query).await?.rows.into_iter().map(User::from_row).collect())
    }

    /// How many people fit.
    pub async fn count_users(&self, search: &UserSearch) -> Result<u64, AdminError> {
        let query = Query { count: true, limit: Some(0), ..Query::all(&USER, SERVER).filter(search.filter()) };
        Ok(self.store().find(query).await?.total)
    }

    /// Makes a person's account. The answer is its id.
    pub async fn create_user(&self, caller: &Caller, change: UserChange) -> Result<String, AdminError> {
        let name = change.username.clone().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| AdminError::Invalid("User name is missing".to_owned()))?;
        fields::username(&name)?;
        if let Some((password, _)) = &change.password {
            policy::check(password)?;
        }
        let mut user = User { username: name.to_lowercase(), ..User::default() };
        self.apply(&mut user, &change).await?;
        if !change.groups.is_empty() {
            let known = self.groups().await?;
            for name in &change.groups {
                let group = known.iter().find(|group| &group.name == name).ok_or(AdminError::NotFound("Group not found"))?;
                Self::check_group(caller, group)?;
                user.member_of.0.push(group.name.clone());
            }
        }
        if !self.store().load_all::<User>(SERVER, Expr::is("username", user.username.as_str())).await?.is_empty() {
            return Err(same_username());
        }
        if let Some((password, temporary)) = change.password {
            user.password = self.shared.passwords.hash(password, &self.shared.random).await?;
            user.temporary_password = temporary;
        }
        self.name(&mut user, self.uuid());
        let id = user.meta.id.clone();
        match self.store().commit(Batch::default().insert(user)).await {
            Ok(()) => Ok(id),
            Err(StoreError::Duplicate { .. }) => Err(same_username()),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a person's account. Who is switched off is out at once.
    pub async fn change_user(&self, caller: &Caller, id: &str, change: &UserChange) -> Result<(), AdminError> {
        for _ in 0..ATTEMPTS {
            let mut user = self.person(id).await?;
            let account = Account::Person(Box::new(user.clone()));
            self.check_account(caller, &account).await?;
            if change.username.as_ref().is_some_and(|name| !name.eq_ignore_ascii_case(&user.username)) {
                let params = vec!["username".to_owned()];
                return Err(AdminError::Field { field: "username", message: "error-user-attribute-read-only", params });
            }
            if change.enabled == Some(false) {
                self.check_not_last(&account).await?;
            }
            self.apply(&mut user, change).await?;
            let mut batch = Batch::default().update(user);
            if change.enabled == Some(false) {
                batch = Self::without_logins(batch, id);
            }
            if !self.commit_or_conflict(batch).await? {
                return Ok(());
            }
        }
        Err(busy().into())
    }

    /// Deletes a person's account; all their logins end.
    pub async fn delete_user(&self, caller: &Caller, id: &str) -> Result<(), AdminError> {
        let user = self.person(id).await?;
        let account = Account::Person(Box::new(user));
        self.check_account(caller, &account).await?;
        self.check_not_last(&account).await?;
        self.forget::<User>(id).await?;
        Ok(self.store().commit(Self::without_logins(Batch::default(), id)).await?)
    }

    /// Gives a person another password; all their logins end.
    pub async fn reset_password(
        &self,
        caller: &Caller,
        id: &str,
        password: Zeroizing<String>,
        temporary: bool,
    ) -> Result<(), AdminError> {
        let user = self.person(id).await?;
        self.check_account(caller, &Account::Person(Box::new(user.clone()))).await?;
        if password.is_empty() {
            return Err(AdminError::Refused("Empty password not allowed".to_owned()));
        }
        policy::check(&password)?;
        Ok(self.set_password(user, password, temporary).await?)
    }

    async fn apply(&self, user: &mut User, change: &UserChange) -> Result<(), AdminError> {
        if let Some(email) = &change.email {
            fields::email(email)?;
            let email = email.to_lowercase();
            let others = self.store().load_all::<User>(SERVER, Expr::is("email", email.as_str())).await?;
            if !email.is_empty() && others.iter().any(|other| other.meta.id != user.meta.id) {
                return Err(AdminError::Taken("User exists with same email".to_owned()));
            }
            user.email = email;
        }
        for (field, name, kept) in
            [("firstName", &change.first_name, &mut user.first_name), ("lastName", &change.last_name, &mut user.last_name)]
        {
            if let Some(name) = name {
                fields::person(field, name)?;
                kept.clone_from(name);
            }
        }
        user.enabled = change.enabled.unwrap_or(user.enabled);
        user.email_verified = change.email_verified.unwrap_or(user.email_verified);
        user.temporary_password = change.must_change_password.unwrap_or(user.temporary_password);
        if let Some(attributes) = &change.attributes {
            user.attributes = Json(attributes.clone());
        }
        Ok(())
    }
}

fn same_username() -> AdminError {
    AdminError::Taken("User exists with same username".to_owned())
}
