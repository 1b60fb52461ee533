//! Clients: programs that may ask for tokens.

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Admin, Answer, MANAGE_CLIENTS,
    body::{JsonOf, Representation},
    created, done, shown,
};
use crate::{
    identity::{
        admin::{AdminError, ClientChange, ClientSearch},
        records::Client,
    },
    oidc::Oidc,
};

/// Attribute that switches the grant for devices on.
const DEVICE_GRANT: &str = "oauth2.device.authorization.grant.enabled";
/// What clients of the realm also say of a client: taken, and not looked at, because there is nothing like it here.
const UNUSED: [&str; 30] = [
    "id",
    "surrogateAuthRequired",
    "alwaysDisplayInConsole",
    "clientAuthenticatorType",
    "notBefore",
    "bearerOnly",
    "consentRequired",
    "implicitFlowEnabled",
    "frontchannelLogout",
    "protocol",
    "authenticationFlowBindingOverrides",
    "fullScopeAllowed",
    "nodeReRegistrationTimeout",
    "defaultClientScopes",
    "optionalClientScopes",
    "access",
    "rootUrl",
    "adminUrl",
    "baseUrl",
    "origin",
    "type",
    "registrationAccessToken",
    "registeredNodes",
    "protocolMappers",
    "clientTemplate",
    "authorizationSettings",
    "directGrantsOnly",
    "defaultRoles",
    "useTemplateConfig",
    "useTemplateScope",
];

/// A client as it is sent.
#[derive(Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(super) struct ClientRepresentation(Map<String, Value>);

impl TryFrom<Map<String, Value>> for ClientRepresentation {
    type Error = String;

    fn try_from(sent: Map<String, Value>) -> Result<Self, String> {
        const USED: [&str; 13] = [
            "clientId",
            "name",
            "description",
            "enabled",
            "publicClient",
            "secret",
            "directAccessGrantsEnabled",
            "standardFlowEnabled",
            "serviceAccountsEnabled",
            "redirectUris",
            "webOrigins",
            "attributes",
            "authorizationServicesEnabled",
        ];
        match sent.keys().find(|key| !USED.contains(&key.as_str()) && !UNUSED.contains(&key.as_str())) {
            Some(unknown) => Err(format!("unknown field `{unknown}`")),
            None => Ok(Self(sent)),
        }
    }
}

impl Representation for ClientRepresentation {
    const NAME: &'static str = "ClientRepresentation";
}

impl ClientRepresentation {
    fn change(&self) -> Result<ClientChange, AdminError> {
        let wrong = |key: &str| AdminError::Refused(format!("the field {key} of a client cannot have this value"));
        let text = |key: &str| match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(key)),
        };
        let truth = |key: &str| match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(_) => Err(wrong(key)),
        };
        let texts = |key: &str| match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(list) => serde_json::from_value::<Vec<String>>(list.clone()).map(Some).map_err(|_| wrong(key)),
        };
        let device = self.0.get("attributes").and_then(|attributes| attributes.get(DEVICE_GRANT));
        Ok(ClientChange {
            client_id: text("clientId")?,
            title: text("name")?,
            description: text("description")?,
            enabled: truth("enabled")?,
            is_public: truth("publicClient")?,
            secret: text("secret")?,
            direct_grants: truth("directAccessGrantsEnabled")?,
            standard_flow: truth("standardFlowEnabled")?,
            device_grant: device.map(|device| device == "true" || device == &Value::Bool(true)),
            service_account: truth("serviceAccountsEnabled")?,
            redirect_uris: texts("redirectUris")?,
            web_origins: texts("webOrigins")?,
        })
    }
}

pub(super) async fn list(State(oidc): State<Oidc>, admin: Admin) -> Answer {
    let search = ClientSearch { client_id: admin.text("clientId"), in_part: admin.truth("search").unwrap_or(false) };
    let (first, max) = admin.part();
    let clients = oidc.identity.clients(&search, first, max).await?;
    shown(clients.iter().map(|client| item(client, &admin)).collect::<Vec<_>>())
}

pub(super) async fn show(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    shown(item(&oidc.identity.client_by_uuid(&id).await?, &admin))
}

pub(super) async fn create(State(oidc): State<Oidc>, admin: Admin, JsonOf(body): JsonOf<ClientRepresentation>) -> Answer {
    let change = body.change()?;
    let uuid = oidc.identity.create_client(&change).await?;
    tracing::info!(client = change.client_id, by = admin.caller.username(), "a client was made");
    created(&format!("{}/clients/{uuid}", admin.base))
}

pub(super) async fn change(
    State(oidc): State<Oidc>,
    admin: Admin,
    Path(id): Path<String>,
    JsonOf(body): JsonOf<ClientRepresentation>,
) -> Answer {
    oidc.identity.change_client(&admin.caller, &id, &body.change()?).await?;
    done()
}

pub(super) async fn delete(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    oidc.identity.delete_client(&admin.caller, &id).await?;
    tracing::info!(client = %id, by = admin.caller.username(), "a client was deleted");
    done()
}

pub(super) async fn secret(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    let client = oidc.identity.own_client(&admin.caller, &id).await?;
    // The secrets of nodes that have enrolled are known to them alone.
    shown(if client.kept_secret.is_empty() {
        json!({"type": "secret"})
    } else {
        json!({"type": "secret", "value": client.kept_secret})
    })
}

pub(super) async fn new_secret(State(oidc): State<Oidc>, admin: Admin, Path(id): Path<String>) -> Answer {
    shown(json!({"type": "secret", "value": oidc.identity.new_client_secret(&admin.caller, &id).await?}))
}

pub(super) async fn account(State(oidc): State<Oidc>, Path(id): Path<String>) -> Answer {
    let client = oidc.identity.client_by_uuid(&id).await?;
    if client.service_account.is_empty() {
        return Err(AdminError::Refused(format!("Service account not enabled for the client '{}'", client.meta.id)).into());
    }
    shown(json!({
        "id": client.service_account, "username": format!("service-account-{}", client.meta.id).to_lowercase(),
        "emailVerified": false, "enabled": !client.disabled, "createdTimestamp": client.meta.created_ms, "totp": false,
        "disableableCredentialTypes": [], "requiredActions": [], "notBefore": 0,
    }))
}

fn item(client: &Client, admin: &Admin) -> Value {
    let manage = admin.may(MANAGE_CLIENTS);
    let is_public = client.secret_sha256.is_empty();
    let mut shown = json!({
        "id": client.client_uuid, "clientId": client.meta.id, "surrogateAuthRequired": false, "enabled": !client.disabled,
        "alwaysDisplayInConsole": false, "clientAuthenticatorType": "client-secret",
        "redirectUris": client.redirect_uris.0, "webOrigins": client.web_origins.0, "notBefore": 0, "bearerOnly": false,
        "consentRequired": false, "standardFlowEnabled": client.standard_flow, "implicitFlowEnabled": false,
        "directAccessGrantsEnabled": client.direct_grants, "serviceAccountsEnabled": !client.service_account.is_empty(),
        "publicClient": is_public, "frontchannelLogout": true, "protocol": "openid-connect",
        "attributes": {
            "realm_client": "false", "oidc.ciba.grant.enabled": "false", "backchannel.logout.session.required": "true",
            DEVICE_GRANT: client.device_grant.to_string(), "backchannel.logout.revoke.offline.tokens": "false",
        },
        "authenticationFlowBindingOverrides": {}, "fullScopeAllowed": true, "nodeReRegistrationTimeout": -1,
        "defaultClientScopes": ["openid", "roles", "profile", "basic", "email"],
        "optionalClientScopes": ["offline_access", "groups"],
        "access": {"view": true, "configure": manage, "manage": manage},
    });
    for (key, text) in [("name", &client.title), ("description", &client.description)] {
        if !text.is_empty() {
            shown[key] = text.as_str().into();
        }
    }
    shown
}
