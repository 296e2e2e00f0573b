import type { FleetWorker } from '../../runner/contract/service/worker.ts';
import type { Events } from '../../telemetry/events.ts';
import { exposition } from './exposition.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { type MetricsStore, readStoreMetrics } from './store-metrics.ts';
import { readWorkerMetrics } from './worker-metrics.ts';

/** The metrics of the service in the text format of Prometheus. */
export interface Prometheus {
  text(): Promise<string>;
  /** Stops listening to events. Idempotent. */
  close(): void;
}

/** Counts the events of this process from now on; reads the store and the workers of the fleet at each scrape. */
export function createPrometheus({
  store,
  events,
  now,
  workers,
}: {
  store: MetricsStore;
  events: Events;
  now: () => number;
  workers: () => Promise<FleetWorker[]>;
}): Prometheus {
  const own = createProcessMetrics(events);
  return {
    async text() {
      const [stored, remote] = await Promise.all([readStoreMetrics(store, now()), readWorkerMetrics(workers)]);
      return exposition([...stored, ...own.families(), ...remote]);
    },
    close: own.close,
  };
}
