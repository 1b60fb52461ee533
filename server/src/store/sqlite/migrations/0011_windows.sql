-- Zones, crons, blackouts, notice and ends of work of schedules. What there is goes by UTC.

ALTER TABLE single_schedules ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE single_schedules ADD COLUMN exceptions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE single_schedules ADD COLUMN minimum_notice_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE single_schedules ADD COLUMN planned_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repeated_schedules ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE repeated_schedules ADD COLUMN exceptions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE repeated_schedules ADD COLUMN minimum_notice_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repeated_schedules ADD COLUMN cron TEXT NOT NULL DEFAULT '';
ALTER TABLE repeated_schedules ADD COLUMN finish_by TEXT NOT NULL DEFAULT '';
ALTER TABLE repeated_schedules ADD COLUMN planned_at INTEGER NOT NULL DEFAULT 0;
