-- What the slots of a node hold, as it told with its last report: a JSON list.
ALTER TABLE instances ADD COLUMN slots TEXT NOT NULL DEFAULT '[]';
