-- Look-ups by name: the planner may use an index with a condition only where the condition follows from the query's text.
CREATE INDEX projects_name ON projects (project, name);
CREATE INDEX users_username ON users (project, username);
CREATE INDEX os_names ON os (project, name);
