import { setImmediate } from 'node:timers/promises';
import type { BatchReport } from '../runner/contract/report/report.ts';
import type { EncodedEvent } from './sse.ts';

/**
 * Reports of a batch that are sent in a second, over all its listeners; more listeners get fewer each. A change of status
 * doesn't wait. 500 listeners at four reports a second took a third of the processor time of the rows (measured).
 */
const MOST_A_SECOND = 500;
const LEAST_MS = 250;
/** Listeners that get a report in one turn of the event loop, so that other requests don't wait for all of them. */
const MOST_A_TURN = 50;

/** A report of a batch as an event, made once for all listeners. */
export interface ReportEvent extends EncodedEvent {
  id: string;
  status: BatchReport['status'];
}

/** What a listener has not read yet: every status, and of each the latest report only. */
interface Listener {
  waiting: ReportEvent[];
  wake: (() => void) | undefined;
}

/** One look at a batch, for all its listeners. */
interface Watch {
  listeners: Set<Listener>;
  latest: ReportEvent | undefined;
  /** Why there are no more reports; `fault` is undefined when the batch is at rest. */
  over: { fault: unknown } | undefined;
  stop: AbortController;
}

/**
 * Opens the reports of a batch; the signal fires when nobody listens any more. `leastMs` is the time between two reports
 * with the same status, in milliseconds.
 */
export type OpenReports = (signal: AbortSignal, leastMs: () => number) => AsyncIterable<ReportEvent>;

/** The reports of a batch for one listener, until the batch is at rest or `signal` fires. */
export type SharedReports = (batchId: string, open: OpenReports, signal: AbortSignal) => AsyncGenerator<ReportEvent>;

/**
 * Shares the reports of a batch among its listeners: the batch is read, and a report is written as text, once for all. A
 * new listener gets the latest report first. A slow one misses reports, but no status.
 */
export function createSharedReports(): SharedReports {
  const watches = new Map<string, Watch>();
  const begin = (batchId: string, open: OpenReports): Watch => {
    const watch: Watch = { listeners: new Set(), latest: undefined, over: undefined, stop: new AbortController() };
    const end = (fault: unknown) => {
      watch.over = { fault };
      if (watches.get(batchId) === watch) watches.delete(batchId);
      for (const listener of watch.listeners) listener.wake?.();
    };
    watches.set(batchId, watch);
    const leastMs = () => Math.max(LEAST_MS, (watch.listeners.size / MOST_A_SECOND) * 1_000);
    read(watch, open(watch.stop.signal, leastMs)).then(() => end(undefined), end);
    return watch;
  };
  return async function* listen(batchId, open, signal) {
    const watch = watches.get(batchId) ?? begin(batchId, open);
    const listener: Listener = { waiting: watch.latest === undefined ? [] : [watch.latest], wake: undefined };
    const onAbort = () => listener.wake?.();
    watch.listeners.add(listener);
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        const next = listener.waiting.shift();
        if (next !== undefined) yield next;
        else if (watch.over === undefined) await woken(listener);
        else if (watch.over.fault === undefined) return;
        else throw watch.over.fault;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      watch.listeners.delete(listener);
      if (watch.listeners.size === 0) {
        if (watches.get(batchId) === watch) watches.delete(batchId);
        watch.stop.abort();
      }
    }
  };
}

async function read(watch: Watch, reports: AsyncIterable<ReportEvent>): Promise<void> {
  for await (const report of reports) {
    watch.latest = report;
    let woken = 0;
    // A listener that comes meanwhile has got this report.
    for (const listener of [...watch.listeners]) {
      if (woken > 0 && woken % MOST_A_TURN === 0) await setImmediate();
      woken += 1;
      const { waiting } = listener;
      if (waiting.at(-1)?.status === report.status) waiting.pop();
      waiting.push(report);
      listener.wake?.();
    }
  }
}

async function woken(listener: Listener): Promise<void> {
  await new Promise<void>((resolve) => {
    listener.wake = resolve;
  });
  listener.wake = undefined;
}
