import { AppError, type ErrorCode } from '../../base/errors.ts';
import { counted } from '../../base/figures.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { RowAttempt } from '../../storage/rows.ts';
import type { RetryRequest } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { readRow } from '../output/trace-row.ts';
import { malformed } from './row-requests.ts';

/** Failed rows with one code. */
interface Failures {
  code: ErrorCode;
  count: number;
}

/**
 * The rows that a retry of an ended batch names, by their codes; undefined where it names none.
 * @throws AppError `invalid_arguments`, `batch_state_invalid`, `not_found`
 */
export async function namedRows(
  batch: BatchRecord,
  { row, rows, codes, status }: RetryRequest,
  deps: RunnerDeps,
): Promise<(Failures & { at: RowAttempt[] })[] | undefined> {
  const numbers = rows ?? (row === undefined ? undefined : [row]);
  if (numbers === undefined) return undefined;
  if (row !== undefined && rows !== undefined) throw oneOf('row or rows');
  const name = rows === undefined ? 'row' : 'rows';
  if (codes !== undefined) throw oneOf(`${name} or codes`);
  if (status !== undefined) throw oneOf(`${name} or status`);
  checkNoneQueued(batch, name);
  const found: { code: ErrorCode; at: RowAttempt }[] = [];
  for (const number of new Set(numbers)) found.push(await failedRow(batch, number, deps));
  return [...Map.groupBy(found, ({ code }) => code)].map(([code, own]) => ({
    ...{ code, count: own.length },
    at: own.map(({ at }) => at),
  }));
}

async function failedRow(
  batch: BatchRecord,
  number: number,
  deps: RunnerDeps,
): Promise<{ code: ErrorCode; at: RowAttempt }> {
  const { row, status, attempt, error } = await readRow(batch, number, deps);
  if (status !== 'failed' || error === null) {
    const state = status === 'queued' ? 'was not run' : `has ${status}`;
    throw new AppError(
      'batch_state_invalid',
      `Only a failed row can be run again; row ${row} of ${batch.id} ${state}.`,
    );
  }
  if (error.code === 'row_malformed') throw new AppError('batch_state_invalid', malformed(row));
  return { code: error.code, at: { row, attempt } };
}

/**
 * The codes of the failed rows that a retry runs; undefined: all of them.
 * @throws AppError `invalid_arguments` for a code that no row has, `batch_state_invalid`
 */
export function chosenCodes(
  batch: BatchRecord,
  { codes, status }: RetryRequest,
  failures: readonly Failures[],
): ErrorCode[] | undefined {
  if (status === 'queued') {
    if (codes !== undefined) throw oneOf('status queued or codes');
    return [];
  }
  if (status === 'failed') checkNoneQueued(batch, 'status');
  return codes === undefined ? undefined : checkCodes(codes, failures);
}

/**
 * Compares the rows that a retry would run with the number that its caller has seen.
 * @throws AppError `batch_state_invalid`
 */
export function checkExpected(rows: number, { expected_rows: expected }: RetryRequest): void {
  if (expected === undefined || rows === expected) return;
  const message = `${counted(rows, 'row')} would run again, not ${expected}.`;
  throw new AppError('batch_state_invalid', `${message} Look at them, then retry with ${rows} expected rows.`, {
    faults: [{ place: 'body.expected_rows', message, fix: `Send ${rows}, if that is right.` }],
  });
}

/** Rows that were not run are queued, and run with every other row. */
function checkNoneQueued({ id, totals: { queued } }: BatchRecord, name: string): void {
  if (queued === 0) return;
  const text = `A retry of ${id} also runs its ${counted(queued, 'row')} that were not run: leave out ${name}.`;
  throw new AppError('batch_state_invalid', text);
}

function oneOf(names: string): AppError {
  return new AppError('invalid_arguments', `A retry takes either ${names}; leave one of them out.`);
}

function checkCodes(codes: string[], failures: readonly Failures[]): ErrorCode[] {
  const known = failures.map(({ code }) => code);
  for (const code of codes) {
    if (known.some((one) => one === code)) continue;
    const there = failures.map((group) => `${group.code} (${group.count})`).join(', ');
    const fix = code === 'row_malformed' ? 'Malformed rows stay as they are: correct the table instead' : undefined;
    const codesThere =
      there === '' ? 'There are no failures to retry' : `The failures that can be retried are ${there}`;
    throw new AppError('invalid_arguments', `No row of this batch failed with "${code}". ${fix ?? codesThere}.`);
  }
  return codes as ErrorCode[];
}
