import { isoTime } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { PastAttempt, RowRecord } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import type { AttemptTrace, RowTrace } from '../contract/report/trace.ts';
import { shownRow } from '../media/media-fields.ts';
import { isFallback } from './fallback-answers.ts';
import { planOf } from './results.ts';

/**
 * A row with every call of its attempts.
 * @throws AppError `not_found`
 */
export async function traceRow(batch: BatchRecord, number: number, { store }: { store: Store }): Promise<RowTrace> {
  const row = await readRow(batch, number, { store });
  const { agent } = planOf(batch);
  const past = await store.readAttempts(batch.id, number);
  const attempts: AttemptTrace[] = [];
  for (let attempt = 1; attempt <= row.attempt; attempt += 1) {
    const entries = await store.readJournal(`${batch.id}/${number}/${attempt}`);
    const model = entries.find(({ kind }) => kind === 'model')?.name ?? null;
    const fallback = entries.some(({ name, answer }) => answer !== null && isFallback(name, agent));
    attempts.push({ attempt, model, fallback, ...outcomeOf(row, past, attempt), entries });
  }
  const kept = row.attempt > 0 ? undefined : await store.readKeptFrom(batch.id, number);
  return {
    row: shownRow(row, agent),
    kept_from: kept === undefined ? null : { batch_id: kept.batchId, row: kept.row },
    attempts,
  };
}

function outcomeOf(
  row: RowRecord,
  past: PastAttempt[],
  attempt: number,
): Omit<AttemptTrace, 'attempt' | 'model' | 'fallback' | 'entries'> {
  const own = attempt === row.attempt ? row : past.find((one) => one.attempt === attempt);
  const error = own?.error ?? null;
  return {
    status: attempt === row.attempt ? row.status : error === null ? 'superseded' : 'failed',
    error,
    started_at: isoTime(own?.startedAt ?? null),
    ended_at: isoTime(own?.endedAt ?? null),
  };
}

/** One row. @throws AppError `not_found` */
export async function readRow(batch: BatchRecord, number: number, { store }: { store: Store }): Promise<RowRecord> {
  const [row] = await store.readRowsOf(batch.id, [number]);
  if (row !== undefined) return row;
  const last = batch.totals.rows - 1;
  throw new AppError('not_found', `The batch ${batch.id} has no row ${number}; its rows are numbered 0 to ${last}.`);
}
