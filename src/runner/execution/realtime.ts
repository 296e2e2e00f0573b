import { setMaxListeners } from 'node:events';
import { toAppError } from '../../base/errors.ts';
import type { RowRecord } from '../../storage/rows.ts';
import { OPTION_DEFAULTS } from '../contract/request/options.ts';
import { policyOf } from '../rows/retry-policy.ts';
import { type BatchWatch, createBatchWatch } from './batch-watch.ts';
import { createClaims } from './claims.ts';
import type { Executor, Fit, ProcessOptions, RunFacts } from './executor.ts';
import { openLocalAttempts } from './local-attempts.ts';
import type { ProcessEnd } from './process-end.ts';

/** How many rows are claimed in advance, as a share of the slots, so that no slot waits for a claim. */
const AHEAD = 0.5;
/**
 * How many rows may be missing, as a share of the slots, before more are claimed: a claim costs as much as a few rows.
 */
const PORTION = 0.25;

/** The `realtime` executor: rows run immediately, in this process. It fits whenever no other executor fits. */
export const realtime: Executor = {
  name: 'realtime',
  choose: async (facts) => fit(facts),
  run: runRealtime,
};

function fit({ plan, isSample }: RunFacts): Fit {
  if (plan.request.options?.mode === 'realtime') return { fits: true, reason: 'it was asked for' };
  return isSample ? { fits: true, reason: 'a sample runs in real time' } : { fits: true };
}

/**
 * TransformInput, InvokeAgent and TransformOutput for each row, concurrently, in the order of the source.
 *
 * There are as many slots as the concurrency. A row holds a slot until it sends nothing more; its answer and its end
 * are stored without a slot. So calls in flight never exceed the slots, and neither do calls that were sent and have no
 * committed answer: the next row's intent is behind that answer in the store's queue.
 */
async function runRealtime(options: ProcessOptions): Promise<ProcessEnd> {
  const { drain, tuning, remote } = options;
  let wake: (() => void) | undefined;
  const halt = new AbortController();
  setMaxListeners(0, halt.signal);
  const attempts = await openLocalAttempts(options, {
    halt: halt.signal,
    onFirstAnswer: () => wake?.(),
    // Immediately, not when its row is back in the queue: until then other rows would send and meet the same fault.
    onFault: (error) => {
      if (!['pause', 'stop'].includes(policyOf(error))) return;
      watch.see({ kind: 'returned', error });
      halt.abort();
    },
  });
  const ahead = createClaims(options, () => wake?.());
  const watch = options.watch ?? createBatchWatch(options, () => ahead.size() > 0 || !ahead.isExhausted());
  /** `slots`: rows that hold a slot. `running`: all rows in progress. */
  let slots = 0;
  let running = 0;
  const onDrain = () => wake?.();
  drain.addEventListener('abort', onDrain);
  const unlisten = tuning.listen(() => wake?.());
  const unlistenRemote = remote?.listen(() => wake?.());
  const isStopping = () => drain.aborted || watch.end() !== undefined;
  // Until the first model call is answered, one row runs alone: a refused key costs one call, not a full lane.
  const unasked = () => remote?.concurrency() ?? OPTION_DEFAULTS.concurrency;
  const limit = () => (attempts.isAnswered() ? (tuning.now().concurrency ?? unasked()) : 1);
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
  /** Rows that only wait to be stored never outnumber the slots, so that a slow store slows down the sending. */
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
    unlistenRemote?.();
    attempts.close();
  }
  return watch.end() ?? (drain.aborted && !ahead.isExhausted() ? { kind: 'stopped' } : { kind: 'done' });
}

/** The number of rows is known only now, and with it the share of failed rows. */
async function countRows({ deps, batch }: ProcessOptions, watch: BatchWatch): Promise<void> {
  const { totals } = (await deps.store.readBatch(batch.id)) ?? batch;
  watch.countRows(totals.rows);
}
