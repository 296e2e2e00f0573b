import type { Clock } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';
import type { Chunk } from '../fleet/chunk-queue.ts';
import type { BegunTask, WireHash } from '../runner/execution/fleet/messages.ts';
import { toWire } from '../runner/execution/fleet/wire.ts';
import type { RowOutcome } from '../runner/rows/row-run.ts';
import type { BatchWork } from './batch-work.ts';

/** How long a worker keeps rows that it can't run, in milliseconds. */
const UNFIT_MS = 1_000;

/** Runs the rows of one chunk, one after the other. @returns the number of rows that it ran */
export async function runChunk(
  chunk: Chunk,
  work: BatchWork,
  { drain, clock }: { drain: AbortSignal; clock: Clock },
): Promise<number> {
  const { session } = work;
  session.seeEpoch(chunk.epoch);
  // The chunk of an earlier lease: its rows are in other chunks now.
  if (chunk.epoch < session.epoch()) return 0;
  const { tasks } = await session.request({ kind: 'begin', chunk: chunk.id });
  for (const { task } of tasks) work.begin(task.run);
  const left = [...tasks];
  const reports: Promise<void>[] = [];
  let ran = 0;
  try {
    for (let begun = left.shift(); begun !== undefined; begun = left.shift()) {
      if (drain.aborted) {
        left.unshift(begun);
        break;
      }
      const run = await open(begun, work);
      if (typeof run === 'string') {
        // Other workers get the time to take the rows.
        await clock.sleep(UNFIT_MS, drain).catch((): undefined => undefined);
        await giveBack([begun, ...left], run, work);
        return ran;
      }
      const ended = await run();
      ran += 1;
      reports.push(report(begun.task.run, ended, work));
    }
    await giveBack(left, null, work);
  } finally {
    await Promise.allSettled(reports);
    for (const { task } of tasks) work.end(task.run);
  }
  return ran;
}

/** How a run ended, and the hashes of its model calls where the batch caches. */
interface Ended {
  outcome: RowOutcome;
  hashed: WireHash[];
}

/** The run of a row, or the reason why this worker can't run it. */
async function open(begun: BegunTask, work: BatchWork): Promise<(() => Promise<Ended>) | string> {
  try {
    const { runs, port, see } = await work.snapshot(begun);
    see(begun);
    const signal = work.signalOf(begun.task.run);
    const { run } = begun.task;
    return () =>
      runs
        .run(begun.task, undefined, signal)
        .then((outcome) => ({ outcome, hashed: port.hashed(run) }))
        .finally(() => port.end(run));
  } catch (thrown) {
    return toAppError(thrown).message;
  }
}

async function giveBack(left: readonly BegunTask[], reason: string | null, { session }: BatchWork): Promise<void> {
  if (left.length === 0) return;
  await session.request({ kind: 'return', runs: left.map(({ task }) => task.run), reason });
}

async function report(run: string, { outcome, hashed }: Ended, { session }: BatchWork): Promise<void> {
  if (outcome.kind === 'parked') return;
  const wired = outcome.kind === 'output' ? outcome : { ...outcome, error: toWire(outcome.error) };
  // Refused: another worker has the row by now.
  await session.request({ kind: 'outcome', run, outcome: wired, hashed }).catch((): null => null);
}
