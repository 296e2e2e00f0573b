import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '../base/errors.ts';
import type { BatchReport } from '../runner/contract/report/report.ts';
import { ACTIVE } from '../runner/lifecycle/batch.ts';
import type { App } from './app.ts';
import type { CommandContext, Output } from './command-context.ts';
import { listenForStop, type Stop } from './signals.ts';
import { createProgressView } from './terminal/progress.ts';

/** How often to check that the process that runs a batch is still alive. */
const LAPSE_EVERY_MS = 500;
/** How long after the second signal the driver may take; then the report is read from the store. */
const HARD_STOP_MS = 5_000;

/** The result of a batch in the foreground; `interrupted` when a signal ended the wait. */
export interface ForegroundResult {
  report: BatchReport;
  interrupted: boolean;
  /** The batch continues in another process. */
  elsewhere: boolean;
}

/** The terminal while a batch is started and driven: signals are counted from the moment it is opened. */
export interface Foreground {
  /** Waits for the work before driving; the second signal ends the wait. */
  before<Value>(work: Promise<Value>): Promise<Value>;
  /**
   * Drives a batch until it ends or pauses, with progress on stderr. If another process already runs the batch, follows
   * it instead; then a signal ends the following, not the batch. If that process dies, drives the batch here.
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
      context.io.stderr.write('Pausing: calls in flight are finished first. Press Ctrl-C again to stop immediately.\n');
    },
    onSecond: () => {
      progress.stop();
      context.io.stderr.write(
        'Stopping immediately. Answered calls are kept; calls in flight may be paid for again.\n',
      );
    },
  });
  return {
    before: (work) => Promise.race([work, rejectAfter(stop.hardSignal)]),
    drive: async (app, batchId) => {
      const show = (report: BatchReport) => {
        if (!output.json && !stop.signal.aborted) progress.update(report);
      };
      for (;;) {
        const shown = showProgress(app, batchId, show);
        try {
          const drive = app.runner.drive(batchId, { signal: stop.signal, hardSignal: stop.hardSignal });
          const report = await Promise.race([drive, reportAfterHardStop(app, batchId, stop)]);
          return { report, interrupted: stop.signal.aborted, elsewhere: false };
        } catch (thrown) {
          if (toAppError(thrown).code !== 'batch_owned_elsewhere') throw thrown;
        } finally {
          shown.stop();
          // The next text is printed where the bar was.
          progress.stop();
        }
        output.note('Another process runs this batch; showing its progress. Ctrl-C ends the display, not the batch.');
        const followed = await follow(app, batchId, { signal: stop.signal, show });
        if (followed !== 'lapsed') return followed;
        output.note('That process is gone; this process continues the batch.');
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

/** Resolves some seconds after the second signal, so that a hanging driver can't block the terminal. */
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

/** Shows a batch's reports while it is driven, until `stop`. A report that can't be read is logged, not thrown. */
function showProgress(app: App, batchId: string, show: (report: BatchReport) => void): { stop(): void } {
  const over = new AbortController();
  const watch = async () => {
    for await (const report of app.runner.watch(batchId, over.signal)) if (!over.signal.aborted) show(report);
  };
  watch().catch((thrown: unknown) =>
    app.log.debug({ batchId, code: toAppError(thrown).code }, 'progress is not shown'),
  );
  return { stop: () => over.abort() };
}

/** Follows a batch of another process until the batch ends or pauses, `signal` fires, or that process is gone. */
async function follow(
  app: App,
  batchId: string,
  { signal, show }: { signal: AbortSignal; show: (report: BatchReport) => void },
): Promise<ForegroundResult | 'lapsed'> {
  const over = new AbortController();
  const lapse = untilLapsed(app, batchId, over);
  let report = await app.runner.report(batchId);
  try {
    for await (report of app.runner.watch(batchId, AbortSignal.any([signal, over.signal]))) {
      show(report);
      if (!ACTIVE.includes(report.status)) break;
    }
  } finally {
    over.abort();
  }
  if (!ACTIVE.includes(report.status)) return { report, interrupted: false, elsewhere: true };
  if (signal.aborted) return { report, interrupted: true, elsewhere: true };
  await lapse;
  return 'lapsed';
}

/** Aborts `over` once no living process owns the batch; only the store knows this. */
async function untilLapsed({ runner }: App, batchId: string, over: AbortController): Promise<void> {
  try {
    while (!(await runner.lapsed()).includes(batchId)) await sleep(LAPSE_EVERY_MS, undefined, { signal: over.signal });
  } catch (thrown) {
    if (!over.signal.aborted) throw thrown;
  } finally {
    over.abort();
  }
}
