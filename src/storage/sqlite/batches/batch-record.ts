import { parseJson } from '../../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { BatchRecord, Intake } from '../../batches.ts';
import type { LeaseOwner } from '../../leases.ts';
import type { StoredError } from '../../rows.ts';
import { TOTALS_COLUMNS, type TotalsRow, toTotals } from './totals.ts';

/** The start of every query that returns batches. */
export const SELECT_BATCH = `SELECT b.*, l.owner, ${TOTALS_COLUMNS}
  FROM batches b JOIN batch_leases l ON l.batch = b.key JOIN batch_totals t ON t.batch = b.key`;

/** A database row of {@link SELECT_BATCH}. */
export interface BatchRow extends TotalsRow {
  key: number;
  id: string;
  status: BatchRecord['status'];
  pause_reason: BatchRecord['pauseReason'];
  error: string | null;
  ending: BatchRecord['ending'];
  control: BatchRecord['control'];
  idempotency_key: string | null;
  budget_key: string | null;
  plan: string;
  settings: string;
  columns: string | null;
  load_warnings: string;
  row_limit: number | null;
  limit_by_place: number;
  output: string | null;
  intake: string | null;
  delivers: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  active_ms: number;
  active_since: number | null;
  owner: string | null;
}

/** JSON text of one of our own documents, or null. */
export function parseOrNull<T>(text: string | null): T | null {
  return text === null ? null : (parseJson(text) as T);
}

/** JSON text, or null for null. */
export function textOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** The batch of a row that was read with {@link SELECT_BATCH}. */
export function toBatchRecord(row: BatchRow): BatchRecord {
  return {
    id: row.id,
    status: row.status,
    pauseReason: row.pause_reason,
    error: parseOrNull<StoredError>(row.error),
    ending: row.ending,
    control: row.control,
    idempotencyKey: row.idempotency_key,
    budgetKey: row.budget_key,
    plan: parseJson(row.plan) as JsonObject,
    settings: parseJson(row.settings) as JsonObject,
    columns: parseOrNull<string[]>(row.columns),
    loadWarnings: parseJson(row.load_warnings) as Json[],
    rowLimit: row.row_limit,
    limitsPlaces: row.limit_by_place === 1,
    output: parseOrNull<{ uri: string; bytes: number }>(row.output),
    intake: parseOrNull<Intake>(row.intake),
    delivers: row.delivers === 1,
    totals: toTotals(row),
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    activeMs: row.active_ms,
    activeSince: row.active_since,
    owner: parseOrNull<LeaseOwner>(row.owner),
  };
}
