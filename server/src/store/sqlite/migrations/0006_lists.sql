-- Lists: what they are filtered and sorted by. A condition on an index is no use here: the planner may use such an index only
-- where the condition follows from the query's text.

-- Sorted by name, those without one last.
CREATE INDEX hosts_by_name ON hosts (project, name = '', name);
CREATE INDEX instances_by_name ON instances (project, name = '', name);
CREATE INDEX sites_by_name ON sites (project, name = '', name);
CREATE INDEX regions_by_name ON regions (project, name = '', name);
CREATE INDEX os_update_policies_by_name ON os_update_policies (project, name = '', name);
-- Newest first.
CREATE INDEX hosts_created_at ON hosts (project, created_at);
CREATE INDEX instances_created_at ON instances (project, created_at);
CREATE INDEX os_update_runs_start_time ON os_update_runs (project, start_time);
-- States and how they are to be shown.
CREATE INDEX hosts_current_state ON hosts (project, current_state);
CREATE INDEX hosts_desired_state ON hosts (project, desired_state);
CREATE INDEX hosts_host_status_indicator ON hosts (project, host_status_indicator);
CREATE INDEX hosts_onboarding_status_indicator ON hosts (project, onboarding_status_indicator);
CREATE INDEX hosts_registration_status_indicator ON hosts (project, registration_status_indicator);
CREATE INDEX instances_current_state ON instances (project, current_state);
CREATE INDEX instances_desired_state ON instances (project, desired_state);
CREATE INDEX instances_update_status_indicator ON instances (project, update_status_indicator);
CREATE INDEX instances_provisioning_status_indicator ON instances (project, provisioning_status_indicator);
CREATE INDEX os_update_runs_status_indicator ON os_update_runs (project, status_indicator);
