-- What old agents and clients need.

-- The single window that an old agent was last told: a change of it is told after a gap.
ALTER TABLE instances ADD COLUMN offered_start INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN offered_end INTEGER NOT NULL DEFAULT 0;

-- A password that its owner must change before it can be used.
ALTER TABLE users ADD COLUMN temporary_password INTEGER NOT NULL DEFAULT 0;
