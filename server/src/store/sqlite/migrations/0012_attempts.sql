-- Which attempt of its node a run is, so that a report that comes late or again is known as one of it.
ALTER TABLE os_update_runs ADD COLUMN attempt TEXT NOT NULL DEFAULT '';
