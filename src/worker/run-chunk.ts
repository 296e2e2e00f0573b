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
 * Runs the rows of one chunk. A row begins when the one before it has its output, or earlier (see `readiness.ts`): what is
 * left of that is to be stored, and few rows are, so that a slow coordinator slows the sending.
 * Resolves when there is room for another chunk; rows of this one may still be running.
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
  const rows: StartedRow[] = [];
  const ready = work.readiness.rows;
  const lap = createLaps(clock);
  try {
    for (const [at, begun] of tasks.entries()) {
      await rows[at - 1 - ready()]?.answered;
      await rows[at - 2 - 2 * ready()]?.stored;
      if (drain.aborted) {
        await giveBack(tasks.slice(at), null, work);
        break;
      }
      const opened = await open(begun, work);
      if (typeof opened === 'string') {
        // Other workers get the time to take the rows.
        await clock.sleep(UNFIT_MS, drain).catch((): undefined => undefined);
        await giveBack(tasks.slice(at), opened, work);
        break;
      }
      rows.push(start(begun, { work, opened, lap }));
    }
    await rows.at(-1 - ready())?.answered;
  } finally {
    for (const { task } of tasks.slice(rows.length)) work.end(task.run);
  }
  return rows.length;
}

/** A row that was started. Neither promise rejects. */
interface StartedRow {
  /** It sends nothing more. */
  answered: Promise<void>;
  /** It is settled, or is not this worker's any more. */
  stored: Promise<void>;
}

interface RowParts {
  work: BatchWork;
  opened: OpenedSnapshot;
  /** The milliseconds since its last call. */
  lap: () => number;
}

function start(begun: BegunTask, { work, opened, lap }: RowParts): StartedRow {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stored = runRow(begun, { work, opened, lap, onAnswered: resolve }).finally(() => work.end(begun.task.run));
  return { answered: Promise.race([promise, stored]), stored };
}

function createLaps({ monotonic }: Clock): () => number {
  let at = monotonic();
  return () => {
    const before = at;
    at = monotonic();
    return at - before;
  };
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

/** `onAnswered`: see {@link RowRuns}. Contract: never rejects. */
async function runRow(
  { task }: BegunTask,
  { work, opened, lap, onAnswered }: RowParts & { onAnswered: () => void },
): Promise<void> {
  const { runs, port } = opened;
  const { run } = task;
  const { session } = work;
  let slotMs: number | undefined;
  const leaveSlot = () => {
    slotMs ??= lap();
    return slotMs;
  };
  const onOutput = () => {
    leaveSlot();
    work.readiness.see(port.times(run));
    onAnswered();
  };
  const outcome = await runs.run(task, onOutput, work.signalOf(run));
  if (outcome.kind === 'parked') return;
  const report = (ended: Exclude<RowOutcome, { kind: 'parked' }>) => {
    const wired = ended.kind === 'output' ? ended : { ...ended, error: toWire(ended.error) };
    const asked = { kind: 'outcome' as const, run, outcome: wired, hashed: port.hashed(run), slotMs: leaveSlot() };
    return session.request(asked, port.sentAnswers(run));
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
