-- What a decision about an update depends on.

-- What a run was to install: failures in succession at one target are waited for.
ALTER TABLE os_update_runs ADD COLUMN target TEXT NOT NULL DEFAULT '';
-- Which program a node's reports come from.
ALTER TABLE instances ADD COLUMN agent INTEGER NOT NULL DEFAULT 0;
