//! What identity keeps. All of it belongs to the whole server.

use std::collections::BTreeMap;

use emt_api::{
    record,
    spec::{Field, Spec, Type, Unique},
    value::Json,
};

const TEXT: Type = Type::Text { min: 0, max: usize::MAX, pattern: "" };
const NUMBER: Type = Type::Number { min: 0, max: i64::MAX };

const fn text() -> Field {
    Field::internal(TEXT)
}

const fn number() -> Field {
    Field::internal(NUMBER)
}

const fn truth() -> Field {
    Field::internal(Type::Bool)
}

const fn list() -> Field {
    Field::internal(Type::Document)
}

/// All kinds.
pub static RECORDS: &[&Spec] = &[
    &ORG,
    &PROJECT,
    &USER,
    &GROUP,
    &ROLE,
    &CLIENT,
    &SESSION,
    &BROWSER,
    &SIGN_IN_LINK,
    &CODE,
    &DEVICE,
    &REVOKED_TOKEN,
    &SIGNING_KEY,
    &ENROLMENT_TOKEN,
];

record! {
    /// An organisation: owns projects. Its id is a UUID.
    pub struct Org, static ORG {
        prefix: "org", table: "orgs", list_key: "orgs", label: "org",
        unique: &[Unique { name: "org_name", columns: &["name"], global: true }],
    } {
        /// Name.
        name: String = text(),
        /// Free text.
        description: String = text(),
    }
}

record! {
    /// A project: the tenant. Its id is a UUID.
    pub struct ProjectRecord, static PROJECT {
        prefix: "project", table: "projects", list_key: "projects", label: "project",
        unique: &[Unique { name: "project_name", columns: &["name"], global: true }],
    } {
        /// Name in addresses.
        name: String = text(),
        /// Free text.
        description: String = text(),
        /// UUID of the organisation that owns it.
        org: String = text(),
        /// Since when it is being deleted, epoch seconds; 0 if it is not. It has no name any more once all of it is gone.
        deleting: i64 = number(),
    }
}

record! {
    /// A person. The id is a UUID, the `sub` of tokens.
    pub struct User, static USER {
        prefix: "user", table: "users", list_key: "users", label: "user",
        unique: &[Unique { name: "user_name", columns: &["username"], global: true }],
    } {
        /// Name, in lower case.
        username: String = text(),
        /// Argon2id hash in PHC form.
        password: String = text(),
        /// Address, in lower case; may be empty.
        email: String = text(),
        /// May be empty.
        first_name: String = text(),
        /// May be empty.
        last_name: String = text(),
        /// Whether the account may be used.
        enabled: bool = truth(),
        /// Whether the password must be changed before it can be used.
        temporary_password: bool = truth(),
        /// Groups, by name.
        member_of: Json<Vec<String>> = list(),
        /// Roles that do not come from groups.
        roles: Json<Vec<String>> = list(),
        /// Rights over users and clients, such as `manage-users`, that do not come with the role `admin`.
        admin_roles: Json<Vec<String>> = list(),
        /// Whether the address is known to be theirs.
        email_verified: bool = truth(),
        /// What else an administrator keeps about them.
        attributes: Json<BTreeMap<String, Vec<String>>> = list(),
    }
}

record! {
    /// A group that an administrator has made; those of projects and organisations follow from them. The id is a UUID.
    pub struct Group, static GROUP {
        prefix: "group", table: "user_groups", list_key: "groups", label: "group",
        unique: &[Unique { name: "group_name", columns: &["name"], global: true }],
    } {
        /// Name.
        name: String = text(),
        /// Roles that come with it, by name.
        roles: Json<Vec<String>> = list(),
    }
}

record! {
    /// A role that an administrator has made; those of projects and organisations follow from them. The id is a UUID.
    pub struct Role, static ROLE {
        prefix: "role", table: "roles", list_key: "roles", label: "role",
        unique: &[Unique { name: "role_name", columns: &["name"], global: true }],
    } {
        /// Name.
        name: String = text(),
        /// Free text.
        description: String = text(),
    }
}

record! {
    /// A program that may ask for tokens. The id is the `client_id`.
    pub struct Client, static CLIENT {
        prefix: "client", table: "clients", list_key: "clients", label: "client",
    } {
        /// SHA-256 of its secret, hex; "" for a public client.
        secret_sha256: String = text(),
        /// Whether people may log in through it with their password.
        direct_grants: bool = truth(),
        /// UUID of the user it is by itself, "" if it may not act by itself.
        service_account: String = text(),
        /// For a node's client: UUID of the project.
        node_project: String = text(),
        /// For a node's client: UUID of the host, in lower case.
        node_uuid: String = text(),
        /// UUID by which administrators name it.
        client_uuid: String = text(),
        /// Whether it is off.
        disabled: bool = truth(),
        /// Name that people are shown.
        title: String = text(),
        /// Free text.
        description: String = text(),
        /// Its secret, where an administrator made it and is to be able to read it again; "" for all others.
        kept_secret: String = text(),
        /// Whether people may log in through it by browser (authorization code).
        standard_flow: bool = truth(),
        /// Whether people may log in through it on another device (RFC 8628).
        device_grant: bool = truth(),
        /// Where a browser may be sent back to, exactly.
        redirect_uris: Json<Vec<String>> = list(),
        /// Origins whose pages may read answers; "+" stands for those of the redirect addresses.
        web_origins: Json<Vec<String>> = list(),
        /// Groups of its service account, by name.
        member_of: Json<Vec<String>> = list(),
        /// Roles of its service account that do not come from groups.
        roles: Json<Vec<String>> = list(),
        /// Rights of its service account over users and clients.
        admin_roles: Json<Vec<String>> = list(),
    }
}

record! {
    /// A login.
    pub struct Session, static SESSION {
        prefix: "session", table: "sessions", list_key: "sessions", label: "session",
    } {
        /// UUID of the user.
        user_uuid: String = text(),
        /// Client through which it began; "" once that client's part in it has ended.
        client_name: String = text(),
        /// Granted scopes, separated by blanks.
        scope: String = text(),
        /// When it began, epoch seconds.
        began: i64 = number(),
        /// When it ends at the latest, epoch seconds.
        ends: i64 = number(),
        /// When the person signed in with a browser, epoch seconds; 0 if no browser was used.
        auth_time: i64 = number(),
    }
}

record! {
    /// A browser in which somebody has signed in to the pages of this server. The id is the SHA-256 of its cookie, hex.
    pub struct Browser, static BROWSER {
        prefix: "browser", table: "browsers", list_key: "browsers", label: "browser",
    } {
        /// The login.
        session: String = text(),
        /// When it ends at the latest, epoch seconds.
        ends: i64 = number(),
    }
}

record! {
    /// A code that signs one browser in to the pages, once, in the name of a login. The id is the code's SHA-256, hex.
    pub struct SignInLink, static SIGN_IN_LINK {
        prefix: "signinlink", table: "sign_in_links", list_key: "signInLinks", label: "sign_in_link",
    } {
        /// The login that it was made for.
        session: String = text(),
        /// The page that it leads to.
        page: String = text(),
        /// When it expires, epoch seconds.
        ends: i64 = number(),
    }
}

record! {
    /// A code that a browser brings back and a client exchanges, once. The id is the code's SHA-256, hex.
    pub struct Code, static CODE {
        prefix: "code", table: "codes", list_key: "codes", label: "code",
    } {
        /// The login.
        session: String = text(),
        /// Client that may exchange it.
        client_name: String = text(),
        /// Where the browser was sent back to.
        redirect_uri: String = text(),
        /// S256 challenge (RFC 7636).
        challenge: String = text(),
        /// Text that the id token repeats.
        nonce: String = text(),
        /// When it expires, epoch seconds.
        ends: i64 = number(),
        /// Whether it was exchanged.
        used: bool = truth(),
    }
}

record! {
    /// A login that a device has asked for (RFC 8628). The id is the device code's SHA-256, hex.
    pub struct Device, static DEVICE {
        prefix: "device", table: "devices", list_key: "devices", label: "device",
    } {
        /// SHA-256 of the code that a person types, hex.
        user_code: String = text(),
        /// Client that asked.
        client_name: String = text(),
        /// Scopes that it asked for, separated by blanks.
        scope: String = text(),
        /// When it expires, epoch seconds.
        ends: i64 = number(),
        /// Whether the person refused.
        denied: bool = truth(),
        /// UUID of the person who agreed, "" if nobody has yet.
        user_uuid: String = text(),
        /// When they agreed, epoch seconds.
        auth_time: i64 = number(),
    }
}

record! {
    /// An access token that was revoked by itself. The id is its `jti`.
    pub struct RevokedToken, static REVOKED_TOKEN {
        prefix: "revoked", table: "revoked_tokens", list_key: "revokedTokens", label: "revoked_token",
    } {
        /// When it would have expired, epoch seconds.
        ends: i64 = number(),
    }
}

record! {
    /// A key that signs tokens. The id is its `kid`.
    pub struct SigningKey, static SIGNING_KEY {
        prefix: "key", table: "signing_keys", list_key: "signingKeys", label: "signing_key",
    } {
        /// `PS512` or `HS512`.
        algorithm: String = text(),
        /// PKCS #8 PEM, or a secret in base64.
        secret: String = text(),
        /// Since when it only verifies, epoch seconds; 0 for the keys that sign.
        retired: i64 = number(),
    }
}

record! {
    /// A one-time token for a node. The id is the token's SHA-256, hex.
    pub struct EnrolmentToken, static ENROLMENT_TOKEN {
        prefix: "enrolment", table: "enrolment_tokens", list_key: "enrolmentTokens", label: "enrolment_token",
    } {
        /// UUID of the project.
        node_project: String = text(),
        /// Id of the host.
        host: String = text(),
        /// UUID of the host, in lower case.
        node_uuid: String = text(),
        /// When it expires, epoch seconds.
        ends: i64 = number(),
        /// When it was exchanged, epoch seconds; 0 if it was not.
        used: i64 = number(),
    }
}
