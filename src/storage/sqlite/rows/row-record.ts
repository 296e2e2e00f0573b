import type { ErrorCode } from '../../../base/errors.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { RowRecord, RowStatus } from '../../rows.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { rowOf } from './row-id.ts';

/** The numbers that encode a status in `row_states.status`. */
export const QUEUED = 0;
export const RUNNING = 1;
export const SUCCEEDED = 2;
export const FAILED = 3;

/** The statuses by the numbers that encode them. */
export const STATUSES: readonly RowStatus[] = ['queued', 'running', 'succeeded', 'failed'];

/** The number that encodes a status in `row_states`. */
export function statusCode(status: RowStatus): number {
  return STATUSES.indexOf(status);
}

/** The columns of `row_states s` and `row_sources o` that {@link toRowRecord} reads. */
export const ROW_COLUMNS = `s.id, s.status, s.attempt, s.claims, s.input, s.output, s.error_code, s.error_message,
  s.started_at, s.ended_at, s.processing_ms, o.line, o.cells, o.raw_text, o.key`;

/** The same without the input, which is the longest of them: it is null. */
export const COLUMNS_WITHOUT_INPUT = ROW_COLUMNS.replace('s.input', 'NULL AS input');

/** A database row with {@link ROW_COLUMNS}. */
export interface StoredRow {
  id: number;
  status: number;
  attempt: number;
  claims: number;
  input: string | null;
  output: string | null;
  error_code: ErrorCode | null;
  error_message: string | null;
  started_at: number | null;
  ended_at: number | null;
  processing_ms: number | null;
  line: number;
  cells: string;
  raw_text: string | null;
  key: string | null;
}

/** A database row with {@link ROW_COLUMNS}, as a list of them. */
export type ListedRow = readonly [
  ...[id: StoredRow['id'], status: StoredRow['status'], attempt: StoredRow['attempt'], claims: StoredRow['claims']],
  ...[input: StoredRow['input'], output: StoredRow['output']],
  ...[errorCode: StoredRow['error_code'], errorMessage: StoredRow['error_message']],
  ...[startedAt: StoredRow['started_at'], endedAt: StoredRow['ended_at'], processingMs: StoredRow['processing_ms']],
  ...[line: StoredRow['line'], cells: StoredRow['cells'], rawText: StoredRow['raw_text'], key: StoredRow['key']],
];

/** As {@link toRowRecord}, of a list. Without destructuring and spreading, which take as long as the query. */
export function listedRowRecord(listed: ListedRow): RowRecord {
  return toRowRecord({
    id: listed[0],
    status: listed[1],
    attempt: listed[2],
    claims: listed[3],
    input: listed[4],
    output: listed[5],
    error_code: listed[6],
    error_message: listed[7],
    started_at: listed[8],
    ended_at: listed[9],
    processing_ms: listed[10],
    line: listed[11],
    cells: listed[12],
    raw_text: listed[13],
    key: listed[14],
  });
}

/** The row of a record that was read with {@link ROW_COLUMNS}. */
export function toRowRecord(row: StoredRow): RowRecord {
  return {
    row: rowOf(row.id),
    line: row.line,
    status: STATUSES[row.status] ?? 'queued',
    attempt: row.attempt,
    claims: row.claims,
    cells: parseJson(row.cells) as Json[],
    rawText: row.raw_text,
    key: row.key,
    input: parseOrNull<JsonObject>(row.input),
    output: parseOrNull<JsonObject>(row.output),
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    startedAt: row.started_at,
    endedAt: row.ended_at,
    processingMs: row.processing_ms,
  };
}
