-- Browsers in which somebody has signed in to the pages of the server. The id is the SHA-256 of the browser's cookie, hex.
CREATE TABLE browsers (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    session TEXT NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX browsers_ends ON browsers (project, ends);
