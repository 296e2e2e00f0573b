import { AppError, toAppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { BatchRecord, BatchStatus } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { RunnerDeps } from '../deps.ts';
import { readRow } from '../output/trace-row.ts';
import { rowCancelled, spentOf } from '../rows/cancelled-row.ts';
import { emitLease } from './batch-events.ts';
import type { LiveRows } from './live-rows.ts';
import { type RowRequest, settingsOf } from './settings.ts';

/** The statuses in which single rows can be changed. */
const WHEN: BatchStatus[] = ['running', 'paused'];
/** Pending requests of one batch: its owner reads all of them at each heartbeat. */
const MAX_PENDING = 1000;

/**
 * Requests that one row is cancelled or queued again. The owner's heartbeat carries it out; without an owner it is
 * carried out immediately.
 * @throws AppError `not_found`, `batch_state_invalid`
 */
export async function askForRow(
  batch: BatchRecord,
  { row: number, act }: Pick<RowRequest, 'row' | 'act'>,
  deps: RunnerDeps,
): Promise<void> {
  const row = await checkForRow(batch, { row: number, act }, deps);
  if (Object.keys(settingsOf(batch).row_requests ?? {}).length >= MAX_PENDING) {
    throw new AppError(
      'too_busy',
      `${MAX_PENDING} requests for rows of ${batch.id} are pending; try again in a moment.`,
    );
  }
  const request: RowRequest = { row: number, attempt: Math.max(row.attempt, 1), act };
  const settings = { row_requests: { [deps.newId('req')]: { ...request } } };
  if (!(await deps.store.updateBatch(batch.id, { settings }, { when: WHEN }))) {
    const { status } = (await deps.store.readBatch(batch.id)) ?? batch;
    throw unchangeable(batch.id, status);
  }
  await carryOutUnownedRows(batch.id, deps);
}

/**
 * The row, if the request can be carried out.
 * @throws AppError `not_found`, `batch_state_invalid`
 */
export async function checkForRow(
  batch: BatchRecord,
  { row: number, act }: Pick<RowRequest, 'row' | 'act'>,
  deps: RunnerDeps,
): Promise<RowRecord> {
  const { id, status } = batch;
  if (!WHEN.includes(status)) throw unchangeable(id, status);
  const row = await readRow(batch, number, deps);
  const fault = faultOf(id, row, act);
  if (fault !== undefined) throw new AppError('batch_state_invalid', fault);
  return row;
}

function unchangeable(id: string, status: BatchStatus): AppError {
  return new AppError('batch_state_invalid', `The batch ${id} is ${status}: its rows can't be changed now.`);
}

function faultOf(id: string, { row, status: state, error }: RowRecord, act: RowRequest['act']): string | undefined {
  if (act === 'cancel') {
    if (state === 'queued' || state === 'running') return undefined;
    return `Row ${row} of ${id} has ${state} already; there is nothing to cancel.`;
  }
  if (state === 'failed') return error?.code === 'row_malformed' ? malformed(row) : undefined;
  const why = state === 'succeeded' ? 'has succeeded' : `is ${state}`;
  return `Only a failed row can be queued again; row ${row} of ${id} ${why}.`;
}

/** Why a malformed row is not run again. */
export function malformed(row: number): string {
  return `Row ${row} is malformed and stays as it is: correct the table instead.`;
}

/** Carries out pending requests for rows when no process owns the batch. */
export async function carryOutUnownedRows(batchId: string, deps: RunnerDeps): Promise<void> {
  const { store } = deps;
  if (!hasRequests(await store.readBatch(batchId))) return;
  const lease = await store.acquireLease(batchId, deps.owner);
  if (!lease.acquired) return;
  try {
    const batch = await store.readBatch(batchId);
    if (batch === undefined || !hasRequests(batch)) return;
    await store.returnRunningRows(lease.fence);
    await carryOutRowRequests(batch.settings, { fence: lease.fence, deps });
  } finally {
    await store.releaseLease(lease.fence);
    emitLease('lease-end', lease.fence, deps);
  }
}

function hasRequests(batch: BatchRecord | undefined): boolean {
  if (batch === undefined || !WHEN.includes(batch.status)) return false;
  return Object.keys(settingsOf(batch).row_requests ?? {}).length > 0;
}

interface CarryOut {
  fence: Fence;
  deps: RunnerDeps;
  /** The rows that run in this process. */
  live?: LiveRows;
}

/**
 * Carries out the requests for rows that the settings hold, under the lease. Idempotent: a request concerns one
 * attempt. A request stays until its row has ended, or is queued again.
 */
export async function carryOutRowRequests(settings: JsonObject, { fence, deps, live }: CarryOut): Promise<void> {
  const { row_requests: requests = {} } = settingsOf({ settings });
  const done: string[] = [];
  for (const id of Object.keys(requests).sort()) {
    const request = requests[id];
    if (request === undefined || (await carryOut(request, { fence, deps, ...(live && { live }) }))) done.push(id);
  }
  if (done.length === 0) return;
  const cleared = { row_requests: Object.fromEntries(done.map((id) => [id, null])) };
  await deps.store.updateBatch(fence.batchId, { settings: cleared }, { fence });
}

/** Resolves to whether nothing is left to do. */
async function carryOut({ act, ...at }: RowRequest, { fence, deps, live }: CarryOut): Promise<boolean> {
  const { store, clock } = deps;
  if (act === 'requeue') {
    if (await store.redriveRow(fence, at)) live?.requeue();
    return true;
  }
  const [row] = await store.readRowsOf(fence.batchId, [at.row]);
  if (row === undefined || Math.max(row.attempt, 1) !== at.attempt) return true;
  if (row.status === 'running') {
    // A row that waits in a provider job ends when its answer is there: one request can't be taken back.
    live?.cancel(at);
    return false;
  }
  if (row.status !== 'queued') return true;
  const { code, message } = rowCancelled();
  const costMicroUsd = row.claims === 0 ? 0 : await spentOf(`${fence.batchId}/${at.row}/${at.attempt}`, store);
  const times = { processingMs: 0, endedAt: clock.now(), costMicroUsd };
  if (!(await store.failQueuedRow(fence, at, { status: 'failed', input: null, error: { code, message }, ...times })))
    return false;
  const ended = { processingMs: 0, at: times.endedAt };
  deps.events.emit('row-end', { batchId: fence.batchId, ...at, outcome: 'failed', code, ...ended });
  return true;
}

/** Carries out requests for rows while rows run: the heartbeat gives it the settings. */
export function createRowRequests(at: Required<CarryOut>): { see(settings: JsonObject): void; stop(): Promise<void> } {
  let active: Promise<void> | undefined;
  return {
    see(settings) {
      if (active !== undefined || Object.keys(settingsOf({ settings }).row_requests ?? {}).length === 0) return;
      active = carryOutRowRequests(settings, at)
        .catch((thrown: unknown) => {
          const { code } = toAppError(thrown);
          at.deps.log.warn({ batchId: at.fence.batchId, code }, 'a request for a row failed; it will be repeated');
        })
        .finally(() => {
          active = undefined;
        });
    },
    stop: async () => active,
  };
}
