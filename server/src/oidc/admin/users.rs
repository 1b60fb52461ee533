//! People.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    Admin, Answer, MANAGE_USERS,
    body::{JsonOf, Representation},
    created, done, shown,
};
use crate::{
    identity::{
        admin::{AdminError, UserChange, UserSearch},
        records::User,
    },
    oidc::Oidc,
};

/// What clients of the realm know about the fields of people; each item of a list carries it.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let field = |name: &str, required: bool, checks: &[(&str, Value)]| {
        let mut validators = json!({"multivalued": {"max": "1"}, "length": {"max": 255, "ignore.empty.value": true}});
        for (check, bounds) in checks {
            validators[*check] = bounds.clone();
        }
        json!({
            "name": name, "displayName": format!("${{{name}}}"), "required": required, "readOnly": required,
            "validators": validators, "multivalued": false,
        })
    };
    let lenient = json!({"ignore.empty.value": true});
    let names = [("person-name-prohibited-characters", lenient.clone())];
    json!({
        "attributes": [
            field("username", true, &[
                ("username-prohibited-characters", lenient.clone()),
                ("length", json!({"min": 3, "max": 255, "ignore.empty.value": true})),
                ("up-username-not-idn-homograph", lenient.clone()),
            ]),
            field("email", false, &[("email", lenient)]),
            field("firstName", false, &names),
            field("lastName", false, &names),
        ],
        "groups": [{
            "name": "user-metadata", "displayHeader": "User metadata",
            "displayDescription": "Attributes, which refer to user metadata",
        }],
    })
});

/// A person as it is sent. What only the server tells is taken and not looked at.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct UserRepresentation {
    username: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    first_name: Option<String>,
    last_name: Option<String>,
    enabled: Option<bool>,
    attributes: Option<BTreeMap<String, Vec<String>>>,
    required_actions: Option<Vec<String>>,
    credentials: Option<Vec<CredentialRepresentation>>,
    groups: Option<Vec<String>>,
    #[serde(rename = "id")]
    _id: Value,
    #[serde(rename = "createdTimestamp")]
    _created: Value,
    #[serde(rename = "totp")]
    _totp: Value,
    #[serde(rename = "disableableCredentialTypes")]
    _disableable: Value,
    #[serde(rename = "notBefore")]
    _not_before: Value,
    #[serde(rename = "access")]
    _access: Value,
    #[serde(rename = "userProfileMetadata")]
    _metadata: Value,
    #[serde(rename = "self")]
    _self: Value,
    #[serde(rename = "origin")]
    _origin: Value,
    #[serde(rename = "federationLink")]
    _federation: Value,
    #[serde(rename = "federatedIdentities")]
    _federated: Value,
    #[serde(rename = "serviceAccountClientId")]
    _service: Value,
    #[serde(rename = "realmRoles")]
    _roles: Value,
    #[serde(rename = "clientRoles")]
    _client_roles: Value,
    #[serde(rename = "clientConsents")]
    _consents: Value,
}

impl Representation for UserRepresentation {
    const NAME: &'static str = "UserRepresentation";
}

/// A password as it is sent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct CredentialRepresentation {
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<String>,
    temporary: Option<bool>,
    #[serde(rename = "id")]
    _id: Value,
    #[serde(rename = "userLabel")]
    _label: Value,
    #[serde(rename = "createdDate")]
    _created: Value,
    #[serde(rename = "secretData")]
    _secret: Value,
    #[serde(rename = "credentialData")]
    _data: Value,
    #[serde(rename = "priority")]
    _priority: Value,
}

impl Representation for CredentialRepresentation {
    const NAME: &'static str = "CredentialRepresentation";
}

const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";

impl UserRepresentation {
    fn change(self) -> Result<UserChange, AdminError> {
        let mut password = None;
        for credential in self.credentials.unwrap_or_default() {
            if credential.kind.as_deref().is_some_and(|kind| kind != "password") {
                return Err(AdminError::Invalid("credentials: only passwords are kept".to_owned()));
            }
            password = Some((credential.value.unwrap_or_default().into(), credential.temporary.unwrap_or(false)));
        }
        let groups = self.groups.unwrap_or_default();
        Ok(UserChange {
            username: self.username,
            email: self.email,
            email_verified: self.email_verified,
            first_name: self.first_name,
            last_name: self.last_name,
            enabled: self.enabled,
            attributes: self.attributes,
            must_change_password: self.required_actions.map(|actions| actions.iter().any(|action| action == UPDATE_PASSWORD)),
            password,
            groups: groups.iter().map(|path| path.trim_start_matches('/').to_owned()).collect(),
        })
    }
}

fn search(admin: &Admin) -> UserSearch {
    UserSearch {
        username: admin.text("username"),
        email: admin.text("email"),
        first_name: admin.text("firstName"),
        last_name: admin.text("lastName"),
        search: admin.text("search"),
        enabled: admin.truth("enabled"),
        exact: admin.truth("exact").unwrap_or(false),
    }
}

pub(super) async fn list(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    let (first, max) = admin.part();
    let users = oidc.identity.users(&search(&admin), first, max).await?;
    let brief = admin.truth("briefRepresentation").unwrap_or(false);
    let item = |user: &User| {
        let mut shown = if brief { brief_user(user) } else { whole_user(user) };
        shown.insert("userProfileMetadata".to_owned(), METADATA.clone());
        shown.insert("access".to_owned(), json!({"manage": admin.may(MANAGE_USERS)}));
        shown
    };
    shown(users.iter().map(item).collect::<Vec<_>>())
}

pub(super) async fn count(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    shown(oidc.identity.count_users(&search(&admin)).await?)
}

pub(super) async fn show(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    let user = oidc.identity.person(&id).await?;
    let manage = admin.may(MANAGE_USERS);
    let mut whole = whole_user(&user);
    whole.insert(
        "access".to_owned(),
        json!({
            "manageGroupMembership": manage, "resetPassword": manage, "view": true, "mapRoles": manage, "impersonate": manage,
            "manage": manage,
        }),
    );
    shown(whole)
}

pub(super) async fn create(State(oidc): State<Oidc>, admin: Admin, JsonOf(body): JsonOf<UserRepresentation>) -> Answer {
    let id = oidc.identity.create_user(&admin.caller, body.change()?).await?;
    tracing::info!(user = %id, by = admin.caller.username(), "a user was made");
    created(&format!("{}/users/{id}", admin.base))
}

pub(super) async fn change(
    State(oidc): State<Oidc>,
    admin: Admin,
    Path(id): Path<String>,
    JsonOf(body): JsonOf<UserRepresentation>,
) -> Answer {
    oidc.identity.change_user(&admin.caller, &id, &body.change()?).await?;
    done()
}

pub(super) async fn delete(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    oidc.identity.delete_user(&admin.caller, &id).await?;
    tracing::info!(user = %id, by = admin.caller.username(), "a user was deleted");
    done()
}

pub(super) async fn reset_password(
    State(oidc): State<Oidc>,
    admin: Admin,
    Path(id): Path<String>,
    JsonOf(body): JsonOf<CredentialRepresentation>,
) -> Answer {
    let (password, temporary) = (Zeroizing::new(body.value.unwrap_or_default()), body.temporary.unwrap_or(false));
    oidc.identity.reset_password(&admin.caller, &id, password, temporary).await?;
    tracing::info!(user = %id, by = admin.caller.username(), "a password was set");
    done()
}

pub(super) async fn credentials(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    let user = oidc.identity.person(&id).await?;
    if user.password.is_empty() {
        return shown(json!([]));
    }
    let costs = json!({
        "hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"],
    });
    let data = json!({"hashIterations": 5, "algorithm": "argon2", "additionalParameters": costs});
    shown(json!([{
        "id": user.meta.id, "type": "password", "createdDate": user.meta.created_ms, "credentialData": data.to_string(),
    }]))
}

pub(super) async fn sessions(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    let user = oidc.identity.person(&id).await?;
    let sessions = oidc.identity.sessions_of(&id).await?;
    let item = |session: &crate::identity::records::Session| {
        json!({
            "id": session.meta.id, "username": user.username, "userId": user.meta.id, "start": session.began * 1000,
            "lastAccess": session.meta.updated_ms, "rememberMe": false, "clients": {session.client_name.clone(): session.client_name},
        })
    };
    shown(sessions.iter().map(item).collect::<Vec<_>>())
}

pub(super) async fn log_out(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    oidc.identity.end_logins(&id).await?;
    done()
}

pub(super) async fn end_session(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    oidc.identity.end_session(&id).await?;
    done()
}

pub(super) async fn failures(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    let (count, last, locked) = oidc.identity.failed_logins(&id).await?;
    shown(json!({
        "numFailures": count, "numTemporaryLockouts": u32::from(locked), "disabled": locked, "lastIPFailure": "n/a",
        "lastFailure": last * 1000, "failedLoginNotBefore": 0,
    }))
}

pub(super) async fn forget_failures(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    oidc.identity.forget_failed_logins(&id).await?;
    done()
}

/// What lists of people in passing show; what is empty is left out.
pub(super) fn brief_user(user: &User) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), user.meta.id.as_str().into());
    for (key, text) in
        [("username", &user.username), ("firstName", &user.first_name), ("lastName", &user.last_name), ("email", &user.email)]
    {
        if !text.is_empty() {
            shown.insert(key.to_owned(), text.as_str().into());
        }
    }
    if !user.attributes.0.is_empty() {
        shown.insert("attributes".to_owned(), json!(user.attributes.0));
    }
    shown.insert("emailVerified".to_owned(), user.email_verified.into());
    shown.insert("enabled".to_owned(), user.enabled.into());
    shown.insert("createdTimestamp".to_owned(), user.meta.created_ms.into());
    shown
}

fn whole_user(user: &User) -> Map<String, Value> {
    let mut shown = brief_user(user);
    let actions: &[&str] = if user.temporary_password { &[UPDATE_PASSWORD] } else { &[] };
    shown.insert("totp".to_owned(), false.into());
    shown.insert("disableableCredentialTypes".to_owned(), json!([]));
    shown.insert("requiredActions".to_owned(), json!(actions));
    shown.insert("notBefore".to_owned(), 0.into());
    shown
}
