import type { Clock } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';
import type { Chunk } from '../fleet/chunk-queue.ts';
import type { BegunTask } from '../runner/execution/fleet/messages.ts';
import { toWire } from '../runner/execution/fleet/wire.ts';
import type { RowOutcome } from '../runner/rows/row-run.ts';
import type { BatchWork } from './batch-work.ts';
import type { OpenedSnapshot } from './open-snapshots.ts';

/** How long a worker keeps rows that it can't run, in milliseconds. */
const UNFIT_MS = 1_000;

/**
 * Runs the rows of one chunk, one after the other. A row begins when the one before it has its output: what is left of
 * that is to be stored, one row at a time, so that a slow coordinator slows the sending.
 * @returns the number of rows that it ran
 */
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
  let storing: Promise<void> = Promise.resolve();
  let ran = 0;
  try {
    for (let begun = left.shift(); begun !== undefined; begun = left.shift()) {
      if (drain.aborted) {
        left.unshift(begun);
        break;
      }
      const opened = await open(begun, work);
      if (typeof opened === 'string') {
        // Other workers get the time to take the rows.
        await clock.sleep(UNFIT_MS, drain).catch((): undefined => undefined);
        await giveBack([begun, ...left], opened, work);
        return ran;
      }
      const answered = Promise.withResolvers<void>();
      const ending = runRow(begun, { work, opened, onAnswered: answered.resolve });
      ran += 1;
      await Promise.race([answered.promise, ending]);
      await storing;
      storing = ending;
    }
    await giveBack(left, null, work);
  } finally {
    await storing.catch((): undefined => undefined);
    for (const { task } of tasks) work.end(task.run);
  }
  return ran;
}

/** What the rows of a chunk have in common, or the reason why this worker can't run them. */
async function open(begun: BegunTask, work: BatchWork): Promise<OpenedSnapshot | string> {
  try {
    const opened = await work.snapshot(begun);
    opened.see(begun);
    return opened;
  } catch (thrown) {
    return toAppError(thrown).message;
  }
}

async function giveBack(left: readonly BegunTask[], reason: string | null, { session }: BatchWork): Promise<void> {
  if (left.length === 0) return;
  await session.request({ kind: 'return', runs: left.map(({ task }) => task.run), reason });
}

/** Resolves when the row is settled, or is not this worker's any more. `onAnswered`: see {@link RowRuns}. */
async function runRow(
  { task }: BegunTask,
  { work, opened, onAnswered }: { work: BatchWork; opened: OpenedSnapshot; onAnswered: () => void },
): Promise<void> {
  const { runs, port } = opened;
  const { run } = task;
  const { session } = work;
  const outcome = await runs.run(task, onAnswered, work.signalOf(run));
  if (outcome.kind === 'parked') return;
  const report = (ended: Exclude<RowOutcome, { kind: 'parked' }>) => {
    const wired = ended.kind === 'output' ? ended : { ...ended, error: toWire(ended.error) };
    return session.request({ kind: 'outcome', run, outcome: wired, hashed: port.hashed(run) }, port.sentAnswers(run));
  };
  try {
    await report(outcome);
  } catch {
    const error = port.answerFault(run);
    // Refused: another worker has the row by now.
    if (error === undefined) return;
    const { processingMs, costMicroUsd } = outcome;
    const fault = { kind: 'fault' as const, input: null, error, isCharged: true, processingMs, costMicroUsd };
    await report(fault).catch((): null => null);
  } finally {
    port.end(run);
  }
}
