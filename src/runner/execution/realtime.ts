import { setMaxListeners } from 'node:events';
import { toAppError } from '../../base/errors.ts';
import type { RowRecord } from '../../storage/rows.ts';
import { OPTION_DEFAULTS } from '../contract/options.ts';
import { estimateBatch } from '../intake/estimate.ts';
import { policyOf } from '../rows/retry-policy.ts';
import { type BatchWatch, createBatchWatch } from './batch-watch.ts';
import { createClaims } from './claims.ts';
import type { Executor, Fit, ProcessOptions, RunFacts } from './executor.ts';
import { openLocalAttempts } from './local-attempts.ts';
import type { ProcessEnd } from './process-end.ts';

/** How many rows are claimed ahead of a free slot, as a share of the slots: a slot waits for no claim. */
const AHEAD = 0.5;
/** How many may be missing, as a share of the slots, before more are claimed: a claim costs as much as a few of its rows. */
const PORTION = 0.25;

/** The `realtime` executor: rows run at once, in this process. It fits whenever no other does. */
export const realtime: Executor = {
  name: 'realtime',
  choose: async (facts) => fit(facts),
  estimate: async (basis, _options, { prices }) => estimateBatch(basis, prices),
  run: runRealtime,
};

function fit({ plan, isSample }: RunFacts): Fit {
  if (plan.request.options?.mode === 'realtime') return { fits: true, reason: 'it was asked for' };
  return isSample ? { fits: true, reason: 'a sample is run at once' } : { fits: true };
}

/**
 * TransformInput, InvokeAgent and TransformOutput for each row, concurrently, in the order of the source.
 *
 * A row holds a slot, of which there are as many as the concurrency, until it sends nothing more; storing its answer and
 * its end goes on without one. So calls in flight never exceed the slots, and neither do calls that were sent and have no
 * committed answer: the next row's intent stands behind that answer in the store's queue.
 */
async function runRealtime(options: ProcessOptions): Promise<ProcessEnd> {
  const { drain, tuning } = options;
  let wake: (() => void) | undefined;
  const halt = new AbortController();
  setMaxListeners(0, halt.signal);
  const attempts = await openLocalAttempts(options, {
    halt: halt.signal,
    onFirstAnswer: () => wake?.(),
    // At once, not when its row is back in the queue: until then others would send into the same fault.
    onFault: (error) => {
      if (!['pause', 'stop'].includes(policyOf(error))) return;
      watch.see({ kind: 'returned', error });
      halt.abort();
    },
  });
  const watch = options.watch ?? createBatchWatch(options);
  const ahead = createClaims(options, () => wake?.());
  /** Rows that hold a slot, and rows that are worked on at all. */
  let slots = 0;
  let running = 0;
  const onDrain = () => wake?.();
  drain.addEventListener('abort', onDrain);
  const unlisten = tuning.listen(() => wake?.());
  const isStopping = () => drain.aborted || watch.end() !== undefined;
  // Until the first model call is answered one row goes alone: a key that is refused costs one call, not a full lane.
  const limit = () => (attempts.isAnswered() ? (tuning.now().concurrency ?? OPTION_DEFAULTS.concurrency) : 1);
  const most = () => (attempts.isAnswered() ? Math.ceil(limit() * (1 + AHEAD)) : 1);
  const missing = () => most() - slots - ahead.size();
  const start = (row: RowRecord) => {
    running += 1;
    slots += 1;
    let hasSlot = true;
    const leaveSlot = () => {
      if (hasSlot) slots -= 1;
      hasSlot = false;
    };
    attempts
      .attempt(row, () => {
        if (!attempts.isAnswered()) return;
        leaveSlot();
        startAhead();
        wake?.();
      })
      .then((ending) => watch.see(ending))
      .catch((thrown: unknown) => watch.stop({ kind: 'fault', error: toAppError(thrown) }))
      .finally(() => {
        leaveSlot();
        running -= 1;
        wake?.();
      });
  };
  /** Rows that are only to be stored are no more than slots, so that a store that is slow holds up the sending. */
  const startAhead = () => {
    while (!isStopping() && slots < limit() && running < 2 * limit()) {
      const row = ahead.take();
      if (row === undefined) break;
      start(row);
    }
  };
  const orStop = (thrown: unknown) => watch.stop({ kind: 'fault', error: toAppError(thrown) });
  try {
    while (true) {
      startAhead();
      if (isStopping()) await ahead.giveBack().catch(orStop);
      else if (ahead.mayClaim() && missing() > limit() * PORTION) {
        await ahead.claim(missing()).catch(orStop);
        continue;
      }
      if (running === 0 && (isStopping() || ahead.isExhausted())) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (options.arrivals !== undefined && !isStopping()) await countRows(options, watch).catch(orStop);
  } finally {
    ahead.close();
    drain.removeEventListener('abort', onDrain);
    unlisten();
    attempts.close();
  }
  return watch.end() ?? (drain.aborted && !ahead.isExhausted() ? { kind: 'stopped' } : { kind: 'done' });
}

/** Only now it is known how many rows there are, and so which share of them failed. */
async function countRows({ deps, batch }: ProcessOptions, watch: BatchWatch): Promise<void> {
  const { totals } = (await deps.store.readBatch(batch.id)) ?? batch;
  watch.countRows(totals.rows);
}
