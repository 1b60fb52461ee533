-- Codes that sign one browser in to the pages, once, in the name of a login. The id is the code's SHA-256, hex.
CREATE TABLE sign_in_links (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    session TEXT NOT NULL,
    page TEXT NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX sign_in_links_session ON sign_in_links (project, session);
CREATE INDEX sign_in_links_ends ON sign_in_links (project, ends);
