/**
 * Schedules and their history. `nightly` is there from the start: at 02:00 it processes the jobs whose enqueuers set a
 * cap, for at most 20 dollars a night. `next_at` is null until a server has seen the schedule.
 */
export const SCHEDULES = `
CREATE TABLE schedules (
  name TEXT PRIMARY KEY,
  cron TEXT NOT NULL,
  time_zone TEXT,
  work TEXT NOT NULL,
  owner TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  next_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE schedule_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule TEXT NOT NULL REFERENCES schedules (name) ON DELETE CASCADE,
  cause TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  state TEXT NOT NULL,
  started TEXT NOT NULL,
  error TEXT,
  process TEXT NOT NULL
) STRICT;
CREATE INDEX schedule_runs_by_schedule ON schedule_runs (schedule, id);

INSERT INTO schedules (name, cron, time_zone, work, owner, enabled, next_at, created_at, updated_at)
VALUES ('nightly', '0 2 * * *', NULL,
  '{"action":{"type":"process_queues","mode":"auto","capped_jobs_only":true},"max_cost_usd":20}',
  'local', 1, NULL, 0, 0);
`;
