-- Sources of OS images, what they offer, and where the images are.

-- Where OS images are published.
CREATE TABLE os_sources (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    url TEXT NOT NULL,
    files_url TEXT NOT NULL,
    repository TEXT NOT NULL,
    profiles TEXT NOT NULL,
    profile_revision TEXT NOT NULL,
    interval_seconds INTEGER NOT NULL,
    ca_cert TEXT NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    plain_http INTEGER NOT NULL,
    status TEXT NOT NULL,
    status_indicator INTEGER NOT NULL,
    status_timestamp INTEGER NOT NULL,
    validator TEXT NOT NULL,
    webhook TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ossource_name ON os_sources (project, name) WHERE name <> '';

-- What a source offers, and what became of it.
CREATE TABLE os_offers (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    source_id TEXT,
    profile TEXT NOT NULL,
    tag TEXT NOT NULL,
    state INTEGER NOT NULL,
    message TEXT NOT NULL,
    image_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    os_id TEXT,
    failures INTEGER NOT NULL,
    retry_at INTEGER NOT NULL,
    recalled INTEGER NOT NULL,
    warning TEXT NOT NULL,
    digest TEXT NOT NULL,
    image_url TEXT NOT NULL,
    texts TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX osoffer_place ON os_offers (project, source_id, profile, tag);
CREATE INDEX os_offers_source_id ON os_offers (project, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX os_offers_os_id ON os_offers (project, os_id) WHERE os_id IS NOT NULL;

-- Where the image of an OS resource is that a source offers: 0 it is none of a source's, 1 at the source, 2 on its way, 3 here,
-- 4 it could not be fetched.
ALTER TABLE os ADD COLUMN image_state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE os ADD COLUMN image_detail TEXT NOT NULL DEFAULT '';
CREATE INDEX os_image_state ON os (project, image_state) WHERE image_state > 0;
