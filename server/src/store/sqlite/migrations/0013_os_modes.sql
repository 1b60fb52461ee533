-- OS resources that are to be chosen no more, who has linked an OS to an instance, and modes of linking.

ALTER TABLE os ADD COLUMN withdrawn TEXT NOT NULL DEFAULT '';
ALTER TABLE os ADD COLUMN blocked TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN linked_by INTEGER NOT NULL DEFAULT 0;

-- Whether the newest OS is linked by itself. The id is "all", or "profile/" and the profile. Records of the whole server have
-- no project.
CREATE TABLE os_modes (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
