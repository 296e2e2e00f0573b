import { setMaxListeners } from 'node:events';
import { toAppError } from '../../errors.ts';
import type { RowRecord } from '../../storage/store.ts';
import { createBatchWatch } from '../batch-watch.ts';
import { policyOf } from '../retry-policy.ts';
import { createRowWork } from '../row-work.ts';
import { DEFAULT_CONCURRENCY } from '../validate-input.ts';
import type { ProcessEnd, ProcessOptions } from './executor.ts';

/** The `realtime` executor: TransformInput, InvokeAgent and TransformOutput for each row, concurrently, in the order of the source. */
export async function runRealtime(options: ProcessOptions): Promise<ProcessEnd> {
  const { fence, deps, drain, tuning } = options;
  let wake: (() => void) | undefined;
  const halt = new AbortController();
  setMaxListeners(0, halt.signal);
  const work = await createRowWork(options, {
    halt: halt.signal,
    onFirstAnswer: () => wake?.(),
    // At once, not when its row is back in the queue: until then others would send into the same fault.
    onFault: (error) => {
      if (!['pause', 'stop'].includes(policyOf(error))) return;
      watch.see({ kind: 'returned', error });
      halt.abort();
    },
  });
  const limit = () => tuning.now().concurrency ?? DEFAULT_CONCURRENCY;
  const watch = createBatchWatch(options);
  let running = 0;
  let left = options.rows ?? Number.POSITIVE_INFINITY;
  let exhausted = false;
  const onDrain = () => wake?.();
  drain.addEventListener('abort', onDrain);
  const unlisten = tuning.listen(() => wake?.());
  const start = (row: RowRecord) => {
    running += 1;
    work
      .run(row)
      .then((ending) => watch.see(ending))
      .catch((thrown: unknown) => watch.stop({ kind: 'fault', error: toAppError(thrown) }))
      .finally(() => {
        running -= 1;
        wake?.();
      });
  };
  const claim = (free: number): Promise<RowRecord[]> =>
    deps.store.claimRows(fence, { limit: free, at: deps.clock.now() }).catch((thrown: unknown) => {
      watch.stop({ kind: 'fault', error: toAppError(thrown) });
      return [];
    });
  const giveBack = (rows: RowRecord[]): Promise<unknown> =>
    Promise.all(rows.map((row) => deps.store.returnRow(fence, row.row))).catch((thrown: unknown) =>
      watch.stop({ kind: 'fault', error: toAppError(thrown) }),
    );
  const isStopping = () => drain.aborted || watch.end() !== undefined;
  try {
    while (true) {
      // Until the first model call is answered one row goes alone: a key that is refused costs one call, not a full lane.
      const free = Math.min((work.isAnswered() ? limit() : 1) - running, left);
      if (!isStopping() && !exhausted && free > 0) {
        const rows = await claim(free);
        if (isStopping()) {
          await giveBack(rows);
          continue;
        }
        left -= rows.length;
        exhausted = rows.length < free || left === 0;
        rows.forEach(start);
        continue;
      }
      if (running === 0) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    drain.removeEventListener('abort', onDrain);
    unlisten();
    work.close();
  }
  return watch.end() ?? (drain.aborted && !exhausted ? { kind: 'stopped' } : { kind: 'done' });
}
