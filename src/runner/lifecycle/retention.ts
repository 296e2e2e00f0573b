import { AppError, toAppError } from '../../base/errors.ts';
import type { BatchRecord, BatchStatus } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { BatchOptions } from '../contract/request/options.ts';
import type { RunnerDeps } from '../deps.ts';
import { planOf } from '../output/results.ts';
import { ENDED } from './batch.ts';

/** Rows whose bodies are deleted in one transaction: about 2 ms, so that the event loop is not blocked. */
const PAGE = 50;
/** How often the lease is renewed while pruning, in milliseconds; it lapses after 15 s. */
const RENEW_MS = 1_000;
const DAY_MS = 86_400_000;

type Trace = NonNullable<BatchOptions['trace']>;

/** When the first pruning of a batch that ends at `endedAt` is due; null: its bodies are kept permanently. */
export function pruneTime(options: BatchOptions | undefined, endedAt: number): number | null {
  if ((options?.trace ?? 'all') !== 'all') return endedAt;
  return options?.trace_days === undefined ? null : endedAt + options.trace_days * DAY_MS;
}

/**
 * Prunes every ended batch that is due. A batch that fails, or that a process owns, is left for the next time.
 * Idempotent: pruning a pruned batch changes nothing.
 */
export async function pruneDue(deps: RunnerDeps, signal?: AbortSignal): Promise<void> {
  for (const id of await deps.store.listPrunableBatches(deps.clock.now())) {
    if (signal?.aborted) return;
    try {
      await pruneBatch(id, deps, signal);
    } catch (thrown) {
      deps.log.warn({ batchId: id, code: toAppError(thrown).code }, 'bodies were not pruned');
    }
  }
}

async function pruneBatch(id: string, deps: RunnerDeps, signal: AbortSignal | undefined): Promise<void> {
  const { store, clock } = deps;
  const lease = await store.acquireLease(id, deps.owner);
  if (!lease.acquired) return;
  try {
    const batch = await store.readBatch(id);
    // The batch may have been redriven before this process got the lease.
    if (batch === undefined || !ENDED.includes(batch.status)) return;
    const { trace = 'all', trace_days: days } = planOf(batch).request.options ?? {};
    const lastAt = days === undefined ? null : (batch.endedAt ?? 0) + days * DAY_MS;
    const isLast = lastAt !== null && lastAt <= clock.now();
    const isDone = await prunePages(batch, lease.fence, { keep: isLast ? 'none' : trace, deps, signal });
    if (isDone) await store.updateBatch(id, { pruneAt: isLast ? null : lastAt }, { fence: lease.fence });
  } finally {
    await store.releaseLease(lease.fence);
  }
}

async function prunePages(
  batch: BatchRecord,
  fence: Fence,
  { keep, deps, signal }: { keep: Trace; deps: RunnerDeps; signal: AbortSignal | undefined },
): Promise<boolean> {
  const { store, clock } = deps;
  let renewedAt = clock.monotonic();
  for (let fromRow = 0; ; ) {
    if (signal?.aborted) return false;
    const rows = await store.readRows(batch.id, { fromRow, limit: PAGE });
    const last = rows.at(-1);
    if (last === undefined) return true;
    const runs = rows.flatMap((row) => prunableRuns(row, keep).map((attempt) => `${batch.id}/${row.row}/${attempt}`));
    if (runs.length > 0) await store.pruneRuns(fence, runs);
    if (clock.monotonic() - renewedAt > RENEW_MS) {
      await store.renewLease(fence);
      renewedAt = clock.monotonic();
    }
    fromRow = last.row + 1;
  }
}

/**
 * The attempts of a row whose bodies may be deleted. The current attempt of a row that has not ended is kept: a redrive
 * of a cancelled batch continues from its answered calls.
 */
function prunableRuns({ status, attempt }: RowRecord, keep: Trace): number[] {
  if (keep === 'all') return [];
  const present = status === 'succeeded' || (status === 'failed' && keep === 'none') ? [attempt] : [];
  const past = keep === 'none' ? Array.from({ length: Math.max(0, attempt - 1) }, (_, at) => at + 1) : [];
  return [...past, ...present];
}

/** Deletes the remaining records of removed batches, in portions. */
async function sweepRemoved({ store }: RunnerDeps, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted && (await store.sweepRemoved()));
}

/** Does the maintenance besides driving: finishes interrupted removals, and prunes. */
export async function keepHouse(deps: RunnerDeps, signal?: AbortSignal): Promise<void> {
  await sweepRemoved(deps, signal);
  await pruneDue(deps, signal);
}

/**
 * Removes a batch: its rows, its journal and its accounting. It disappears from every listing immediately; its records
 * are swept here, and after a crash by the next process that does maintenance. Its table stays in place.
 * @throws AppError `batch_state_invalid` when it has not ended (`force` allows a paused one), `batch_owned_elsewhere`
 */
export async function removeBatch(batch: BatchRecord, force: boolean, deps: RunnerDeps): Promise<void> {
  const { store } = deps;
  const removable: BatchStatus[] = force ? [...ENDED, 'paused'] : ENDED;
  if (!removable.includes(batch.status)) throw notRemovable(batch);
  const lease = await store.acquireLease(batch.id, deps.owner);
  if (!lease.acquired) {
    const { pid, host } = lease.owner;
    throw new AppError(
      'batch_owned_elsewhere',
      `The batch ${batch.id} is being run by process ${pid} on ${host}; try again when it has ended or is paused.`,
    );
  }
  const open = (await store.readProviderJobs(batch.id)).filter(({ state }) => state === 'open' || state === 'creating');
  if (open.length > 0) {
    await store.releaseLease(lease.fence);
    throw new AppError(
      'batch_state_invalid',
      `The batch ${batch.id} has ${open.length} jobs at the provider that are still open; cancel it first ("rowmill batches cancel ${batch.id}").`,
    );
  }
  if (!(await store.removeBatch(lease.fence, removable))) {
    await store.releaseLease(lease.fence);
    throw notRemovable((await store.readBatch(batch.id)) ?? batch);
  }
  await sweepRemoved(deps);
}

function notRemovable({ id, status }: BatchRecord): AppError {
  const fix = `cancel it first ("rowmill batches cancel ${id}")`;
  return new AppError(
    'batch_state_invalid',
    status === 'paused'
      ? `The batch ${id} is paused and can still be resumed; ${fix}, or delete it with --force.`
      : `The batch ${id} is ${status}; ${fix}.`,
  );
}
