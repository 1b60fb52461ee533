-- Pages far behind: the ids of a fleet in their order, without the records, so that what comes before a page is passed over
-- quickly.
CREATE INDEX hosts_in_order ON hosts (project, resource_id);
CREATE INDEX instances_in_order ON instances (project, resource_id);
