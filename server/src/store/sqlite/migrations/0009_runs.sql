-- States of update runs.

ALTER TABLE os_update_runs ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
-- Open, failed or succeeded: the end time of what is open is a marker.
UPDATE os_update_runs SET state = CASE WHEN end_time = 1410065407 THEN 1 WHEN status_indicator = 1 THEN 3 ELSE 2 END;
-- The newest run of an instance, and the oldest ones that are too many.
DROP INDEX os_update_runs_open;
CREATE INDEX os_update_runs_latest ON os_update_runs (project, instance_id, start_time);
-- Filters by state.
CREATE INDEX os_update_runs_by_state ON os_update_runs (project, state);
-- What is to be looked at in all projects: open runs that have not moved for a while, and runs that ended long ago.
CREATE INDEX os_update_runs_open ON os_update_runs (state, status_timestamp);
CREATE INDEX os_update_runs_ended ON os_update_runs (end_time);
