import { type AppError, type ErrorCode, toAppError, unreachable } from '../../base/errors.ts';
import { rowPlace } from '../../base/row-place.ts';
import type { EventMap, EventSink } from '../../telemetry/events.ts';
import { createRunCache } from './answer-cache.ts';
import { type CacheDeps, type HashedCache, openHashedCache } from './hashed-cache.ts';
import type { JournalPort } from './journal-port.ts';
import type { ModelCall } from './model-call.ts';
import { policyOf } from './retry-policy.ts';
import type { RowOutcome } from './row-run.ts';
import type { RowTask } from './row-task.ts';
import { createStoreJournal, type StoreJournalDeps } from './store-journal.ts';

/** How one row ended, as far as its batch needs to know. */
export type RowEnding =
  | { kind: 'succeeded' }
  /** `isCharged`: the attempt cost money, or may have. */
  | { kind: 'failed'; code: ErrorCode; example: string; isCharged: boolean }
  | { kind: 'returned'; error: AppError }
  /** The next model call waits to be put into a provider job, or a tool call is held back; the row is still claimed. */
  | { kind: 'parked'; task: RowTask; call: ModelCall | undefined };

/** Settles runs in the process that holds the lease, under the batch's epoch, wherever the runs took place. */
export interface RowSettlement {
  /** The journal that runs use. */
  journal: JournalPort;
  /** The cache of a run that takes place in another process. Present where the batch allows answers of other rows. */
  cacheOf?: (run: string) => HashedCache;
  /** Stores the outcome of a run. Only here does a claimed row end, or go back to the queue. */
  settleRow(task: RowTask, outcome: RowOutcome): Promise<RowEnding>;
  /** Ends an attempt and begins the next one at the same row, which stays claimed. */
  nextAttempt(task: RowTask, fault: Fault): Promise<void>;
}

type Output = Extract<RowOutcome, { kind: 'output' }>;
type Fault = Extract<RowOutcome, { kind: 'fault' }>;
type SettlementDeps = StoreJournalDeps & Required<Pick<StoreJournalDeps, 'fence'>> & { events: EventSink };

const SUCCEEDED: RowEnding = { kind: 'succeeded' };

/** @param cache present where the batch allows answers of other rows */
export function createRowSettlement(deps: SettlementDeps, cache?: CacheDeps): RowSettlement {
  const { store, fence, clock, events } = deps;
  const caches = new Map<string, HashedCache>();
  const openCaches = (opened: CacheDeps) => (run: string) => {
    const known = caches.get(run) ?? openHashedCache(run, opened);
    caches.set(run, known);
    return known;
  };
  const cacheOf = cache === undefined ? undefined : openCaches(cache);
  const openCache = (opened: CacheDeps) => (run: string) => {
    const {
      provider,
      fence: { batchId },
    } = opened;
    return createRunCache(openCaches(opened)(run), { run, batchId, provider });
  };
  /** Lets runs that wait for this run's calls continue. */
  const leave = (run: string, succeeded: boolean) => {
    caches.get(run)?.end(succeeded);
    caches.delete(run);
  };

  /** Called only after the store has the end. */
  const emitEnd = (
    { row, attempt }: RowTask,
    end: Pick<EventMap['row-end'], 'outcome' | 'code'>,
    { processingMs }: { processingMs: number },
  ) => {
    if (!events.has('row-end')) return;
    events.emit('row-end', { batchId: fence.batchId, row, attempt, ...end, processingMs, at: clock.now() });
  };

  // No async functions from here on where a row succeeds: each costs about half a microsecond a row.
  const succeed = ({ run, row }: RowTask, outcome: Output): Promise<void> => {
    const { input, output, processingMs, costMicroUsd } = outcome;
    const hashed = caches.get(run)?.hashed() ?? [];
    const endedAt = clock.now();
    const result = { status: 'succeeded' as const, input, output, hashed, processingMs, endedAt, costMicroUsd };
    return store.finishRow(fence, row, result);
  };
  const settleFault = async (task: RowTask, fault: Fault): Promise<RowEnding> => {
    const { run, row } = task;
    const { input, error, processingMs, costMicroUsd } = fault;
    const policy = policyOf(error);
    try {
      if (policy !== 'fail') {
        if (policy !== 'stop') {
          await store.returnRow(fence, row);
          emitEnd(task, { outcome: 'returned', code: error.code }, fault);
        }
        return { kind: 'returned', error };
      }
      const { code, message } = error;
      const times = { processingMs, endedAt: clock.now(), costMicroUsd };
      await store.finishRow(fence, row, { status: 'failed', input, error: { code, message }, ...times });
      emitEnd(task, { outcome: 'failed', code }, fault);
      return { kind: 'failed', code, example: `${rowPlace(task)}: ${message}`, isCharged: fault.isCharged };
    } finally {
      leave(run, false);
    }
  };

  const nextAttempt = async (task: RowTask, fault: Fault): Promise<void> => {
    const { error, processingMs, costMicroUsd } = fault;
    const times = { processingMs, endedAt: clock.now(), costMicroUsd };
    const failed = { status: 'failed' as const, input: null, error: { code: error.code, message: error.message } };
    try {
      await store.nextAttempt(fence, task, { ...failed, ...times });
      emitEnd(task, { outcome: 'returned', code: error.code }, fault);
    } finally {
      leave(task.run, false);
    }
  };

  return {
    nextAttempt,
    ...(cacheOf !== undefined && { cacheOf }),
    journal: { ...createStoreJournal(deps), ...(cache === undefined ? {} : { openCache: openCache(cache) }) },
    settleRow(task, outcome) {
      switch (outcome.kind) {
        case 'output':
          return succeed(task, outcome).then(
            () => {
              leave(task.run, true);
              emitEnd(task, { outcome: 'succeeded', code: null }, outcome);
              return SUCCEEDED;
            },
            (thrown: unknown) =>
              settleFault(task, { ...outcome, kind: 'fault', error: toAppError(thrown), isCharged: true }),
          );
        case 'fault':
          return settleFault(task, outcome);
        case 'parked':
          leave(task.run, false);
          return Promise.resolve({ kind: 'parked', task, call: outcome.call });
        default:
          return unreachable(outcome);
      }
    },
  };
}
