import { isDeepStrictEqual } from 'node:util';
import { toAppError } from '../../base/errors.ts';
import type { BatchRecord, BatchStatus } from '../../storage/batches.ts';
import type { EventName } from '../../telemetry/events.ts';
import type { BatchReport } from '../contract/report/report.ts';
import type { RunnerDeps } from '../deps.ts';
import { ENDED } from '../lifecycle/batch.ts';
import { reportBatch } from './report.ts';
import { batchNotFound } from './results.ts';

const LEAST_MS = 250;
/** How often a batch that this process doesn't run is read from the store, in milliseconds. */
const LOOK_MS = 1_000;
/**
 * How long a lease lasts without a heartbeat, in milliseconds. If a batch at rest still has an owner after this time,
 * the owner has died. A batch of this process is also read at this interval, without an event: its lease may be lost
 * without one.
 */
const LEASE_MS = 15_000;

const AT_REST: BatchStatus[] = [...ENDED, 'paused'];

/** Events after which a batch may have another owner or another status: it is read immediately. */
const URGENT = ['batch-status', 'lease-start', 'lease-end'] as const satisfies EventName[];
/** Events that change a batch's figures. */
const CHANGING = [
  'batch-progress',
  'batch-tune',
  'provider-job-status',
  'provider-job-progress',
  'row-end',
  'model-call-end',
  'tool-call-end',
] as const satisfies EventName[];

/** How a batch is watched. */
export interface WatchOptions {
  signal: AbortSignal;
  /**
   * Minimum time between two reports of a batch of this process, in milliseconds, 250 by default; a new status doesn't
   * wait for it.
   */
  leastMs?: (() => number) | undefined;
}

/**
 * The reports of a batch: the current one, then one after each change, until the batch is at rest or `signal` fires. A
 * report is made only when the consumer asks for it, so that a slow consumer gets the latest one only.
 */
export async function* watchBatch(
  batchId: string,
  { signal, leastMs = () => LEAST_MS }: WatchOptions,
  deps: RunnerDeps,
): AsyncGenerator<BatchReport, void, undefined> {
  const { clock } = deps;
  const changes = listenToBatch(batchId, deps, signal);
  let last: BatchReport | undefined;
  let restingSince: number | undefined;
  try {
    while (true) {
      const lookedAt = clock.monotonic();
      // Reset before the read: a change during the read causes the next one.
      changes.take();
      const batch = await deps.store.readBatch(batchId);
      if (batch === undefined) throw batchNotFound(batchId);
      const report = await reportBatch(batch, deps);
      if (last === undefined || !isSame(last, report)) {
        last = report;
        yield report;
      }
      restingSince = AT_REST.includes(batch.status) ? (restingSince ?? lookedAt) : undefined;
      const restedMs = restingSince === undefined ? 0 : lookedAt - restingSince;
      if (signal.aborted || (restingSince !== undefined && (isLeft(batch) || restedMs >= LEASE_MS))) return;
      const isHere = restingSince === undefined && batch.owner?.instance === deps.owner.instance;
      await changes.next({ lookedAt, leastMs: leastMs(), atLatestMs: isHere ? LEASE_MS : LOOK_MS });
    }
  } finally {
    changes.close();
  }
}

/**
 * Whether no process drives the batch. The last owner still carries out a cancellation that came while the batch
 * paused.
 */
function isLeft({ owner, control }: BatchRecord): boolean {
  return owner === null && control !== 'cancel';
}

/** Whether two reports are equal apart from rates and remaining times, which change without an event. */
function isSame(before: BatchReport, after: BatchReport): boolean {
  const timeless = { rows_per_second: null, eta_seconds: null, estimate_rest: null };
  return isDeepStrictEqual({ ...before, ...timeless }, { ...after, ...timeless });
}

/** Decides from the events of one batch when to read it. */
interface Changes {
  /** Forgets the events until now. */
  take(): void;
  /** Resolves when it is time to read again, or the signal has fired. */
  next(since: { lookedAt: number; leastMs: number; atLatestMs: number }): Promise<void>;
  close(): void;
}

function listenToBatch(batchId: string, { events, clock }: RunnerDeps, signal: AbortSignal): Changes {
  let happened: 'nothing' | 'change' | 'urgent' = 'nothing';
  let wake: (() => void) | undefined;
  const note = (what: 'change' | 'urgent') => (event: { batchId: string | null }) => {
    if (event.batchId !== batchId || happened === what || happened === 'urgent') return;
    happened = what;
    wake?.();
  };
  const offs = [
    ...URGENT.map((name) => events.on(name, note('urgent'))),
    ...CHANGING.map((name) => events.on(name, note('change'))),
  ];
  const close = () => {
    signal.removeEventListener('abort', onAbort);
    for (const off of offs) off();
  };
  const onAbort = () => {
    close();
    wake?.();
  };
  signal.addEventListener('abort', onAbort);
  return {
    take() {
      happened = 'nothing';
    },
    async next({ lookedAt, leastMs, atLatestMs }) {
      while (!signal.aborted && happened !== 'urgent') {
        const waitMs = (happened === 'change' ? leastMs : atLatestMs) - (clock.monotonic() - lookedAt);
        if (waitMs <= 0) return;
        const over = new AbortController();
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          sleep(waitMs, over.signal).then(resolve, reject);
        });
        wake = undefined;
        over.abort();
      }
    },
    close,
  };

  async function sleep(ms: number, cancelled: AbortSignal): Promise<void> {
    try {
      await clock.sleep(ms, cancelled);
    } catch (thrown) {
      if (toAppError(thrown).code !== 'aborted') throw thrown;
    }
  }
}
