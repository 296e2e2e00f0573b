import { PLACES } from '../../../fleet/places.ts';
import type { StreamSender } from '../../../fleet/stream-sender.ts';
import type { RowOutcome, RowRuns } from '../../rows/row-run.ts';
import type { RowTask } from '../../rows/row-task.ts';
import type { Dispatch } from './dispatch.ts';
import type { HeldRuns } from './held-runs.ts';
import type { ToWorker } from './messages.ts';
import { endAborted, giveUpCalls, type RemoteModel, type RemoteRun } from './remote-run.ts';
import type { RunTable } from './run-table.ts';

/** How long a worker may take to end a run that was cancelled, in milliseconds. */
const END_MS = 2_000;

interface RemoteRowsParts {
  batchId: string;
  epoch: number;
  runs: RunTable;
  dispatch: Dispatch;
  sender: StreamSender;
  /** Once it fires, rows that no worker has begun go back to the queue. */
  drain: AbortSignal;
  held: HeldRuns;
  /** Resolves when workers have had the time to tell which runs they hold. */
  settled: Promise<void>;
}

/** Runs rows on workers. */
export interface RemoteRows {
  /** See {@link RowRuns}. */
  run(model: RemoteModel, ...args: Parameters<RowRuns['run']>): Promise<RowOutcome>;
  /** Ends the runs that no worker has begun: their rows go back to the queue of the store. */
  endWaiting(): void;
  /** Queues a run again whose worker does not carry it out. */
  release(run: RemoteRun): void;
}

/** Starts without runs. */
export function createRemoteRows(parts: RemoteRowsParts): RemoteRows {
  const { batchId, epoch, runs, dispatch, sender, drain, held } = parts;
  const adopt = (run: RemoteRun) => {
    run.holder ??= held.take(run.task.run);
  };
  const start = async (run: RemoteRun): Promise<void> => {
    adopt(run);
    // A worker may have begun the row under an earlier lease; it says so soon.
    if (run.holder === undefined && run.task.replays) await parts.settled;
    if (run.isFinished) return;
    adopt(run);
    if (run.holder === undefined) dispatch.add(run);
  };
  const stop = (run: RemoteRun) => {
    if (run.holder === undefined) {
      endAborted(run);
      return;
    }
    const body = { kind: 'abort' as const, run: run.task.run };
    sender.send(PLACES.worker(run.holder), { batchId, epoch, body } satisfies ToWorker);
    setTimeout(() => {
      if (!run.isFinished) endAborted(run);
    }, END_MS);
  };
  const mayBegin = ({ model: { calls } }: RemoteRun) => !drain.aborted && calls.halt?.aborted !== true;
  return {
    run: (model, task, onAnswered, signal = model.calls.signal) =>
      new Promise((resolve) => {
        const onStop = () => stop(run);
        const run: RemoteRun = {
          ...{
            task,
            model,
            holder: undefined,
            chunk: undefined,
            granted: new Map(),
            waits: new Set(),
            missed: 0,
            signal,
            isFinished: false,
          },
          finish(outcome) {
            if (run.isFinished) return;
            run.isFinished = true;
            runs.delete(run);
            signal.removeEventListener('abort', onStop);
            if (outcome.kind === 'output') onAnswered?.();
            resolve(outcome);
          },
        };
        runs.add(run);
        signal.addEventListener('abort', onStop);
        if (signal.aborted || !mayBegin(run)) endAborted(run);
        else void start(run);
      }),
    endWaiting() {
      for (const run of runs.all()) if (run.holder === undefined) endAborted(run);
    },
    release(run) {
      giveUpCalls(run);
      // Rows that wait for its calls may have all the places of the workers: one of them sends the call instead.
      run.model.cacheOf?.(run.task.run).end(false);
      run.holder = undefined;
      run.missed = 0;
      // The journal may hold answers now.
      run.task = { ...run.task, replays: true } satisfies RowTask;
      if (run.signal.aborted || !mayBegin(run)) endAborted(run);
      else dispatch.add(run);
    },
  };
}
