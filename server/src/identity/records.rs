//! What identity keeps. All of it belongs to the whole server.

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

const fn list() -> Field {
    Field::internal(Type::Document)
}

/// All kinds.
pub static RECORDS: &[&Spec] = &[&ORG, &PROJECT, &USER, &CLIENT, &SESSION, &REVOKED_TOKEN, &SIGNING_KEY, &ENROLMENT_TOKEN];

record! {
    /// An organisation: owns projects. Its id is a UUID.
    pub struct Org, static ORG {
        prefix: "org", table: "orgs", list_key: "orgs", label: "org",
        unique: &[Unique { name: "org_name", columns: &["name"], global: true }],
    } {
        /// Name.
        name: String = text(),
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
        enabled: bool = Field::internal(Type::Bool),
        /// Whether the password must be changed before it can be used.
        temporary_password: bool = Field::internal(Type::Bool),
        /// Groups, by name.
        member_of: Json<Vec<String>> = list(),
        /// Roles that do not come from groups.
        roles: Json<Vec<String>> = list(),
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
        direct_grants: bool = Field::internal(Type::Bool),
        /// UUID of the user it is by itself, "" if it may not act by itself.
        service_account: String = text(),
        /// For a node's client: UUID of the project.
        node_project: String = text(),
        /// For a node's client: UUID of the host, in lower case.
        node_uuid: String = text(),
    }
}

record! {
    /// A login.
    pub struct Session, static SESSION {
        prefix: "session", table: "sessions", list_key: "sessions", label: "session",
    } {
        /// UUID of the user.
        user_uuid: String = text(),
        /// Client through which it began.
        client_name: String = text(),
        /// Granted scopes, separated by blanks.
        scope: String = text(),
        /// When it began, epoch seconds.
        began: i64 = number(),
        /// When it ends at the latest, epoch seconds.
        ends: i64 = number(),
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
