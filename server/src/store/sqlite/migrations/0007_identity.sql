-- Administration of users, groups, roles and clients; logins by browser and device; keys that take turns.

ALTER TABLE orgs ADD COLUMN description TEXT NOT NULL DEFAULT '';
-- Since when a project is being deleted, epoch seconds.
ALTER TABLE projects ADD COLUMN deleting INTEGER NOT NULL DEFAULT 0;
CREATE INDEX projects_deleting ON projects (project, deleting) WHERE deleting <> 0;
CREATE INDEX projects_org ON projects (project, org);
CREATE INDEX orgs_name ON orgs (project, name);

ALTER TABLE users ADD COLUMN admin_roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';

-- A group that an administrator has made. The id is a UUID.
CREATE TABLE user_groups (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX group_name ON user_groups (name) WHERE name <> '';
CREATE INDEX user_groups_name ON user_groups (project, name);

-- A role that an administrator has made. The id is a UUID.
CREATE TABLE roles (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX role_name ON roles (name) WHERE name <> '';
CREATE INDEX roles_name ON roles (project, name);

ALTER TABLE clients ADD COLUMN client_uuid TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN kept_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN standard_flow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN device_grant INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN redirect_uris TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN web_origins TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN member_of TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN admin_roles TEXT NOT NULL DEFAULT '[]';
UPDATE clients SET client_uuid = lower(
    hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
    || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))
);
CREATE INDEX clients_uuid ON clients (project, client_uuid);
CREATE INDEX clients_account ON clients (project, service_account);
CREATE INDEX clients_node ON clients (project, node_project);
-- Servers that are there already get what new ones begin with.
UPDATE clients SET device_grant = 1 WHERE resource_id = 'system-client';
INSERT INTO clients (
    project, resource_id, revision, created_at, updated_at, secret_sha256, direct_grants, service_account, node_project,
    node_uuid, client_uuid, standard_flow, web_origins
)
SELECT
    '', 'webui-client', 1, created_at, created_at, '', 0, '', '', '',
    lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
        || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))
    ),
    1, '["+"]'
FROM clients WHERE resource_id = 'system-client';

ALTER TABLE sessions ADD COLUMN auth_time INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_user ON sessions (project, user_uuid);

-- A code that a browser brings back and a client exchanges, once. The id is the code's SHA-256, hex.
CREATE TABLE codes (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    session TEXT NOT NULL,
    client_name TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    nonce TEXT NOT NULL,
    ends INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX codes_ends ON codes (project, ends);

-- A login that a device has asked for (RFC 8628). The id is the device code's SHA-256, hex.
CREATE TABLE devices (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    user_code TEXT NOT NULL,
    client_name TEXT NOT NULL,
    scope TEXT NOT NULL,
    ends INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    user_uuid TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX devices_user_code ON devices (project, user_code);
CREATE INDEX devices_ends ON devices (project, ends);

-- Since when a key only verifies, epoch seconds; 0 for those that sign.
ALTER TABLE signing_keys ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;

CREATE INDEX enrolment_tokens_project ON enrolment_tokens (project, node_project);
