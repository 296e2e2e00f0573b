import type { Events } from '../../telemetry/events.ts';
import { exposition } from './exposition.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { type MetricsStore, readStoreMetrics } from './store-metrics.ts';

/** The metrics of the service in the text format of Prometheus. */
export interface Prometheus {
  text(): Promise<string>;
  /** Stops listening to events. Idempotent. */
  close(): void;
}

/** Counts the events of this process from now on, and reads the store at each scrape. */
export function createPrometheus({
  store,
  events,
  now,
}: {
  store: MetricsStore;
  events: Events;
  now: () => number;
}): Prometheus {
  const own = createProcessMetrics(events);
  return {
    text: async () => exposition([...(await readStoreMetrics(store, now())), ...own.families()]),
    close: own.close,
  };
}
