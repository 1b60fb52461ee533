-- Sorted by status, those without one last.
CREATE INDEX hosts_by_status ON hosts (project, host_status = '', host_status);
