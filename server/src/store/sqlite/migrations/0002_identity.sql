-- Identity: belongs to the whole server, so `project` is empty.

-- An organisation: owns projects. Its id is a UUID.
CREATE TABLE orgs (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX org_name ON orgs (name) WHERE name <> '';

-- A project: the tenant. Its id is a UUID.
CREATE TABLE projects (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    org TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX project_name ON projects (name) WHERE name <> '';

-- A person. The id is a UUID, the `sub` of tokens.
CREATE TABLE users (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    member_of TEXT NOT NULL,
    roles TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX user_name ON users (username) WHERE username <> '';
CREATE INDEX users_email ON users (project, email);

-- A program that may ask for tokens. The id is the `client_id`.
CREATE TABLE clients (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    secret_sha256 TEXT NOT NULL,
    direct_grants INTEGER NOT NULL,
    service_account TEXT NOT NULL,
    node_project TEXT NOT NULL,
    node_uuid TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- A login.
CREATE TABLE sessions (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    user_uuid TEXT NOT NULL,
    client_name TEXT NOT NULL,
    scope TEXT NOT NULL,
    began INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- An access token that was revoked by itself. The id is its `jti`.
CREATE TABLE revoked_tokens (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- A key that signs tokens. The id is its `kid`.
CREATE TABLE signing_keys (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- A one-time token for a node. The id is the token's SHA-256, hex.
CREATE TABLE enrolment_tokens (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    node_project TEXT NOT NULL,
    host TEXT NOT NULL,
    node_uuid TEXT NOT NULL,
    ends INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX enrolment_tokens_node ON enrolment_tokens (project, node_uuid);
