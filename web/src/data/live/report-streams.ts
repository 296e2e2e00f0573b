import { connectionLost } from '../connection.ts';
import { type BatchReport, hasEnded } from './messages.ts';

/** Streams at the same time; further batches are read in turns. A browser allows six connections to a host. */
const MOST_STREAMS = 3;
const READ_MS = 2_000;

/** The reports of several batches from the server. */
export interface ReportStreams {
  /** Follows exactly these batches. */
  follow(batches: ReadonlySet<string>): void;
  close(): void;
}

/**
 * Follows batches: some by server-sent events, the others by reading them every two seconds.
 * @param read reads a report; it asks for a key where one is needed
 */
export function createReportStreams(
  read: (batch: string) => Promise<BatchReport>,
  onReport: (report: BatchReport) => void,
): ReportStreams {
  const streams = new Map<string, EventSource>();
  let followed: ReadonlySet<string> = new Set();

  const readNow = (batch: string) => read(batch).then(onReport, () => undefined);
  const timer = setInterval(() => {
    for (const batch of followed) if (!streams.has(batch)) void readNow(batch);
  }, READ_MS);

  function open(batch: string): void {
    const stream = new EventSource(`/v1/batches/${encodeURIComponent(batch)}/events`);
    streams.set(batch, stream);
    stream.addEventListener('report', ({ data }) => {
      const report = JSON.parse(data) as BatchReport;
      if (hasEnded(report)) end(batch);
      onReport(report);
    });
    stream.addEventListener('error', () => {
      // The browser connects again by itself, unless the answer was no stream: then reading says why.
      if (stream.readyState === EventSource.CLOSED) {
        end(batch);
        void readNow(batch);
      }
      void fetch('/healthz').catch(connectionLost);
    });
  }

  function end(batch: string): void {
    streams.get(batch)?.close();
    streams.delete(batch);
  }

  return {
    follow(batches) {
      followed = batches;
      for (const batch of [...streams.keys()]) if (!batches.has(batch)) end(batch);
      for (const batch of batches) if (streams.size < MOST_STREAMS && !streams.has(batch)) open(batch);
    },
    close() {
      clearInterval(timer);
      for (const batch of [...streams.keys()]) end(batch);
    },
  };
}
