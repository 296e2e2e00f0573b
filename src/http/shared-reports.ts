import type { BatchReport } from '../runner/contract/report.ts';

/** A report of a batch as an event; its text is made once for all listeners. */
export interface ReportEvent {
  event: 'report';
  id: string;
  text: string;
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

/** Opens the reports of a batch; the signal fires when nobody listens any more. */
export type OpenReports = (signal: AbortSignal) => AsyncIterable<ReportEvent>;

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
    read(watch, open(watch.stop.signal)).then(() => end(undefined), end);
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
    for (const listener of watch.listeners) {
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
