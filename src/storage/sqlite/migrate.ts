import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import { INITIAL } from './migrations/0001-initial.ts';
import { CONTROL_AND_BILLS } from './migrations/0002-control-and-bills.ts';
import { CACHE_AND_RETENTION } from './migrations/0003-cache-and-retention.ts';
import { PROVIDER_JOBS } from './migrations/0004-provider-jobs.ts';
import { ROW_OWNERS_AND_ORDER } from './migrations/0005-row-owners-and-order.ts';
import { ROW_KEYS } from './migrations/0006-row-keys.ts';
import { SPENDING } from './migrations/0007-spending.ts';
import { WRITTEN_TABLES } from './migrations/0008-written-tables.ts';
import { SPEAKERS } from './migrations/0009-speakers.ts';
import { KEPT_ANSWERS } from './migrations/0010-kept-answers.ts';
import { SAVED_AGENTS } from './migrations/0011-saved-agents.ts';
import { PROVIDER_JOB_PROGRESS } from './migrations/0012-provider-job-progress.ts';
import { DEATHS } from './migrations/0013-deaths.ts';
import { WRITERS } from './migrations/0014-writers.ts';
import { LIMIT_BY_PLACE } from './migrations/0015-limit-by-place.ts';
import { UPLOADS_AND_DRAFTS } from './migrations/0016-uploads-and-drafts.ts';
import { IDEMPOTENCY } from './migrations/0017-idempotency.ts';
import { APPENDED_ROWS } from './migrations/0018-appended-rows.ts';
import { ACCESS } from './migrations/0019-access.ts';
import { JOBS } from './migrations/0020-jobs.ts';
import { KEY_BUDGETS } from './migrations/0021-key-budgets.ts';
import { USAGE } from './migrations/0022-usage.ts';
import { JOBS_BY_STATE } from './migrations/0023-jobs-by-state.ts';
import { HISTORIES } from './migrations/0024-histories.ts';
import { ALERTS } from './migrations/0025-alerts.ts';
import { SCHEDULES } from './migrations/0026-schedules.ts';
import { BATCH_CHANGES } from './migrations/0027-batch-changes.ts';
import { JOBS_BY_PRIORITY } from './migrations/0028-jobs-by-priority.ts';
import { ALERT_FIGURES } from './migrations/0029-alert-figures.ts';
import { LOAD } from './migrations/0030-load.ts';
import { prepare } from './statement.ts';

/** Migration N (from 1) takes a database from schema version N - 1 to N. */
const MIGRATIONS: readonly string[] = [
  INITIAL,
  CONTROL_AND_BILLS,
  CACHE_AND_RETENTION,
  PROVIDER_JOBS,
  ROW_OWNERS_AND_ORDER,
  ROW_KEYS,
  SPENDING,
  WRITTEN_TABLES,
  SPEAKERS,
  KEPT_ANSWERS,
  SAVED_AGENTS,
  PROVIDER_JOB_PROGRESS,
  DEATHS,
  WRITERS,
  LIMIT_BY_PLACE,
  UPLOADS_AND_DRAFTS,
  IDEMPOTENCY,
  APPENDED_ROWS,
  ACCESS,
  JOBS,
  KEY_BUDGETS,
  USAGE,
  JOBS_BY_STATE,
  HISTORIES,
  ALERTS,
  SCHEDULES,
  BATCH_CHANGES,
  JOBS_BY_PRIORITY,
  ALERT_FIGURES,
  LOAD,
];

/** "Rowm": marks a SQLite file as Rowmill's. */
const APPLICATION_ID = 0x526f776d;

/**
 * Brings a database to this program's schema, in one transaction. So two processes that start together, or one that is
 * killed halfway, leave either the old schema or the new one.
 * @param onMigration called after each migration while the transaction is open
 * @throws AppError `store_unavailable` when the file belongs to another program or to a newer Rowmill
 */
export function migrate(db: DatabaseSync, path: string, onMigration?: () => void): void {
  if (schemaVersion(db, path) === MIGRATIONS.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (let version = schemaVersion(db, path); version < MIGRATIONS.length; version++) {
      db.exec(MIGRATIONS[version] ?? '');
      onMigration?.();
    }
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`);
    db.exec('COMMIT');
  } catch (thrown) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
}

function schemaVersion(db: DatabaseSync, path: string): number {
  const header = prepare<{ version: number; application: number; tables: number }>(
    db,
    `SELECT user_version AS version, application_id AS application,
       (SELECT count(*) FROM sqlite_schema) AS tables
     FROM pragma_user_version, pragma_application_id`,
  ).get();
  const { version, application, tables } = header ?? { version: 0, application: 0, tables: 0 };
  if (application !== APPLICATION_ID && (application !== 0 || tables > 0)) {
    throw new AppError(
      'store_unavailable',
      `${path} is a database of another program; set ROWMILL_DATA_DIR to a separate folder for Rowmill.`,
    );
  }
  if (version > MIGRATIONS.length) {
    throw new AppError(
      'store_unavailable',
      `${path} was written by a newer Rowmill (schema ${version}; this version supports up to ${MIGRATIONS.length}). ` +
        'Upgrade rowmill, or set ROWMILL_DATA_DIR to another folder.',
    );
  }
  return version;
}
