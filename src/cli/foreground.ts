import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '../base/errors.ts';
import type { BatchReport } from '../runner/contract/report.ts';
import { ACTIVE } from '../runner/lifecycle/batch.ts';
import type { App } from './app.ts';
import type { CommandContext, Output } from './command-context.ts';
import { listenForStop, type Stop } from './signals.ts';
import { createProgressView, type ProgressView } from './terminal/progress.ts';

/** How often a batch that another process runs is looked at. */
const FOLLOW_EVERY_MS = 500;
/** How long a batch that was told to stop at once may take to say how it stands. */
const HARD_STOP_MS = 5_000;

/** What came of a batch in the foreground; `interrupted` when a signal ended the wait. */
export interface ForegroundResult {
  report: BatchReport;
  interrupted: boolean;
  /** The batch goes on in another process. */
  elsewhere: boolean;
}

/** The terminal while a batch is started and driven: signals are counted from the moment it is opened. */
export interface Foreground {
  /** Waits for what comes before driving; the second signal ends the wait. */
  before<Value>(work: Promise<Value>): Promise<Value>;
  /**
   * Drives a batch until it ends or pauses, with progress on stderr. Where another process runs it already, follows it
   * instead; then a signal ends the following and not the batch. When that process is gone, drives it after all.
   */
  drive(app: App, batchId: string): Promise<ForegroundResult>;
  /** Idempotent. */
  close(): void;
}

/** Opened before a batch is stored, so that no signal falls between the two. */
export function openForeground(context: CommandContext, output: Output): Foreground {
  const progress = createProgressView(context.io);
  const stop = listenForStop(context.signals, {
    onFirst: () => {
      progress.stop();
      context.io.stderr.write('Pausing: calls in flight are finished first. Once more stops at once.\n');
    },
    onSecond: () => {
      progress.stop();
      context.io.stderr.write('Stopping at once. What was answered is kept; calls in flight may be paid for again.\n');
    },
  });
  return {
    before: (work) => Promise.race([work, rejectAfter(stop.hardSignal)]),
    drive: async (app, batchId) => {
      const onProgress = ({ report }: { report: BatchReport }) => {
        if (!output.json && !stop.signal.aborted) progress.update(report);
      };
      for (;;) {
        try {
          const drive = app.runner.drive(batchId, { signal: stop.signal, hardSignal: stop.hardSignal, onProgress });
          const report = await Promise.race([drive, reportAfterHardStop(app, batchId, stop)]);
          // What is told next stands where the bar was.
          progress.stop();
          return { report, interrupted: stop.signal.aborted, elsewhere: false };
        } catch (thrown) {
          if (toAppError(thrown).code !== 'batch_owned_elsewhere') throw thrown;
        }
        output.note('Another process runs this batch; following it. Ctrl-C ends the following, not the batch.');
        const followed = await follow(app, batchId, { stop, progress, show: !output.json });
        if (followed !== 'lapsed') return followed;
        output.note('That process is gone; this one goes on with the batch.');
      }
    },
    close: () => {
      progress.stop();
      stop.close();
    },
  };
}

function rejectAfter(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new AppError('aborted', 'Stopped before the batch was started.'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** Resolves some time after the second signal, so that a driver that hangs can't hold the terminal. */
function reportAfterHardStop(app: App, batchId: string, stop: Stop): Promise<BatchReport> {
  return new Promise((resolve, reject) => {
    stop.hardSignal.addEventListener(
      'abort',
      () => {
        setTimeout(() => app.runner.report(batchId).then(resolve, reject), HARD_STOP_MS).unref();
      },
      { once: true },
    );
  });
}

async function follow(
  app: App,
  batchId: string,
  options: { stop: Stop; progress: ProgressView; show: boolean },
): Promise<ForegroundResult | 'lapsed'> {
  const { stop, progress, show } = options;
  for (;;) {
    const report = await app.runner.report(batchId);
    if (show) progress.update(report);
    if (!ACTIVE.includes(report.status)) return { report, interrupted: false, elsewhere: true };
    if (stop.signal.aborted) return { report, interrupted: true, elsewhere: true };
    if ((await app.runner.lapsed()).includes(batchId)) return 'lapsed';
    await sleep(FOLLOW_EVERY_MS, undefined, { signal: stop.signal }).catch((thrown: unknown) => {
      if (!stop.signal.aborted) throw thrown;
    });
  }
}
